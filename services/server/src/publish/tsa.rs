//! `/tsa`: the time, stamped for anybody (RFC 3161), where that is switched on.

use super::budget::Budget;
use super::timekeeper::Timekeeper;
use super::{Published, body};
use crate::batcher::Batcher;
use crate::context::Context;
use crate::signing::Authority;
use anyhow::Context as _;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hallmark_api::account::AccountId;
use hallmark_pki::{SerialNumber, TimestampFailure, TimestampRequest};
use hallmark_store::{Store, StoreError};
use http::{HeaderMap, header};
use std::sync::Arc;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

/// The most octets of a request.
const LIMIT: usize = 1024;
/// How many authorities are taken up, when they turn out to be revoked.
const ATTEMPTS: usize = 2;

/// Stamps for anybody, in one replica.
pub(super) struct Tsa {
    context: Arc<Context>,
    budget: Arc<Budget>,
    timekeeper: Timekeeper,
    standing: Batcher<Arc<Authority>, Result<bool, String>>,
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
        let store = context.store.clone();
        let standing = Batcher::start(move |authorities: Vec<Arc<Authority>>| {
            let store = store.clone();
            async move { stand(&store, &authorities).await }
        });
        Self { context, budget, timekeeper, standing, account: OnceCell::new() }
    }

    async fn answer(&self, request: &TimestampRequest) -> Result<Vec<u8>, TimestampFailure> {
        let _place = self.budget.enter(1).ok_or(TimestampFailure::SystemFailure)?;
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
        let authority = self.authority(account, now).await?;
        let chance = &self.context.chance;
        let serial_number = authority.serial_number(chance)?;
        // Read last, so that it is the time at which it is stamped.
        let Some(time) = self.timekeeper.time().await else { return Ok(None) };
        let answer = || authority.authority().answer(chance.source(), request, &serial_number, time);
        Ok(Some(self.budget.sign(answer).await?))
    }

    /// The authority of an account, which is not revoked as the database knows it now.
    async fn authority(&self, account: &AccountId, now: OffsetDateTime) -> anyhow::Result<Arc<Authority>> {
        for _ in 0..ATTEMPTS {
            let authority = self.context.authorities.authority(account, now).await?;
            if self.standing.ask(authority.clone()).await?.map_err(anyhow::Error::msg)? {
                return Ok(authority);
            }
            self.context.authorities.forget(&authority).await;
        }
        anyhow::bail!("the timestamp authority was revoked a moment ago")
    }

    async fn oldest_account(&self) -> anyhow::Result<AccountId> {
        let accounts = self.context.store.accounts_by_age().await?;
        Ok(accounts.into_iter().next().context("the deployment has no account")?.id)
    }
}

/// Whether authorities of one account stand: neither their certificates nor those above them are revoked.
async fn stand(store: &Store, authorities: &[Arc<Authority>]) -> Vec<Result<bool, String>> {
    match standing(store, authorities).await {
        Ok(stand) => stand.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error.to_string()); authorities.len()],
    }
}

async fn standing(store: &Store, authorities: &[Arc<Authority>]) -> Result<Vec<bool>, StoreError> {
    let Some(account) = authorities.first().map(|authority| authority.account()) else {
        return Ok(Vec::new());
    };
    let mut view = store.view(account).await?;
    let epoch = view.epoch();
    let doubtful = authorities.iter().filter(|authority| !authority.standing().is_good_at(epoch));
    let doubtful: Vec<&SerialNumber> = doubtful.flat_map(|authority| authority.relies_on()).collect();
    let revoked = if doubtful.is_empty() { Vec::new() } else { view.revoked_certificates(&doubtful).await? };
    let stands = |authority: &Arc<Authority>| {
        let stands = !authority.relies_on().any(|one| revoked.contains(one));
        if stands {
            authority.standing().set_good_at(epoch);
        }
        stands
    };
    Ok(authorities.iter().map(stands).collect())
}
