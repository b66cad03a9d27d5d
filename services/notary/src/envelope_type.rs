//! Types of envelopes: how a signature is written.

use std::fmt;
use std::str::FromStr;

/// How an envelope is written (Notary Project `signature-specification.md`, signature envelope).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EnvelopeType {
    /// JWS in flattened JSON serialization (`signature-envelope-jws.md`); every verifier reads it.
    #[default]
    Jws,
    /// A tagged `COSE_Sign1` (`signature-envelope-cose.md`).
    Cose,
}

/// A name that belongs to no type of envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the envelope type must be \"application/jose+json\" or \"application/cose\"")]
pub struct EnvelopeTypeUnknown;

impl EnvelopeType {
    /// Every type of envelope, the default first.
    pub const ALL: [Self; 2] = [Self::Jws, Self::Cose];

    /// Its name: the media type of the layer that holds such an envelope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jws => "application/jose+json",
            Self::Cose => "application/cose",
        }
    }
}

impl FromStr for EnvelopeType {
    type Err = EnvelopeTypeUnknown;

    /// Reads a name as clients write it: to the letter, for they compare the answer with what they asked.
    fn from_str(name: &str) -> Result<Self, EnvelopeTypeUnknown> {
        Self::ALL.into_iter().find(|known| known.as_str() == name).ok_or(EnvelopeTypeUnknown)
    }
}

impl fmt::Display for EnvelopeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_to_the_letter() {
        for known in EnvelopeType::ALL {
            assert_eq!(known.as_str().parse(), Ok(known));
        }
        assert_eq!(EnvelopeType::default().as_str(), "application/jose+json");
        for name in ["", "jws", "cose", "application/jose", "application/COSE", " application/cose"] {
            assert_eq!(name.parse::<EnvelopeType>(), Err(EnvelopeTypeUnknown), "{name}");
        }
    }
}
