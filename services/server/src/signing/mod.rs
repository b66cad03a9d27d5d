//! The signing path: order → leaf → draft → signature → commit. Nothing leaves before it has committed.

mod blob_input;
mod committer;
mod leaf;
mod order;
mod parameters;
mod repetition;
mod stamper;
mod verdict;
mod work;

pub use blob_input::BlobInput;
pub use order::Order;
pub use parameters::{CertificateUse, IssuerChoice, NotationParameters, Scheme, UnfitParameter};
pub use stamper::{Authorities, Authority, Stamping};
pub use work::{Finished, PayloadWork, RawSignature, Work, WriteReply};

use crate::batcher::Batcher;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::error::ApiError;
use crate::facts::Facts;
use crate::issuing::Desks;
use axum::body::Bytes;
pub(crate) use committer::check_active;
use hallmark_api::account::{AccountId, Region};
use hallmark_store::Store;
use leaf::Leaves;
use order::{Signed, Tools};
use stamper::Stamper;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};
use verdict::Outcome;

type Committer = Batcher<Signed, Outcome>;

/// How often an order is signed, when what signed it turns out to be revoked or its time too old.
const ATTEMPTS: usize = 3;

/// The signing path of one replica.
pub struct Signing {
    bench: Arc<Bench>,
    committers: Mutex<HashMap<AccountId, Committer>>,
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signing")
    }
}

/// What a signing path works with.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Cached control-plane facts.
    pub facts: Arc<Facts>,
    /// Randomness.
    pub chance: Chance,
    /// The clock.
    pub clock: Arc<Clock>,
    /// The region of ARNs.
    pub region: Region,
    /// The issuing CAs.
    pub desks: Arc<Desks>,
    /// The timestamp authorities of accounts.
    pub authorities: Arc<Authorities>,
    /// Who stamps.
    pub stamping: Stamping,
}

/// What the stages of the path share.
struct Bench {
    parts: Parts,
    leaves: Leaves,
    /// By how many microseconds this replica's clock was last seen ahead of the database's.
    lead_micros: AtomicI64,
}

impl Bench {
    /// The time to sign at, not ahead of the database's clock as last seen: a signature from the future would be refused
    /// under the lock and made a second time.
    fn now(&self) -> OffsetDateTime {
        let lead = Duration::microseconds(self.lead_micros.load(Ordering::Relaxed));
        self.parts.clock.now() - lead
    }

    /// Compares this replica's clock with a head time that was read after `asked`.
    fn observe(&self, asked: OffsetDateTime, head_time: OffsetDateTime) {
        let lead = lead(asked, head_time, self.parts.clock.now()).whole_microseconds();
        self.lead_micros.store(i64::try_from(lead).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// What an order is signed with.
    async fn tools(&self, order: &Order, now: OffsetDateTime) -> Result<Tools, ApiError> {
        let (account, parameters) = (order.account(), order.parameters());
        let leaf = self.leaves.leaf(account, order.stamped_profile(), parameters, now).await?;
        let stamper = match &self.parts.stamping {
            _ if !order.is_stamped() => None,
            Stamping::Own => Some(Stamper::Own(self.parts.authorities.authority(account, now).await?)),
            Stamping::Outside(client) => Some(Stamper::Outside(client.clone())),
        };
        Ok(Tools { leaf, stamper })
    }
}

/// By how much a clock is ahead of the database's at the most, which said `head_time` between two of its own readings.
/// None when it may well agree: a signature that is dated back for nothing says that it was made before it was asked for.
fn lead(asked: OffsetDateTime, head_time: OffsetDateTime, heard: OffsetDateTime) -> Duration {
    if asked <= head_time { Duration::ZERO } else { heard - head_time }
}

/// A signing time, which is written in whole seconds.
fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

impl Signing {
    /// A signing path with no leaves and no committers yet; both come with their first use.
    pub fn new(parts: Parts) -> Self {
        let leaves = Leaves::new(parts.store.clone(), parts.chance.clone(), parts.desks.clone());
        let bench = Bench { parts, leaves, lead_micros: AtomicI64::new(0) };
        Self { bench: Arc::new(bench), committers: Mutex::new(HashMap::new()) }
    }

    /// Carries out an order: returns the body of its answer once the job is on record, and not before.
    pub async fn sign(&self, mut order: Order) -> Result<Bytes, ApiError> {
        for _ in 0..ATTEMPTS {
            let now = self.bench.now();
            let signing_time = whole_seconds(now);
            // What is refused costs no key.
            order.expiry(signing_time)?;
            let tools = self.bench.tools(&order, signing_time).await?;
            let committer = self.committer(order.account());
            let signed = order.sign(&self.bench, tools, now).await?;
            match committer.ask(signed).await? {
                Outcome::Finished(reply) => return Ok(reply),
                Outcome::Refused(error) => return Err(error),
                Outcome::Again(same) => order = *same,
            }
        }
        Err(ApiError::internal(format!("not on record after {ATTEMPTS} attempts")))
    }

    /// The account's committer: one for each, because each has one head to lock.
    fn committer(&self, account: &AccountId) -> Committer {
        let mut committers = self.committers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(committer) = committers.get(account) {
            return committer.clone();
        }
        let (bench, owner) = (self.bench.clone(), account.clone());
        let committer = Batcher::start(move |waiting: Vec<Signed>| {
            let (bench, owner) = (bench.clone(), owner.clone());
            async move { committer::commit(&bench, &owner, waiting).await }
        });
        committers.insert(account.clone(), committer.clone());
        committer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_is_ahead_has_a_lead() {
        let asked = OffsetDateTime::UNIX_EPOCH;
        let heard = asked + Duration::seconds(2);
        assert_eq!(lead(asked, asked - Duration::seconds(1), heard), Duration::seconds(3));
        for head_time in [asked, asked + Duration::seconds(1), heard + Duration::seconds(60)] {
            assert_eq!(lead(asked, head_time, heard), Duration::ZERO);
        }
    }
}
