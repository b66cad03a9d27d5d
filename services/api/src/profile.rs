//! Signing profiles and their versions.

use crate::account::AccountId;
use crate::arn::{Arn, Resource};
use crate::exception::Exception;
use crate::newtype::{Text, string_newtype};
use crate::object;
use crate::operation::{Effect, MaxResults, Nothing, Operation, Request, Target};
use crate::overrides::SigningPlatformOverrides;
use crate::platform::PlatformId;
use crate::revocation::RevocationReason;
use crate::signing_material::{ShownSigningMaterial, SigningMaterial};
use crate::tag::Tags;
use crate::timestamp::EpochSeconds;
use crate::validity::SignatureValidityPeriod;
use http::Method;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::ToSchema;

string_newtype! {
    /// The name of a profile, unique for ever in its account (AWS Signer model, shape `ProfileName`).
    ProfileName,
    Text::new(
        "a profile name: 2 to 64 letters, digits and underscores",
        2..=64,
        Some("[a-zA-Z0-9_]+"),
        "release_images",
    )
}

string_newtype! {
    /// The version of a profile (AWS Signer model, shape `ProfileVersion`).
    ProfileVersion,
    Text::new(
        "a profile version: exactly 10 letters and digits",
        10..=10,
        Some("[a-zA-Z0-9]{10}"),
        "awUPb84ibN",
    )
}

impl ProfileVersion {
    /// A new version of ten letters and digits, one for each random octet.
    pub fn from_random(random: [u8; 10]) -> Self {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        Self(random.iter().map(|octet| char::from(LETTERS[usize::from(*octet) % LETTERS.len()])).collect())
    }
}

/// The state of a profile (AWS Signer model, shape `SigningProfileStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum SigningProfileStatus {
    /// It signs.
    Active,
    /// It no longer signs; what it signed stays good.
    Canceled,
    /// It no longer signs; what it signed at or after the effective time is not to be trusted.
    Revoked,
}

impl SigningProfileStatus {
    /// The name as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Canceled => "Canceled",
            Self::Revoked => "Revoked",
        }
    }
}

/// The free map of `signingParameters`; its keys and values mean something on each platform alone.
pub type SigningParameters = BTreeMap<String, String>;

/// The path of operations on one profile.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfilePath {
    /// The profile.
    pub profile_name: ProfileName,
}

/// A profile of `owner` as the one target of an operation.
pub(crate) fn own_profile(name: &ProfileName, owner: &AccountId) -> Vec<Target> {
    vec![Target { owner: owner.clone(), resource: Resource::SigningProfile(name.clone()) }]
}

/// `PutSigningProfile`: makes a profile; an existing one is never changed.
#[derive(Debug, ToSchema)]
pub struct PutSigningProfile;

/// Body of [`PutSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PutSigningProfileBody {
    /// What the profile signs for.
    pub platform_id: PlatformId,
    /// How long its signatures are valid; 135 months when absent.
    pub signature_validity_period: Option<SignatureValidityPeriod>,
    /// The certificate it signs with; required on some platforms, refused where the service keeps the keys.
    #[serde(default, deserialize_with = "object::optional")]
    pub signing_material: Option<SigningMaterial>,
    /// What it sets otherwise than its platform, within what that allows.
    #[serde(default, deserialize_with = "object::optional")]
    pub overrides: Option<SigningPlatformOverrides>,
    /// What the platform leaves to the profile.
    #[schema(value_type = Option<BTreeMap<String, String>>, example = json!({"verificationPlugin": "none"}))]
    pub signing_parameters: Option<SigningParameters>,
    /// Tags to begin with.
    pub tags: Option<Tags>,
}

/// Answer of [`PutSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PutSigningProfileOutput {
    /// The profile.
    pub arn: Arn,
    /// Its version.
    pub profile_version: ProfileVersion,
    /// The version's own ARN.
    pub profile_version_arn: Arn,
}

impl Operation for PutSigningProfile {
    const ACTION: &'static str = "signer:PutSigningProfile";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/signing-profiles/{profileName}";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation];
    type Path = ProfilePath;
    type Query = Nothing;
    type Body = PutSigningProfileBody;
    type Output = PutSigningProfileOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// `GetSigningProfile`.
#[derive(Debug, ToSchema)]
pub struct GetSigningProfile;

/// Query of [`GetSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetSigningProfileQuery {
    /// The account that owns the profile; the caller's when absent.
    pub profile_owner: Option<AccountId>,
}

/// When and by whom a profile was revoked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningProfileRevocationRecord {
    /// Signatures made at or after this time are revoked.
    pub revocation_effective_from: EpochSeconds,
    /// When the revocation was recorded.
    pub revoked_at: EpochSeconds,
    /// ARN of the principal that revoked.
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    pub revoked_by: String,
}

/// Answer of [`GetSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetSigningProfileOutput {
    /// What the profile has in common with its entry in a list.
    #[serde(flatten)]
    pub profile: SigningProfile,
    /// Present once the profile is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_record: Option<SigningProfileRevocationRecord>,
    /// Why the profile has its status, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the build host was compromised")]
    pub status_reason: Option<String>,
    /// What it sets otherwise than its platform (a member that lists do not have).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overrides: Option<SigningPlatformOverrides>,
}

impl Operation for GetSigningProfile {
    const ACTION: &'static str = "signer:GetSigningProfile";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-profiles/{profileName}";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = ProfilePath;
    type Query = GetSigningProfileQuery;
    type Body = Nothing;
    type Output = GetSigningProfileOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path.profile_name, request.query.profile_owner.as_ref().unwrap_or(caller))
    }
}

/// `ListSigningProfiles`.
#[derive(Debug, ToSchema)]
pub struct ListSigningProfiles;

/// Query of [`ListSigningProfiles`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSigningProfilesQuery {
    /// Also list canceled profiles; only active ones are listed otherwise.
    #[serde(default)]
    pub include_canceled: bool,
    /// Entries in one page.
    pub max_results: Option<MaxResults>,
    /// Where the previous page ended.
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
    /// Only profiles of this platform.
    pub platform_id: Option<PlatformId>,
    /// Only profiles in one of these states.
    #[serde(default)]
    pub statuses: Vec<SigningProfileStatus>,
}

/// A profile, as lists and [`GetSigningProfile`] show it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningProfile {
    /// Its name.
    pub profile_name: ProfileName,
    /// Its version.
    pub profile_version: ProfileVersion,
    /// The version's ARN.
    pub profile_version_arn: Arn,
    /// The profile's ARN.
    pub arn: Arn,
    /// Its platform.
    pub platform_id: PlatformId,
    /// The platform's name for people.
    #[schema(example = "Notation for container registries")]
    pub platform_display_name: Cow<'static, str>,
    /// How long its signatures are valid.
    pub signature_validity_period: SignatureValidityPeriod,
    /// The certificate it signs with; an empty object on platforms whose keys the service keeps.
    pub signing_material: ShownSigningMaterial,
    /// What the platform leaves to the profile.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"verificationPlugin": "none"}))]
    pub signing_parameters: SigningParameters,
    /// Its state.
    pub status: SigningProfileStatus,
    /// Its tags.
    pub tags: Tags,
}

/// Answer of [`ListSigningProfiles`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSigningProfilesOutput {
    /// The profiles, by name.
    pub profiles: Vec<SigningProfile>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

impl Operation for ListSigningProfiles {
    const ACTION: &'static str = "signer:ListSigningProfiles";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-profiles";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation];
    type Path = Nothing;
    type Query = ListSigningProfilesQuery;
    type Body = Nothing;
    type Output = ListSigningProfilesOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// `CancelSigningProfile`: the profile signs no more; what it signed stays good.
#[derive(Debug, ToSchema)]
pub struct CancelSigningProfile;

impl Operation for CancelSigningProfile {
    const ACTION: &'static str = "signer:CancelSigningProfile";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/signing-profiles/{profileName}";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = ProfilePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Nothing;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path.profile_name, caller)
    }
}

/// `RevokeSigningProfile`: what a version signed at or after the effective time is revoked, for ever.
#[derive(Debug, ToSchema)]
pub struct RevokeSigningProfile;

/// Body of [`RevokeSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevokeSigningProfileBody {
    /// The version to revoke.
    pub profile_version: ProfileVersion,
    /// Why.
    pub reason: RevocationReason,
    /// From when on its signatures are not to be trusted; in the past.
    pub effective_time: EpochSeconds,
}

impl Operation for RevokeSigningProfile {
    const ACTION: &'static str = "signer:RevokeSigningProfile";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/signing-profiles/{profileName}/revoke";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = ProfilePath;
    type Query = Nothing;
    type Body = RevokeSigningProfileBody;
    type Output = Nothing;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path.profile_name, caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        assert!("my_profile".parse::<ProfileName>().is_ok());
        for wrong in ["", "a", "my-profile", "my profile", "pr\u{f6}fil", &"a".repeat(65)] {
            assert!(wrong.parse::<ProfileName>().is_err(), "{wrong}");
        }
        assert!("awUPb84ibN".parse::<ProfileVersion>().is_ok());
        for wrong in ["", "awUPb84ib", "awUPb84ibN1", "awUPb84ib_"] {
            assert!(wrong.parse::<ProfileVersion>().is_err(), "{wrong}");
        }
        let drawn = ProfileVersion::from_random([0, 61, 62, 255, 26, 51, 52, 9, 10, 100]);
        assert_eq!(drawn.as_str().parse(), Ok(drawn));
    }
}
