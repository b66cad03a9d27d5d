//! Signed envelopes, as they were read.

use crate::{EnvelopeError, EnvelopeType, SignedHeader, SigningInput, SigningTime, cose, jws};
use hallmark_pki::Certificate;
use std::fmt;

/// The most octets that an envelope may have. Real ones have some thousand.
pub const LONGEST_ENVELOPE: usize = 4 * 1024 * 1024;

/// What the parts are called in errors.
pub(crate) const ENVELOPE: &str = "envelope";
pub(crate) const UNPROTECTED: &str = "unprotected header";
pub(crate) const CHAIN: &str = "certificate chain";
pub(crate) const TOKEN: &str = "timestamp token";
pub(crate) const SIGNATURE: &str = "signature";

/// An envelope taken apart. Nothing of it is verified but its form: that its signature holds, that its certificates
/// are a chain and trusted, and that it is about an artifact is [`crate::verify`]'s to say.
///
/// It is read as strictly as a [`SigningInput`]. What is not signed is read strictly too: there is the chain, at most
/// one timestamp token and one text that names the software, and nothing else, each in the one form that it has.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedEnvelope {
    input: SigningInput,
    signature: Vec<u8>,
    certificates: Vec<Certificate>,
    timestamp_token: Option<Vec<u8>>,
    signing_agent: Option<String>,
}

/// The parts of an envelope, as they stand in it.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) signing_input: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// Each in DER, leaf first; at least one.
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) timestamp_token: Option<Vec<u8>>,
    pub(crate) signing_agent: Option<String>,
}

impl SignedEnvelope {
    /// Reads an envelope of one type, of at most [`LONGEST_ENVELOPE`] octets. Keys of its certificates are on P-256,
    /// P-384 or P-521, or of RSA.
    pub fn parse(bytes: &[u8], envelope_type: EnvelopeType) -> Result<Self, EnvelopeError> {
        if bytes.len() > LONGEST_ENVELOPE {
            return Err(EnvelopeError::malformed(ENVELOPE, "is longer than 4 MiB"));
        }
        let parts = match envelope_type {
            EnvelopeType::Jws => jws::reader::envelope(bytes)?,
            EnvelopeType::Cose => cose::reader::envelope(bytes)?,
        };
        let input = SigningInput::parse(&parts.signing_input, envelope_type)?;
        if parts.signature.len() != input.header().algorithm().signature_length() {
            return Err(EnvelopeError::malformed(SIGNATURE, "is not as long as those of its algorithm"));
        }
        if parts.timestamp_token.is_some()
            && matches!(input.header().signing_time(), SigningTime::Authentic(_))
        {
            return Err(EnvelopeError::malformed(TOKEN, "has no place beside a signing authority's word"));
        }
        let certificates = parts.certificates.iter().enumerate().map(|(place, der)| {
            Certificate::from_der(der).map_err(|error| EnvelopeError::Certificate { place, error })
        });
        Ok(Self {
            certificates: certificates.collect::<Result<_, _>>()?,
            input,
            signature: parts.signature,
            timestamp_token: parts.timestamp_token,
            signing_agent: parts.signing_agent,
        })
    }

    /// How it is written.
    pub fn envelope_type(&self) -> EnvelopeType {
        self.input.envelope_type()
    }

    /// What is signed.
    pub fn signing_input(&self) -> &SigningInput {
        &self.input
    }

    /// The signed header.
    pub fn header(&self) -> &SignedHeader {
        self.input.header()
    }

    /// The payload, as it came.
    pub fn payload(&self) -> &[u8] {
        self.input.payload()
    }

    /// The signature: r and s of fixed width, or RSASSA-PSS.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The certificates, leaf first; at least one. Nothing says that they are a chain.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// What should be a `TimeStampToken` in DER about the signature (RFC 3161 section 2.4.2).
    pub fn timestamp_token(&self) -> Option<&[u8]> {
        self.timestamp_token.as_deref()
    }

    /// The software that signed, by its own word, which is not signed.
    pub fn signing_agent(&self) -> Option<&str> {
        self.signing_agent.as_deref()
    }
}

impl fmt::Debug for SignedEnvelope {
    /// Tells no content: signatures are never logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedEnvelope({:?}, {} certificates)", self.input, self.certificates.len())
    }
}
