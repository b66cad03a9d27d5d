//! The clock. Everything below the server takes `now` as a parameter; this is where it comes from.

use std::sync::atomic::{AtomicI64, Ordering};
use time::{Duration, OffsetDateTime};

/// Where the time comes from.
#[derive(Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that tests set and advance, in nanoseconds since 1970.
    Fixed(AtomicI64),
    /// The system's clock, put forward by as many nanoseconds as tests say.
    Shifted(AtomicI64),
}

impl Clock {
    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn now(&self) -> OffsetDateTime {
        match self {
            Self::System => OffsetDateTime::now_utc(),
            Self::Shifted(nanos) => {
                OffsetDateTime::now_utc() + Duration::nanoseconds(nanos.load(Ordering::SeqCst))
            }
            Self::Fixed(nanos) => {
                OffsetDateTime::UNIX_EPOCH + Duration::nanoseconds(nanos.load(Ordering::SeqCst))
            }
        }
    }
}
