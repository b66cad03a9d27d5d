//! The caller of an operation: who it is, what it asks for, and whether its role allows that.

use crate::error::ApiError;
use crate::facts::{KnownCredential, Stamped};
use hallmark_api::account::AccountId;
use hallmark_api::operation::{Operation, Request, Target};
use hallmark_api::principal::PrincipalArn;
use hallmark_auth::role::{self, Decision};
use hallmark_store::Epoch;
use hallmark_store::principal::Credential;
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

    /// The same call, by a caller whose facts were just read.
    #[must_use]
    pub fn by(self, caller: Arc<Stamped<KnownCredential>>) -> Self {
        Self { caller, ..self }
    }

    /// The epoch of the facts that the call is judged from: the judgement stands while it stands.
    pub fn epoch(&self) -> Epoch {
        self.caller.epoch
    }

    /// Judges the call, from its own caller's credential or from one that was just read.
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
}
