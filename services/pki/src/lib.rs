//! The public-key infrastructure of Hallmark: keys, certificates, chains, the issuers that make them
//! and their CRLs after RFC 5280, OCSP after RFC 6960, timestamps after RFC 3161; as strict as the
//! Notary Project's verifiers.
//!
//! No I/O and no clock: bytes, times and randomness come in as parameters.

mod asn1;
mod brought;
mod certificate;
mod certificate_hash;
mod certification_path;
mod chain;
mod crl;
mod digest;
mod end_entity;
mod error;
mod issuer;
mod key;
mod name;
mod ocsp;
mod pem;
mod public_key;
mod publication;
mod revocation;
mod serial;
mod signature;
mod signing_algorithm;
mod signing_request;
mod timestamp;
mod url;
mod usage;
mod validity;

pub use certificate::Certificate;
pub use certificate_hash::CertificateHash;
pub use certification_path::CertificationPath;
pub use chain::{Chain, IssuingChain};
pub use crl::{Crl, CrlContents, CrlEntry, CrlScope};
pub use digest::DigestAlgorithm;
pub use end_entity::Publishing;
pub use error::PkiError;
pub use issuer::{Issuer, self_signed_root};
pub use key::SigningKey;
pub use name::Subject;
pub use ocsp::{CertId, CertificateStatus, OcspAnswer, OcspError, OcspRequest, OcspResponder};
pub use public_key::{PublicKey, SIGNATURE_LENGTH};
pub use publication::Publication;
pub use revocation::{Revocation, RevocationReason};
pub use serial::SerialNumber;
pub use signing_algorithm::SigningAlgorithm;
pub use signing_request::SigningRequest;
pub use timestamp::{
    Imprint, TimestampAuthority, TimestampFailure, TimestampInfo, TimestampNonce, TimestampPolicy,
    TimestampRequest, TimestampToken, TimestampTrust,
};
pub use url::HttpUrl;
pub use validity::Validity;

#[cfg(test)]
mod fixture;
