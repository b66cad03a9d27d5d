//! Randomness. Everything below the server takes it as a parameter; this is where it comes from.

use crate::error::ApiError;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// The operating system's generator, through aws-lc-rs.
#[derive(Debug, Clone, Default)]
pub struct Chance(SystemRandom);

/// The generator failed; nothing that needs it may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the random number generator failed")]
pub struct NoChance;

impl From<NoChance> for ApiError {
    fn from(error: NoChance) -> Self {
        Self::internal(error)
    }
}

impl Chance {
    /// `N` random octets.
    pub fn octets<const N: usize>(&self) -> Result<[u8; N], NoChance> {
        let mut octets = [0; N];
        self.0.fill(&mut octets).map_err(|_| NoChance)?;
        Ok(octets)
    }

    /// A new secret of an access key: 240 bits as 40 characters of base64.
    pub fn secret(&self) -> Result<Zeroizing<String>, NoChance> {
        use base64::Engine as _;
        let octets = Zeroizing::new(self.octets::<30>()?);
        Ok(Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(octets.as_slice())))
    }

    /// The generator itself, for key generation and signatures.
    pub fn source(&self) -> &dyn SecureRandom {
        &self.0
    }
}
