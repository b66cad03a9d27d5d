//! Public keys: points on P-384, and the signatures that they verify.

use crate::PkiError;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, UnparsedPublicKey, VerificationAlgorithm,
};
use std::fmt;

/// Length of a signature in fixed form, r and s of 48 octets each (RFC 7518 section 3.4).
pub const SIGNATURE_LENGTH: usize = 96;

/// Length of an uncompressed point on P-384 (SEC 1 section 2.3.3): a marker and two coordinates.
const POINT_LENGTH: usize = 97;
const UNCOMPRESSED: u8 = 0x04;

/// All of a `SubjectPublicKeyInfo` before the point. DER has one way to write id-ecPublicKey with
/// secp384r1, so comparing it is parsing it.
const SPKI_PREFIX: [u8; 23] = [
    0x30, 0x76, // SEQUENCE
    0x30, 0x10, // AlgorithmIdentifier
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, // id-ecPublicKey
    0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, // secp384r1
    0x03, 0x62, 0x00, // BIT STRING, no unused bits
];

/// An ECDSA public key on the curve P-384, used with SHA-384.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; POINT_LENGTH]);

impl PublicKey {
    /// Reads an uncompressed point (SEC 1 section 2.3.4) and checks that it lies on the curve.
    pub fn from_point(point: &[u8]) -> Result<Self, PkiError> {
        let octets: [u8; POINT_LENGTH] = point.try_into().map_err(|_| PkiError::PublicKeyUnsupported)?;
        if octets[0] != UNCOMPRESSED || p384::PublicKey::from_sec1_bytes(&octets).is_err() {
            return Err(PkiError::PublicKeyUnsupported);
        }
        Ok(Self(octets))
    }

    /// Reads a `SubjectPublicKeyInfo` in DER (RFC 5480 section 2).
    pub fn from_spki_der(spki: &[u8]) -> Result<Self, PkiError> {
        let point = spki.strip_prefix(&SPKI_PREFIX).ok_or(PkiError::PublicKeyUnsupported)?;
        Self::from_point(point)
    }

    /// The key as a `SubjectPublicKeyInfo` in DER.
    pub fn to_spki_der(&self) -> Vec<u8> {
        [SPKI_PREFIX.as_slice(), &self.0].concat()
    }

    /// The uncompressed point, 97 octets.
    pub fn point(&self) -> &[u8] {
        &self.0
    }

    /// The key identifier: SHA-1 of the point (RFC 5280 section 4.2.1.2, method 1). It names a key
    /// and secures nothing.
    pub fn key_identifier(&self) -> Vec<u8> {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.0).as_ref().to_vec()
    }

    /// Verifies a signature of the form r‖s, as JWS and COSE carry it.
    pub fn verify_fixed(&self, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        self.verify(&ECDSA_P384_SHA384_FIXED, message, signature)
    }

    /// Verifies a signature in DER, as X.509 and CMS carry it.
    pub fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        self.verify(&ECDSA_P384_SHA384_ASN1, message, signature)
    }

    fn verify(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), PkiError> {
        UnparsedPublicKey::new(algorithm, &self.0)
            .verify(message, signature)
            .map_err(|_| PkiError::SignatureInvalid)
    }
}

impl AsRef<Self> for PublicKey {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(P-384)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use p384::pkcs8::{DecodePublicKey, EncodePublicKey};

    #[test]
    fn a_key_survives_the_round_trip_through_spki() {
        let key = fixture::key();
        let spki = key.public_key().to_spki_der();
        assert_eq!(&PublicKey::from_spki_der(&spki).unwrap(), key.public_key());

        let stranger = p384::PublicKey::from_public_key_der(&spki).unwrap();
        assert_eq!(stranger.to_public_key_der().unwrap().as_bytes(), spki);
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let mut point = fixture::key().public_key().point().to_vec();
        point[96] ^= 1;
        assert_eq!(PublicKey::from_point(&point), Err(PkiError::PublicKeyUnsupported));
    }

    #[test]
    fn other_forms_and_curves_are_refused() {
        let point = fixture::key().public_key().point().to_vec();
        let mut compressed = point[..49].to_vec();
        compressed[0] = 0x02;
        assert!(PublicKey::from_point(&compressed).is_err());
        assert!(PublicKey::from_point(&[]).is_err());
        assert!(PublicKey::from_spki_der(&point).is_err());

        let mut other_curve = fixture::key().public_key().to_spki_der();
        other_curve[SPKI_PREFIX.len() - 4] ^= 1;
        assert!(PublicKey::from_spki_der(&other_curve).is_err());
    }
}
