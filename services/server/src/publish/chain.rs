//! Certificates of roots and issuing CAs: they never change, so whoever asked once is answered from memory.

use super::{Published, not_found, unavailable};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use hallmark_api::account::AccountId;
use hallmark_pki::{Certificate, SerialNumber};
use hallmark_store::StoreError;
use http::header;
use moka::future::Cache;
use std::sync::Arc;

/// The chains that were asked for: an issuing CA's certificate and those above it.
pub(super) type Chains = Cache<SerialNumber, Arc<[Certificate]>>;

/// How many chains are kept.
const KEPT: u64 = 1000;

/// No chains yet.
pub(super) fn none() -> Chains {
    Cache::new(KEPT)
}

/// A chain in PEM (RFC 8555 section 9.1 registers the media type).
fn pem<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Response {
    let text: String = certificates.into_iter().map(Certificate::to_pem).collect();
    ([(header::CONTENT_TYPE, "application/pem-certificate-chain")], text).into_response()
}

/// `/root.pem`: the deployment's root.
pub(super) async fn root(State(published): State<Published>) -> Response {
    pem([&published.context.trust_anchor])
}

/// `/chain/{issuer}.pem`: an issuing CA and the certificates above it.
pub(super) async fn chain(State(published): State<Published>, Path(file): Path<String>) -> Response {
    published.answer(&file, ".pem", |chain| pem(chain)).await
}

/// `/issuer/{issuer}.cer`: the certificate of an issuing CA or of the root alone, in DER (RFC 5280 section 4.2.2.1).
pub(super) async fn issuer(State(published): State<Published>, Path(file): Path<String>) -> Response {
    published.answer(&file, ".cer", |chain| chain.first().map_or_else(not_found, cer)).await
}

fn cer(certificate: &Certificate) -> Response {
    ([(header::CONTENT_TYPE, "application/pkix-cert")], certificate.der().to_vec()).into_response()
}

/// The issuer that the name of a file calls: its number in hexadecimal digits.
pub(super) fn issuer_id(name: &str) -> Option<SerialNumber> {
    SerialNumber::from_bytes(&hex::decode(name).ok()?).ok()
}

impl Published {
    async fn answer(
        &self,
        file: &str,
        ending: &str,
        show: impl FnOnce(&[Certificate]) -> Response,
    ) -> Response {
        let Some(id) = file.strip_suffix(ending).and_then(issuer_id) else { return not_found() };
        match self.issuing_chain(&id).await {
            Ok(Some(chain)) => show(&chain),
            Ok(None) => not_found(),
            Err(error) => {
                tracing::error!(%error, "a chain could not be read");
                unavailable()
            }
        }
    }

    async fn issuing_chain(&self, id: &SerialNumber) -> Result<Option<Arc<[Certificate]>>, StoreError> {
        let root = &self.context.trust_anchor;
        if id == root.serial_number() {
            return Ok(Some(Arc::from([root.clone()])));
        }
        if let Some(known) = self.chains.get(id).await {
            return Ok(Some(known));
        }
        let _turn = self.budget.lookup().await;
        let Some(account) = id.account().and_then(AccountId::from_number) else { return Ok(None) };
        let Some(mut view) = self.context.store.view_if_exists(&account).await? else { return Ok(None) };
        let Some(known) = view.issuer_by_id(id).await? else { return Ok(None) };
        let own = known.issuer.certificate().clone();
        let chain: Arc<[Certificate]> = std::iter::once(own).chain(known.above).collect();
        self.chains.insert(id.clone(), chain.clone()).await;
        Ok(Some(chain))
    }
}
