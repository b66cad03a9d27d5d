//! Signature envelopes of the Notary Project: what is signed, how it is written, and nothing about
//! keys. A [`Draft`] says which bytes to sign; the signature turns it into an [`Envelope`], or, where a
//! timestamp token is required, into an [`Unstamped`] one.
//!
//! No I/O, no clock, no keys. The rules are those of the Notary Project specifications
//! (`signature-specification.md`, `signature-envelope-jws.md`, `signature-envelope-cose.md`) and, where its verifiers are
//! stricter, theirs.

mod attribute;
mod cbor;
mod chain;
mod cose;
mod descriptor;
mod draft;
mod envelope;
mod envelope_error;
mod envelope_type;
mod error;
mod header;
pub mod json;
mod jws;
mod media_type;
mod payload;
mod report;
mod scheme;
mod signed_envelope;
mod signed_header;
mod signing_input;
mod timestamp;
mod trust_store;
mod verify;

pub use attribute::ExtendedAttribute;
pub use chain::EncodedChain;
pub use descriptor::DescriptorError;
pub use draft::{Draft, DraftParameters, SignedDraft, Unstamped};
pub use envelope::Envelope;
pub use envelope_error::EnvelopeError;
pub use envelope_type::{EnvelopeType, EnvelopeTypeUnknown};
pub use error::NotaryError;
pub use payload::{LONGEST_PAYLOAD, PAYLOAD_MEDIA_TYPE, Payload, PayloadError};
pub use report::{Check, Finding, Outcome, Report, Verdict};
pub use scheme::{SigningScheme, Timestamp};
pub use signed_envelope::{LONGEST_ENVELOPE, SignedEnvelope};
pub use signed_header::{AttributeValue, SignedAttribute, SignedHeader, SigningTime, VerificationPlugin};
pub use signing_input::SigningInput;
pub use timestamp::MESSAGE_IMPRINT_LENGTH;
pub use trust_store::{TrustStore, TrustStoreType, TrustStoreTypeUnknown};
pub use verify::{Artifact, KnownPlugin, VerificationParameters, verify};
