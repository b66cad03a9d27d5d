//! Signing inputs: the octets that a signature is over, read as strictly as they are written here.

use crate::json::Members;
use crate::{EnvelopeError, EnvelopeType, SignedHeader, cose, jws};
use std::fmt;

/// What the parts are called in errors.
pub(crate) const SIGNING_INPUT: &str = "signing input";
pub(crate) const PROTECTED: &str = "protected header";
pub(crate) const PAYLOAD: &str = "payload";

/// The octets that are signed, with the header and the payload that they hold: a JWS Signing Input
/// (`BASE64URL(protected) . BASE64URL(payload)`, RFC 7515 section 5.1) or a `Sig_structure` of `COSE_Sign1` (RFC 9052
/// section 4.4).
///
/// It is read strictly: what is accepted here, every verifier reads alike. Some of what verifiers of the Notary
/// Project let pass is therefore refused: a name twice in one object, base64url with padding or spare bits, CBOR in
/// another than the deterministic encoding, fractions of a second, a time of the other scheme, integer labels and
/// other headers of JOSE and COSE themselves (`kid`, `x5u`, `b64`).
#[derive(Clone, PartialEq, Eq)]
pub struct SigningInput {
    envelope_type: EnvelopeType,
    bytes: Vec<u8>,
    header: SignedHeader,
    payload: Vec<u8>,
}

impl SigningInput {
    /// Reads a signing input of one type of envelope.
    pub fn parse(bytes: &[u8], envelope_type: EnvelopeType) -> Result<Self, EnvelopeError> {
        let (unchecked, payload) = match envelope_type {
            EnvelopeType::Jws => jws::reader::signing_input(bytes)?,
            EnvelopeType::Cose => cose::reader::signing_input(bytes)?,
        };
        let header = unchecked.check()?;
        // Verifiers of JWS ask this before anything else.
        Members::parse(PAYLOAD, &payload)?;
        Ok(Self { envelope_type, bytes: bytes.to_vec(), header, payload })
    }

    /// The type of the envelope that it belongs in.
    pub fn envelope_type(&self) -> EnvelopeType {
        self.envelope_type
    }

    /// The octets that are signed, as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signed header.
    pub fn header(&self) -> &SignedHeader {
        &self.header
    }

    /// The payload, as it came: a JSON object. Whether it describes an artifact is [`crate::Payload`]'s to say.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}

impl fmt::Debug for SigningInput {
    /// Tells no content: what is signed is never logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningInput({}, {} bytes)", self.envelope_type, self.bytes.len())
    }
}
