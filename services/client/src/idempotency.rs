//! Idempotency keys: what makes a request that is sent again the same request.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The header that carries the key. It is signed, so nobody on the way can put another in its place.
pub(crate) const HEADER: &str = "idempotency-key";

/// A key that no other request has: 128 random bits in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The generator of random numbers failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system's random number generator failed")]
pub struct NoChance;

impl IdempotencyKey {
    /// A new key.
    pub fn random() -> Result<Self, NoChance> {
        let mut octets = [0; 16];
        SystemRandom::new().fill(&mut octets).map_err(|_| NoChance)?;
        Ok(Self(hex::encode(octets)))
    }

    /// The key as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
