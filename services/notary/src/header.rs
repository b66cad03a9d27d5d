//! Headers that every type of envelope has, under the same names (Notary Project
//! `signature-envelope-jws.md` and `signature-envelope-cose.md`).

use crate::draft::Times;
use crate::{DraftParameters, SigningScheme};
use time::{OffsetDateTime, UtcOffset};

/// The three of JOSE; COSE has them as labels 1, 3 and 2.
pub(crate) const ALGORITHM: &str = "alg";
pub(crate) const CONTENT_TYPE: &str = "cty";
pub(crate) const CRITICAL: &str = "crit";

pub(crate) const SIGNING_SCHEME: &str = "io.cncf.notary.signingScheme";
pub(crate) const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
pub(crate) const AUTHENTIC_SIGNING_TIME: &str = "io.cncf.notary.authenticSigningTime";
pub(crate) const EXPIRY: &str = "io.cncf.notary.expiry";
pub(crate) const VERIFICATION_PLUGIN: &str = "io.cncf.notary.verificationPlugin";
/// Never written here.
pub(crate) const VERIFICATION_PLUGIN_MIN_VERSION: &str = "io.cncf.notary.verificationPluginMinVersion";

/// Unsigned: the software that signed.
pub(crate) const SIGNING_AGENT: &str = "io.cncf.notary.signingAgent";
/// Unsigned: the timestamp token.
pub(crate) const TIMESTAMP_SIGNATURE: &str = "io.cncf.notary.timestampSignature";

/// A signed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Value<'a>,
    pub(crate) importance: Importance,
}

/// The value of a signed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    /// In UTC and whole seconds.
    Time(OffsetDateTime),
}

/// Whether a verifier may pass a header over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Importance {
    Critical,
    Optional,
}

/// The signed headers beside the three of JOSE and COSE themselves, each name at most once. Verifiers refuse the
/// time of the other scheme, and a header that they think is to be critical and is not.
pub(crate) fn signed<'a>(parameters: &DraftParameters<'a>, times: &Times) -> Vec<Header<'a>> {
    use Importance::{Critical, Optional};
    let header = |name, value, importance| Header { name, value, importance };
    let (time_name, time_importance) = match parameters.scheme {
        SigningScheme::X509(_) => (SIGNING_TIME, Optional),
        SigningScheme::X509SigningAuthority => (AUTHENTIC_SIGNING_TIME, Critical),
    };
    let standard = [
        Some(header(SIGNING_SCHEME, Value::Text(parameters.scheme.as_str()), Critical)),
        Some(header(time_name, Value::Time(times.signing_time), time_importance)),
        times.expiry.map(|expiry| header(EXPIRY, Value::Time(expiry), Critical)),
        parameters.verification_plugin.map(|name| header(VERIFICATION_PLUGIN, Value::Text(name), Critical)),
    ];
    let extended = parameters.extended_attributes.iter().map(|attribute| {
        let importance = if attribute.critical { Critical } else { Optional };
        header(&attribute.key, Value::Text(&attribute.value), importance)
    });
    standard.into_iter().flatten().chain(extended).collect()
}

/// The names of those that a verifier must understand, in the same order.
pub(crate) fn critical<'a>(headers: &'a [Header<'a>]) -> impl Iterator<Item = &'a str> + Clone {
    headers.iter().filter(|header| header.importance == Importance::Critical).map(|header| header.name)
}

/// A time in UTC, if RFC 3339 can write it so. Where COSE could write more, verifiers still write it as JWS does.
pub(crate) fn in_utc(time: OffsetDateTime) -> Option<OffsetDateTime> {
    time.checked_to_offset(UtcOffset::UTC).filter(|utc| (0..=9999).contains(&utc.year()))
}
