//! The signed header of an envelope, as it was read: what holds for every type of envelope is checked here.

use crate::header::{
    ALGORITHM, AUTHENTIC_SIGNING_TIME, CONTENT_TYPE, CRITICAL, EXPIRY, SIGNING_SCHEME, SIGNING_TIME,
    VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION,
};
use crate::payload::PAYLOAD_MEDIA_TYPE;
use crate::signing_input::PROTECTED;
use crate::{EnvelopeError, SigningScheme, Timestamp, attribute};
use hallmark_pki::SigningAlgorithm;
use semver::Version;
use time::OffsetDateTime;

/// A signed header in order: its times fit each other and its scheme, what must be critical is, and nothing is named
/// critical that is not there. Its content type is [`PAYLOAD_MEDIA_TYPE`], as that of every envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeader {
    algorithm: SigningAlgorithm,
    signing_time: SigningTime,
    expiry: Option<OffsetDateTime>,
    verification_plugin: Option<VerificationPlugin>,
    critical: Vec<String>,
    attributes: Vec<SignedAttribute>,
}

/// When something was signed, in UTC, and by whose word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningTime {
    /// By the signer's, which is a claim (scheme `notary.x509`).
    Stated(OffsetDateTime),
    /// By the signing authority's, which vouches for it (scheme `notary.x509.signingAuthority`).
    Authentic(OffsetDateTime),
}

/// The plugin without which no verifier accepts the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationPlugin {
    /// Its name.
    pub name: String,
    /// The oldest version that does.
    pub min_version: Option<Version>,
}

/// A signed attribute beyond the standard ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAttribute {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: AttributeValue,
    /// Whether a verifier that does not know it must refuse the signature.
    pub critical: bool,
}

/// The value of a signed attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// A text.
    Text(String),
    /// Anything else, as it stands in the envelope: JSON in JWS, CBOR in COSE.
    Encoded(Vec<u8>),
}

/// A signed header of which nothing is known but that it can be read.
#[derive(Debug)]
pub(crate) struct Unchecked {
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) content_type: String,
    pub(crate) critical: Vec<String>,
    /// All others, each name once.
    pub(crate) fields: Vec<(String, Field)>,
}

/// The value of a header that JOSE and COSE do not know.
#[derive(Debug)]
pub(crate) enum Field {
    Text(String),
    /// In UTC and whole seconds; of the names in [`TIMES`] alone.
    Time(OffsetDateTime),
    Encoded(Vec<u8>),
}

/// How many headers may stand beside those of JOSE and COSE: no plugin wants as many, and looking for one takes time.
const MOST_HEADERS: usize = 100;

/// The headers that are times.
pub(crate) const TIMES: [&str; 3] = [SIGNING_TIME, AUTHENTIC_SIGNING_TIME, EXPIRY];
/// What no envelope names critical.
const NEVER_CRITICAL: [&str; 4] = [ALGORITHM, CONTENT_TYPE, CRITICAL, SIGNING_TIME];
/// What every envelope that holds it names critical.
const ALWAYS_CRITICAL: [&str; 5] =
    [SIGNING_SCHEME, AUTHENTIC_SIGNING_TIME, EXPIRY, VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION];

impl SignedHeader {
    /// The algorithm that the signature is said to be of.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// When it was signed, and by whose word.
    pub fn signing_time(&self) -> SigningTime {
        self.signing_time
    }

    /// When the signature expires, in UTC.
    pub fn expiry(&self) -> Option<OffsetDateTime> {
        self.expiry
    }

    /// The plugin without which no verifier accepts the signature.
    pub fn verification_plugin(&self) -> Option<&VerificationPlugin> {
        self.verification_plugin.as_ref()
    }

    /// The names of the headers that a verifier must understand, in the order they were written.
    pub fn critical(&self) -> &[String] {
        &self.critical
    }

    /// The attributes beyond the standard ones.
    pub fn attributes(&self) -> &[SignedAttribute] {
        &self.attributes
    }
}

impl SigningTime {
    /// The time itself.
    pub fn time(self) -> OffsetDateTime {
        match self {
            Self::Stated(time) | Self::Authentic(time) => time,
        }
    }

    /// The name of the scheme.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Stated(_) => SigningScheme::X509(Timestamp::Absent).as_str(),
            Self::Authentic(_) => SigningScheme::X509SigningAuthority.as_str(),
        }
    }
}

impl Unchecked {
    pub(crate) fn check(self) -> Result<SignedHeader, EnvelopeError> {
        if self.fields.len().max(self.critical.len()) > MOST_HEADERS {
            return Err(EnvelopeError::malformed(PROTECTED, "holds more than 100 headers"));
        }
        if self.content_type != PAYLOAD_MEDIA_TYPE {
            return Err(EnvelopeError::header(CONTENT_TYPE, "names something else than a payload"));
        }
        let signing_time = self.signing_time()?;
        let expiry = self.time(EXPIRY)?;
        if expiry.is_some_and(|expiry| expiry <= signing_time.time()) {
            return Err(EnvelopeError::header(EXPIRY, "is not later than the signing time"));
        }
        let verification_plugin = self.verification_plugin()?;
        self.check_critical()?;
        let Self { algorithm, critical, fields, .. } = self;
        let attributes = fields
            .into_iter()
            .filter(|(name, _)| name != SIGNING_TIME && !ALWAYS_CRITICAL.contains(&name.as_str()))
            .map(|(key, field)| SignedAttribute::new(key, field, &critical))
            .collect::<Result<_, _>>()?;
        Ok(SignedHeader { algorithm, signing_time, expiry, verification_plugin, critical, attributes })
    }

    fn signing_time(&self) -> Result<SigningTime, EnvelopeError> {
        let scheme = self.text(SIGNING_SCHEME)?.unwrap_or_default();
        let candidates = [
            (SIGNING_TIME, AUTHENTIC_SIGNING_TIME, SigningTime::Stated as fn(OffsetDateTime) -> SigningTime),
            (AUTHENTIC_SIGNING_TIME, SIGNING_TIME, SigningTime::Authentic),
        ];
        let found =
            candidates.into_iter().find(|(.., make)| make(OffsetDateTime::UNIX_EPOCH).scheme() == scheme);
        let (own, other, make) =
            found.ok_or_else(|| EnvelopeError::header(SIGNING_SCHEME, "names no scheme that is known"))?;
        if self.field(other).is_some() {
            return Err(EnvelopeError::header(other, "is the time of another scheme"));
        }
        let time = self.time(own)?;
        time.map(make).ok_or_else(|| EnvelopeError::header(own, "is missing"))
    }

    fn verification_plugin(&self) -> Result<Option<VerificationPlugin>, EnvelopeError> {
        let min_version = self.text(VERIFICATION_PLUGIN_MIN_VERSION)?.map(Version::parse).transpose();
        let min_version = min_version.map_err(|_| {
            EnvelopeError::header(VERIFICATION_PLUGIN_MIN_VERSION, "is not a version of Semantic Versioning")
        })?;
        match self.text(VERIFICATION_PLUGIN)? {
            Some(name) if name.trim().is_empty() => {
                Err(EnvelopeError::header(VERIFICATION_PLUGIN, "is blank"))
            }
            Some(name) => Ok(Some(VerificationPlugin { name: name.to_owned(), min_version })),
            None if min_version.is_some() => {
                Err(EnvelopeError::header(VERIFICATION_PLUGIN_MIN_VERSION, "is of no plugin that is named"))
            }
            None => Ok(None),
        }
    }

    fn check_critical(&self) -> Result<(), EnvelopeError> {
        for (place, name) in self.critical.iter().enumerate() {
            let refused = |rule| Err(EnvelopeError::header(name, rule));
            if self.critical[..place].contains(name) {
                return refused("is named critical twice");
            }
            if NEVER_CRITICAL.contains(&name.as_str()) {
                return refused("is named critical and must not be");
            }
            if self.field(name).is_none() {
                return refused("is named critical and is not there");
            }
        }
        for name in ALWAYS_CRITICAL {
            if self.field(name).is_some() && !self.critical.iter().any(|critical| critical == name) {
                return Err(EnvelopeError::header(name, "is not named critical and must be"));
            }
        }
        Ok(())
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, field)| field)
    }

    fn text(&self, name: &str) -> Result<Option<&str>, EnvelopeError> {
        match self.field(name) {
            None => Ok(None),
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(_) => Err(EnvelopeError::header(name, "is not a text")),
        }
    }

    fn time(&self, name: &str) -> Result<Option<OffsetDateTime>, EnvelopeError> {
        match self.field(name) {
            None => Ok(None),
            Some(Field::Time(time)) => Ok(Some(*time)),
            Some(_) => Err(EnvelopeError::header(name, "is not a time")),
        }
    }
}

impl SignedAttribute {
    fn new(key: String, field: Field, critical: &[String]) -> Result<Self, EnvelopeError> {
        if key.trim().is_empty() {
            return Err(EnvelopeError::header(&key, "is blank"));
        }
        if attribute::is_reserved(&key) {
            return Err(EnvelopeError::header(&key, "has a meaning that is not an attribute's"));
        }
        let value = match field {
            Field::Text(text) => AttributeValue::Text(text),
            Field::Encoded(octets) => AttributeValue::Encoded(octets),
            Field::Time(_) => return Err(EnvelopeError::header(&key, "is a time")),
        };
        Ok(Self { critical: critical.contains(&key), key, value })
    }
}
