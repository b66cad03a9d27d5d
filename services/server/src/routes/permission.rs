//! Operations on the permissions of a profile.

use crate::caller::Call;
use crate::context::Context;
use crate::error::{ApiError, Sentence};
use hallmark_api::operation::Request;
use hallmark_api::permission::{
    AddProfilePermission, AddProfilePermissionBody, Grantee, ListProfilePermissions,
    ListProfilePermissionsOutput, Permission, RemoveProfilePermission, RevisionOutput, StatementId,
};
use hallmark_api::profile::{ProfileName, SigningProfileStatus};
use hallmark_store::permission::Policy;
use hallmark_store::profile::Profile;
use hallmark_store::{Change, View};
use std::sync::Arc;
use uuid::Uuid;

/// The most bytes of a policy, its statements written as compact JSON.
const POLICY_LIMIT: usize = 2000;

fn coded(code: &'static str, text: String) -> Sentence {
    Sentence::from(text).coded(code)
}

async fn find(view: &mut View, name: &ProfileName) -> Result<Profile, ApiError> {
    view.profiles(std::slice::from_ref(name)).await?.pop().ok_or_else(|| {
        ApiError::not_found(coded(
            "ProfileNotFound",
            format!("SigningProfile with name {name} does not exist"),
        ))
    })
}

fn new_revision(context: &Context) -> Result<Uuid, ApiError> {
    Ok(uuid::Builder::from_random_bytes(context.chance.octets()?).into_uuid())
}

/// `AddProfilePermission`. A statement that is there already, word for word, changes nothing.
pub(super) async fn add(
    context: Arc<Context>,
    call: Call,
    request: Request<AddProfilePermission>,
) -> Result<RevisionOutput, ApiError> {
    let name = request.path.profile_name;
    let mut tx = context.lock(&call).await?;
    let profile = find(&mut tx, &name).await?;
    check_active(&profile)?;
    let permission = permission(&request.body, &profile)?;
    let policy = tx.policy(&name).await?;
    if let Some(policy) = &policy {
        let same_id = policy.permissions.iter().find(|known| known.statement_id == permission.statement_id);
        match same_id {
            Some(known) if *known == permission => {
                return Ok(RevisionOutput { revision_id: policy.revision.to_string() });
            }
            Some(known) => {
                let text =
                    format!("Statement with statementId {} is already in the policy", known.statement_id);
                return Err(ApiError::validation(text));
            }
            None => {}
        }
    }
    check_revision(&name, policy.as_ref(), request.body.revision_id.as_deref())?;
    let mut permissions = policy.map_or_else(Vec::new, |policy| policy.permissions);
    permissions.push(permission.clone());
    if size(&permissions, Permission::clone)? > POLICY_LIMIT {
        return Err(ApiError::ServiceLimitExceeded(
            format!("Policy cannot exceed maximum size of {POLICY_LIMIT} bytes").into(),
        ));
    }
    let revision = new_revision(&context)?;
    tx.insert_permission(&name, &permission, revision).await?;
    tx.commit(Change::Judgement).await?;
    Ok(RevisionOutput { revision_id: revision.to_string() })
}

fn check_active(profile: &Profile) -> Result<(), ApiError> {
    match profile.status() {
        SigningProfileStatus::Active => Ok(()),
        status => Err(ApiError::validation(coded(
            "ProfileNotActive",
            format!("Cannot add permission to a profile in {} state", status.as_str()),
        ))),
    }
}

/// What another account can be permitted; other platforms than these two are for their own account alone
/// (AWS Signer developer guide, "Cross-account signing").
fn permitted_actions(profile: &Profile) -> &'static [&'static str] {
    match profile.platform.as_str() {
        "AWSLambda-SHA384-ECDSA" => {
            &["signer:StartSigningJob", "signer:GetSigningProfile", "signer:RevokeSignature"]
        }
        "Notation-OCI-SHA384-ECDSA" => {
            &["signer:SignPayload", "signer:GetSigningProfile", "signer:RevokeSignature"]
        }
        _ => &[],
    }
}

fn permission(body: &AddProfilePermissionBody, profile: &Profile) -> Result<Permission, ApiError> {
    let statement_id: StatementId = body.statement_id.parse().map_err(|error| {
        ApiError::validation(coded("InvalidPermissionStatement", format!("statementId: {error}")))
    })?;
    if let Some(version) = body.profile_version.as_ref().filter(|version| **version != profile.version) {
        let text = format!("Version {version} does not exist for SigningProfile {}.", profile.name);
        return Err(ApiError::not_found(coded("ProfileVersionNotFound", text)));
    }
    let actions = permitted_actions(profile);
    if !actions.contains(&body.action.as_str()) {
        let action: String = body.action.chars().take(64).flat_map(char::escape_debug).collect();
        return Err(ApiError::validation(format!(
            "Action {action} not supported for platform {}. Action must be one of [{}]",
            profile.platform,
            actions.join(", ")
        )));
    }
    body.principal.parse::<Grantee>().map_err(|_| {
        let text = "Principal is not a valid AWS account id or IAM Role Arn";
        ApiError::validation(coded("InvalidPrincipal", text.to_owned()))
    })?;
    Ok(Permission {
        action: body.action.clone(),
        principal: body.principal.clone(),
        statement_id,
        profile_version: body.profile_version.clone(),
    })
}

/// Whoever changes a policy says which revision of it they saw; an empty revision is none.
fn check_revision(name: &ProfileName, policy: Option<&Policy>, seen: Option<&str>) -> Result<(), ApiError> {
    match (policy, seen.filter(|seen| !seen.is_empty())) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(ApiError::validation(
            "Resource Policy does not exist but revisionId was specified in the request",
        )),
        (Some(_), None) => Err(ApiError::validation(format!(
            "Resource Policy exists for Profile Name {name}. But no revisionId was provided in the request"
        ))),
        (Some(policy), Some(seen)) if policy.revision.to_string() == seen => Ok(()),
        (Some(policy), Some(seen)) => {
            let seen: String = seen.chars().take(64).flat_map(char::escape_debug).collect();
            let text = format!(
                "Specified revisionId ({seen}) does not match the revisionId of the existing policy ({})",
                policy.revision
            );
            Err(ApiError::Conflict(coded("PolicyRevisionIdMismatch", text)))
        }
    }
}

/// The bytes of a policy's statements as compact JSON, each written as `written` has it.
fn size(permissions: &[Permission], written: fn(&Permission) -> Permission) -> Result<usize, ApiError> {
    let statements: Vec<Permission> = permissions.iter().map(written).collect();
    Ok(serde_json::to_vec(&statements).map_err(ApiError::internal)?.len())
}

/// A statement whose account id is written out as the ARN of the account's root.
fn expanded(permission: &Permission) -> Permission {
    let principal = match permission.principal.parse() {
        Ok(Grantee::Account(account)) => format!("arn:aws:iam::{account}:root"),
        _ => permission.principal.clone(),
    };
    Permission { principal, ..permission.clone() }
}

fn no_policy(name: &ProfileName) -> ApiError {
    ApiError::not_found(coded("PolicyNotFound", format!("No policies associated with profile {name}")))
}

/// `ListProfilePermissions`.
pub(super) async fn list(
    context: Arc<Context>,
    call: Call,
    request: Request<ListProfilePermissions>,
) -> Result<ListProfilePermissionsOutput, ApiError> {
    if request.query.next_token.is_some() {
        return Err(ApiError::validation("nextToken: the permissions of a profile are one page"));
    }
    let name = request.path.profile_name;
    let mut view = context.view(&call).await?;
    find(&mut view, &name).await?;
    let policy = view.policy(&name).await?.ok_or_else(|| no_policy(&name))?;
    Ok(ListProfilePermissionsOutput {
        revision_id: policy.revision.to_string(),
        policy_size_bytes: size(&policy.permissions, expanded)?,
        permissions: policy.permissions,
    })
}

/// `RemoveProfilePermission`.
pub(super) async fn remove(
    context: Arc<Context>,
    call: Call,
    request: Request<RemoveProfilePermission>,
) -> Result<RevisionOutput, ApiError> {
    let (name, statement) = (request.path.profile_name, request.path.statement_id);
    let mut tx = context.lock(&call).await?;
    let profile = find(&mut tx, &name).await?;
    check_active(&profile)?;
    let policy = tx.policy(&name).await?.ok_or_else(|| no_policy(&name))?;
    let known = policy.permissions.iter().find(|known| known.statement_id.as_str() == statement);
    let Some(known) = known else {
        let statement: String = statement.chars().take(64).flat_map(char::escape_debug).collect();
        let text = format!("No policy named {statement} associated with {name} profile");
        return Err(ApiError::not_found(coded("PolicyNotFound", text)));
    };
    check_revision(&name, Some(&policy), Some(&request.query.revision_id))?;
    let revision = new_revision(&context)?;
    tx.remove_permission(&name, &known.statement_id, revision).await?;
    tx.commit(Change::Judgement).await?;
    Ok(RevisionOutput { revision_id: revision.to_string() })
}
