//! The public-key infrastructure of Hallmark: keys, certificates, chains and the issuers that make
//! them, after RFC 5280 and as strict as the Notary Project's verifiers.
//!
//! No I/O and no clock: bytes, times and randomness come in as parameters.

mod certificate;
mod certificate_hash;
mod chain;
mod error;
mod issuer;
mod key;
mod name;
mod public_key;
mod serial;
mod usage;
mod validity;

pub use certificate::Certificate;
pub use certificate_hash::CertificateHash;
pub use chain::Chain;
pub use error::PkiError;
pub use issuer::{Issuer, self_signed_root};
pub use key::SigningKey;
pub use name::Subject;
pub use public_key::{PublicKey, SIGNATURE_LENGTH};
pub use serial::SerialNumber;
pub use validity::Validity;

#[cfg(test)]
mod fixture;
