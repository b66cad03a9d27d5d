//! Drafts: envelopes that lack nothing but their signature.
//!
//! What holds for every form of envelope is checked here. Each form has a file of its own that
//! writes it ([`crate::jws`]) and a constructor on [`Draft`].

use crate::{EncodedChain, Envelope, ExtendedAttribute, NotaryError, Payload, SigningScheme};
use crate::{attribute, jws};
use hallmark_pki::SIGNATURE_LENGTH;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// What goes into an envelope.
#[derive(Debug, Clone, Copy)]
pub struct DraftParameters<'a> {
    /// What is signed.
    pub payload: &'a Payload,
    /// The certificates of the key that will sign.
    pub chain: &'a EncodedChain,
    /// Who vouches for the signing time.
    pub scheme: SigningScheme,
    /// When it is signed; fractions of a second are cut off.
    pub signing_time: OffsetDateTime,
    /// When the signature expires; fractions of a second are cut off.
    pub expiry: Option<OffsetDateTime>,
    /// The plugin without which no verifier accepts the signature.
    pub verification_plugin: Option<&'a str>,
    /// Signed attributes beyond the standard ones.
    pub extended_attributes: &'a [ExtendedAttribute],
    /// The software that signs, as `name/version`; not signed itself.
    pub signing_agent: Option<&'a str>,
}

/// An envelope before it is signed. There is no way from here but through a signature.
#[derive(Debug)]
pub struct Draft(jws::Unsigned);

impl Draft {
    /// Drafts an envelope in the form of a JWS, for a key on P-384.
    pub fn jws(parameters: &DraftParameters<'_>) -> Result<Self, NotaryError> {
        let times = Times::check(parameters)?;
        attribute::check(parameters.extended_attributes)?;
        if parameters.verification_plugin.is_some_and(|name| name.trim().is_empty()) {
            return Err(NotaryError::PluginUnnamed);
        }
        jws::Unsigned::new(parameters, &times).map(Self)
    }

    /// The bytes to sign, with ECDSA on P-384 and SHA-384.
    pub fn signing_input(&self) -> &[u8] {
        self.0.signing_input()
    }

    /// Completes the envelope with a signature of the form r‖s.
    pub fn into_envelope(self, signature: [u8; SIGNATURE_LENGTH]) -> Envelope {
        self.0.sign(&signature)
    }
}

/// The times of an envelope as they are written: UTC, whole seconds, `Z`.
pub(crate) struct Times {
    pub(crate) signing_time: String,
    pub(crate) expiry: Option<String>,
}

impl Times {
    fn check(parameters: &DraftParameters<'_>) -> Result<Self, NotaryError> {
        let signing_time = whole_seconds(parameters.signing_time);
        for (place, validity) in parameters.chain.validities().iter().enumerate() {
            if !validity.contains(signing_time) {
                return Err(NotaryError::OutsideValidity { place, validity: *validity, signing_time });
            }
        }
        let expiry = parameters.expiry.map(whole_seconds);
        if let Some(expiry) = expiry.filter(|expiry| *expiry <= signing_time) {
            return Err(NotaryError::ExpiryNotLater { signing_time, expiry });
        }
        Ok(Self { signing_time: write(signing_time)?, expiry: expiry.map(write).transpose()? })
    }
}

fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

fn write(time: OffsetDateTime) -> Result<String, NotaryError> {
    time.checked_to_offset(UtcOffset::UTC)
        .and_then(|utc| utc.format(&Rfc3339).ok())
        .ok_or(NotaryError::TimeOutOfRange { time })
}
