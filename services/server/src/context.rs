//! What every handler works with.

use crate::chance::Chance;
use crate::clock::Clock;
use crate::facts::Facts;
use crate::paging::Paging;
use crate::signing::Signing;
use crate::status::StatusReader;
use hallmark_pki::Certificate;
use hallmark_store::Store;
use hallmark_store::deployment::Deployment;
use std::sync::Arc;

/// One replica's share of the service.
#[derive(Debug)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// What all accounts have in common.
    pub deployment: Deployment,
    /// The root of every chain.
    pub trust_anchor: Certificate,
    /// Cached control-plane facts.
    pub facts: Arc<Facts>,
    /// The signing path.
    pub signing: Signing,
    /// The revocation path.
    pub status: StatusReader,
    /// Page tokens.
    pub paging: Paging,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Randomness.
    pub chance: Chance,
}
