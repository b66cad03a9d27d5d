//! The secret half of an access key, and the key derived from it.

use super::scope::{CredentialScope, TERMINATOR};
use aws_lc_rs::hmac;
use std::fmt;
use zeroize::Zeroizing;

const PREFIX: &[u8] = b"AWS4";

/// A secret access key; wiped when dropped, never shown.
pub struct SecretKey {
    /// With [`PREFIX`] in front, as the first derivation step takes it.
    prefixed: Zeroizing<Vec<u8>>,
}

impl SecretKey {
    /// Takes a copy of the secret's characters; wiping the original is the caller's part.
    pub fn new(secret: &[u8]) -> Self {
        // The exact capacity, so that growing leaves no copy behind.
        let mut prefixed = Zeroizing::new(Vec::with_capacity(PREFIX.len() + secret.len()));
        prefixed.extend_from_slice(PREFIX);
        prefixed.extend_from_slice(secret);
        Self { prefixed }
    }

    /// Derives the signing key for one scope (AWS: "Derive a signing key for Signature Version 4").
    pub fn derive(&self, scope: &CredentialScope) -> DerivedKey {
        DerivedKey { key: self.hmac_key(scope), owner: Owner::Principal }
    }

    fn hmac_key(&self, scope: &CredentialScope) -> hmac::Key {
        let steps = [scope.date(), scope.region(), scope.service(), TERMINATOR];
        let first = hmac::Key::new(hmac::HMAC_SHA256, &self.prefixed);
        steps.iter().fold(first, |key, step| {
            let tag = hmac::sign(&key, step.as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref())
        })
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(redacted)")
    }
}

/// A signing key, good for one [`CredentialScope`] and so for one day; cacheable by the credential.
pub struct DerivedKey {
    key: hmac::Key,
    owner: Owner,
}

/// Whether anyone holds the secret behind a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Principal,
    Nobody,
}

impl DerivedKey {
    /// A key for a credential that nobody holds, derived in the same time as a real one.
    ///
    /// It verifies nothing, ever: its secret is no secret, so a match is a refusal too.
    pub fn dummy(scope: &CredentialScope) -> Self {
        Self { key: SecretKey::new(&[b'0'; 40]).hmac_key(scope), owner: Owner::Nobody }
    }

    /// Whether `signature` is this key's over `string_to_sign`; compared in constant time, and in the
    /// same time whoever owns the key.
    pub(super) fn verifies(&self, string_to_sign: &[u8], signature: &[u8]) -> bool {
        let matches = hmac::verify(&self.key, string_to_sign, signature).is_ok();
        matches && self.owner == Owner::Principal
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::Credential;
    use super::*;

    const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn scope(text: &str) -> CredentialScope {
        let credential = format!("A/{text}");
        Credential::parse(credential.into()).unwrap().scope().clone()
    }

    /// The string to sign and signature of `get-vanilla` in AWS's signing test suite.
    #[test]
    fn derivation_follows_the_test_suite() {
        let scope = scope("20150830/us-east-1/service/aws4_request");
        let string_to_sign = "AWS4-HMAC-SHA256\n20150830T123600Z\n\
            20150830/us-east-1/service/aws4_request\n\
            bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63";
        let mut signature =
            hex::decode("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31").unwrap();
        let key = SecretKey::new(SECRET).derive(&scope);
        assert!(key.verifies(string_to_sign.as_bytes(), &signature));
        assert!(!key.verifies(string_to_sign.as_bytes(), &signature[..31]));
        assert!(!key.verifies(string_to_sign.as_bytes(), &[]));
        signature[31] ^= 1;
        assert!(!key.verifies(string_to_sign.as_bytes(), &signature));
    }

    #[test]
    fn the_dummy_verifies_nothing() {
        let scope = scope("20150830/us-east-1/signer/aws4_request");
        let dummy = DerivedKey::dummy(&scope);
        let forged = hmac::sign(&dummy.key, b"text");
        assert!(hmac::verify(&dummy.key, b"text", forged.as_ref()).is_ok());
        assert!(!dummy.verifies(b"text", forged.as_ref()));
    }

    #[test]
    fn nothing_is_shown() {
        let secret = SecretKey::new(SECRET);
        let scope = scope("20150830/us-east-1/signer/aws4_request");
        assert_eq!(format!("{secret:?}"), "SecretKey(redacted)");
        assert_eq!(format!("{:?}", secret.derive(&scope)), "DerivedKey(redacted)");
    }
}
