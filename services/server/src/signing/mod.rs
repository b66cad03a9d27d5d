//! The signing path: order → leaf → draft → signature → commit. Nothing leaves before it has committed.

mod committer;
mod leaf;
mod order;
mod parameters;

pub use order::{Finished, Order};
pub use parameters::{NotationParameters, UnknownParameter, VerificationPlugin};

use crate::batcher::Batcher;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::error::ApiError;
use crate::facts::Facts;
pub(crate) use committer::check_active;
use hallmark_api::account::{AccountId, Region};
use hallmark_pki::Certificate;
use hallmark_store::Store;
use leaf::Leaves;
use order::Signed;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};

type Committer = Batcher<Signed, Result<Finished, ApiError>>;

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

/// What the stages of the path share.
struct Bench {
    store: Store,
    facts: Arc<Facts>,
    chance: Chance,
    clock: Arc<Clock>,
    region: Region,
    leaves: Leaves,
    /// By how many microseconds this replica's clock was last seen ahead of the database's.
    lead_micros: AtomicI64,
}

impl Bench {
    /// The time to sign at, in whole seconds and not ahead of the database's clock as last seen: a
    /// signature from the future would be refused under the lock and made a second time.
    fn signing_time(&self) -> OffsetDateTime {
        whole_seconds(self.clock.now() - Duration::microseconds(self.lead_micros.load(Ordering::Relaxed)))
    }

    /// Compares this replica's clock with a head time that was just read.
    fn observe(&self, head_time: OffsetDateTime) {
        let lead = (self.clock.now() - head_time).whole_microseconds().max(0);
        self.lead_micros.store(i64::try_from(lead).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

impl Signing {
    /// A signing path with no leaves and no committers yet; both come with their first use.
    pub fn new(
        store: Store,
        facts: Arc<Facts>,
        chance: Chance,
        clock: Arc<Clock>,
        region: Region,
        trust_anchor: Certificate,
    ) -> Self {
        let leaves = Leaves::new(store.clone(), chance.clone(), trust_anchor);
        let bench = Bench { store, facts, chance, clock, region, leaves, lead_micros: AtomicI64::new(0) };
        Self { bench: Arc::new(bench), committers: Mutex::new(HashMap::new()) }
    }

    /// Carries out an order: returns once the job is on record, and not before.
    pub async fn sign(&self, order: Order) -> Result<Finished, ApiError> {
        let account = order.account().clone();
        let now = self.bench.signing_time();
        let leaf = self.bench.leaves.leaf(&account, order.stamped_profile(), now).await?;
        let signed = order.sign(&self.bench, leaf, now)?;
        self.committer(&account).ask(signed).await?
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
