//! What every handler works with, and how a judgement made from cached facts is held against the epoch
//! inside the very transaction that it opens.

use crate::caller::Call;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::error::ApiError;
use crate::facts::{Facts, Stamped};
use crate::issuing::Desks;
use crate::paging::Paging;
use crate::signing::{Authorities, Signing};
use crate::status::StatusReader;
use hallmark_api::account::AccountId;
use hallmark_api::arn::Resource;
use hallmark_api::job::JobId;
use hallmark_api::operation::Target;
use hallmark_api::profile::ProfileName;
use hallmark_pki::Certificate;
use hallmark_store::deployment::Deployment;
use hallmark_store::profile::Profile;
use hallmark_store::{Store, Tx, View};
use std::sync::Arc;

/// One replica's share of the service.
#[derive(Debug)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// What all accounts have in common.
    pub deployment: Deployment,
    /// The deployment's root.
    pub trust_anchor: Certificate,
    /// The issuing CAs.
    pub desks: Arc<Desks>,
    /// The timestamp authorities of accounts.
    pub authorities: Arc<Authorities>,
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
        let grant = self.grant(&call, Freshness::Cached).await?;
        if call.judge(call.credential(), grant.as_deref().map(|known| &known.fact)).is_ok() {
            let caller = call.caller().clone();
            return Ok(call.with(caller, grant));
        }
        let caller = self.facts.confirm_credential(&call.credential().access_key_id).await?;
        let grant = self.grant(&call, Freshness::Confirmed).await?;
        let call = call.with(caller.ok_or(ApiError::UnrecognizedClient)?, grant);
        call.judge(call.credential(), call.grant().map(|known| &known.fact))?;
        Ok(call)
    }

    /// The profile of another account whose permissions a call needs: the one that it names, or the one
    /// that signed the job that it names.
    async fn grant(
        &self,
        call: &Call,
        freshness: Freshness,
    ) -> Result<Option<Arc<Stamped<Profile>>>, ApiError> {
        let Some(Target { owner, resource }) = call.foreign() else { return Ok(None) };
        let name = match resource {
            Resource::SigningProfile(name) | Resource::ProfileVersion(name, _) => name.clone(),
            Resource::SigningJob(job) => match self.job_profile(owner, *job).await? {
                Some(name) => name,
                None => return Ok(None),
            },
        };
        match freshness {
            Freshness::Cached => self.facts.profile(owner, &name).await,
            Freshness::Confirmed => self.facts.confirm_profile(owner, &name).await,
        }
    }

    async fn job_profile(&self, owner: &AccountId, job: JobId) -> Result<Option<ProfileName>, ApiError> {
        let Some(mut view) = self.store.view_if_exists(owner).await? else { return Ok(None) };
        let job = view.job(job).await?.filter(|job| job.owner == *owner);
        Ok(job.map(|job| job.profile_name))
    }

    /// A snapshot of the call's account in which the judgement holds.
    pub async fn view(&self, call: &Call) -> Result<View, ApiError> {
        let mut view = self.store.view(call.account()).await?;
        self.hold(call, &mut view).await?;
        Ok(view)
    }

    /// The same, for reading at length.
    pub async fn report(&self, call: &Call) -> Result<View, ApiError> {
        let mut view = self.store.report(call.account()).await?;
        self.hold(call, &mut view).await?;
        Ok(view)
    }

    /// The lock on the call's account, under which the judgement holds.
    pub async fn lock(&self, call: &Call) -> Result<Tx, ApiError> {
        let mut tx = self.store.lock(call.account()).await?;
        self.hold(call, &mut tx).await?;
        Ok(tx)
    }

    /// Compares the judgement with the epochs; where it is stale, judges again from facts read right here,
    /// which always ends.
    async fn hold(&self, call: &Call, view: &mut View) -> Result<(), ApiError> {
        if self.stands(call, view).await? {
            return Ok(());
        }
        let key = call.credential().access_key_id.clone();
        let found = view.credentials(&[key]).await?.pop();
        let (credential, epoch) = found.ok_or(ApiError::UnrecognizedClient)?;
        let grant = match call.grant() {
            Some(known) => view.profiles(std::slice::from_ref(&known.fact.name)).await?.pop(),
            None => None,
        };
        call.judge(&credential, grant.as_ref())?;
        self.facts.learn_credential(epoch, credential).await;
        if let Some(profile) = grant {
            self.facts.learn_profile(view.account(), view.epoch(), profile).await;
        }
        Ok(())
    }

    /// Whether every fact that a call was judged from still stands in this view.
    async fn stands(&self, call: &Call, view: &mut View) -> Result<bool, ApiError> {
        let own = &call.principal().account;
        if own == view.account() {
            return Ok(call.epoch() == view.epoch());
        }
        let epoch = view.epochs(std::slice::from_ref(own)).await?.get(own).copied();
        let grant = call.grant().map(|known| known.epoch);
        Ok(epoch == Some(call.epoch()) && grant == Some(view.epoch()))
    }
}

/// Whether a fact may come from the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Freshness {
    Cached,
    Confirmed,
}
