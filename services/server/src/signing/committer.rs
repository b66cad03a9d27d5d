//! The committer: puts a batch of signatures on record, in one transaction behind the account's lock.

use super::leaf::own_issuer;
use super::order::{Order, Signed, Unsigned};
use super::verdict::{Outcome, Verdict};
use super::{Bench, repetition};
use crate::error::ApiError;
use crate::facts::{KnownCredential, Stamped};
use hallmark_api::account::AccountId;
use hallmark_api::profile::{ProfileName, SigningProfileStatus};
use hallmark_pki::SerialNumber;
use hallmark_store::certificate::NewCertificate;
use hallmark_store::job::NewJob;
use hallmark_store::profile::Profile;
use hallmark_store::{Change, StoreError, Tx};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// The oldest that a signing time may be when its job commits.
const MAX_AGE: Duration = Duration::seconds(10);
/// For how long an issuing CA must have been in use before a leaf below another is turned away: by more than clocks are
/// apart, or the order might be signed with the same again.
const SETTLED: Duration = Duration::seconds(5);

/// Commits what waited and says of each what became of it. A failure of the transaction fails them all:
/// none is on record, so none may leave.
pub(super) async fn commit(bench: &Bench, account: &AccountId, waiting: Vec<Signed>) -> Vec<Outcome> {
    let count = waiting.len();
    match try_commit(bench, account, waiting).await {
        Ok(verdicts) => verdicts
            .into_iter()
            .map(|verdict| match verdict {
                Ok(signed) => Outcome::Finished(signed.reply().clone()),
                Err(outcome) => outcome,
            })
            .collect(),
        Err(error) => {
            let error = ApiError::from(error);
            (0..count).map(|_| Outcome::Refused(error.clone())).collect()
        }
    }
}

async fn try_commit(
    bench: &Bench,
    account: &AccountId,
    waiting: Vec<Signed>,
) -> Result<Vec<Verdict>, StoreError> {
    let asked = bench.parts.clock.now();
    let mut tx = bench.parts.store.lock(account).await?;
    let head_time = tx.head_time();
    bench.observe(asked, head_time);
    let verdicts = judge(bench, &mut tx, waiting).await?;
    let verdicts = repetition::answered_before(&mut tx, verdicts).await?;
    let mut timely = Vec::with_capacity(verdicts.len());
    for verdict in with_good_leaves(bench, &mut tx, verdicts).await? {
        timely.push(match verdict {
            Ok(signed) => in_time(bench, signed, head_time)
                .await
                .and_then(|signed| signed.with_good_times(head_time).map_err(Outcome::Refused)),
            other => other,
        });
    }
    let timely = repetition::first_of_each(timely);
    record(tx, &timely).await?;
    Ok(timely)
}

/// Puts on record what is to leave: jobs with the certificates that are for them alone, and replies that are kept.
async fn record(mut tx: Tx, verdicts: &[Verdict]) -> Result<(), StoreError> {
    let signed: Vec<&Signed> = verdicts.iter().flatten().collect();
    if signed.is_empty() {
        return Ok(());
    }
    let jobs: Vec<&NewJob> = signed.iter().map(|signed| &signed.job).collect();
    let certificates: Vec<NewCertificate<'_>> =
        signed.iter().filter_map(|signed| signed.certificate()).collect();
    if !certificates.is_empty() {
        tx.insert_certificates(&certificates).await?;
    }
    tx.insert_jobs(&jobs).await?;
    repetition::keep(&mut tx, &signed).await?;
    tx.commit(Change::Record).await
}

/// Turns away what was signed with a certificate that is revoked, by itself or with its issuer's, or that stands below
/// an issuing CA which another has taken the place of: it has to be signed with another. Asked again only after
/// something changed in the account.
async fn with_good_leaves(
    bench: &Bench,
    tx: &mut Tx,
    verdicts: Vec<Verdict>,
) -> Result<Vec<Verdict>, StoreError> {
    let epoch = tx.epoch();
    let mut doubtful: Vec<&SerialNumber> = verdicts
        .iter()
        .flatten()
        .filter(|signed| !signed.is_good_at(epoch))
        .flat_map(Signed::relies_on)
        .collect();
    if doubtful.is_empty() {
        return Ok(verdicts);
    }
    doubtful.sort();
    doubtful.dedup();
    let revoked = tx.revoked_certificates(&doubtful).await?;
    let superseded = superseded(tx, &verdicts).await?;
    let account = tx.account().clone();
    let mut kept = Vec::with_capacity(verdicts.len());
    for verdict in verdicts {
        kept.push(match verdict {
            Ok(signed)
                if superseded.contains(signed.leaf().issuer())
                    || signed.relies_on().any(|one| revoked.contains(one)) =>
            {
                if let Some(authority) = signed.authority() {
                    bench.parts.authorities.forget(authority).await;
                }
                let order = signed.order;
                bench.leaves.forget(&account, order.profile(), order.parameters()).await;
                Err(Outcome::Again(Box::new(order)))
            }
            Ok(signed) => {
                signed.set_good_at(epoch);
                Ok(signed)
            }
            other => other,
        });
    }
    Ok(kept)
}

/// The issuing CAs of leaves that were not looked at in this epoch, as far as others are in use in their places.
async fn superseded(tx: &mut Tx, verdicts: &[Verdict]) -> Result<Vec<SerialNumber>, StoreError> {
    let (epoch, since) = (tx.epoch(), tx.head_time() - SETTLED);
    let mut places = Vec::new();
    for signed in verdicts.iter().flatten().filter(|signed| !signed.leaf().standing().is_good_at(epoch)) {
        let order = &signed.order;
        let place = (own_issuer(order.profile(), order.parameters()), signed.leaf().issuer());
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let mut superseded = Vec::new();
    for (profile, issuer) in places {
        let used = tx.issuer(profile, since).await?;
        if used.is_some_and(|used| used.issuer.certificate().serial_number() != issuer) {
            superseded.push(issuer.clone());
        }
    }
    Ok(superseded)
}

/// Compares each judgement with the epochs it relied on: the owner's, which stands still under the lock, at which the
/// profile and the permission to use it were read, perhaps one after the other, and that of whoever asks from another account, read after the lock. Those that are stale are judged again
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
            && order.call().grant().is_none_or(|grant| grant.epoch == tx_epoch)
            && epochs.get(order.invoker()) == Some(&order.call().epoch())
    };
    let stale: Vec<&Order> =
        waiting.iter().map(|signed| &signed.order).filter(|order| !stands(order)).collect();
    if stale.is_empty() {
        return Ok(waiting.into_iter().map(Ok).collect());
    }
    let fresh = Fresh::read(bench, tx, &stale).await?;
    let verdict = |signed: Signed| {
        if stands(&signed.order) {
            Ok(signed)
        } else {
            fresh.judge(&signed.order).map(|()| signed).map_err(Outcome::Refused)
        }
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
            fresh.credentials.push(bench.parts.facts.learn_credential(epoch, credential).await);
        }
        for profile in tx.profiles(&names).await? {
            fresh.profiles.push(bench.parts.facts.learn_profile(&account, epoch, profile).await);
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
async fn in_time(bench: &Bench, signed: Signed, head_time: OffsetDateTime) -> Verdict {
    let age = head_time - signed.job.signing_time;
    if !age.is_negative() && age <= MAX_AGE {
        return Ok(signed);
    }
    signed.again(bench, head_time).await.map_err(|unsigned| match unsigned {
        Unsigned::Order(order) => Outcome::Again(order),
        Unsigned::Error(error) => Outcome::Refused(error),
    })
}
