//! What anyone may read, over plain HTTP: certificates.

use crate::context::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hallmark_api::account::AccountId;
use hallmark_pki::{Certificate, SerialNumber};
use hallmark_store::StoreError;
use http::{StatusCode, header};
use moka::future::Cache;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The chains that were asked for: they never change, and nobody who asks is known.
type Chains = Cache<Vec<u8>, Arc<str>>;

/// How many chains are kept.
const CHAINS_KEPT: u64 = 1000;
/// How many chains are looked up at a time: strangers must not occupy the database.
const LOOKUPS: usize = 2;

#[derive(Clone)]
struct Published {
    context: Arc<Context>,
    chains: Chains,
    lookups: Arc<Semaphore>,
}

/// The public listener's routes.
pub fn public(context: Arc<Context>) -> Router {
    let lookups = Arc::new(Semaphore::new(LOOKUPS));
    let published = Published { context, chains: Cache::new(CHAINS_KEPT), lookups };
    Router::new()
        .route("/root.pem", get(root))
        .route("/chain/{issuer}", get(chain))
        .fallback(async || not_found())
        .with_state(published)
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not found.\n").into_response()
}

/// A chain in PEM (RFC 8555 section 9.1 registers the media type).
fn pem(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/pem-certificate-chain")], text).into_response()
}

async fn root(State(published): State<Published>) -> Response {
    pem(published.context.trust_anchor.to_pem())
}

/// `/chain/{serial number in hex}.pem`: an issuing CA and the root.
async fn chain(State(published): State<Published>, Path(issuer): Path<String>) -> Response {
    let Some(serial_number) = issuer.strip_suffix(".pem").and_then(|text| hex::decode(text).ok()) else {
        return not_found();
    };
    match published.chain(serial_number).await {
        Ok(Some(chain)) => pem(chain.as_ref().to_owned()),
        Ok(None) => not_found(),
        Err(error) => {
            tracing::error!(%error, "a chain could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "Not available at the moment.\n").into_response()
        }
    }
}

impl Published {
    async fn chain(&self, serial_number: Vec<u8>) -> Result<Option<Arc<str>>, StoreError> {
        if let Some(known) = self.chains.get(&serial_number).await {
            return Ok(Some(known));
        }
        // The semaphore is never closed.
        let _turn = self.lookups.acquire().await;
        let Some(certificate) = issuer_certificate(&self.context, &serial_number).await? else {
            return Ok(None);
        };
        let chain: Arc<str> = (certificate.to_pem() + &self.context.trust_anchor.to_pem()).into();
        self.chains.insert(serial_number, chain.clone()).await;
        Ok(Some(chain))
    }
}

async fn issuer_certificate(context: &Context, octets: &[u8]) -> Result<Option<Certificate>, StoreError> {
    let Ok(serial_number) = SerialNumber::from_bytes(octets) else { return Ok(None) };
    let Some(account) = serial_number.account().and_then(AccountId::from_number) else { return Ok(None) };
    let Some(mut view) = context.store.view_if_exists(&account).await? else { return Ok(None) };
    view.issuer_certificate(&serial_number).await
}
