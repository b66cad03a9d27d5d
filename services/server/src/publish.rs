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
use std::sync::Arc;

/// The public listener's routes.
pub fn public(context: Arc<Context>) -> Router {
    Router::new()
        .route("/root.pem", get(root))
        .route("/chain/{issuer}", get(chain))
        .fallback(async || not_found())
        .with_state(context)
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not found.\n").into_response()
}

/// A chain in PEM (RFC 8555 section 9.1 registers the media type).
fn pem(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/pem-certificate-chain")], text).into_response()
}

async fn root(State(context): State<Arc<Context>>) -> Response {
    pem(context.trust_anchor.to_pem())
}

/// `/chain/{serial number in hex}.pem`: an issuing CA and the root.
async fn chain(State(context): State<Arc<Context>>, Path(issuer): Path<String>) -> Response {
    let Some(serial_number) = issuer.strip_suffix(".pem").and_then(|text| hex::decode(text).ok()) else {
        return not_found();
    };
    match issuer_certificate(&context, &serial_number).await {
        Ok(Some(certificate)) => pem(certificate.to_pem() + &context.trust_anchor.to_pem()),
        Ok(None) => not_found(),
        Err(error) => {
            tracing::error!(%error, "a chain could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "Not available at the moment.\n").into_response()
        }
    }
}

async fn issuer_certificate(context: &Context, octets: &[u8]) -> Result<Option<Certificate>, StoreError> {
    let Ok(serial_number) = SerialNumber::from_bytes(octets) else { return Ok(None) };
    let Some(account) = serial_number.account().and_then(AccountId::from_number) else { return Ok(None) };
    match context.store.view(&account).await {
        Ok(mut view) => view.issuer_certificate(&serial_number).await,
        Err(StoreError::NoAccount(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
