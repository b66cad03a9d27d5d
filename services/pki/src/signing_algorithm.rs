//! The algorithms that envelopes are signed with: one for each kind of key.

use crate::DigestAlgorithm;
use std::fmt;

/// How a leaf's key signs envelopes (Notary Project `signature-specification.md`, algorithm selection). The key leaves
/// no choice: who knows one knows the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384: what Hallmark signs with.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// RSASSA-PSS of 2048 bits with SHA-256.
    Ps256,
    /// RSASSA-PSS of 3072 bits with SHA-384.
    Ps384,
    /// RSASSA-PSS of 4096 bits with SHA-512.
    Ps512,
}

impl SigningAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 6] = [Self::Es256, Self::Es384, Self::Es512, Self::Ps256, Self::Ps384, Self::Ps512];

    /// Its name in JOSE (RFC 7518 section 3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
        }
    }

    /// Its digest, which is also that of blobs and of what timestamp tokens are about.
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::Es256 | Self::Ps256 => DigestAlgorithm::Sha256,
            Self::Es384 | Self::Ps384 => DigestAlgorithm::Sha384,
            Self::Es512 | Self::Ps512 => DigestAlgorithm::Sha512,
        }
    }

    /// Octets of a signature: r and s (RFC 7518 section 3.4), or as many as the modulus has.
    pub const fn signature_length(self) -> usize {
        match self {
            Self::Es256 => 64,
            Self::Es384 => 96,
            Self::Es512 => 132,
            Self::Ps256 => 256,
            Self::Ps384 => 384,
            Self::Ps512 => 512,
        }
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
