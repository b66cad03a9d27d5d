//! The committer: puts a batch of signatures on record, in one transaction behind the account's lock.

use super::order::{Finished, Signed};
use super::{Bench, whole_seconds};
use crate::error::ApiError;
use hallmark_api::account::AccountId;
use hallmark_api::profile::SigningProfileStatus;
use hallmark_store::job::NewJob;
use hallmark_store::{Change, StoreError, Tx};
use time::{Duration, OffsetDateTime};

/// The oldest that a signing time may be when its job commits.
const MAX_AGE: Duration = Duration::seconds(10);

/// A signature, or why there is none; one for each that waited, in their order.
type Verdict = Result<Signed, ApiError>;

/// Commits what waited and says of each what became of it. A failure of the transaction fails them all:
/// none is on record, so none may leave.
pub(super) async fn commit(
    bench: &Bench,
    account: &AccountId,
    waiting: Vec<Signed>,
) -> Vec<Result<Finished, ApiError>> {
    let count = waiting.len();
    match try_commit(bench, account, waiting).await {
        Ok(verdicts) => verdicts.into_iter().map(|verdict| verdict.map(Signed::finish)).collect(),
        Err(error) => (0..count).map(|_| Err(ApiError::internal(&error))).collect(),
    }
}

async fn try_commit(
    bench: &Bench,
    account: &AccountId,
    waiting: Vec<Signed>,
) -> Result<Vec<Verdict>, StoreError> {
    let mut tx = bench.store.lock(account).await?;
    let head_time = tx.head_time();
    bench.observe(head_time);
    let verdicts = judge(bench, &mut tx, waiting).await?;
    let verdicts: Vec<Verdict> = verdicts
        .into_iter()
        .map(|verdict| verdict.and_then(|signed| in_time(bench, signed, head_time)))
        .collect();

    let jobs: Vec<NewJob> = verdicts.iter().flatten().map(|signed| signed.job.clone()).collect();
    if !jobs.is_empty() {
        tx.insert_jobs(&jobs).await?;
        tx.commit(Change::Record).await?;
    }
    Ok(verdicts)
}

/// Compares each judgement with the account's epoch. Those that are stale are judged again here, under
/// the lock and from facts read behind it, which always ends.
async fn judge(bench: &Bench, tx: &mut Tx, waiting: Vec<Signed>) -> Result<Vec<Verdict>, StoreError> {
    let epoch = tx.epoch();
    let account = tx.account().clone();
    let stale = |signed: &&Signed| signed.order.epoch() != epoch;
    let mut keys: Vec<_> =
        waiting.iter().filter(stale).map(|s| s.order.call().credential().access_key_id.clone()).collect();
    if keys.is_empty() {
        return Ok(waiting.into_iter().map(Ok).collect());
    }
    let mut names: Vec<_> = waiting.iter().filter(stale).map(|s| s.order.profile().name.clone()).collect();
    keys.sort();
    keys.dedup();
    names.sort();
    names.dedup();
    let mut credentials = Vec::new();
    for credential in tx.credentials(&keys).await? {
        credentials.push(bench.facts.learn_credential(epoch, credential).await);
    }
    let mut profiles = Vec::new();
    for profile in tx.profiles(&names).await? {
        profiles.push(bench.facts.learn_profile(&account, epoch, profile).await);
    }
    let rejudged = |signed: &Signed| {
        let order = &signed.order;
        let key = &order.call().credential().access_key_id;
        let credential = credentials.iter().find(|known| known.fact.credential.access_key_id == *key);
        order.call().judge(&credential.ok_or(ApiError::UnrecognizedClient)?.fact.credential)?;
        let profile = profiles.iter().find(|known| known.fact.name == order.profile().name);
        match profile.map(|known| known.fact.status()) {
            Some(SigningProfileStatus::Active) => Ok(()),
            Some(status) => Err(not_active(order.profile().name.as_str(), status)),
            None => Err(ApiError::internal("a profile that was there is gone")),
        }
    };
    Ok(waiting
        .into_iter()
        .map(|signed| if stale(&&signed) { rejudged(&signed).map(|()| signed) } else { Ok(signed) })
        .collect())
}

/// Why a profile that is canceled or revoked does not sign.
pub(crate) fn not_active(name: &str, status: SigningProfileStatus) -> ApiError {
    ApiError::validation(format!(
        "The signing profile {name} is {}; only an Active profile signs.",
        status.as_str()
    ))
}

/// A signing time must not lie ahead of the head time, nor long before it; otherwise the order is signed
/// again, at the head time.
fn in_time(bench: &Bench, signed: Signed, head_time: OffsetDateTime) -> Verdict {
    let age = head_time - signed.job.signing_time;
    if age.is_negative() || age > MAX_AGE {
        signed.again(bench, whole_seconds(head_time))
    } else {
        Ok(signed)
    }
}
