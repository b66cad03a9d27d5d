//! `hallmarkctl permissions`: who of other accounts may use a signing profile.

use super::context::{Context, Service};
use super::exit::{Exit, Failure};
use super::page::Page;
use super::table::Table;
use clap::{Args, Subcommand};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::permission::{
    AddProfilePermission, AddProfilePermissionBody, Grantee, ListProfilePermissions,
    ListProfilePermissionsOutput, ListProfilePermissionsQuery, PermissionPath, RemoveProfilePermission,
    RemoveProfilePermissionQuery, StatementId,
};
use hallmark_api::profile::{ProfileName, ProfilePath, ProfileVersion};

/// Who of other accounts may use a signing profile.
#[derive(Debug, Subcommand)]
pub(crate) enum PermissionsCommand {
    /// Permit an account, or one role of it, an action with a profile.
    Add(Add),
    /// List a profile's permissions.
    List(PermissionList),
    /// Remove a permission.
    Remove(Remove),
}

/// Permit an account, or one role of it, an action with a profile.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    /// Who is permitted: an account's number, or the ARN of a role.
    #[arg(long, value_name = "ACCOUNT|ARN")]
    principal: Grantee,
    /// A name for the permission, by which it can be removed.
    #[arg(long, value_name = "ID")]
    statement_id: StatementId,
    /// What is permitted: signer:SignPayload, signer:GetSigningProfile or signer:RevokeSignature.
    #[arg(long, value_name = "ACTION", default_value = "signer:SignPayload")]
    action: String,
    /// Only with this version of the profile.
    #[arg(long, value_name = "VERSION")]
    version: Option<ProfileVersion>,
    #[command(flatten)]
    revision: Revision,
}

/// List a profile's permissions.
#[derive(Debug, Args)]
pub(crate) struct PermissionList {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
}

/// Remove a permission.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    /// The permission's name.
    #[arg(value_name = "ID")]
    statement_id: StatementId,
    #[command(flatten)]
    revision: Revision,
}

/// Which revision of a profile's permissions is changed.
#[derive(Debug, Args)]
struct Revision {
    /// Only if the permissions are still at this revision; at whichever it finds otherwise.
    #[arg(long = "revision", value_name = "ID")]
    expected: Option<String>,
}

impl PermissionsCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Add(command) => command.run(context).await,
            Self::List(command) => command.run(context).await,
            Self::Remove(command) => command.run(context).await,
        }
    }
}

async fn policy(service: &Service, name: &ProfileName) -> Result<ListProfilePermissionsOutput, Failure> {
    let path = ProfilePath { profile_name: name.clone() };
    let query = ListProfilePermissionsQuery { next_token: None };
    service.ask(Request::<ListProfilePermissions> { path, query, body: Nothing {} }).await
}

impl Revision {
    /// The revision to change; none when there are no permissions yet.
    async fn find(self, service: &Service, name: &ProfileName) -> Result<Option<String>, Failure> {
        match self.expected {
            Some(expected) => Ok(Some(expected)),
            None => match policy(service, name).await {
                Ok(policy) => Ok(Some(policy.revision_id)),
                Err(failure) if failure.exit == Exit::No => Ok(None),
                Err(failure) => Err(failure),
            },
        }
    }
}

impl Add {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let request = Request::<AddProfilePermission> {
            path: ProfilePath { profile_name: self.name.clone() },
            query: Nothing {},
            body: AddProfilePermissionBody {
                profile_version: self.version,
                action: self.action,
                principal: self.principal.to_string(),
                revision_id: self.revision.find(&service, &self.name).await?,
                statement_id: self.statement_id.to_string(),
            },
        };
        let done = service.ask(request).await?;
        context.output.show(&done, || {
            let mut facts = Table::facts();
            facts.fact("permitted", self.statement_id.as_str());
            facts.fact("revision", done.revision_id.as_str());
            facts.into()
        })
    }
}

impl PermissionList {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let policy = policy(&service, &self.name).await?;
        context.output.show(&policy, || {
            let mut table = Table::new(["STATEMENT", "PRINCIPAL", "ACTION", "VERSION"]);
            for permission in &policy.permissions {
                let version = permission.profile_version.as_ref();
                table.row([
                    permission.statement_id.as_str().into(),
                    permission.principal.as_str().into(),
                    permission.action.as_str().into(),
                    version.map_or("any", ProfileVersion::as_str).into(),
                ]);
            }
            table.into()
        })
    }
}

impl Remove {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let revision_id = match self.revision.expected {
            Some(expected) => expected,
            None => policy(&service, &self.name).await?.revision_id,
        };
        let request = Request::<RemoveProfilePermission> {
            path: PermissionPath { profile_name: self.name, statement_id: self.statement_id.to_string() },
            query: RemoveProfilePermissionQuery { revision_id },
            body: Nothing {},
        };
        let done = service.ask(request).await?;
        context
            .output
            .show(&done, || Page::new().line(format!("The permission {} is removed.", self.statement_id)))
    }
}
