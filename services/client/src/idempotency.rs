//! Idempotency keys: what makes a request that is sent again the same request.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use hallmark_api::idempotency::IdempotencyKey;

/// No key can be made: the generator of random numbers failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the random number generator failed")]
pub struct NoChance;

/// A key that no other request has: 128 random bits in hexadecimal digits.
pub(crate) fn random_key() -> Result<IdempotencyKey, NoChance> {
    let mut octets = [0; 16];
    SystemRandom::new().fill(&mut octets).map_err(|_| NoChance)?;
    hex::encode(octets).parse().map_err(|_| NoChance)
}
