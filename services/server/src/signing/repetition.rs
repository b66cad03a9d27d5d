//! Repetitions: a request that bears the key of an earlier one is that request, and gets its reply octet for octet.
//!
//! All of this happens behind the account's lock and in the transaction of the job itself. So it does not matter which
//! replica asks, nor whether the first is still in flight: whoever takes the lock first signs, the others find its reply.

use super::order::Signed;
use super::verdict::{Outcome, Verdict};
use crate::error::ApiError;
use crate::idempotency::{Idempotency, KEPT};
use axum::body::Bytes;
use hallmark_api::idempotency::IdempotencyKey;
use hallmark_store::idempotency::{NewReply, ReplyKey};
use hallmark_store::{StoreError, Tx};
use std::collections::HashMap;

/// A reply, and which request it answers.
struct Answered {
    fingerprint: [u8; 32],
    reply: Bytes,
}

impl Answered {
    /// What becomes of a request that bears the same key.
    fn answer(&self, idempotency: &Idempotency) -> Outcome {
        if self.fingerprint == idempotency.fingerprint {
            return Outcome::Finished(self.reply.clone());
        }
        Outcome::Refused(ApiError::validation(format!(
            "{}: '{}' was the key of another request within the last {} hours; a request that is repeated has the same \
             operation and the same body, octet for octet.",
            IdempotencyKey::HEADER,
            idempotency.key,
            KEPT.whole_hours()
        )))
    }
}

/// Answers repetitions of requests whose replies are on record.
pub(super) async fn answered_before(tx: &mut Tx, verdicts: Vec<Verdict>) -> Result<Vec<Verdict>, StoreError> {
    let keys: Vec<ReplyKey> = verdicts.iter().flatten().filter_map(Signed::reply_key).collect();
    if keys.is_empty() {
        return Ok(verdicts);
    }
    let lapsed = tx.head_time() - KEPT;
    let kept = tx.replies(&keys, lapsed).await?.into_iter();
    let kept: HashMap<ReplyKey, Answered> = kept
        .map(|one| (one.key, Answered { fingerprint: one.fingerprint, reply: one.reply.into() }))
        .collect();
    let answer = |signed: Signed| {
        let (key, idempotency) = repeated(&signed).unzip();
        match key.and_then(|key| kept.get(&key)).zip(idempotency) {
            Some((answered, idempotency)) => Err(answered.answer(idempotency)),
            None => Ok(signed),
        }
    };
    Ok(verdicts.into_iter().map(|verdict| verdict.and_then(answer)).collect())
}

/// Of requests in one batch that are the same, lets the first go on record and answers the others with its reply.
pub(super) fn first_of_each(verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let mut first: HashMap<ReplyKey, Answered> = HashMap::new();
    let mut one_of_each = |signed: Signed| {
        let Some((key, idempotency)) = repeated(&signed) else { return Ok(signed) };
        if let Some(answered) = first.get(&key) {
            return Err(answered.answer(idempotency));
        }
        let fingerprint = idempotency.fingerprint;
        first.insert(key, Answered { fingerprint, reply: signed.reply().clone() });
        Ok(signed)
    };
    verdicts.into_iter().map(|verdict| verdict.and_then(&mut one_of_each)).collect()
}

/// Keeps the replies of what goes on record, for those who ask again.
pub(super) async fn keep(tx: &mut Tx, signed: &[&Signed]) -> Result<(), StoreError> {
    let replies = signed.iter().filter_map(|signed| {
        let (key, idempotency) = repeated(signed)?;
        let fingerprint = &idempotency.fingerprint;
        Some(NewReply { key, fingerprint, job: signed.job.id, reply: signed.reply() })
    });
    let replies: Vec<NewReply<'_>> = replies.collect();
    if replies.is_empty() {
        return Ok(());
    }
    tx.insert_replies(&replies).await
}

/// The key that a request bears, if it does.
fn repeated(signed: &Signed) -> Option<(ReplyKey, &Idempotency)> {
    Some((signed.reply_key()?, signed.order.call().idempotency()?))
}
