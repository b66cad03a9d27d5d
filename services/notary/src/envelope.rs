//! Envelopes: finished signatures.

use crate::EnvelopeType;
use std::fmt;

/// A signed envelope, ready to be attached to its artifact.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    envelope_type: EnvelopeType,
    bytes: Vec<u8>,
}

impl Envelope {
    pub(crate) fn new(envelope_type: EnvelopeType, bytes: Vec<u8>) -> Self {
        Self { envelope_type, bytes }
    }

    /// How it is written.
    pub fn envelope_type(&self) -> EnvelopeType {
        self.envelope_type
    }

    /// The envelope itself.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The envelope itself.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for Envelope {
    /// Tells no content: signatures are never logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({}, {} bytes)", self.envelope_type, self.bytes.len())
    }
}
