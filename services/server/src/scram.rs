//! SCRAM verifiers (RFC 5802, RFC 7677): what Postgres keeps of a password. Made here, so that no password
//! travels in a statement, where logs could keep it.

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::num::NonZeroU32;
use zeroize::Zeroizing;

/// How often the password is hashed; Postgres's own default.
const ITERATIONS: NonZeroU32 = NonZeroU32::MIN.saturating_add(4095);

/// The octets of a salt.
pub(crate) const SALT: usize = 16;

/// What Postgres keeps of an ASCII password: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`.
pub(crate) fn verifier(password: &str, salt: &[u8; SALT]) -> String {
    let mut salted = Zeroizing::new([0; SHA256_OUTPUT_LEN]);
    pbkdf2::derive(PBKDF2_HMAC_SHA256, ITERATIONS, salt, password.as_bytes(), salted.as_mut_slice());
    let key = hmac::Key::new(HMAC_SHA256, salted.as_slice());
    let client_key = hmac::sign(&key, b"Client Key");
    let stored_key = STANDARD.encode(digest(&SHA256, client_key.as_ref()));
    let server_key = STANDARD.encode(hmac::sign(&key, b"Server Key"));
    format!("SCRAM-SHA-256${ITERATIONS}:{}${stored_key}:{server_key}", STANDARD.encode(salt))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677 section 3: its server signature is made with our `ServerKey`.
    #[test]
    fn agrees_with_the_rfc() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = verifier("pencil", &salt.try_into().unwrap());
        let server_key = STANDARD.decode(verifier.rsplit(':').next().unwrap()).unwrap();
        let exchange = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
                        r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
                        c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = hmac::sign(&hmac::Key::new(HMAC_SHA256, &server_key), exchange.as_bytes());
        assert_eq!(STANDARD.encode(signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assert!(verifier.starts_with("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"));
    }
}
