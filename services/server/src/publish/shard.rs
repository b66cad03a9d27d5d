//! The CRLs of issuing CAs. A list is made when it is asked for and what was published is not good enough any more; the
//! epoch of revocations, which is compared each time, says whether it is.

use super::list::List;
use crate::addresses::Addresses;
use crate::batcher::Batcher;
use crate::chance::Chance;
use crate::lifecycle::Lifecycle;
use anyhow::Context as _;
use hallmark_api::account::AccountId;
use hallmark_pki::{CrlContents, CrlScope};
use hallmark_store::Store;
use hallmark_store::crl::{CrlPublication, FoundCrl, PublishedCrl, Shard};
use hallmark_store::issuer::KnownIssuer;
use moka::Entry;
use moka::future::Cache;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use std::sync::Arc;
use std::time::{Duration as StdDuration, Instant};
use time::{Duration, OffsetDateTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// For how long verifiers may keep a list.
const KEPT: Duration = Duration::hours(4);
/// How old a list may become before the next is made, though nothing was revoked.
const RENEWED_AFTER: Duration = Duration::hours(1);
/// How soon after a list the next may be made: under a stream of revocations a list is made this often, and each
/// revocation is listed at most this long, and two makings, after it was acknowledged.
const YOUNG: Duration = Duration::seconds(2);
/// How many lists a replica makes at a time.
const BUILDERS: usize = 2;
/// Octets of lists that a replica keeps in memory.
const MEMORY: u64 = 64 << 20;

/// The lists of issuing CAs, as one replica makes and serves them.
pub(crate) struct Shards {
    store: Store,
    addresses: Addresses,
    chance: Chance,
    epochs: Batcher<AccountId, Result<i64, String>>,
    known: Cache<Shard, Known>,
    builders: Arc<Semaphore>,
}

/// A list in memory.
#[derive(Clone)]
struct Known {
    list: Arc<List>,
    revocation_epoch: i64,
    /// Until when it is too young to be followed by another.
    young_until: Instant,
}

impl Known {
    /// A list, and how long ago its revocations were read.
    fn new(crl: PublishedCrl, age: Duration) -> Self {
        let left = if age.is_negative() { Duration::ZERO } else { YOUNG - age };
        let left = StdDuration::try_from(left).unwrap_or_default();
        let list = Arc::new(List::new(crl.der, crl.this_update, crl.next_update));
        Self { list, revocation_epoch: crl.revocation_epoch, young_until: Instant::now() + left }
    }

    fn is_young(&self, now: OffsetDateTime) -> bool {
        is_fresh(self.list.this_update(), now) && Instant::now() < self.young_until
    }

    fn serves(&self, wanted: i64, now: OffsetDateTime) -> bool {
        self.is_young(now) || is_fresh(self.list.this_update(), now) && self.revocation_epoch >= wanted
    }
}

fn is_fresh(this_update: OffsetDateTime, now: OffsetDateTime) -> bool {
    now < this_update + RENEWED_AFTER
}

/// Whether what was published is good enough for who wants to know of all that was revoked up to an epoch.
fn serves(found: &FoundCrl, wanted: i64, now: OffsetDateTime) -> bool {
    let young = !found.age.is_negative() && found.age < YOUNG;
    is_fresh(found.crl.this_update, now) && (young || found.crl.revocation_epoch >= wanted)
}

impl Shards {
    pub(crate) fn new(store: Store, addresses: Addresses, chance: Chance) -> Self {
        let reader = store.clone();
        let epochs = Batcher::start(move |accounts| {
            let store = reader.clone();
            async move { epochs(&store, accounts).await }
        });
        let known = Cache::builder()
            .max_capacity(MEMORY)
            .weigher(|_, known: &Known| u32::try_from(known.list.der().len()).unwrap_or(u32::MAX))
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { store, addresses, chance, epochs, known, builders: Arc::new(Semaphore::new(BUILDERS)) }
    }

    /// The list of a shard that was given out.
    pub(crate) async fn list(&self, shard: &Shard, now: OffsetDateTime) -> anyhow::Result<Arc<List>> {
        let known = self.known.get(shard).await;
        if let Some(known) = known.as_ref().filter(|known| known.is_young(now)) {
            return Ok(known.list.clone());
        }
        let wanted = self.epochs.ask(shard.account.clone()).await?.map_err(anyhow::Error::msg)?;
        if let Some(known) = known.filter(|known| known.serves(wanted, now)) {
            return Ok(known.list);
        }
        let outcome = self.known.entry(shard.clone()).and_try_compute_with(async |known| match known {
            // Whoever was before us fetched or made it while we waited.
            Some(known) if known.value().serves(wanted, now) => anyhow::Ok(Op::Nop),
            _ => self.fetched_or_made(shard, wanted, now).await.map(Op::Put),
        });
        let entry = outcome.await?.into_entry().context("a list that was made is not there")?;
        Ok(Entry::into_value(entry).list)
    }

    /// What was published, if it is good enough; else the next list.
    async fn fetched_or_made(
        &self,
        shard: &Shard,
        wanted: i64,
        now: OffsetDateTime,
    ) -> anyhow::Result<Known> {
        let turn = self.builders.clone().acquire_owned().await?;
        let enough = |found: &FoundCrl| serves(found, wanted, now);
        if let Some(found) = self.store.published_crl(shard).await?.filter(enough) {
            return Ok(Known::new(found.crl, found.age));
        }
        let mut view = self.store.report(&shard.account).await?;
        let issuer = view.issuer_by_id(&shard.issuer).await?.context("the issuing CA is not there")?;
        drop(view);
        let mut publication = self.store.crl_publication(shard).await?;
        // Another replica may have published while this one waited.
        if let Some(found) = publication.last.take_if(|found| enough(found)) {
            return Ok(Known::new(found.crl, found.age));
        }
        let began = Instant::now();
        let made = self.make(publication, shard, issuer, now, turn).await?;
        let age = Duration::try_from(began.elapsed())?;
        metrics::histogram!("hallmark_crl_seconds").record(began.elapsed());
        Ok(Known::new(made, age))
    }

    /// Makes the next list and publishes it.
    async fn make(
        &self,
        mut publication: CrlPublication,
        shard: &Shard,
        issuer: KnownIssuer,
        now: OffsetDateTime,
        turn: OwnedSemaphorePermit,
    ) -> anyhow::Result<PublishedCrl> {
        let listed = publication.listed(&issuer.hash, now).await?;
        let last = publication.last.as_ref().map(|found| &found.crl);
        let number = last.map_or(1, |last| last.number + 1);
        let this_update = last.map_or(now, |last| last.this_update.max(now));
        let contents = CrlContents {
            scope: CrlScope::Shard(self.addresses.crl(&shard.issuer, shard.number)?),
            number: u64::try_from(number)?,
            this_update,
            next_update: this_update + KEPT,
        };
        let chance = self.chance.clone();
        let der = Lifecycle::work_out(move || {
            let crl = issuer.issuer.issue_crl(chance.source(), &contents, listed.entries);
            // However soon who asked goes away: no more lists are made at a time than there are turns.
            drop(turn);
            crl.map(|crl| crl.der().to_vec())
        });
        let made = PublishedCrl {
            number,
            this_update,
            next_update: this_update + KEPT,
            revocation_epoch: listed.revocation_epoch,
            read_at: listed.read_at,
            der: der.await??,
        };
        publication.publish(&made).await?;
        Ok(made)
    }
}

async fn epochs(store: &Store, accounts: Vec<AccountId>) -> Vec<Result<i64, String>> {
    let mut distinct = accounts.clone();
    distinct.sort();
    distinct.dedup();
    match store.revocation_epochs(&distinct).await {
        Ok(known) => {
            let epoch = |account| known.get(account).copied().ok_or_else(|| format!("no account {account}"));
            accounts.iter().map(epoch).collect()
        }
        Err(error) => vec![Err(error.to_string()); accounts.len()],
    }
}
