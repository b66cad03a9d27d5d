//! Signed attributes beyond the standard ones.

use crate::NotaryError;

/// An attribute that only some verifiers know, signed along with the standard ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedAttribute {
    /// Its name.
    pub key: String,
    /// Its value; plugins may rely on JSON primitives alone.
    pub value: String,
    /// Whether a verifier that does not know it must refuse the signature.
    pub critical: bool,
}

/// Names of attributes and headers of the Notary Project begin so, but for capitals.
const STANDARD_PREFIX: &str = "io.cncf.notary.";

/// Header parameters with a meaning of their own (RFC 7515 section 4.1, RFC 7797 section 3), in small letters.
const HEADER_PARAMETERS: [&str; 12] =
    ["alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#s256", "typ", "cty", "crit", "b64"];

/// Checks that every attribute has a name of its own that means nothing else.
pub(crate) fn check(attributes: &[ExtendedAttribute]) -> Result<(), NotaryError> {
    for (place, ExtendedAttribute { key, .. }) in attributes.iter().enumerate() {
        if key.trim().is_empty() {
            return Err(NotaryError::AttributeUnnamed);
        }
        if is_reserved(key) {
            return Err(NotaryError::AttributeReserved { key: key.clone() });
        }
        if attributes[..place].iter().any(|earlier| earlier.key == *key) {
            return Err(NotaryError::AttributeRepeated { key: key.clone() });
        }
    }
    Ok(())
}

/// Whether a name means something else already. Case is passed over: readers in Go do not tell `Alg` from `alg`.
pub(crate) fn is_reserved(key: &str) -> bool {
    // By way of capitals, so that the long s and the sign of Kelvin, too, are the letters that they stand for.
    let key: String = key.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    key.starts_with(STANDARD_PREFIX) || HEADER_PARAMETERS.contains(&key.as_str())
}
