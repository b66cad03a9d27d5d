//! Signing schemes: who vouches for the signing time.

use std::fmt;

/// A signing scheme (Notary Project `signing-scheme.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SigningScheme {
    /// The signer states the time; only a timestamp token makes it more than a claim.
    X509(Timestamp),
    /// The signing authority vouches for the time, which verifiers compare with the validity of the
    /// certificates. A timestamp token has no place beside it.
    X509SigningAuthority,
}

/// Whether an envelope must carry a timestamp token (RFC 3161).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timestamp {
    /// It carries none: verifiers accept it as long as every certificate is valid and their policy wants no token.
    Absent,
    /// It is none without: verifiers accept it even after its certificates have expired.
    Required,
}

impl SigningScheme {
    /// The name in envelopes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X509(_) => "notary.x509",
            Self::X509SigningAuthority => "notary.x509.signingAuthority",
        }
    }
}

impl fmt::Display for SigningScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
