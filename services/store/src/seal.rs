//! Secrets at rest: AES-256-GCM under a key-encryption key that never enters the database.

use crate::StoreError;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

/// Where a sealed value lives. It is part of what is authenticated, so a value that is moved to
/// another row or column does not open.
#[derive(Debug, Clone, Copy)]
pub struct Location<'a> {
    /// The table.
    pub table: &'static str,
    /// The primary key of the row, in text.
    pub row: &'a str,
    /// The column.
    pub column: &'static str,
}

impl Location<'_> {
    fn associated_data(&self) -> Aad<Vec<u8>> {
        Aad::from([self.table, self.row, self.column].join("\0").into_bytes())
    }
}

/// The key under which every other secret is sealed; kept in a file outside the database.
pub struct KeyEncryptionKey(RandomizedNonceKey);

impl std::fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyEncryptionKey(…)")
    }
}

impl KeyEncryptionKey {
    /// The length of a key in octets.
    pub const LENGTH: usize = 32;

    /// A key from its 32 octets.
    pub fn new(octets: &[u8]) -> Result<Self, StoreError> {
        RandomizedNonceKey::new(&AES_256_GCM, octets).map(Self).map_err(|_| StoreError::KeyEncryptionKey)
    }

    /// A key for another purpose, the same wherever this key is the same (HKDF-SHA-256, RFC 5869).
    pub fn derive(octets: &[u8], purpose: &str) -> Result<Self, StoreError> {
        if octets.len() != Self::LENGTH {
            return Err(StoreError::KeyEncryptionKey);
        }
        let mut derived = Zeroizing::new([0; Self::LENGTH]);
        let info = [purpose.as_bytes()];
        Salt::new(HKDF_SHA256, b"hallmark")
            .extract(octets)
            .expand(&info, &AES_256_GCM)
            .and_then(|key| key.fill(derived.as_mut_slice()))
            .map_err(|_| StoreError::KeyEncryptionKey)?;
        Self::new(derived.as_slice())
    }

    /// Seals `secret` for one place: nonce, ciphertext, tag.
    pub fn seal(&self, place: Location<'_>, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut sealed = secret.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(place.associated_data(), &mut sealed)
            .map_err(|_| StoreError::Sealed(place.table))?;
        sealed.splice(0..0, nonce.as_ref().iter().copied());
        Ok(sealed)
    }

    /// Opens what was sealed for this very place under this very key.
    pub fn open(&self, place: Location<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let broken = || StoreError::Sealed(place.table);
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let length =
            self.0.open_in_place(nonce, place.associated_data(), &mut opened).map_err(|_| broken())?.len();
        opened.truncate(length);
        Ok(opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(octet: u8) -> KeyEncryptionKey {
        KeyEncryptionKey::new(&[octet; 32]).unwrap()
    }

    const PLACE: Location<'_> = Location { table: "issuers", row: "1", column: "sealed_key" };

    #[test]
    fn opens_only_where_and_as_it_was_sealed() {
        let sealed = key(1).seal(PLACE, b"secret").unwrap();
        assert_eq!(key(1).open(PLACE, &sealed).unwrap().as_slice(), b"secret");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert!(key(2).open(PLACE, &sealed).is_err(), "another key");
        assert!(key(1).open(Location { row: "2", ..PLACE }, &sealed).is_err(), "another row");
        assert!(key(1).open(Location { column: "other", ..PLACE }, &sealed).is_err(), "another column");
        assert!(key(1).open(Location { table: "other", ..PLACE }, &sealed).is_err(), "another table");
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key(1).open(PLACE, &altered).is_err(), "octet {at}");
        }
        assert!(key(1).open(PLACE, &sealed[..5]).is_err(), "truncated");
        assert_ne!(sealed, key(1).seal(PLACE, b"secret").unwrap(), "a fresh nonce each time");
    }

    #[test]
    fn keys_have_32_octets() {
        assert!(KeyEncryptionKey::new(&[0; 31]).is_err());
    }
}
