//! Replies that are kept for whoever asks again: one for each idempotency key of a principal.

use crate::error::noun;
use crate::{StoreError, Tx};
use hallmark_api::idempotency::IdempotencyKey;
use hallmark_api::job::JobId;
use time::OffsetDateTime;

/// What a reply is found by, in the account that owns the job.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReplyKey {
    /// ARN of the principal that asks.
    pub requested_by: String,
    /// What it calls the request.
    pub key: IdempotencyKey,
}

/// A reply on record.
#[derive(Debug, Clone)]
pub struct KeptReply {
    /// What it is found by.
    pub key: ReplyKey,
    /// SHA-256 of the request that it answers.
    pub fingerprint: [u8; 32],
    /// The body of the answer, octet for octet.
    pub reply: Vec<u8>,
}

/// A reply to be kept.
#[derive(Debug, Clone)]
pub struct NewReply<'a> {
    /// What it is found by.
    pub key: ReplyKey,
    /// SHA-256 of the request that it answers.
    pub fingerprint: &'a [u8; 32],
    /// The job that it tells of.
    pub job: JobId,
    /// The body of the answer.
    pub reply: &'a [u8],
}

impl Tx {
    /// The replies that are kept under these keys and were recorded after `lapsed`; older ones make room.
    pub async fn replies(
        &mut self,
        keys: &[ReplyKey],
        lapsed: OffsetDateTime,
    ) -> Result<Vec<KeptReply>, StoreError> {
        let account = self.account().clone();
        sqlx::query!(
            "WITH asked AS (
                 SELECT * FROM unnest($2::text[], $3::text[]) AS asked (requested_by, idempotency_key)
             ), made_room AS (
                 DELETE FROM idempotency_keys k USING asked
                 WHERE k.account_id = $1 AND k.requested_by = asked.requested_by
                   AND k.idempotency_key = asked.idempotency_key AND k.recorded_at <= $4
             )
             SELECT k.requested_by, k.idempotency_key, k.fingerprint, k.reply
             FROM idempotency_keys k JOIN (SELECT DISTINCT * FROM asked) AS asked USING (requested_by, idempotency_key)
             WHERE k.account_id = $1 AND k.recorded_at > $4",
            account.as_str(),
            &keys.iter().map(|one| one.requested_by.clone()).collect::<Vec<_>>(),
            &keys.iter().map(|one| one.key.to_string()).collect::<Vec<_>>(),
            lapsed
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .into_iter()
        .map(|row| {
            let key = noun("idempotency_keys.idempotency_key", &row.idempotency_key)?;
            let key = ReplyKey { requested_by: row.requested_by, key };
            let unreadable = StoreError::unreadable("idempotency_keys.fingerprint");
            let fingerprint = row.fingerprint.as_slice().try_into().map_err(|error| unreadable(&error))?;
            Ok(KeptReply { key, fingerprint, reply: row.reply })
        })
        .collect()
    }

    /// Keeps replies, in one statement however many there are.
    pub async fn insert_replies(&mut self, replies: &[NewReply<'_>]) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        sqlx::query!(
            "INSERT INTO idempotency_keys (account_id, requested_by, idempotency_key, fingerprint, job_id, reply,
                                           recorded_at)
             SELECT $1, kept.*, $7
             FROM unnest($2::text[], $3::text[], $4::bytea[], $5::uuid[], $6::bytea[]) AS kept",
            account.as_str(),
            &replies.iter().map(|one| one.key.requested_by.clone()).collect::<Vec<_>>(),
            &replies.iter().map(|one| one.key.key.to_string()).collect::<Vec<_>>(),
            &replies.iter().map(|one| one.fingerprint.to_vec()).collect::<Vec<_>>(),
            &replies.iter().map(|one| one.job.as_uuid()).collect::<Vec<_>>(),
            &replies.iter().map(|one| one.reply.to_vec()).collect::<Vec<_>>(),
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Forgets at most `count` of the account's replies that were recorded no later than `lapsed`; says how many.
    pub async fn forget_replies(&mut self, lapsed: OffsetDateTime, count: i64) -> Result<u64, StoreError> {
        let account = self.account().clone();
        let forgotten = sqlx::query!(
            "DELETE FROM idempotency_keys WHERE (account_id, requested_by, idempotency_key) IN (
                 SELECT account_id, requested_by, idempotency_key FROM idempotency_keys
                 WHERE account_id = $1 AND recorded_at <= $2 ORDER BY recorded_at LIMIT $3)",
            account.as_str(),
            lapsed,
            count
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(forgotten.rows_affected())
    }
}
