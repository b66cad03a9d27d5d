//! The digests that imprints, signed attributes and signatures use: SHA-2, nothing shorter than
//! 256 bits.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use der::asn1::ObjectIdentifier;

const ID_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const ID_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const ID_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// A digest algorithm (RFC 5754 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// SHA-256, 32 octets.
    Sha256,
    /// SHA-384, 48 octets.
    Sha384,
    /// SHA-512, 64 octets.
    Sha512,
}

impl DigestAlgorithm {
    /// The algorithm of this identifier; none for any that is not accepted, SHA-1 among them.
    pub(crate) fn from_id(id: ObjectIdentifier) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|algorithm| algorithm.id() == id)
    }

    pub(crate) fn id(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => ID_SHA256,
            Self::Sha384 => ID_SHA384,
            Self::Sha512 => ID_SHA512,
        }
    }

    /// Octets of a digest.
    pub fn length(self) -> usize {
        self.algorithm().output_len()
    }

    /// The digest of a message.
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        digest(self.algorithm(), message).as_ref().to_vec()
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_identifier() {
        for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
            assert_eq!(DigestAlgorithm::from_id(algorithm.id()), Some(algorithm));
            assert_eq!(algorithm.digest(b"abc").len(), algorithm.length());
        }
        for weak in ["1.3.14.3.2.26", "1.2.840.113549.2.5", "2.16.840.1.101.3.4.2.4"] {
            assert_eq!(DigestAlgorithm::from_id(ObjectIdentifier::new_unwrap(weak)), None);
        }
    }

    #[test]
    fn the_digests_are_those_of_fips_180() {
        let begins =
            |algorithm: DigestAlgorithm, octets: [u8; 4]| algorithm.digest(b"abc").starts_with(&octets);
        assert!(begins(DigestAlgorithm::Sha256, [0xba, 0x78, 0x16, 0xbf]));
        assert!(begins(DigestAlgorithm::Sha384, [0xcb, 0x00, 0x75, 0x3f]));
        assert!(begins(DigestAlgorithm::Sha512, [0xdd, 0xaf, 0x35, 0xa1]));
    }
}
