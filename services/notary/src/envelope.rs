//! Envelopes: finished signatures.

use std::fmt;

/// A signed envelope, ready to be attached to its artifact.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Envelope {
    pub(crate) fn new(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { media_type, bytes }
    }

    /// The media type of the layer that holds it.
    pub fn media_type(&self) -> &'static str {
        self.media_type
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
        write!(f, "Envelope({}, {} bytes)", self.media_type, self.bytes.len())
    }
}
