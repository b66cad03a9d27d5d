//! Permissions of a profile: what other accounts may do with it.

use crate::account::AccountId;
use crate::exception::Exception;
use crate::newtype::{Malformed, Text, string_newtype};
use crate::operation::{Effect, Nothing, Operation, Request, Target};
use crate::principal::{PrincipalArn, PrincipalName};
use crate::profile::{ProfileName, ProfilePath, ProfileVersion, own_profile};
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

string_newtype! {
    /// The id of a statement, unique in its policy (AWS Signer, code `InvalidPermissionStatement`).
    StatementId,
    Text::new(
        "a statement id: 1 to 64 letters, digits, hyphens and underscores",
        1..=64,
        Some("[a-zA-Z0-9_-]+"),
        "build-account",
    )
}

/// Who a statement permits: a whole account, or one role of it (AWS Signer, code `InvalidPrincipal`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// Every principal of the account.
    Account(AccountId),
    /// The principal of this name in the account, written as an IAM role's ARN.
    Role(AccountId, PrincipalName),
}

impl std::fmt::Display for Grantee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Role(account, name) => write!(f, "arn:aws:iam::{account}:role/{name}"),
        }
    }
}

impl std::str::FromStr for Grantee {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let role = || {
            let (account, name) = text.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
            Some(Self::Role(account.parse().ok()?, name.parse().ok()?))
        };
        let account = text.parse().ok().map(Self::Account);
        account.or_else(role).ok_or_else(|| Malformed::new(text, "an AWS account id or IAM Role Arn"))
    }
}

impl Grantee {
    /// The account that is permitted, or that the permitted role belongs to.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Account(account) | Self::Role(account, _) => account,
        }
    }

    /// Whether a principal is permitted.
    pub fn includes(&self, principal: &PrincipalArn) -> bool {
        match self {
            Self::Account(account) => *account == principal.account,
            Self::Role(account, name) => *account == principal.account && *name == principal.name,
        }
    }
}

/// One statement of a profile's policy (AWS Signer model, shape `Permission`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// The action that is permitted, `signer:SignPayload`.
    #[schema(example = "signer:SignPayload")]
    pub action: String,
    /// Who is permitted, as it was written.
    #[schema(example = "210987654321")]
    pub principal: String,
    /// The statement's id.
    pub statement_id: StatementId,
    /// The one version that it is about; all of them when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_version: Option<ProfileVersion>,
}

impl Permission {
    /// Whether this statement permits a principal an action with a version of the profile.
    pub fn permits(&self, principal: &PrincipalArn, action: &str, version: &ProfileVersion) -> bool {
        self.action == action
            && self.profile_version.as_ref().is_none_or(|pinned| pinned == version)
            && self.principal.parse::<Grantee>().is_ok_and(|grantee| grantee.includes(principal))
    }
}

/// `AddProfilePermission`.
#[derive(Debug, ToSchema)]
pub struct AddProfilePermission;

/// Body of [`AddProfilePermission`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddProfilePermissionBody {
    /// The version that the statement is about; all of them when absent.
    pub profile_version: Option<ProfileVersion>,
    /// The action to permit.
    #[schema(example = "signer:SignPayload")]
    pub action: String,
    /// Who to permit it to: an account id or an IAM role's ARN.
    #[schema(example = "210987654321")]
    pub principal: String,
    /// The policy's revision as the caller last saw it; absent or empty for the first statement.
    #[schema(example = "")]
    pub revision_id: Option<String>,
    /// The id of the new statement.
    #[schema(example = "build-account")]
    pub statement_id: String,
}

/// Answer of [`AddProfilePermission`] and [`RemoveProfilePermission`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionOutput {
    /// The policy's revision from now on.
    #[schema(example = "8f0b4f5e-6a6c-4b8e-9f5c-2d1e0a3b4c5d")]
    pub revision_id: String,
}

impl Operation for AddProfilePermission {
    const ACTION: &'static str = "signer:AddProfilePermission";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/signing-profiles/{profileName}/permissions";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[
        Exception::Validation,
        Exception::ResourceNotFound,
        Exception::ServiceLimitExceeded,
        Exception::Conflict,
    ];
    type Path = ProfilePath;
    type Query = Nothing;
    type Body = AddProfilePermissionBody;
    type Output = RevisionOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path.profile_name, caller)
    }
}

/// `ListProfilePermissions`: always one page.
#[derive(Debug, ToSchema)]
pub struct ListProfilePermissions;

/// Query of [`ListProfilePermissions`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListProfilePermissionsQuery {
    /// Never issued, because a policy of 2000 bytes fits one page.
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

/// Answer of [`ListProfilePermissions`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListProfilePermissionsOutput {
    /// The policy's revision.
    #[schema(example = "8f0b4f5e-6a6c-4b8e-9f5c-2d1e0a3b4c5d")]
    pub revision_id: String,
    /// The policy's size with account ids written out as ARNs.
    pub policy_size_bytes: usize,
    /// The statements, in the order in which they were added.
    pub permissions: Vec<Permission>,
}

impl Operation for ListProfilePermissions {
    const ACTION: &'static str = "signer:ListProfilePermissions";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-profiles/{profileName}/permissions";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = ProfilePath;
    type Query = ListProfilePermissionsQuery;
    type Body = Nothing;
    type Output = ListProfilePermissionsOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path.profile_name, caller)
    }
}

/// `RemoveProfilePermission`: the last statement takes the policy with it.
#[derive(Debug, ToSchema)]
pub struct RemoveProfilePermission;

/// Path of [`RemoveProfilePermission`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionPath {
    /// The profile.
    pub profile_name: ProfileName,
    /// The statement.
    #[schema(example = "build-account")]
    pub statement_id: String,
}

/// Query of [`RemoveProfilePermission`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoveProfilePermissionQuery {
    /// The policy's revision as the caller last saw it.
    #[schema(example = "8f0b4f5e-6a6c-4b8e-9f5c-2d1e0a3b4c5d")]
    pub revision_id: String,
}

impl Operation for RemoveProfilePermission {
    const ACTION: &'static str = "signer:RemoveProfilePermission";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/signing-profiles/{profileName}/permissions/{statementId}";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound, Exception::Conflict];
    type Path = PermissionPath;
    type Query = RemoveProfilePermissionQuery;
    type Body = Nothing;
    type Output = RevisionOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path.profile_name, caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grantees() {
        for right in ["123456789012", "arn:aws:iam::123456789012:role/builder"] {
            assert_eq!(right.parse::<Grantee>().unwrap().to_string(), right);
        }
        for wrong in
            ["", "*", "12345678901", "arn:aws:iam::123456789012:user/x", "arn:aws:iam:123456789012:role/x"]
        {
            let error = wrong.parse::<Grantee>().unwrap_err().to_string();
            assert!(error.ends_with("is not an AWS account id or IAM Role Arn"), "{error}");
        }
    }

    #[test]
    fn a_statement_permits_exactly_what_it_says() {
        let version: ProfileVersion = "aaaaaaaaaa".parse().unwrap();
        let other: ProfileVersion = "bbbbbbbbbb".parse().unwrap();
        let principal = |account: &str, name: &str| PrincipalArn {
            account: account.parse().unwrap(),
            name: name.parse().unwrap(),
        };
        let builder = principal("111111111111", "builder");
        let statement = |principal: &str, pinned: Option<&ProfileVersion>| Permission {
            action: "signer:SignPayload".into(),
            principal: principal.into(),
            statement_id: "s".parse().unwrap(),
            profile_version: pinned.cloned(),
        };
        let sign = "signer:SignPayload";
        let whole = statement("111111111111", None);
        assert!(whole.permits(&builder, sign, &version));
        assert!(!whole.permits(&builder, "signer:GetSigningProfile", &version));
        assert!(!whole.permits(&principal("222222222222", "builder"), sign, &version));
        let pinned = statement("111111111111", Some(&version));
        assert!(pinned.permits(&builder, sign, &version));
        assert!(!pinned.permits(&builder, sign, &other));
        let role = statement("arn:aws:iam::111111111111:role/builder", None);
        assert!(role.permits(&builder, sign, &version));
        assert!(!role.permits(&principal("111111111111", "other"), sign, &version));
    }
}
