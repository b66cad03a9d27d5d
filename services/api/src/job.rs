//! Signing jobs: one for every signature ever made.

use crate::account::AccountId;
use crate::arn::Resource;
use crate::certificate::SerialNumber;
use crate::digest::Digest;
use crate::exception::Exception;
use crate::newtype::Malformed;
use crate::operation::{Effect, MaxResults, Nothing, Operation, Request, Target};
use crate::platform::PlatformId;
use crate::profile::{ProfileName, ProfileVersion, SigningParameters};
use crate::revocation::RevocationReason;
use crate::signing_material::ShownSigningMaterial;
use crate::timestamp::{DateTime, EpochSeconds};
use http::Method;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// The id of a job: a UUID version 7 (RFC 9562 section 5.7), so that ids sort by the time of signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(
    value_type = String,
    format = "uuid",
    pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    example = "0197f7a0-1c2d-7e3f-8a4b-5c6d7e8f9a0b"
)]
pub struct JobId(Uuid);

impl JobId {
    /// A new id from the signing clock in milliseconds since 1970 and ten random octets.
    pub fn from_parts(unix_millis: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_millis, &random).into_uuid())
    }

    /// The id as the database keeps it.
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for JobId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl std::str::FromStr for JobId {
    type Err = Malformed;

    /// Only the canonical lower-case form, so that an id has one spelling everywhere.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        Uuid::try_parse(text)
            .ok()
            .map(Self)
            .filter(|id| id.to_string() == text)
            .ok_or_else(|| Malformed::new(text, "a job id: a UUID in lower case with hyphens"))
    }
}

impl Serialize for JobId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The state of a job (AWS Signer model, shape `SigningStatus`). A payload's job exists once it succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum SigningStatus {
    /// Not yet signed.
    InProgress,
    /// Not signed, and never will be.
    Failed,
    /// Signed.
    Succeeded,
}

/// The path of operations on one job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobPath {
    /// The job.
    pub job_id: JobId,
}

fn job_of(path: &JobPath, owner: &AccountId) -> Vec<Target> {
    vec![Target { owner: owner.clone(), resource: Resource::SigningJob(path.job_id) }]
}

/// `DescribeSigningJob`.
#[derive(Debug, ToSchema)]
pub struct DescribeSigningJob;

/// When, why and by whom a signature was revoked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningJobRevocationRecord {
    /// Why.
    #[schema(example = "the build host was compromised")]
    pub reason: String,
    /// When the revocation was recorded.
    pub revoked_at: EpochSeconds,
    /// ARN of the principal that revoked.
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    pub revoked_by: String,
}

/// Answer of [`DescribeSigningJob`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DescribeSigningJobOutput {
    /// The job.
    pub job_id: JobId,
    /// Always empty on platforms whose keys the service keeps.
    pub signing_material: ShownSigningMaterial,
    /// The platform.
    pub platform_id: PlatformId,
    /// The platform's name for people.
    #[schema(example = "Notation for container registries")]
    pub platform_display_name: Cow<'static, str>,
    /// The profile that signed.
    pub profile_name: ProfileName,
    /// Its version.
    pub profile_version: ProfileVersion,
    /// What the profile decides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"verificationPlugin": "none"}))]
    pub signing_parameters: SigningParameters,
    /// The signing time.
    pub created_at: EpochSeconds,
    /// The signing time again: a payload is signed while the caller waits.
    pub completed_at: EpochSeconds,
    /// When the signature expires.
    pub signature_expires_at: EpochSeconds,
    /// ARN of the principal that asked for the signature.
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    pub requested_by: String,
    /// The job's state.
    pub status: SigningStatus,
    /// The state in words.
    #[schema(example = "Signing Succeeded")]
    pub status_reason: Cow<'static, str>,
    /// Present once the signature is revoked, by itself or with its profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_record: Option<SigningJobRevocationRecord>,
    /// The account that owns the job.
    pub job_owner: AccountId,
    /// The account that asked for the signature.
    pub job_invoker: AccountId,
    /// The digest of the artifact, as the payload names it (a member of Hallmark's own, as are the next two).
    pub artifact_digest: Digest,
    /// The SHA-256 of the payload.
    pub payload_digest: Digest,
    /// The serial number of the certificate that signed.
    pub serial_number: SerialNumber,
}

impl Operation for DescribeSigningJob {
    const ACTION: &'static str = "signer:DescribeSigningJob";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-jobs/{jobId}";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = JobPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = DescribeSigningJobOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        job_of(&request.path, caller)
    }
}

/// `ListSigningJobs`.
#[derive(Debug, ToSchema)]
pub struct ListSigningJobs;

/// Query of [`ListSigningJobs`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSigningJobsQuery {
    /// Only jobs in this state.
    pub status: Option<SigningStatus>,
    /// Only jobs of this platform.
    pub platform_id: Option<PlatformId>,
    /// Only jobs that this principal (an ARN) asked for.
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    pub requested_by: Option<String>,
    /// Entries in one page.
    pub max_results: Option<MaxResults>,
    /// Where the previous page ended.
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
    /// Only jobs whose signature is, or is not, revoked.
    pub is_revoked: Option<bool>,
    /// Only signatures that expire before this time.
    pub signature_expires_before: Option<DateTime>,
    /// Only signatures that expire after this time.
    pub signature_expires_after: Option<DateTime>,
    /// Only jobs that this account asked for.
    pub job_invoker: Option<AccountId>,
    /// Only jobs that signed the artifact of exactly this digest (a parameter of Hallmark's own; AWS clients never
    /// send it).
    pub artifact_digest: Option<Digest>,
}

/// A job, as lists show it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningJob {
    /// The job.
    pub job_id: JobId,
    /// Always empty on platforms whose keys the service keeps.
    pub signing_material: ShownSigningMaterial,
    /// The signing time.
    pub created_at: EpochSeconds,
    /// The job's state.
    pub status: SigningStatus,
    /// Whether the signature is revoked, by itself or with its profile.
    pub is_revoked: bool,
    /// The profile that signed.
    pub profile_name: ProfileName,
    /// Its version.
    pub profile_version: ProfileVersion,
    /// The platform.
    pub platform_id: PlatformId,
    /// The platform's name for people.
    #[schema(example = "Notation for container registries")]
    pub platform_display_name: Cow<'static, str>,
    /// When the signature expires.
    pub signature_expires_at: EpochSeconds,
    /// The account that owns the job.
    pub job_owner: AccountId,
    /// The account that asked for the signature.
    pub job_invoker: AccountId,
    /// The digest of the artifact, as the payload names it (a member of Hallmark's own, as are the next two).
    pub artifact_digest: Digest,
    /// The SHA-256 of the payload.
    pub payload_digest: Digest,
    /// The serial number of the certificate that signed.
    pub serial_number: SerialNumber,
}

/// Answer of [`ListSigningJobs`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSigningJobsOutput {
    /// The jobs, latest first.
    pub jobs: Vec<SigningJob>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

impl Operation for ListSigningJobs {
    const ACTION: &'static str = "signer:ListSigningJobs";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-jobs";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation];
    type Path = Nothing;
    type Query = ListSigningJobsQuery;
    type Body = Nothing;
    type Output = ListSigningJobsOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// `RevokeSignature`: this one signature is not to be trusted, for ever.
#[derive(Debug, ToSchema)]
pub struct RevokeSignature;

/// Body of [`RevokeSignature`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevokeSignatureBody {
    /// The account that owns the job; the caller's when absent.
    pub job_owner: Option<AccountId>,
    /// Why.
    pub reason: RevocationReason,
}

impl Operation for RevokeSignature {
    const ACTION: &'static str = "signer:RevokeSignature";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/signing-jobs/{jobId}/revoke";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = JobPath;
    type Query = Nothing;
    type Body = RevokeSignatureBody;
    type Output = Nothing;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        job_of(&request.path, request.body.job_owner.as_ref().unwrap_or(caller))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_ids_sort_by_time_and_have_one_spelling() {
        let earlier = JobId::from_parts(1_700_000_000_000, [0xff; 10]);
        let later = JobId::from_parts(1_700_000_000_001, [0; 10]);
        assert!(earlier < later);
        assert_eq!(earlier.to_string().parse(), Ok(earlier));
        assert_eq!(earlier.as_uuid().get_version_num(), 7);
        for wrong in ["", "x", &earlier.to_string().to_uppercase(), &earlier.as_uuid().simple().to_string()] {
            assert!(wrong.parse::<JobId>().is_err(), "{wrong}");
        }
    }
}
