//! Filters of lists that nothing could pass together. They are refused: to an auditor an empty list would read as
//! "there is none".

use crate::error::ApiError;
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_api::timestamp::DateTime;

/// A version is one of a profile.
pub(super) fn check_version(
    name: Option<&ProfileName>,
    version: Option<&ProfileVersion>,
) -> Result<(), ApiError> {
    match (name, version) {
        (None, Some(_)) => Err(ApiError::validation(
            "profileVersion: a version is one of a profile, so profileName is needed with it",
        )),
        _ => Ok(()),
    }
}

/// There is time between the ends of a span, both of which are outside it.
pub(super) fn check_span(
    (after_name, after): (&str, Option<DateTime>),
    (before_name, before): (&str, Option<DateTime>),
) -> Result<(), ApiError> {
    if after.zip(before).is_some_and(|(after, before)| after >= before) {
        return Err(ApiError::validation(format!(
            "{after_name}: no time lies after it and before {before_name}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_version_needs_its_profile() {
        let (name, version) = ("profile".parse().unwrap(), "aaaaaaaaaa".parse().unwrap());
        assert!(check_version(None, None).is_ok());
        assert!(check_version(Some(&name), None).is_ok());
        assert!(check_version(Some(&name), Some(&version)).is_ok());
        assert!(check_version(None, Some(&version)).is_err());
    }

    #[test]
    fn a_span_has_its_ends_in_order() {
        let (one, two) =
            (Some(DateTime(datetime!(2026-01-01 0:00 UTC))), Some(DateTime(datetime!(2026-01-02 0:00 UTC))));
        let check = |after, before| check_span(("after", after), ("before", before)).is_ok();
        assert!(check(None, None) && check(one, None) && check(None, one) && check(one, two));
        assert!(!check(one, one) && !check(two, one));
    }
}
