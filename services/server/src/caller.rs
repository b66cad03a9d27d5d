//! The caller of an operation: who it is, what it asks for, and whether its role allows that.

use crate::error::ApiError;
use crate::facts::{KnownCredential, Stamped};
use crate::idempotency::Idempotency;
use hallmark_api::account::AccountId;
use hallmark_api::operation::{Operation, Reach, Request, Target};
use hallmark_api::principal::PrincipalArn;
use hallmark_auth::role::{self, Decision};
use hallmark_store::Epoch;
use hallmark_store::principal::Credential;
use hallmark_store::profile::Profile;
use std::sync::Arc;

/// One authenticated call of one operation, with what it asks for.
#[derive(Debug, Clone)]
pub struct Call {
    caller: Arc<Stamped<KnownCredential>>,
    action: &'static str,
    permitted_as: &'static str,
    targets: Vec<Target>,
    reach: Reach,
    grant: Option<Arc<Stamped<Profile>>>,
    idempotency: Option<Idempotency>,
}

impl Call {
    /// A call that is authenticated and not yet judged.
    pub fn new<O: Operation>(caller: Arc<Stamped<KnownCredential>>, request: &Request<O>) -> Self {
        let targets = O::resources(request, &caller.fact.credential.principal.account);
        Self {
            caller,
            action: O::ACTION,
            permitted_as: O::PERMITTED_AS,
            targets,
            reach: O::REACH,
            grant: None,
            idempotency: None,
        }
    }

    /// The same call; if it bears a key, one that is carried out once however often it is made.
    #[must_use]
    pub fn once(self, idempotency: Option<Idempotency>) -> Self {
        Self { idempotency, ..self }
    }

    /// By what the call is recognised when it is made again; none if it is another one every time.
    pub fn idempotency(&self) -> Option<&Idempotency> {
        self.idempotency.as_ref()
    }

    /// The caller, as it was read.
    pub fn caller(&self) -> &Arc<Stamped<KnownCredential>> {
        &self.caller
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

    /// What the call wants of another account, and so needs a permission for.
    pub fn foreign(&self) -> Option<&Target> {
        let own = &self.principal().account;
        self.targets.iter().find(|target| self.reach == Reach::Permitted && target.owner != *own)
    }

    /// The profile whose permissions the call relies on, if it does.
    pub fn grant(&self) -> Option<&Arc<Stamped<Profile>>> {
        self.grant.as_ref()
    }

    /// The same call, by a caller and under a grant that were just read.
    #[must_use]
    pub fn with(self, caller: Arc<Stamped<KnownCredential>>, grant: Option<Arc<Stamped<Profile>>>) -> Self {
        Self { caller, grant, ..self }
    }

    /// The epoch of the caller's account that the call is judged from: the judgement stands while it and
    /// that of the grant stand.
    pub fn epoch(&self) -> Epoch {
        self.caller.epoch
    }

    /// Judges the call: the caller's role must allow it, and, where it wants something of another account,
    /// a permission of that account's profile must too. Absent and forbidden read the same.
    pub fn judge(&self, credential: &Credential, grant: Option<&Profile>) -> Result<(), ApiError> {
        if role::decide(credential.role, self.action) == Decision::Deny {
            let role = credential.role.as_str();
            return Err(self.denied(credential, &format!("its role, {role}, does not allow it")));
        }
        let Some(foreign) = self.foreign() else { return Ok(()) };
        let permitted = grant.is_some_and(|profile| {
            let permissions = profile.permissions.iter();
            permissions.into_iter().any(|permission| {
                permission.permits(&credential.principal, self.permitted_as, &profile.version)
            })
        });
        if permitted {
            return Ok(());
        }
        Err(self.denied(credential, &format!("the account {} does not permit it", foreign.owner)))
    }

    fn denied(&self, credential: &Credential, reason: &str) -> ApiError {
        let (principal, action) = (&credential.principal, self.action);
        ApiError::AccessDenied(
            format!("User: {principal} is not authorized to perform: {action} because {reason}").into(),
        )
    }
}
