//! Drafts: envelopes that lack nothing but their signature.
//!
//! What holds for every type of envelope is checked here. Each type has a file of its own that writes it
//! ([`crate::jws`], [`crate::cose`]).

use crate::timestamp::{self, MESSAGE_IMPRINT_LENGTH};
use crate::{EncodedChain, Envelope, EnvelopeType, ExtendedAttribute, NotaryError, Payload};
use crate::{SigningScheme, Timestamp, attribute, cose, header, jws};
use hallmark_pki::SIGNATURE_LENGTH;
use std::fmt;
use time::OffsetDateTime;

/// What goes into an envelope.
#[derive(Debug, Clone, Copy)]
pub struct DraftParameters<'a> {
    /// What is signed.
    pub payload: &'a Payload,
    /// The certificates of the key that will sign.
    pub chain: &'a EncodedChain,
    /// Who vouches for the signing time, and whether a timestamp token must.
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
pub struct Draft {
    unsigned: Unsigned,
    timestamp: Timestamp,
}

/// What a signature makes of a draft.
#[derive(Debug)]
pub enum SignedDraft {
    /// The envelope, complete.
    Envelope(Envelope),
    /// An envelope that is none without a timestamp token.
    Unstamped(Unstamped),
}

/// A signed envelope before it is stamped. There is no way from here but through a timestamp token.
pub struct Unstamped {
    unsigned: Unsigned,
    signature: [u8; SIGNATURE_LENGTH],
}

#[derive(Debug)]
enum Unsigned {
    Jws(jws::Unsigned),
    Cose(cose::Unsigned),
}

impl Draft {
    /// Drafts an envelope of one type, for a key on P-384.
    pub fn new(envelope_type: EnvelopeType, parameters: &DraftParameters<'_>) -> Result<Self, NotaryError> {
        let times = Times::check(parameters)?;
        attribute::check(parameters.extended_attributes)?;
        if parameters.verification_plugin.is_some_and(|name| name.trim().is_empty()) {
            return Err(NotaryError::PluginUnnamed);
        }
        let unsigned = match envelope_type {
            EnvelopeType::Jws => Unsigned::Jws(jws::Unsigned::new(parameters, &times)?),
            EnvelopeType::Cose => Unsigned::Cose(cose::Unsigned::new(parameters, &times)),
        };
        let timestamp = match parameters.scheme {
            SigningScheme::X509(timestamp) => timestamp,
            SigningScheme::X509SigningAuthority => Timestamp::Absent,
        };
        Ok(Self { unsigned, timestamp })
    }

    /// The bytes to sign, with ECDSA on P-384 and SHA-384.
    pub fn signing_input(&self) -> &[u8] {
        match &self.unsigned {
            Unsigned::Jws(unsigned) => unsigned.signing_input(),
            Unsigned::Cose(unsigned) => unsigned.signing_input(),
        }
    }

    /// Takes a signature of the form r‖s. The scheme says whether that completes the envelope.
    pub fn sign(self, signature: [u8; SIGNATURE_LENGTH]) -> SignedDraft {
        let Self { unsigned, timestamp } = self;
        match timestamp {
            Timestamp::Absent => SignedDraft::Envelope(unsigned.complete(&signature, None)),
            Timestamp::Required => SignedDraft::Unstamped(Unstamped { unsigned, signature }),
        }
    }
}

impl Unstamped {
    /// The signature, which is the message that the token is about.
    pub fn signature(&self) -> &[u8; SIGNATURE_LENGTH] {
        &self.signature
    }

    /// The SHA-384 of the signature, which is what a timestamp authority is asked about.
    pub fn message_imprint(&self) -> [u8; MESSAGE_IMPRINT_LENGTH] {
        timestamp::message_imprint(&self.signature)
    }

    /// Completes the envelope with a `TimeStampToken` in DER (RFC 3161 section 2.4.2), which is only a part of an
    /// authority's response. It must be about this signature; that it verifies, and that its time lies in the
    /// validity of every certificate, is up to whoever asked for it.
    pub fn stamp(self, token: &[u8]) -> Result<Envelope, NotaryError> {
        timestamp::check(token, &self.signature)?;
        Ok(self.unsigned.complete(&self.signature, Some(token)))
    }
}

impl fmt::Debug for Unstamped {
    /// Tells no signature: signatures are never logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unstamped({:?})", self.unsigned)
    }
}

impl Unsigned {
    fn complete(self, signature: &[u8], token: Option<&[u8]>) -> Envelope {
        match self {
            Self::Jws(unsigned) => unsigned.complete(signature, token),
            Self::Cose(unsigned) => unsigned.complete(signature, token),
        }
    }
}

/// The times of an envelope, in UTC and whole seconds.
pub(crate) struct Times {
    pub(crate) signing_time: OffsetDateTime,
    pub(crate) expiry: Option<OffsetDateTime>,
}

impl Times {
    fn check(parameters: &DraftParameters<'_>) -> Result<Self, NotaryError> {
        let signing_time = whole_seconds(parameters.signing_time)?;
        for (place, validity) in parameters.chain.validities().iter().enumerate() {
            if !validity.contains(signing_time) {
                return Err(NotaryError::OutsideValidity { place, validity: *validity, signing_time });
            }
        }
        let expiry = parameters.expiry.map(whole_seconds).transpose()?;
        if let Some(expiry) = expiry.filter(|expiry| *expiry <= signing_time) {
            return Err(NotaryError::ExpiryNotLater { signing_time, expiry });
        }
        Ok(Self { signing_time, expiry })
    }
}

/// A time in UTC without its fraction.
fn whole_seconds(time: OffsetDateTime) -> Result<OffsetDateTime, NotaryError> {
    header::in_utc(time)
        .and_then(|utc| utc.replace_nanosecond(0).ok())
        .ok_or(NotaryError::TimeOutOfRange { time })
}
