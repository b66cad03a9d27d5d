//! What every handler works with, and how a judgement made from cached facts is held against the epoch
//! inside the very transaction that it opens.

use crate::caller::Call;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::error::ApiError;
use crate::facts::Facts;
use crate::paging::Paging;
use crate::signing::Signing;
use crate::status::StatusReader;
use hallmark_pki::Certificate;
use hallmark_store::deployment::Deployment;
use hallmark_store::{Store, Tx, View};
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

impl Context {
    /// Judges a call from cached facts; a denial is confirmed by the database before it leaves.
    pub async fn authorise(&self, call: Call) -> Result<Call, ApiError> {
        if call.judge(call.credential()).is_ok() {
            return Ok(call);
        }
        let confirmed = self.facts.confirm_credential(&call.credential().access_key_id).await?;
        let call = call.by(confirmed.ok_or(ApiError::UnrecognizedClient)?);
        call.judge(call.credential())?;
        Ok(call)
    }

    /// A snapshot of the call's account in which the judgement holds.
    pub async fn view(&self, call: &Call) -> Result<View, ApiError> {
        let mut view = self.store.view(call.account()).await?;
        self.hold(call, &mut view).await?;
        Ok(view)
    }

    /// The lock on the call's account, under which the judgement holds.
    pub async fn lock(&self, call: &Call) -> Result<Tx, ApiError> {
        let mut tx = self.store.lock(call.account()).await?;
        self.hold(call, &mut tx).await?;
        Ok(tx)
    }

    /// Compares the judgement with the epoch; where it is stale, judges again from facts read right here,
    /// which always ends.
    async fn hold(&self, call: &Call, view: &mut View) -> Result<(), ApiError> {
        if call.epoch() == view.epoch() {
            return Ok(());
        }
        let key = call.credential().access_key_id.clone();
        let credential = view.credentials(&[key]).await?.pop().ok_or(ApiError::UnrecognizedClient)?;
        call.judge(&credential)?;
        self.facts.learn_credential(view.epoch(), credential).await;
        Ok(())
    }
}
