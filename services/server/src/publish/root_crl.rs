//! The root's CRL: which of the issuing CAs are revoked.

use super::list::List;
use crate::chance::Chance;
use aws_lc_rs::rand::SecureRandom;
use hallmark_pki::{Crl, CrlContents, CrlEntry, CrlScope, Issuer};
use hallmark_store::Store;
use hallmark_store::root_crl::RootCrl;
use moka::Entry;
use moka::future::Cache;
use moka::ops::compute::Op;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// For how long verifiers may keep a list of a root whose key is at hand.
const KEPT: Duration = Duration::hours(4);
/// How old such a list may become before the next is signed.
const RENEWED_AFTER: Duration = Duration::hours(1);
/// How long after a look at the record the next one is taken, at the earliest.
const LOOKED_AFTER: Duration = Duration::seconds(2);

/// Signs one list of the root's.
pub(crate) fn sign(
    rng: &dyn SecureRandom,
    root: &Issuer,
    number: i64,
    (this_update, next_update): (OffsetDateTime, OffsetDateTime),
    revoked: Vec<CrlEntry>,
) -> anyhow::Result<RootCrl> {
    let contents =
        CrlContents { scope: CrlScope::Complete, number: u64::try_from(number)?, this_update, next_update };
    let crl = root.issue_crl(rng, &contents, revoked)?;
    Ok(RootCrl { number, this_update, next_update, der: crl.der().to_vec() })
}

/// Signs the next list if it is due: the last is an hour old, or says something else than what is revoked. A root that
/// is offline has signed ahead.
pub(crate) async fn renew(store: &Store, chance: &Chance, now: OffsetDateTime) -> anyhow::Result<()> {
    let mut publication = store.root_crl_publication().await?;
    // Behind the turn: a list signed after the key was taken offline would supersede those that were signed ahead.
    let Some(root) = store.trust_anchor().await?.issuer else { return Ok(()) };
    let revoked = publication.revoked_issuers(root.certificate()).await?;
    let last = publication.in_force(now).await?;
    if let Some(last) = &last
        && now < last.this_update + RENEWED_AFTER
        && says(&Crl::from_der(&last.der)?, &revoked)
    {
        return Ok(());
    }
    let this_update = last.map_or(now, |last| last.this_update.max(now));
    let number = publication.last_number + 1;
    let times = (this_update, this_update + KEPT);
    let next = sign(chance.source(), &root, number, times, revoked)?;
    publication.publish(&[next], now).await?;
    Ok(())
}

/// Whether a list has these entries and no others.
fn says(list: &Crl, revoked: &[CrlEntry]) -> bool {
    list.entries().len() == revoked.len() && revoked.iter().all(|entry| list.entries().contains(entry))
}

/// The root's list, as one replica serves it.
pub(crate) struct RootList {
    store: Store,
    chance: Chance,
    /// Kept for a moment, so that however many ask, the record is looked at once.
    known: Cache<(), Looked>,
}

/// The list that was found in force at a time.
#[derive(Clone)]
struct Looked {
    list: Arc<List>,
    at: OffsetDateTime,
}

impl Looked {
    /// Whether that is still to be believed: the clock, too, must not have moved on.
    fn stands(&self, now: OffsetDateTime) -> bool {
        (now - self.at).abs() < LOOKED_AFTER && self.list.is_in_force(now)
    }
}

impl RootList {
    pub(crate) fn new(store: Store, chance: Chance) -> Self {
        let known = Cache::builder().max_capacity(1).time_to_live(LOOKED_AFTER.unsigned_abs()).build();
        Self { store, chance, known }
    }

    /// The list in force; none when all that were signed are over.
    pub(crate) async fn list(&self, now: OffsetDateTime) -> anyhow::Result<Option<Arc<List>>> {
        let stands = |looked: &Looked| looked.stands(now);
        if let Some(looked) = self.known.get(&()).await.filter(stands) {
            return Ok(Some(looked.list));
        }
        let outcome = self.known.entry(()).and_try_compute_with(async |known| match known {
            // Whoever was before us looked while we waited.
            Some(known) if stands(known.value()) => anyhow::Ok(Op::Nop),
            _ => Ok(self.looked_up(now).await?.map_or(Op::Remove, Op::Put)),
        });
        Ok(outcome.await?.into_entry().map(Entry::into_value).filter(stands).map(|looked| looked.list))
    }

    async fn looked_up(&self, now: OffsetDateTime) -> anyhow::Result<Option<Looked>> {
        renew(&self.store, &self.chance, now).await?;
        let found = self.store.root_crl(now).await?;
        let list = found.map(|crl| Arc::new(List::new(crl.der, crl.this_update, crl.next_update)));
        Ok(list.map(|list| Looked { list, at: now }))
    }
}
