//! What ends and is made anew before it does: keys with short-lived certificates, kept in memory alone.

use crate::error::ApiError;
use crate::lifecycle::Lifecycle;
use moka::Entry;
use moka::future::Cache;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use std::hash::Hash;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// How close to its end one is not taken up any more.
const MARGIN: Duration = Duration::hours(1);
/// How long before its end one that is used is made anew, in the background. Whatever was used in its last day has
/// a successor when it ends.
const AHEAD: Duration = Duration::hours(24);
/// How long after a renewal the next one of the same is begun, at the earliest.
const PAUSE: Duration = Duration::hours(1);

/// Something that ends.
pub trait Ends: Send + Sync + 'static {
    /// When.
    fn not_after(&self) -> OffsetDateTime;
}

/// A bounded number of things that end; the least recently used goes first.
pub struct Renewing<K, V> {
    known: Cache<K, Arc<V>>,
    /// When the last renewal of each was begun.
    begun: Cache<K, OffsetDateTime>,
}

impl<K, V> Renewing<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Ends,
{
    /// Keeps at most this many.
    pub fn new(kept: u64) -> Self {
        let known = Cache::builder().max_capacity(kept).eviction_policy(EvictionPolicy::lru()).build();
        Self { known, begun: Cache::new(kept) }
    }

    /// The one of this key. It is made when there is none, or none that lasts; whoever waits for the same waits for
    /// one making. One that ends within a day is handed out once more, and its successor made meanwhile.
    pub async fn get<M, F>(&self, key: K, now: OffsetDateTime, make: M) -> Result<Arc<V>, ApiError>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<V, ApiError>> + Send + 'static,
    {
        let lasts = move |one: &Arc<V>| now + MARGIN < one.not_after();
        if let Some(one) = self.known.get(&key).await.filter(lasts) {
            if one.not_after() <= now + AHEAD {
                self.renew(key, now, make).await;
            }
            return Ok(one);
        }
        let known = self.known.clone();
        // What is made is on record, so it is kept also when whoever asked for it is gone.
        let whole = Lifecycle::finish(async move {
            let making = known.entry(key).and_try_compute_with(async |known| match known {
                // Whoever was before us made it while we waited.
                Some(known) if lasts(known.value()) => Ok(Op::Nop),
                _ => make().await.map(|made| Op::Put(Arc::new(made))),
            });
            making.await
        });
        let one = whole.await?.into_entry().map(Entry::into_value);
        one.filter(|one| now < one.not_after())
            .ok_or_else(|| ApiError::internal("the issuing certificate is about to lapse"))
    }

    /// Forgets the one of this key.
    pub async fn forget(&self, key: &K) {
        self.known.invalidate(key).await;
    }

    /// Forgets this one, unless another has taken its place.
    pub async fn forget_this(&self, key: K, one: &Arc<V>) {
        let forgetting = self.known.entry(key).and_compute_with(async |known| match known {
            Some(known) if Arc::ptr_eq(known.value(), one) => Op::Remove,
            _ => Op::Nop,
        });
        forgetting.await;
    }

    async fn renew<M, F>(&self, key: K, now: OffsetDateTime, make: M)
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<V, ApiError>> + Send + 'static,
    {
        let due = |begun: &OffsetDateTime| (now - *begun).abs() >= PAUSE;
        if !self.begun.entry(key.clone()).or_insert_with_if(async { now }, due).await.is_fresh() {
            return;
        }
        let known = self.known.clone();
        Lifecycle::spawn_background(async move {
            match make().await {
                Ok(fresh) => known.insert(key, Arc::new(fresh)).await,
                Err(error) => tracing::warn!(%error, "not renewed ahead of its end"),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use time::macros::datetime;
    use tokio::sync::Notify;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    struct One(OffsetDateTime);

    impl Ends for One {
        fn not_after(&self) -> OffsetDateTime {
            self.0
        }
    }

    fn until(hours: i64) -> impl FnOnce() -> std::future::Ready<Result<One, ApiError>> {
        move || std::future::ready(Ok(One(NOW + Duration::hours(hours))))
    }

    fn never() -> impl FnOnce() -> std::future::Ready<Result<One, ApiError>> {
        || panic!("nothing is to be made")
    }

    #[tokio::test]
    async fn one_that_lasts_is_handed_out_again() {
        let kept = Renewing::new(10);
        assert_eq!(kept.get(1, NOW, until(72)).await.unwrap().0, NOW + Duration::hours(72));
        let later = NOW + Duration::hours(47);
        assert_eq!(kept.get(1, later, never()).await.unwrap().0, NOW + Duration::hours(72));
    }

    #[tokio::test]
    async fn one_that_ends_is_made_anew_before_it_is_handed_out() {
        let kept = Renewing::new(10);
        kept.get(1, NOW, until(72)).await.unwrap();
        let late = NOW + Duration::hours(71);
        assert_eq!(kept.get(1, late, until(144)).await.unwrap().0, NOW + Duration::hours(144));
    }

    /// The one that asks within the last day is not kept waiting: the successor is not even begun to be made when the
    /// answer is there. It is made once, however many ask.
    #[tokio::test]
    async fn the_successor_is_made_in_the_background_and_once() {
        let kept = Renewing::new(10);
        kept.get(1, NOW, until(72)).await.unwrap();
        let (release, count) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let late = NOW + Duration::hours(50);
        for _ in 0..3 {
            let (release, count) = (release.clone(), count.clone());
            let make = move || async move {
                release.notified().await;
                count.fetch_add(1, Ordering::SeqCst);
                Ok(One(NOW + Duration::hours(120)))
            };
            assert_eq!(kept.get(1, late, make).await.unwrap().0, NOW + Duration::hours(72));
        }
        release.notify_one();
        while kept.get(1, late, never()).await.unwrap().0 == NOW + Duration::hours(72) {
            tokio::task::yield_now().await;
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_failure_is_told_and_not_kept() {
        let kept = Renewing::new(10);
        let fails = || std::future::ready(Err(ApiError::internal("no")));
        assert!(kept.get(1, NOW, fails).await.is_err());
        assert!(kept.get(1, NOW, until(72)).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_made_is_kept_when_nobody_waits_for_it() {
        let (kept, release) = (Renewing::new(10), Arc::new(Notify::new()));
        let released = release.clone();
        let make = move || async move {
            released.notified().await;
            Ok(One(NOW + Duration::hours(72)))
        };
        tokio::select! {
            biased;
            _ = kept.get(1, NOW, make) => panic!("it is not made yet"),
            () = tokio::task::yield_now() => {}
        }
        release.notify_one();
        assert_eq!(kept.get(1, NOW, never()).await.unwrap().0, NOW + Duration::hours(72));
    }

    #[tokio::test]
    async fn the_one_that_took_its_place_is_not_forgotten() {
        let kept = Renewing::new(10);
        let old = kept.get(1, NOW, until(72)).await.unwrap();
        kept.forget_this(1, &old).await;
        kept.get(1, NOW, until(96)).await.unwrap();
        kept.forget_this(1, &old).await;
        assert_eq!(kept.get(1, NOW, never()).await.unwrap().0, NOW + Duration::hours(96));
    }
}
