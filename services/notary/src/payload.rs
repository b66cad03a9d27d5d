//! Payloads: what a signature is about (Notary Project `signature-specification.md`, payload).

use crate::descriptor::{Descriptor, DescriptorError};
use crate::json::{self, Members};
use std::fmt;

/// The media type of payloads, named in every envelope.
pub const PAYLOAD_MEDIA_TYPE: &str = "application/vnd.cncf.notary.payload.v1+json";

/// The most bytes that a payload may have (AWS Signer API, `SignPayload`).
pub const LONGEST_PAYLOAD: usize = 4096;

/// How the digest of a blob begins under a key on P-384.
const BLOB_ALGORITHM: &str = "sha384:";

const TARGET_ARTIFACT: &str = "targetArtifact";

/// A payload in order, kept byte by byte as it came: clients refuse an envelope around any other.
///
/// Its artifact is a manifest in a registry or a blob, and nothing in a descriptor tells which. The media type does
/// not: a blob may have any, `index.json` of an OCI layout may name any (`image-layout.md`), and notation itself
/// signs and verifies what a layout holds but does not list as `application/octet-stream` with a `sha256` digest.
/// So every registered digest algorithm is accepted here, although a verifier computes a blob's digest with the
/// hash of the signature's algorithm (`notation-go`, `VerifyBlob`), which is SHA-384 for all keys of this service:
/// a blob signed with another digest never verifies. Who knows that it is a blob asks [`Payload::check_blob`].
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    bytes: Vec<u8>,
    target: Descriptor,
}

/// What is wrong with a payload, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Too long or empty.
    #[error("the payload is {length} bytes long; 1 to {LONGEST_PAYLOAD} are allowed")]
    Length {
        /// Its length in bytes.
        length: usize,
    },
    /// Not text.
    #[error("the payload is not UTF-8 text; it must be JSON in UTF-8")]
    NotUtf8,
    /// Text with a mark before it.
    #[error("the payload begins with a byte order mark; its JSON must stand first")]
    ByteOrderMark,
    /// Broken or ambiguous JSON.
    #[error("the payload is not JSON that every reader understands alike: {reason}")]
    NotJson {
        /// What the parser said.
        reason: String,
    },
    /// Something other than an object.
    #[error("the payload must be a JSON object with the one member \"targetArtifact\"")]
    NotAnObject,
    /// A member that does not belong there.
    #[error("the payload holds {name:?}; \"targetArtifact\" must be its only member")]
    UnknownMember {
        /// Its name.
        name: String,
    },
    /// A blob whose digest no verifier computes.
    #[error(
        "the digest of a blob must be \"sha384:\" and hexadecimal: verifiers compute it with the hash of the key"
    )]
    BlobDigest,
    /// A target artifact that does not describe one.
    #[error(transparent)]
    TargetArtifact(#[from] DescriptorError),
}

impl Payload {
    /// Reads a payload strictly: what is accepted here, every verifier reads alike.
    pub fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        let length = bytes.len();
        if !(1..=LONGEST_PAYLOAD).contains(&length) {
            return Err(PayloadError::Length { length });
        }
        Self::read(bytes)
    }

    /// Reads a payload of whatever length, as strictly: other signers know no bound.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, PayloadError> {
        let text = std::str::from_utf8(bytes).map_err(|_| PayloadError::NotUtf8)?;
        if text.starts_with('\u{feff}') {
            return Err(PayloadError::ByteOrderMark);
        }
        json::check(text).map_err(|error| PayloadError::NotJson { reason: error.to_string() })?;

        let members = Members::read(text).ok_or(PayloadError::NotAnObject)?.0;
        if let Some((name, _)) = members.iter().find(|(name, _)| name != TARGET_ARTIFACT) {
            return Err(PayloadError::UnknownMember { name: name.clone() });
        }
        let (_, target) = members.first().ok_or(PayloadError::NotAnObject)?;
        Ok(Self { target: Descriptor::read(target.get())?, bytes: bytes.to_vec() })
    }

    /// Checks what must hold besides if the artifact is a blob: its digest is a SHA-384.
    pub fn check_blob(&self) -> Result<(), PayloadError> {
        let fits = self.target.digest.starts_with(BLOB_ALGORITHM);
        if fits { Ok(()) } else { Err(PayloadError::BlobDigest) }
    }

    /// The payload as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of the artifact, `algorithm:hex`.
    pub fn artifact_digest(&self) -> &str {
        &self.target.digest
    }

    /// The size of the artifact in bytes.
    pub fn size(&self) -> u64 {
        self.target.size
    }

    /// The media type of the artifact.
    pub fn media_type(&self) -> &str {
        &self.target.media_type
    }
}

impl fmt::Debug for Payload {
    /// Tells the digest alone: payloads are never logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({})", self.target.digest)
    }
}
