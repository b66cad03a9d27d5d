//! `/ocsp`: what became of certificates (RFC 6960), asked by GET and by POST.
//!
//! Each answer is what the database says after the question came. Only signatures are kept, under the status that they
//! are about, so a revocation is in the first answer after its acknowledgement on every replica.

use super::budget::Budget;
use super::issuer::Issuers;
use super::responder::{Responder, Responders};
use super::status::Statuses;
use super::{Published, body};
use crate::context::Context;
use crate::error::ApiError;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use hallmark_pki::{CertId, CertificateStatus, OcspAnswer, OcspError, OcspRequest};
use http::{HeaderMap, header};
use moka::future::Cache;
use std::sync::Arc;
use time::OffsetDateTime;

/// The most octets of a question.
const LIMIT: usize = 16 * 1024;
/// How many signed answers a replica keeps.
const KEPT: u64 = 50_000;

/// Answers questions about certificates, in one replica.
pub(super) struct Ocsp {
    context: Arc<Context>,
    budget: Arc<Budget>,
    issuers: Issuers,
    statuses: Statuses,
    responders: Responders,
    signed: Cache<CertId, Arc<Signed>>,
}

/// A signed answer about one certificate.
struct Signed {
    status: CertificateStatus,
    by: Arc<Responder>,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
    der: Bytes,
}

impl Signed {
    /// Whether it says this, is signed by this responder and lasts for at least half of its validity.
    fn says(&self, status: CertificateStatus, by: &Arc<Responder>, now: OffsetDateTime) -> bool {
        let half = (self.next_update - self.this_update) / 2;
        self.status == status
            && Arc::ptr_eq(&self.by, by)
            && (self.this_update..=self.this_update + half).contains(&now)
    }
}

/// `GET /ocsp/{request}`: one segment of base64, percent-encoded or not, and so perhaps several.
pub(super) async fn get(
    State(published): State<Published>,
    request: Result<Path<String>, PathRejection>,
) -> Response {
    let request = request.ok().and_then(|Path(text)| OcspRequest::from_base64(&text).ok());
    published.ocsp.reply(request).await
}

/// `POST /ocsp`.
pub(super) async fn post(State(published): State<Published>, headers: HeaderMap, body: Body) -> Response {
    let body = body::read(&headers, body, "application/ocsp-request", LIMIT).await;
    published.ocsp.reply(body.and_then(|body| OcspRequest::from_der(&body).ok())).await
}

/// `GET /ocsp`, which asks nothing.
pub(super) async fn nothing() -> Response {
    response(OcspError::MalformedRequest.to_der().to_vec().into())
}

/// Errors too have status 200: they are answers of the protocol, in which a client finds why it has none. Nobody on the
/// way may answer in our place, because a revocation has to be in the first answer after it.
fn response(der: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/ocsp-response"), (header::CACHE_CONTROL, "no-cache")];
    (headers, der).into_response()
}

impl Ocsp {
    pub(super) fn new(context: Arc<Context>, budget: Arc<Budget>) -> Self {
        let (store, desks) = (context.store.clone(), context.desks.clone());
        Self {
            issuers: Issuers::new(store.clone(), desks.clone()),
            statuses: Statuses::new(store.clone()),
            responders: Responders::new(store, desks, context.chance.clone(), context.clock.clone()),
            signed: Cache::new(KEPT),
            context,
            budget,
        }
    }

    /// What a question, if it is one, is answered with.
    async fn reply(&self, request: Option<OcspRequest>) -> Response {
        let answer = match request {
            Some(request) => self.answer(&request).await,
            None => Err(OcspError::MalformedRequest),
        };
        let status = answer.as_ref().map_or_else(|error| error_name(*error), |_| "successful");
        metrics::counter!("hallmark_ocsp_answers_total", "status" => status).increment(1);
        response(answer.unwrap_or_else(|error| error.to_der().to_vec().into()))
    }

    async fn answer(&self, request: &OcspRequest) -> Result<Bytes, OcspError> {
        let _place = self.budget.enter(request.cert_ids().len()).ok_or(OcspError::TryLater)?;
        // Read before the record is: what it says was true at that time or later.
        let now = self.context.clock.now();
        let issuers = self.issuers.of(&self.budget, request.cert_ids()).await.map_err(failure)?;
        let issuer = issuers.first().ok_or(OcspError::Unauthorized)?;
        let statuses = self.statuses.of(&issuers, request.cert_ids()).await.map_err(failure)?;
        let responder = self.responders.of(issuer, now).await.map_err(failure)?;
        match (request.cacheable(), statuses.as_slice()) {
            (Some(cert_id), [status]) => self.kept_or_signed(cert_id, *status, &responder, now).await,
            _ => self.sign(request, &statuses, &responder, now).await,
        }
    }

    /// The answer about one certificate that may be given to others.
    async fn kept_or_signed(
        &self,
        cert_id: &CertId,
        status: CertificateStatus,
        by: &Arc<Responder>,
        now: OffsetDateTime,
    ) -> Result<Bytes, OcspError> {
        if let Some(signed) = self.signed.get(cert_id).await.filter(|signed| signed.says(status, by, now)) {
            return Ok(signed.der.clone());
        }
        let answer = answer(cert_id, status, by, now);
        let next_update = answer.next_update;
        let der = self.signature(&[answer], by, now, None).await?;
        let signed = Signed { status, by: by.clone(), this_update: now, next_update, der: der.clone() };
        self.signed.insert(cert_id.clone(), Arc::new(signed)).await;
        Ok(der)
    }

    async fn sign(
        &self,
        request: &OcspRequest,
        statuses: &[CertificateStatus],
        by: &Responder,
        now: OffsetDateTime,
    ) -> Result<Bytes, OcspError> {
        let asked = request.cert_ids().iter().zip(statuses);
        let answers: Vec<_> = asked.map(|(cert_id, status)| answer(cert_id, *status, by, now)).collect();
        self.signature(&answers, by, now, request.nonce()).await
    }

    async fn signature(
        &self,
        answers: &[OcspAnswer<'_>],
        by: &Responder,
        now: OffsetDateTime,
        nonce: Option<&[u8]>,
    ) -> Result<Bytes, OcspError> {
        let chance = &self.context.chance;
        let signed = self.budget.sign(|| by.responder().sign(chance.source(), answers, now, nonce)).await;
        signed.map(Bytes::from).map_err(|error| failure(ApiError::internal(error)))
    }
}

fn answer<'a>(
    cert_id: &'a CertId,
    status: CertificateStatus,
    by: &Responder,
    now: OffsetDateTime,
) -> OcspAnswer<'a> {
    OcspAnswer { cert_id, status, this_update: now, next_update: by.next_update(now) }
}

/// What a client is told of a failure: to come again, or nothing.
fn failure(error: ApiError) -> OcspError {
    match error {
        ApiError::TooManyRequests => OcspError::TryLater,
        error => {
            tracing::error!(%error, "an OCSP question has no answer");
            OcspError::InternalError
        }
    }
}

fn error_name(error: OcspError) -> &'static str {
    match error {
        OcspError::MalformedRequest => "malformedRequest",
        OcspError::InternalError => "internalError",
        OcspError::TryLater => "tryLater",
        OcspError::Unauthorized => "unauthorized",
    }
}
