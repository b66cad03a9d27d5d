//! Signing keys: ECDSA on P-384 with SHA-384, the only kind that Hallmark makes.

use crate::public_key::{PublicKey, SIGNATURE_LENGTH};
use crate::{PkiError, pem};
use aws_lc_rs::rand::SecureRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use std::fmt;
use zeroize::Zeroizing;

const PEM_LABEL: &str = "PRIVATE KEY";

/// A private key. Leaf keys live and die inside this type; the keys of issuers leave it as PKCS#8
/// to be sealed.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public_key: PublicKey,
}

impl SigningKey {
    /// Generates a key.
    ///
    /// AWS-LC draws from its own generator whatever it is handed; the parameter keeps that visible
    /// in every signature, and true should the library change.
    pub fn generate(rng: &dyn SecureRandom) -> Result<Self, PkiError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, rng)
            .map_err(|_| PkiError::KeyNotGenerated)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// Reads a key in PKCS#8 (RFC 5958), DER, unencrypted.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, PkiError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8)
            .map_err(|rejected| PkiError::PrivateKeyRejected { reason: rejected.to_string() })?;
        let public_key = PublicKey::from_point(pair.public_key().as_ref())?;
        Ok(Self { pair, public_key })
    }

    /// Reads a key in PEM: PKCS#8, unencrypted (RFC 7468 section 10).
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        let document = pem::read(PEM_LABEL, pem).map_err(|reason| PkiError::PrivateKeyRejected { reason })?;
        Self::from_pkcs8(Zeroizing::new(document.into_vec()).as_slice())
    }

    /// The key in PEM, unencrypted: for whoever takes it into their own keeping.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PkiError> {
        Ok(Zeroizing::new(pem::write(PEM_LABEL, &self.to_pkcs8()?)))
    }

    /// The key in PKCS#8, DER, unencrypted: for sealing, never for storing as it is.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, PkiError> {
        let document = self
            .pair
            .to_pkcs8v1()
            .map_err(|unspecified| PkiError::PrivateKeyRejected { reason: unspecified.to_string() })?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Signs a message; the signature is r‖s, as JWS and COSE carry it (RFC 7518 section 3.4).
    pub fn sign_fixed(
        &self,
        rng: &dyn SecureRandom,
        message: &[u8],
    ) -> Result<[u8; SIGNATURE_LENGTH], PkiError> {
        let signature = self.pair.sign(rng, message).map_err(|_| PkiError::NotSigned)?;
        signature.as_ref().try_into().map_err(|_| PkiError::NotSigned)
    }

    /// Signs a message; the signature is in DER, as X.509 and CMS carry it (RFC 5480 appendix A).
    pub fn sign_der(&self, rng: &dyn SecureRandom, message: &[u8]) -> Result<Vec<u8>, PkiError> {
        let fixed = self.sign_fixed(rng, message)?;
        let signature = p384::ecdsa::Signature::from_slice(&fixed).map_err(|_| PkiError::NotSigned)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl AsRef<PublicKey> for SigningKey {
    fn as_ref(&self) -> &PublicKey {
        &self.public_key
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(P-384, [redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use aws_lc_rs::rand::SystemRandom;
    use p384::ecdsa::signature::Verifier;

    const MESSAGE: &[u8] = b"a message";

    fn stranger(key: &SigningKey) -> p384::ecdsa::VerifyingKey {
        p384::ecdsa::VerifyingKey::from_sec1_bytes(key.public_key().point()).unwrap()
    }

    #[test]
    fn a_stranger_verifies_the_fixed_form() {
        let key = fixture::key();
        let signature = key.sign_fixed(&SystemRandom::new(), MESSAGE).unwrap();
        let read = p384::ecdsa::Signature::from_slice(&signature).unwrap();
        stranger(&key).verify(MESSAGE, &read).unwrap();
        stranger(&key).verify(b"another", &read).unwrap_err();
    }

    #[test]
    fn a_stranger_verifies_the_der_form() {
        let key = fixture::key();
        let signature = key.sign_der(&SystemRandom::new(), MESSAGE).unwrap();
        let read = p384::ecdsa::DerSignature::try_from(signature.as_slice()).unwrap();
        stranger(&key).verify(MESSAGE, &read).unwrap();
        key.public_key().verify_der(MESSAGE, &signature).unwrap();
    }

    #[test]
    fn a_trial_signature_proves_the_key_and_no_other() {
        let (key, other) = (fixture::key(), fixture::key());
        let signature = key.sign_fixed(&SystemRandom::new(), MESSAGE).unwrap();
        key.public_key().verify_fixed(MESSAGE, &signature).unwrap();

        let refused = Err(PkiError::SignatureInvalid);
        assert_eq!(other.public_key().verify_fixed(MESSAGE, &signature), refused);
        assert_eq!(key.public_key().verify_fixed(b"another", &signature), refused);
        assert_eq!(key.public_key().verify_fixed(MESSAGE, &signature[..95]), refused);
        assert_eq!(key.public_key().verify_der(MESSAGE, &signature), refused);
    }

    #[test]
    fn a_key_survives_the_round_trip_through_pkcs8() {
        let key = fixture::key();
        let again = SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }

    #[test]
    fn a_key_survives_the_round_trip_through_pem() {
        let key = fixture::key();
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_eq!(SigningKey::from_pem(&pem).unwrap().public_key(), key.public_key());
        let refused = SigningKey::from_pem(&pem.replace("PRIVATE KEY", "EC PRIVATE KEY"));
        assert!(matches!(refused, Err(PkiError::PrivateKeyRejected { .. })), "{refused:?}");
    }

    #[test]
    fn a_damaged_or_foreign_private_key_is_refused() {
        let pkcs8 = fixture::key().to_pkcs8().unwrap();
        assert!(SigningKey::from_pkcs8(&pkcs8[..pkcs8.len() - 1]).is_err());
        let p256 = EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING)
            .unwrap()
            .to_pkcs8v1()
            .unwrap();
        assert!(matches!(SigningKey::from_pkcs8(p256.as_ref()), Err(PkiError::PrivateKeyRejected { .. })));
    }

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", fixture::key()), "SigningKey(P-384, [redacted])");
    }
}
