//! The committer: puts a batch of signatures on record, in one transaction behind the account's lock.

use super::order::{Finished, Order, Signed};
use super::{Bench, whole_seconds};
use crate::error::ApiError;
use crate::facts::{KnownCredential, Stamped};
use hallmark_api::account::AccountId;
use hallmark_api::profile::{ProfileName, SigningProfileStatus};
use hallmark_store::job::NewJob;
use hallmark_store::profile::Profile;
use hallmark_store::{Change, StoreError, Tx};
use std::sync::Arc;
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
        Err(error) => {
            let error = ApiError::from(error);
            (0..count).map(|_| Err(error.clone())).collect()
        }
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

    let jobs: Vec<&NewJob> = verdicts.iter().flatten().map(|signed| &signed.job).collect();
    if !jobs.is_empty() {
        tx.insert_jobs(&jobs).await?;
        tx.commit(Change::Record).await?;
    }
    Ok(verdicts)
}

/// Compares each judgement with the epochs it relied on: the owner's, which stands still under the lock,
/// and that of whoever asks from another account, read after the lock. Those that are stale are judged again
/// here, from facts read behind the lock, which always ends.
async fn judge(bench: &Bench, tx: &mut Tx, waiting: Vec<Signed>) -> Result<Vec<Verdict>, StoreError> {
    let owner = tx.account().clone();
    let mut invokers: Vec<AccountId> = waiting.iter().map(|signed| signed.order.invoker().clone()).collect();
    invokers.retain(|invoker| *invoker != owner);
    invokers.sort();
    invokers.dedup();
    let mut epochs = tx.epochs(&invokers).await?;
    let tx_epoch = tx.epoch();
    epochs.insert(owner, tx_epoch);
    let stands = |order: &Order| {
        order.stamped_profile().epoch == tx_epoch
            && epochs.get(order.invoker()) == Some(&order.call().epoch())
    };
    let stale: Vec<&Order> =
        waiting.iter().map(|signed| &signed.order).filter(|order| !stands(order)).collect();
    if stale.is_empty() {
        return Ok(waiting.into_iter().map(Ok).collect());
    }
    let fresh = Fresh::read(bench, tx, &stale).await?;
    let verdict = |signed: Signed| {
        if stands(&signed.order) { Ok(signed) } else { fresh.judge(&signed.order).map(|()| signed) }
    };
    Ok(waiting.into_iter().map(verdict).collect())
}

/// The facts that stale judgements named, read again under the lock.
struct Fresh {
    credentials: Vec<Arc<Stamped<KnownCredential>>>,
    profiles: Vec<Arc<Stamped<Profile>>>,
}

impl Fresh {
    async fn read(bench: &Bench, tx: &mut Tx, stale: &[&Order]) -> Result<Self, StoreError> {
        let (account, epoch) = (tx.account().clone(), tx.epoch());
        let mut keys: Vec<_> =
            stale.iter().map(|order| order.call().credential().access_key_id.clone()).collect();
        let mut names: Vec<_> = stale.iter().map(|order| order.profile().name.clone()).collect();
        keys.sort();
        keys.dedup();
        names.sort();
        names.dedup();
        let mut fresh = Self { credentials: Vec::new(), profiles: Vec::new() };
        for (credential, epoch) in tx.credentials(&keys).await? {
            fresh.credentials.push(bench.facts.learn_credential(epoch, credential).await);
        }
        for profile in tx.profiles(&names).await? {
            fresh.profiles.push(bench.facts.learn_profile(&account, epoch, profile).await);
        }
        Ok(fresh)
    }

    fn judge(&self, order: &Order) -> Result<(), ApiError> {
        let key = &order.call().credential().access_key_id;
        let credential = self.credentials.iter().find(|known| known.fact.credential.access_key_id == *key);
        let credential = &credential.ok_or(ApiError::UnrecognizedClient)?.fact.credential;
        let profile = self.profiles.iter().find(|known| known.fact.name == order.profile().name);
        let profile = &profile.ok_or_else(|| ApiError::internal("a profile that was there is gone"))?.fact;
        order.call().judge(credential, Some(profile))?;
        check_active(&profile.name, profile.status())
    }
}

/// A profile that is canceled or revoked does not sign.
pub(crate) fn check_active(name: &ProfileName, status: SigningProfileStatus) -> Result<(), ApiError> {
    match status {
        SigningProfileStatus::Active => Ok(()),
        status => Err(ApiError::validation(format!(
            "The signing profile {name} is {}; only an Active profile signs.",
            status.as_str()
        ))),
    }
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
