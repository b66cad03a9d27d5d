//! `/tsa`: the time, stamped for anybody (RFC 3161), where that is switched on.

use super::budget::Budget;
use super::timekeeper::Timekeeper;
use super::{Published, body};
use crate::context::Context;
use anyhow::Context as _;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hallmark_api::account::AccountId;
use hallmark_pki::{TimestampFailure, TimestampRequest};
use http::{HeaderMap, header};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The most octets of a request.
const LIMIT: usize = 1024;

/// Stamps for anybody, in one replica.
pub(super) struct Tsa {
    context: Arc<Context>,
    budget: Arc<Budget>,
    timekeeper: Timekeeper,
    /// In whose name: the deployment's oldest account.
    account: OnceCell<AccountId>,
}

/// `POST /tsa`. Refusals too have status 200 (RFC 3161 section 3.4), and the media type has no parameters: notation
/// takes it in no other writing.
pub(super) async fn post(State(published): State<Published>, headers: HeaderMap, body: Body) -> Response {
    let body = body::read(&headers, body, "application/timestamp-query", LIMIT).await;
    let request = body.ok_or(TimestampFailure::BadDataFormat);
    let answer = match request.and_then(|body| TimestampRequest::from_der(&body)) {
        Ok(request) => published.tsa.answer(&request).await,
        Err(failure) => Err(failure),
    };
    let status = if answer.is_ok() { "answered" } else { "refused" };
    metrics::counter!("hallmark_timestamp_answers_total", "status" => status).increment(1);
    let headers =
        [(header::CONTENT_TYPE, "application/timestamp-reply"), (header::CACHE_CONTROL, "no-store")];
    (headers, answer.unwrap_or_else(TimestampFailure::to_der)).into_response()
}

impl Tsa {
    pub(super) fn new(context: Arc<Context>, budget: Arc<Budget>) -> Self {
        let timekeeper = Timekeeper::new(context.store.clone(), context.clock.clone());
        Self { context, budget, timekeeper, account: OnceCell::new() }
    }

    async fn answer(&self, request: &TimestampRequest) -> Result<Vec<u8>, TimestampFailure> {
        let _place = self.budget.enter().ok_or(TimestampFailure::SystemFailure)?;
        let stamped = self.stamp(request).await.map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "nothing can be stamped");
            TimestampFailure::SystemFailure
        })?;
        stamped.ok_or(TimestampFailure::TimeNotAvailable)
    }

    /// The answer; none while the time is in doubt.
    async fn stamp(&self, request: &TimestampRequest) -> anyhow::Result<Option<Vec<u8>>> {
        let account = self.account.get_or_try_init(|| self.oldest_account()).await?;
        let now = self.context.clock.now();
        let authority = self.context.authorities.authority(account, now).await?;
        let chance = &self.context.chance;
        let serial_number = authority.serial_number(chance)?;
        // Read last, so that it is the time at which it is stamped.
        let Some(time) = self.timekeeper.time().await else { return Ok(None) };
        let answer = || authority.authority().answer(chance.source(), request, &serial_number, time);
        Ok(Some(self.budget.sign(answer).await?))
    }

    async fn oldest_account(&self) -> anyhow::Result<AccountId> {
        let accounts = self.context.store.accounts_by_age().await?;
        Ok(accounts.into_iter().next().context("the deployment has no account")?.id)
    }
}
