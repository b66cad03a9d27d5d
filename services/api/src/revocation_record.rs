//! Revocation records: who revoked what, when, from when on and why.

use crate::account::AccountId;
use crate::arn::Arn;
use crate::certificate::SerialNumber;
use crate::exception::Exception;
use crate::job::JobId;
use crate::newtype::{Text, string_newtype};
use crate::operation::{Effect, MaxResults, Nothing, Operation, Request, Target};
use crate::profile::{ProfileName, ProfileVersion};
use crate::revocation::RevocationReason;
use crate::timestamp::{DateTime, EpochSeconds};
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

string_newtype! {
    /// The id of a revocation: a UUID (RFC 9562) in lower case with hyphens.
    RevocationId,
    Text::new(
        "a revocation id: a UUID in lower case with hyphens",
        36..=36,
        Some("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        "5f0c6a52-7c1e-4a3b-9d2f-8e1b0c3d4a5f",
    )
}

/// What kind of thing a revocation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum RevocationSubjectType {
    /// A profile version: everything that it signed at or after the effective time is revoked.
    ProfileVersion,
    /// A signing job: its one signature is revoked.
    SigningJob,
    /// A certificate: everything that it signed at or after the effective time is revoked.
    Certificate,
}

/// One revocation as it was recorded. It is never changed; a profile version whose effective time was moved
/// earlier has another record for each move.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevocationRecord {
    /// Its id.
    pub revocation_id: RevocationId,
    /// What kind of thing is revoked.
    pub subject_type: RevocationSubjectType,
    /// ARN of the profile version or signing job that is revoked; absent for certificates, which have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_arn: Option<Arn>,
    /// The profile that is revoked, or that the revoked job or certificate signed with. Absent for issuing CAs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_name: Option<ProfileName>,
    /// The profile's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_version: Option<ProfileVersion>,
    /// The job that is revoked, of a `SigningJob` record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<JobId>,
    /// The serial number of the certificate that is revoked, of a `Certificate` record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<SerialNumber>,
    /// Signatures made at or after this time are revoked; a job's is the time of its signature.
    pub effective_time: EpochSeconds,
    /// When the revocation was recorded.
    pub revoked_at: EpochSeconds,
    /// ARN of the principal that revoked.
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    pub revoked_by: String,
    /// Why, in the words of whoever revoked.
    #[schema(example = "the build host was compromised")]
    pub reason: String,
}

/// `ListRevocations`: what was revoked in the account, newest first.
#[derive(Debug, ToSchema)]
pub struct ListRevocations;

/// Query of [`ListRevocations`]. Filters narrow each other down; those that no record could pass together are
/// refused.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListRevocationsQuery {
    /// Only revocations of this kind of thing.
    pub subject_type: Option<RevocationSubjectType>,
    /// Only revocations that concern this profile: of its version, of jobs that it signed, of certificates that it
    /// signs with.
    pub profile_name: Option<ProfileName>,
    /// Only revocations that concern this version of the profile; needs `profileName`.
    pub profile_version: Option<ProfileVersion>,
    /// Only the revocation of this very job. (One of the profile version that signed revokes it too, and is found
    /// by `profileName`.)
    pub job_id: Option<JobId>,
    /// Only revocations of this very certificate.
    pub serial_number: Option<SerialNumber>,
    /// Only revocations recorded before this time.
    pub revoked_before: Option<DateTime>,
    /// Only revocations recorded after this time.
    pub revoked_after: Option<DateTime>,
    /// Only revocations that take effect before this time.
    pub effective_before: Option<DateTime>,
    /// Only revocations that take effect after this time.
    pub effective_after: Option<DateTime>,
    /// Only revocations whose reason holds this text, word for word but for the case of letters. No character
    /// stands for another. (Letters beyond A to Z have two cases where the database's locale knows them.)
    pub reason_contains: Option<RevocationReason>,
    /// Only revocations by this principal (an ARN).
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    pub revoked_by: Option<String>,
    /// Entries in one page.
    pub max_results: Option<MaxResults>,
    /// Where the previous page ended.
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

/// Answer of [`ListRevocations`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListRevocationsOutput {
    /// The revocations, the last recorded first.
    pub revocations: Vec<RevocationRecord>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

impl Operation for ListRevocations {
    const ACTION: &'static str = "hallmark:ListRevocations";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/hallmark/revocations";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation];
    type Path = Nothing;
    type Query = ListRevocationsQuery;
    type Body = Nothing;
    type Output = ListRevocationsOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// `GetRevocation`: one revocation of the account.
#[derive(Debug, ToSchema)]
pub struct GetRevocation;

/// Path of [`GetRevocation`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevocationPath {
    /// The revocation.
    pub revocation_id: RevocationId,
}

impl Operation for GetRevocation {
    const ACTION: &'static str = "hallmark:GetRevocation";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/hallmark/revocations/{revocationId}";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = RevocationPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = RevocationRecord;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revocation_ids_have_one_spelling() {
        let id = "5f0c6a52-7c1e-4a3b-9d2f-8e1b0c3d4a5f";
        assert_eq!(id.parse::<RevocationId>().unwrap().as_str(), id);
        for wrong in
            ["", "x", &id.to_uppercase(), &id.replace('-', ""), &format!("{id}0"), &format!("{{{id}}}")]
        {
            assert!(wrong.parse::<RevocationId>().is_err(), "{wrong}");
        }
    }
}
