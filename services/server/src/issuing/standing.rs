//! Whether certificates are known not to be revoked.

use hallmark_store::Epoch;
use std::sync::atomic::{AtomicI64, Ordering};

/// The account's epoch at which a certificate and those above it were last seen not to be revoked.
#[derive(Debug)]
pub struct Standing(AtomicI64);

/// No epoch of any account.
const NEVER: i64 = -1;

impl Default for Standing {
    fn default() -> Self {
        Self(AtomicI64::new(NEVER))
    }
}

impl Standing {
    /// Whether none of them was revoked at this epoch, as far as is known.
    pub fn is_good_at(&self, epoch: Epoch) -> bool {
        self.0.load(Ordering::Relaxed) == epoch.0
    }

    /// Notes that none of them was revoked at this epoch.
    pub fn set_good_at(&self, epoch: Epoch) {
        self.0.store(epoch.0, Ordering::Relaxed);
    }
}
