//! The caller of an operation: who it is, what was judged from which facts, and how that judgement is
//! compared inside the very transaction that it opens.

use crate::context::Context;
use crate::error::ApiError;
use crate::facts::{KnownCredential, Stamped};
use hallmark_api::account::AccountId;
use hallmark_api::operation::{Operation, Request, Target};
use hallmark_api::principal::PrincipalArn;
use hallmark_auth::role::{self, Decision};
use hallmark_store::principal::Credential;
use hallmark_store::{Epoch, Tx, View};
use std::sync::Arc;

/// One authenticated call of one operation, with what it asks for.
#[derive(Debug, Clone)]
pub struct Call {
    caller: Arc<Stamped<KnownCredential>>,
    action: &'static str,
    targets: Vec<Target>,
    reach: Reach,
}

/// Whose resources an operation may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Only those of the caller's own account.
    OwnAccount,
    /// Those of any account: the caller's own policy suffices.
    AnyAccount,
}

/// A judgement: the call is allowed, as far as the facts of this epoch go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// The epoch of the caller's account when the facts were read.
    pub epoch: Epoch,
}

/// It answers about any account's signatures: who verifies is rarely who signed.
const JUDGED_BY_OWN_POLICY: &str = "signer:GetRevocationStatus";

impl Call {
    /// A call that is authenticated and not yet judged.
    pub fn new<O: Operation>(caller: Arc<Stamped<KnownCredential>>, request: &Request<O>) -> Self {
        let targets = O::resources(request, &caller.fact.credential.principal.account);
        let reach = if O::ACTION == JUDGED_BY_OWN_POLICY { Reach::AnyAccount } else { Reach::OwnAccount };
        Self { caller, action: O::ACTION, targets, reach }
    }

    /// The caller's credential.
    pub fn credential(&self) -> &Credential {
        &self.caller.fact.credential
    }

    /// The principal that calls.
    pub fn principal(&self) -> &PrincipalArn {
        &self.credential().principal
    }

    /// The account that the call works on: its target's owner, or the caller's own.
    pub fn account(&self) -> &AccountId {
        self.targets.first().map_or(&self.principal().account, |target| &target.owner)
    }

    /// Judges the call from cached facts; a denial is confirmed by the database before it leaves.
    pub async fn authorise(mut self, context: &Context) -> Result<Self, ApiError> {
        if self.judge(self.credential()).is_err() {
            let key = self.credential().access_key_id.clone();
            self.caller =
                context.facts.confirm_credential(&key).await?.ok_or(ApiError::UnrecognizedClient)?;
            self.judge(self.credential())?;
        }
        Ok(self)
    }

    /// What was judged, and from facts of which epoch.
    pub fn judgement(&self) -> Judgement {
        Judgement { epoch: self.caller.epoch }
    }

    /// Judges the call again from a credential that was just read.
    pub fn judge(&self, credential: &Credential) -> Result<(), ApiError> {
        let own = &credential.principal.account;
        let reaches =
            self.reach == Reach::AnyAccount || self.targets.iter().all(|target| target.owner == *own);
        match role::decide(credential.role, self.action) {
            Decision::Allow if reaches => Ok(()),
            _ => Err(self.denied(credential)),
        }
    }

    fn denied(&self, credential: &Credential) -> ApiError {
        ApiError::AccessDenied(
            format!(
                "User: {} is not authorized to perform: {} because its role, {}, does not allow it",
                credential.principal,
                self.action,
                credential.role.as_str()
            )
            .into(),
        )
    }

    /// A snapshot of the call's account in which the judgement holds.
    pub async fn view(&self, context: &Context) -> Result<View, ApiError> {
        let mut view = context.store.view(self.account()).await?;
        self.hold(context, &mut view).await?;
        Ok(view)
    }

    /// The lock on the call's account, under which the judgement holds.
    pub async fn lock(&self, context: &Context) -> Result<Tx, ApiError> {
        let mut tx = context.store.lock(self.account()).await?;
        self.hold(context, &mut tx).await?;
        Ok(tx)
    }

    /// Compares the judgement with the epoch; where it is stale, judges again from facts read right here,
    /// so that it always ends.
    async fn hold(&self, context: &Context, view: &mut View) -> Result<(), ApiError> {
        if self.judgement().epoch == view.epoch() {
            return Ok(());
        }
        let key = self.credential().access_key_id.clone();
        let found = view.credentials(&[key]).await?.pop();
        let credential = found.ok_or(ApiError::UnrecognizedClient)?;
        self.judge(&credential)?;
        context.facts.learn_credential(view.epoch(), credential).await;
        Ok(())
    }
}
