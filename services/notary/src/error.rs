//! Why an envelope was not drafted, or not stamped.

use hallmark_pki::Validity;
use time::OffsetDateTime;

/// A fact that keeps an envelope from being drafted or stamped: verifiers would refuse it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotaryError {
    /// A certificate of the chain is not valid at the signing time.
    #[error("certificate {place} of the chain (0 is the leaf) is valid {validity}, not at {signing_time}")]
    OutsideValidity {
        /// Its place in the chain; the leaf has 0.
        place: usize,
        /// Its validity.
        validity: Validity,
        /// The signing time.
        signing_time: OffsetDateTime,
    },
    /// The signature would expire before it is made.
    #[error("the expiry {expiry} is not later than the signing time {signing_time}")]
    ExpiryNotLater {
        /// The signing time.
        signing_time: OffsetDateTime,
        /// The expiry.
        expiry: OffsetDateTime,
    },
    /// A time that RFC 3339 cannot write in UTC.
    #[error("the time {time} cannot be written in an envelope: its years are 0 to 9999")]
    TimeOutOfRange {
        /// The time.
        time: OffsetDateTime,
    },
    /// A verification plugin without a name.
    #[error("the name of the verification plugin is blank")]
    PluginUnnamed,
    /// An attribute without a name.
    #[error("the name of an extended attribute is blank")]
    AttributeUnnamed,
    /// An attribute whose name means something else.
    #[error("the extended attribute \"{key}\" bears the name of a standard header")]
    AttributeReserved {
        /// Its name.
        key: String,
    },
    /// Two attributes of one name.
    #[error("the extended attribute \"{key}\" stands twice")]
    AttributeRepeated {
        /// Its name.
        key: String,
    },
    /// Something else than a timestamp token.
    #[error("the timestamp is not a TimeStampToken in DER")]
    TimestampUnreadable,
    /// A timestamp token that is about something else than the signature.
    #[error("the timestamp token does not hold the SHA-384 of the signature")]
    TimestampOfOther,
    /// The headers could not be written as JSON.
    #[error("the headers cannot be written: {reason}")]
    Unwritable {
        /// What the encoder said.
        reason: String,
    },
}

impl From<serde_json::Error> for NotaryError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unwritable { reason: error.to_string() }
    }
}
