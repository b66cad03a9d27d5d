//! Whether this replica's clock may be believed: it is held against the database's every few seconds, and against the
//! time that passed in between always.

use crate::clock::Clock;
use hallmark_store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration as StdDuration, Instant};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

/// By how much the clock may differ from the database's.
const TOLERANCE: Duration = Duration::SECOND;
/// How long a comparison with the database's clock stands.
const STANDS: StdDuration = StdDuration::from_secs(5);

/// The times that one replica stamps.
pub(super) struct Timekeeper {
    store: Store,
    clock: Arc<Clock>,
    measured: Mutex<Option<Measured>>,
    /// The last time that was stamped, in seconds since 1970.
    last: AtomicI64,
}

/// What time it was by the database's clock.
#[derive(Debug, Clone, Copy)]
struct Measured {
    at: Instant,
    database: OffsetDateTime,
    /// By how much that may be wrong: half of the time that the database took to answer.
    doubt: Duration,
}

impl Measured {
    /// Whether a clock that shows this now agrees, at the worst.
    fn agrees(&self, now: OffsetDateTime, elapsed: StdDuration) -> bool {
        let Ok(elapsed) = Duration::try_from(elapsed) else { return false };
        (now - (self.database + elapsed)).abs() + self.doubt <= TOLERANCE
    }
}

impl Timekeeper {
    pub(super) fn new(store: Store, clock: Arc<Clock>) -> Self {
        Self { store, clock, measured: Mutex::new(None), last: AtomicI64::new(i64::MIN) }
    }

    /// The time to be stamped, in whole seconds and never before the last; none when it is in doubt.
    pub(super) async fn time(&self) -> Option<OffsetDateTime> {
        let measured = self.measure().await?;
        let now = self.clock.now();
        if !measured.agrees(now, measured.at.elapsed()) {
            tracing::warn!(%now, ?measured, "nothing is stamped while this clock is not the database's");
            return None;
        }
        not_before(&self.last, now)
    }

    async fn measure(&self) -> Option<Measured> {
        let mut measured = self.measured.lock().await;
        if let Some(measured) = measured.filter(|measured| measured.at.elapsed() < STANDS) {
            return Some(measured);
        }
        let asked = Instant::now();
        *measured = match self.store.durability().await {
            Ok(durability) => Duration::try_from(asked.elapsed() / 2).ok().map(|half| Measured {
                at: Instant::now(),
                database: durability.clock + half,
                doubt: half,
            }),
            Err(error) => {
                tracing::error!(%error, "the database's clock cannot be read");
                None
            }
        };
        *measured
    }
}

/// The whole second of now, or the last one that was stamped: a clock that was set back a little stands still until it
/// is where it was; by more, it is in doubt.
fn not_before(last: &AtomicI64, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let seconds = now.unix_timestamp();
    let last = last.fetch_max(seconds, Ordering::SeqCst);
    let time = OffsetDateTime::from_unix_timestamp(seconds.max(last)).ok()?;
    (time - now <= TOLERANCE).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-21 12:00:00 UTC);

    fn agrees(apart: i64, doubt: i64, elapsed: u64) -> bool {
        let doubt = Duration::milliseconds(doubt);
        let measured = Measured { at: Instant::now(), database: NOW, doubt };
        measured.agrees(NOW + Duration::milliseconds(apart), StdDuration::from_millis(elapsed))
    }

    #[test]
    fn a_clock_may_be_a_second_off() {
        for (apart, fine) in [(0, true), (1000, true), (1001, false), (-1000, true), (-1001, false)] {
            assert_eq!(agrees(apart, 0, 0), fine, "{apart} ms");
        }
        assert!(agrees(4500, 0, 4000), "time passed meanwhile");
        assert!(!agrees(0, 0, 4000), "and the clock stood still");
        assert!(agrees(0, 1000, 0));
        assert!(!agrees(1, 1000, 0), "it may be off by more");
        assert!(!agrees(0, 1001, 0), "nobody knows");
    }

    #[test]
    fn stamped_times_never_go_back() {
        let last = AtomicI64::new(i64::MIN);
        let at = |millis| not_before(&last, NOW + Duration::milliseconds(millis));
        assert_eq!(at(10_900), Some(NOW + Duration::seconds(10)), "whole seconds");
        assert_eq!(at(9_000), Some(NOW + Duration::seconds(10)), "it stands still");
        assert_eq!(at(8_999), None, "it is wrong");
        assert_eq!(at(11_000), Some(NOW + Duration::seconds(11)));
    }
}
