//! What becomes of certificates, read anew for every question: those that wait together are one statement, and its
//! snapshot is later than each of them.

use crate::batcher::Batcher;
use crate::error::ApiError;
use crate::issuing::Desk;
use futures_util::future::try_join_all;
use hallmark_pki::{CertId, CertificateStatus};
use hallmark_store::certificate_status::StatusQuestion;
use hallmark_store::{Store, StoreError};
use std::sync::Arc;

/// Reads what becomes of certificates.
#[derive(Clone)]
pub(super) struct Statuses(Batcher<StatusQuestion, Result<CertificateStatus, ApiError>>);

impl Statuses {
    pub(super) fn new(store: Store) -> Self {
        Self(Batcher::start(move |questions: Vec<StatusQuestion>| {
            let store = store.clone();
            async move { read(&store, &questions).await }
        }))
    }

    /// What is known of certificates that these issuing CAs may have issued, which share a name and a key.
    pub(super) async fn of(
        &self,
        issuers: &[Arc<Desk>],
        cert_ids: &[CertId],
    ) -> Result<Vec<CertificateStatus>, ApiError> {
        try_join_all(cert_ids.iter().map(|cert_id| self.one(issuers, cert_id))).await
    }

    async fn one(&self, issuers: &[Arc<Desk>], cert_id: &CertId) -> Result<CertificateStatus, ApiError> {
        for issuer in issuers {
            let question = StatusQuestion {
                account: issuer.issuer().account.clone(),
                issuer: issuer.issuer().hash,
                serial_number: cert_id.serial_number().clone(),
            };
            let status = self.0.ask(question).await??;
            if status != CertificateStatus::Unknown {
                return Ok(status);
            }
        }
        Ok(CertificateStatus::Unknown)
    }
}

async fn read(store: &Store, questions: &[StatusQuestion]) -> Vec<Result<CertificateStatus, ApiError>> {
    let answers: Result<_, StoreError> = store.certificate_statuses(questions).await;
    match answers {
        Ok(statuses) => statuses.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error.into()); questions.len()],
    }
}
