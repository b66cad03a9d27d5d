//! The use of a profile: what would be touched if it were canceled or revoked.

use crate::account::AccountId;
use crate::exception::Exception;
use crate::job::SigningJob;
use crate::operation::{Effect, MaxResults, Nothing, Operation, Request, Target};
use crate::profile::{ProfileName, ProfilePath, ProfileVersion, own_profile};
use crate::timestamp::{DateTime, EpochSeconds};
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GetSigningProfileUse`: what revoking a profile would touch, and who would have to look for another one. It counts
/// the signatures on record that are good: neither revoked, by themselves, with their profile or with a certificate
/// in their chain, nor expired.
#[derive(Debug, ToSchema)]
pub struct GetSigningProfileUse;

/// Query of [`GetSigningProfileUse`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetSigningProfileUseQuery {
    /// Only signatures of this version of the profile; of every version when absent.
    pub profile_version: Option<ProfileVersion>,
    /// Only signatures made at or after this time, as a revocation that takes effect then would revoke them.
    pub since: Option<DateTime>,
    /// How many jobs, and how many requesters, are shown at most.
    pub max_results: Option<MaxResults>,
}

/// A principal that asked for signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileRequester {
    /// Its ARN.
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    pub requested_by: String,
    /// How many of the signatures that are counted it asked for.
    #[schema(minimum = 1, example = 1200)]
    pub signature_count: u64,
    /// The signing time of the last of them.
    pub last_signed_at: EpochSeconds,
}

/// Answer of [`GetSigningProfileUse`], all of it true at one moment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetSigningProfileUseOutput {
    /// The profile.
    pub profile_name: ProfileName,
    /// The version that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_version: Option<ProfileVersion>,
    /// Present where the profile made more signatures than are counted: the counts, exact as ever, are of the
    /// signatures made at or after this time, and there may be earlier ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_since: Option<EpochSeconds>,
    /// How many signatures would be touched, exactly.
    #[schema(minimum = 0, example = 1500)]
    pub signature_count: u64,
    /// How many artifacts they are over, by their digests.
    #[schema(minimum = 0, example = 1000)]
    pub artifact_count: u64,
    /// How many principals asked for them.
    #[schema(minimum = 0, example = 2)]
    pub requester_count: u64,
    /// The last of the jobs that made them, the latest first.
    pub jobs: Vec<SigningJob>,
    /// Who asked for them, the most recent first.
    pub requesters: Vec<ProfileRequester>,
}

impl Operation for GetSigningProfileUse {
    const ACTION: &'static str = "hallmark:GetSigningProfileUse";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/hallmark/signing-profiles/{profileName}/use";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = ProfilePath;
    type Query = GetSigningProfileUseQuery;
    type Body = Nothing;
    type Output = GetSigningProfileUseOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path.profile_name, caller)
    }
}
