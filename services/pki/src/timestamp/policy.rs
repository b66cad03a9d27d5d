//! The policies under which timestamps are made.

use crate::PkiError;
use der::asn1::ObjectIdentifier;
use std::fmt;
use std::str::FromStr;

/// `TSAPolicyId` (RFC 3161 section 2.4.1): an object identifier in dotted decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimestampPolicy(pub(super) ObjectIdentifier);

/// The baseline policy of ETSI EN 319 421 section 5.2, under which times are right within a second.
const BASELINE: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.2023.1.1");

impl TimestampPolicy {
    pub(super) fn is_baseline(self) -> bool {
        self.0 == BASELINE
    }
}

/// Characters of an identifier; splitting longer ones buys nothing.
const LONGEST: usize = 128;

impl FromStr for TimestampPolicy {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        let refused = PkiError::Refused { noun: "timestamp policy", rule: "is not an object identifier" };
        if text.len() > LONGEST {
            return Err(refused);
        }
        ObjectIdentifier::new(text).map(Self).map_err(|_| refused)
    }
}

impl fmt::Display for TimestampPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_survive_the_round_trip() {
        let policy: TimestampPolicy = "1.3.6.1.4.1.99999.1".parse().unwrap();
        assert_eq!(policy.to_string(), "1.3.6.1.4.1.99999.1");
        for text in ["", "1", "3.1.2", "1.2.", "1.2.x", &"1.2".repeat(100), &".".repeat(1 << 20)] {
            assert!(text.parse::<TimestampPolicy>().is_err(), "{}", &text[..text.len().min(20)]);
        }
    }
}
