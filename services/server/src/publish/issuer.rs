//! Issuing CAs, found by what OCSP calls them.

use super::budget::Budget;
use crate::error::ApiError;
use crate::issuing::{Desk, Desks};
use hallmark_pki::CertId;
use hallmark_store::Store;
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;

/// How many keys a replica knows.
const KEPT: u64 = 10_000;
/// How long an issuing CA is known before the database is asked again whether another has the same key.
const STANDS: Duration = Duration::from_mins(1);

/// Issuing CAs that share a key; nearly always one.
type Sharing = Arc<[Arc<Desk>]>;

/// The issuing CAs that one replica was asked about, by their keys' hashes.
pub(super) struct Issuers {
    store: Store,
    desks: Arc<Desks>,
    known: Cache<Vec<u8>, Sharing>,
}

impl Issuers {
    pub(super) fn new(store: Store, desks: Arc<Desks>) -> Self {
        let known = Cache::builder().max_capacity(KEPT).time_to_live(STANDS).build();
        Self { store, desks, known }
    }

    /// Those that issued what all these names mean; none when the names are of several issuers, or of nobody here.
    pub(super) async fn of(&self, budget: &Budget, cert_ids: &[CertId]) -> Result<Vec<Arc<Desk>>, ApiError> {
        let Some(key_hash) = cert_ids.first().and_then(CertId::issuer_key_hash) else {
            return Ok(Vec::new());
        };
        let sharing = self.by_key(budget, key_hash).await?;
        let all = |desk: &&Arc<Desk>| {
            let certificate = desk.issuer().issuer.certificate();
            cert_ids.iter().all(|cert_id| cert_id.matches(certificate))
        };
        Ok(sharing.iter().filter(all).cloned().collect())
    }

    async fn by_key(&self, budget: &Budget, key_hash: &[u8]) -> Result<Sharing, ApiError> {
        if let Some(known) = self.known.get(key_hash).await {
            return Ok(known);
        }
        let _turn = budget.lookup().await;
        if let Some(known) = self.known.get(key_hash).await {
            return Ok(known);
        }
        let mut desks = Vec::new();
        for account in self.store.accounts_by_issuer_key(key_hash).await? {
            for known in self.store.view(&account).await?.issuers_by_key(key_hash).await? {
                desks.push(Arc::new(self.desks.of(known).await?));
            }
        }
        let sharing: Sharing = desks.into();
        // Nobody's keys are not kept: there are too many of them, and one may be somebody's in a moment.
        if !sharing.is_empty() {
            self.known.insert(key_hash.to_vec(), sharing.clone()).await;
        }
        Ok(sharing)
    }
}
