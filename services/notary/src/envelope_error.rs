//! Why an envelope, or what one signs, was not read.

use hallmark_pki::PkiError;

/// What is wrong with octets that should be an envelope or a signing input: they break a rule of the Notary Project
/// specifications, or of what those stand on, or could be read in two ways.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// A part that is not of its form.
    #[error("the {part} {rule}")]
    Malformed {
        /// Which part.
        part: &'static str,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// Broken or ambiguous JSON.
    #[error("the {part} is not JSON that every reader understands alike: {reason}")]
    NotJson {
        /// Which part.
        part: &'static str,
        /// What the parser said.
        reason: String,
    },
    /// A header that is missing, of another form, or contradicts another.
    #[error("the header {name:?} {rule}")]
    Header {
        /// Its name; those of COSE itself by the names that JOSE has for them.
        name: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A certificate that cannot be read.
    #[error("certificate {place} of the chain (0 is the leaf): {error}")]
    Certificate {
        /// Its place in the chain; the leaf has 0.
        place: usize,
        /// What is wrong with it.
        error: PkiError,
    },
}

impl EnvelopeError {
    pub(crate) fn malformed(part: &'static str, rule: &'static str) -> Self {
        Self::Malformed { part, rule }
    }

    pub(crate) fn header(name: &str, rule: &'static str) -> Self {
        Self::Header { name: name.to_owned(), rule }
    }
}
