//! From when on a revocation takes effect: in the past, in whole seconds, and never later than it was.

use crate::error::ApiError;
use time::{Duration, OffsetDateTime};

/// The effective time that was asked for.
pub(super) fn effective_time(
    asked: OffsetDateTime,
    head_time: OffsetDateTime,
) -> Result<OffsetDateTime, ApiError> {
    if asked > head_time {
        return Err(ApiError::validation(
            "effectiveTime: a revocation takes effect now or in the past, not in the future",
        ));
    }
    Ok(up_to_whole_seconds(asked))
}

/// Whether a revocation from this time on says anything new of `what`, which may be revoked already.
pub(super) fn moves_earlier(
    what: &str,
    known: Option<OffsetDateTime>,
    effective_at: OffsetDateTime,
) -> Result<bool, ApiError> {
    match known {
        Some(known) if effective_at > known => Err(ApiError::validation(format!(
            "effectiveTime: the {what} is revoked since {}; the effective time can only be moved earlier",
            known.unix_timestamp()
        ))),
        known => Ok(known != Some(effective_at)),
    }
}

/// Effective times are whole seconds, as signing times are (which are cut off): a signature of the very second in
/// which a fractional time lies stays good.
fn up_to_whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    match time.replace_nanosecond(0) {
        Ok(whole) if whole < time => whole + Duration::SECOND,
        Ok(whole) => whole,
        Err(_) => time,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const WHOLE: OffsetDateTime = datetime!(2026-01-01 00:00:00 UTC);

    #[test]
    fn effective_times_are_rounded_up() {
        assert_eq!(effective_time(WHOLE, WHOLE).unwrap(), WHOLE);
        let within = WHOLE + Duration::NANOSECOND;
        assert_eq!(effective_time(within, within).unwrap(), WHOLE + Duration::SECOND);
        assert!(effective_time(within, WHOLE).is_err());
    }

    #[test]
    fn they_move_earlier_alone() {
        let (earlier, later) = (WHOLE - Duration::SECOND, WHOLE + Duration::SECOND);
        assert!(moves_earlier("thing", None, WHOLE).unwrap());
        assert!(moves_earlier("thing", Some(WHOLE), earlier).unwrap());
        assert!(!moves_earlier("thing", Some(WHOLE), WHOLE).unwrap());
        assert!(moves_earlier("thing", Some(WHOLE), later).is_err());
    }
}
