//! The clock: read here and nowhere else in this crate.

use std::time::SystemTime;
use time::OffsetDateTime;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the one place where this crate reads the clock")]
pub fn now() -> OffsetDateTime {
    SystemTime::now().into()
}
