//! Nonces of timestamp requests.

use der::asn1::{AnyRef, IntRef};
use der::{Decode, Tag};

/// Octets of a nonce; notation sends up to 20.
const LONGEST: usize = 64;
/// Stands first in every nonce made here; keeps the INTEGER positive and minimal.
const MARKER: u8 = 0x01;

/// A number that ties an answer to its question: the content octets of a DER INTEGER, at most 64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampNonce(Vec<u8>);

impl TimestampNonce {
    /// A nonce from 128 random bits.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self([&[MARKER], random.as_slice()].concat())
    }

    /// Reads an INTEGER in DER; none when it is longer than 64 octets.
    pub(super) fn from_der(der: &[u8]) -> der::Result<Option<Self>> {
        IntRef::from_der(der)?;
        let octets = crate::asn1::only(der, Tag::Integer)?;
        Ok((octets.len() <= LONGEST).then(|| Self(octets.to_vec())))
    }

    /// The INTEGER, as it was received.
    pub(super) fn encode(&self) -> der::Result<AnyRef<'_>> {
        AnyRef::new(Tag::Integer, &self.0)
    }
}
