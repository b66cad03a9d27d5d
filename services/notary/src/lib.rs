//! Signature envelopes of the Notary Project: what is signed, how it is written, and nothing about
//! keys. A [`Draft`] says which bytes to sign; the signature turns it into an [`Envelope`].
//!
//! No I/O, no clock, no keys. The rules are those of the Notary Project specifications
//! (`signature-specification.md`, `signature-envelope-jws.md`) and, where its verifiers are
//! stricter, theirs.

mod attribute;
mod chain;
mod descriptor;
mod draft;
mod envelope;
mod error;
pub mod json;
mod jws;
mod payload;
mod scheme;

pub use attribute::ExtendedAttribute;
pub use chain::EncodedChain;
pub use descriptor::DescriptorError;
pub use draft::{Draft, DraftParameters};
pub use envelope::Envelope;
pub use error::NotaryError;
pub use payload::{LONGEST_PAYLOAD, PAYLOAD_MEDIA_TYPE, Payload, PayloadError};
pub use scheme::SigningScheme;
