//! Public keys, and the signatures that they verify. Hallmark's own are points on P-384; the
//! certificates above a brought issuer and of foreign timestamp authorities hold others.

use crate::asn1::{only, within};
use crate::signature::{KeyKind, RSA_ENCRYPTION, SignatureAlgorithm};
use crate::{PkiError, SigningAlgorithm};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode, Reader, Tag};
use std::fmt;
use x509_cert::spki::SubjectPublicKeyInfoRef;

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

const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// Bits of RSA keys that verify.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// A public key. Those that certificates are issued to here are ECDSA keys on the curve P-384, used
/// with SHA-384; others (P-256, P-521, RSA of 2048 bits and more) verify what was issued elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    /// The `SubjectPublicKeyInfo`, as it was received.
    spki: Vec<u8>,
    /// Where the content of its BIT STRING begins.
    start: usize,
}

impl PublicKey {
    /// Reads an uncompressed point on P-384 (SEC 1 section 2.3.4) and checks that it lies on the curve.
    pub fn from_point(point: &[u8]) -> Result<Self, PkiError> {
        let well_formed = point.len() == POINT_LENGTH && point[0] == UNCOMPRESSED;
        if !well_formed || p384::PublicKey::from_sec1_bytes(point).is_err() {
            return Err(PkiError::PublicKeyUnsupported);
        }
        let spki = [SPKI_PREFIX.as_slice(), point].concat();
        Ok(Self { kind: KeyKind::P384, spki, start: SPKI_PREFIX.len() })
    }

    /// Reads a `SubjectPublicKeyInfo` in DER of a key on P-384 (RFC 5480 section 2).
    pub fn from_spki_der(spki: &[u8]) -> Result<Self, PkiError> {
        let point = spki.strip_prefix(&SPKI_PREFIX).ok_or(PkiError::PublicKeyUnsupported)?;
        Self::from_point(point)
    }

    /// Reads a `SubjectPublicKeyInfo` in DER of any kind of key that verifies (RFC 3279 section 2.3).
    pub(crate) fn from_any_spki(spki: &[u8]) -> Result<Self, PkiError> {
        if let Ok(own) = Self::from_spki_der(spki) {
            return Ok(own);
        }
        let unsupported = PkiError::PublicKeyUnsupported;
        let Ok(parsed) = SubjectPublicKeyInfoRef::from_der(spki) else { return Err(unsupported) };
        let parameters = parsed.algorithm.parameters;
        let curve = parameters.and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
        let kind = match (parsed.algorithm.oid, curve) {
            (ID_EC_PUBLIC_KEY, Some(SECP256R1)) => KeyKind::P256,
            (ID_EC_PUBLIC_KEY, Some(SECP521R1)) => KeyKind::P521,
            (RSA_ENCRYPTION, None) if parameters.is_some_and(AnyRef::is_null) => KeyKind::Rsa,
            (ID_EC_PUBLIC_KEY, Some(SECP384R1)) => return Err(unsupported),
            (ID_EC_PUBLIC_KEY, Some(curve)) => return Err(kind_unsupported(format!("the curve {curve}"))),
            (algorithm, _) => return Err(kind_unsupported(format!("the algorithm {algorithm}"))),
        };
        let Some(octets) = parsed.subject_public_key.as_bytes() else { return Err(unsupported) };
        Ok(Self { kind, start: spki.len() - octets.len(), spki: spki.to_vec() })
    }

    /// Whether the key is on P-384, as all are that Hallmark certifies.
    pub fn check_own_kind(&self) -> Result<(), PkiError> {
        match self.kind {
            KeyKind::P384 => Ok(()),
            _ => Err(PkiError::PublicKeyUnsupported),
        }
    }

    /// Whether the key is one that signatures are verified with.
    pub(crate) fn check_supported(&self) -> Result<(), PkiError> {
        match self.modulus_bits() {
            Some(bits) if !RSA_BITS.contains(&bits) => Err(kind_unsupported(format!("RSA of {bits} bits"))),
            _ => Ok(()),
        }
    }

    /// How the key signs envelopes; an error if none is signed with such a key.
    pub fn signing_algorithm(&self) -> Result<SigningAlgorithm, PkiError> {
        match (self.kind, self.modulus_bits()) {
            (KeyKind::P256, _) => Ok(SigningAlgorithm::Es256),
            (KeyKind::P384, _) => Ok(SigningAlgorithm::Es384),
            (KeyKind::P521, _) => Ok(SigningAlgorithm::Es512),
            (KeyKind::Rsa, Some(2048)) => Ok(SigningAlgorithm::Ps256),
            (KeyKind::Rsa, Some(3072)) => Ok(SigningAlgorithm::Ps384),
            (KeyKind::Rsa, Some(4096)) => Ok(SigningAlgorithm::Ps512),
            (KeyKind::Rsa, bits) => {
                let kind = format!("RSA of {} bits", bits.unwrap_or_default());
                Err(PkiError::KeySignsNoEnvelopes { kind })
            }
        }
    }

    /// Bits of an RSA key's modulus: 0 if it cannot be read; none for other keys.
    fn modulus_bits(&self) -> Option<usize> {
        if self.kind != KeyKind::Rsa {
            return None;
        }
        let modulus = only(self.point(), Tag::Sequence).and_then(|fields| {
            within(fields, |fields| {
                let modulus = UintRef::decode(fields)?;
                fields.tlv_bytes()?;
                Ok::<_, der::Error>(modulus)
            })
        });
        let Ok(modulus) = modulus else { return Some(0) };
        let octets = modulus.as_bytes();
        let unused = octets.first().map_or(0, |first| first.leading_zeros());
        Some((octets.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or_default()))
    }

    /// The key as a `SubjectPublicKeyInfo` in DER.
    pub fn to_spki_der(&self) -> Vec<u8> {
        self.spki.clone()
    }

    /// The key as the BIT STRING holds it: on P-384 the uncompressed point, 97 octets.
    pub fn point(&self) -> &[u8] {
        &self.spki[self.start..]
    }

    /// The key identifier: SHA-1 of the BIT STRING's content (RFC 5280 section 4.2.1.2, method 1). It
    /// names a key and secures nothing.
    pub fn key_identifier(&self) -> Vec<u8> {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, self.point()).as_ref().to_vec()
    }

    /// SHA-256 of the BIT STRING's content, by which OCSP may call an issuer's key (RFC 6960 section 4.1.1).
    pub fn sha256(&self) -> Vec<u8> {
        digest(&SHA256, self.point()).as_ref().to_vec()
    }

    /// Verifies a signature of the form r‖s, as JWS and COSE carry it; of keys on P-384.
    pub fn verify_fixed(&self, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        self.check_own_kind()?;
        self.verify_with(&ECDSA_P384_SHA384_FIXED, message, signature)
    }

    /// Verifies a signature in DER, as X.509 and CMS carry it; of keys on P-384.
    pub fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        self.check_own_kind()?;
        self.verify_with(&ECDSA_P384_SHA384_ASN1, message, signature)
    }

    /// Verifies a signature as envelopes carry it: r‖s, or RSASSA-PSS with a salt as long as the digest. The algorithm
    /// that it is said to be of must be the one that the key leaves.
    pub fn verify_signed(
        &self,
        named: SigningAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), PkiError> {
        let key = self.signing_algorithm()?;
        if key != named {
            return Err(PkiError::AlgorithmNotOfKey { key, named });
        }
        let verifier: &'static dyn VerificationAlgorithm = match key {
            SigningAlgorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
            SigningAlgorithm::Es384 => &ECDSA_P384_SHA384_FIXED,
            SigningAlgorithm::Es512 => &ECDSA_P521_SHA512_FIXED,
            SigningAlgorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
            SigningAlgorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
            SigningAlgorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
        };
        self.verify_with(verifier, message, signature)
    }

    /// Verifies a signature of the algorithm that it names.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), PkiError> {
        let verifier = algorithm.verifier(self.kind).ok_or(PkiError::SignatureInvalid)?;
        self.verify_with(verifier, message, signature)
    }

    fn verify_with(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), PkiError> {
        UnparsedPublicKey::new(algorithm, self.point())
            .verify(message, signature)
            .map_err(|_| PkiError::SignatureInvalid)
    }
}

fn kind_unsupported(kind: String) -> PkiError {
    PkiError::KeyKindUnsupported { kind }
}

impl AsRef<Self> for PublicKey {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.kind)
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
