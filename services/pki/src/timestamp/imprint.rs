//! What is stamped: the digest of a message.

use super::{Fault, TimestampFailure};
use crate::{DigestAlgorithm, PkiError};
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Encode, Sequence};
use x509_cert::spki::AlgorithmIdentifierRef;

/// `MessageImprint` (RFC 3161 section 2.4.1), SHA-2 alone. It is echoed as it was received: whether
/// the algorithm has parameters that are NULL or none is for whoever asked to decide, and some compare
/// octets.
#[derive(Debug, Clone)]
pub struct Imprint {
    algorithm: DigestAlgorithm,
    digest: Vec<u8>,
    der: Vec<u8>,
}

#[derive(Debug, Sequence)]
struct MessageImprint<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    digest: &'a OctetStringRef,
}

impl Imprint {
    /// The imprint of a message.
    pub fn of(algorithm: DigestAlgorithm, message: &[u8]) -> Result<Self, PkiError> {
        Self::new(algorithm, &algorithm.digest(message))
    }

    /// The imprint of a message by its digest; the parameters are NULL, as OpenSSL and notation write.
    pub fn new(algorithm: DigestAlgorithm, digest: &[u8]) -> Result<Self, PkiError> {
        if digest.len() != algorithm.length() {
            let rule = "is not as long as its algorithm makes it";
            return Err(PkiError::Refused { noun: "imprint", rule });
        }
        let identifier = AlgorithmIdentifierRef { oid: algorithm.id(), parameters: Some(AnyRef::NULL) };
        let encode =
            || MessageImprint { algorithm: identifier, digest: OctetStringRef::new(digest)? }.to_der();
        let der = encode().map_err(super::not_encoded)?;
        Ok(Self { algorithm, digest: digest.to_vec(), der })
    }

    /// Reads a `MessageImprint`.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, TimestampFailure> {
        let read = MessageImprint::from_der(der);
        let Ok(imprint) = read else { return Err(TimestampFailure::BadDataFormat) };
        let algorithm =
            DigestAlgorithm::from_id(imprint.algorithm.oid).ok_or(TimestampFailure::BadAlgorithm)?;
        let parameters_fit = imprint.algorithm.parameters.is_none_or(AnyRef::is_null);
        let digest = imprint.digest.as_bytes();
        if !parameters_fit || digest.len() != algorithm.length() {
            return Err(TimestampFailure::BadDataFormat);
        }
        Ok(Self { algorithm, digest: digest.to_vec(), der: der.to_vec() })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The digest.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }
}

impl PartialEq for Imprint {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.digest == other.digest
    }
}

impl Eq for Imprint {}

impl From<TimestampFailure> for Fault {
    fn from(_: TimestampFailure) -> Self {
        Self::Rule("has an imprint that is not accepted")
    }
}
