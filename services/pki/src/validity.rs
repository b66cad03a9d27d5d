//! The validity of a certificate: whole seconds, both ends included.

use crate::PkiError;
use std::fmt;
use time::{OffsetDateTime, UtcOffset};

/// From when until when a certificate is valid (RFC 5280 section 4.1.2.5), in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

impl Validity {
    /// A validity from one time until another. Fractions of a second are cut off: X.509 has none.
    pub fn new(not_before: OffsetDateTime, not_after: OffsetDateTime) -> Result<Self, PkiError> {
        let (not_before, not_after) = (whole(not_before)?, whole(not_after)?);
        if not_before > not_after {
            return Err(PkiError::ValidityInverted { not_before, not_after });
        }
        Ok(Self { not_before, not_after })
    }

    /// The first second.
    pub fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// The last second.
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Whether a time lies inside.
    pub fn contains(&self, time: OffsetDateTime) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }

    /// Whether another validity lies wholly inside.
    pub fn covers(&self, other: &Self) -> bool {
        self.not_before <= other.not_before && other.not_after <= self.not_after
    }
}

fn whole(time: OffsetDateTime) -> Result<OffsetDateTime, PkiError> {
    let out_of_range = PkiError::TimeOutOfRange { time };
    let utc = time.checked_to_offset(UtcOffset::UTC).and_then(|time| time.replace_nanosecond(0).ok());
    match utc {
        Some(utc) if (1950..=9999).contains(&utc.year()) => Ok(utc),
        _ => Err(out_of_range),
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.not_before, self.not_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const FROM: OffsetDateTime = datetime!(2026-01-01 00:00:00 UTC);
    const UNTIL: OffsetDateTime = datetime!(2026-01-04 00:00:00 UTC);

    #[test]
    fn both_ends_belong_to_it() {
        let validity = Validity::new(FROM, UNTIL).unwrap();
        for (time, inside) in [
            (FROM - Duration::NANOSECOND, false),
            (FROM, true),
            (UNTIL, true),
            (UNTIL + Duration::NANOSECOND, false),
        ] {
            assert_eq!(validity.contains(time), inside, "{time}");
        }
    }

    #[test]
    fn it_is_kept_in_whole_seconds_of_utc() {
        let late = FROM.to_offset(time::macros::offset!(+2)) + Duration::milliseconds(999);
        let validity = Validity::new(late, UNTIL + Duration::NANOSECOND).unwrap();
        assert_eq!(validity, Validity::new(FROM, UNTIL).unwrap());
        assert_eq!(validity.not_before().offset(), UtcOffset::UTC);
    }

    #[test]
    fn an_end_before_the_beginning_is_refused() {
        let refused = Validity::new(UNTIL, FROM);
        let expected = PkiError::ValidityInverted { not_before: UNTIL, not_after: FROM };
        assert_eq!(refused, Err(expected));
    }

    #[test]
    fn years_that_x509_cannot_hold_are_refused() {
        let early = datetime!(1949-12-31 23:59:59 UTC);
        assert_eq!(Validity::new(early, UNTIL), Err(PkiError::TimeOutOfRange { time: early }));
    }

    #[test]
    fn one_covers_another_only_wholly() {
        let outer = Validity::new(FROM, UNTIL).unwrap();
        let second = Duration::SECOND;
        assert!(outer.covers(&outer));
        assert!(!outer.covers(&Validity::new(FROM - second, UNTIL).unwrap()));
        assert!(!outer.covers(&Validity::new(FROM, UNTIL + second).unwrap()));
    }
}
