//! Signing profiles and their versions.

use crate::account::AccountId;
use crate::arn::{Arn, Resource};
use crate::newtype::string_newtype;
use crate::object::Object;
use crate::operation::{Effect, MaxResults, Nothing, Operation, Request, Target};
use crate::platform::PlatformId;
use crate::revocation::RevocationReason;
use crate::timestamp::EpochSeconds;
use crate::validity::SignatureValidityPeriod;
use http::Method;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

string_newtype! {
    /// The name of a profile, unique for ever in its account (AWS Signer model, shape `ProfileName`).
    ProfileName,
    "a profile name: 2 to 64 letters, digits and underscores",
    |text| (2..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

string_newtype! {
    /// The version of a profile (AWS Signer model, shape `ProfileVersion`).
    ProfileVersion,
    "a profile version: exactly 10 letters and digits",
    |text| text.len() == 10 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

impl ProfileVersion {
    /// A new version of ten letters and digits, one for each random octet.
    pub fn from_random(random: [u8; 10]) -> Self {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        Self(random.iter().map(|octet| char::from(LETTERS[usize::from(*octet) % LETTERS.len()])).collect())
    }
}

string_newtype! {
    /// The key of a tag (AWS Signer model, shape `TagKey`; `+-=` there is a range of characters).
    TagKey,
    "a tag key: 1 to 128 letters, digits and any of +,-./:;<=_ that do not begin with 'aws:'",
    |text| (1..=128).contains(&text.len())
        && !text.starts_with("aws:")
        && text.bytes().all(|b| b.is_ascii_alphabetic() || (b'+'..=b'=').contains(&b) || b == b'_')
}

string_newtype! {
    /// The value of a tag (AWS Signer model, shape `TagValue`).
    TagValue,
    "a tag value: at most 256 characters",
    |text| text.chars().count() <= 256
}

/// The tags of a profile: at most 200 in one request (AWS Signer model, shape `TagMap`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<TagKey, TagValue>")]
pub struct Tags(BTreeMap<TagKey, TagValue>);

impl TryFrom<BTreeMap<TagKey, TagValue>> for Tags {
    type Error = &'static str;

    fn try_from(tags: BTreeMap<TagKey, TagValue>) -> Result<Self, Self::Error> {
        if tags.len() > 200 { Err("at most 200 tags are allowed") } else { Ok(Self(tags)) }
    }
}

impl Tags {
    /// Keys and values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&TagKey, &TagValue)> {
        self.0.iter()
    }
}

impl FromIterator<(TagKey, TagValue)> for Tags {
    fn from_iter<I: IntoIterator<Item = (TagKey, TagValue)>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

/// The state of a profile (AWS Signer model, shape `SigningProfileStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// The certificate that a profile signs with, on platforms that take one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningMaterial {
    /// ARN of the certificate.
    pub certificate_arn: String,
}

/// An object that is always sent empty, as AWS Signer sends `signingMaterial` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {}

/// The path of operations on one profile.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfilePath {
    /// The profile.
    pub profile_name: ProfileName,
}

fn own_profile(path: &ProfilePath, caller: &AccountId) -> Vec<Target> {
    vec![Target { owner: caller.clone(), resource: Resource::SigningProfile(path.profile_name.clone()) }]
}

/// `PutSigningProfile`: makes a profile; an existing one is never changed.
#[derive(Debug)]
pub struct PutSigningProfile;

/// Body of [`PutSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutSigningProfileBody {
    /// What the profile signs for.
    pub platform_id: PlatformId,
    /// How long its signatures are valid; 135 months when absent.
    pub signature_validity_period: Option<SignatureValidityPeriod>,
    /// The certificate it signs with; refused on platforms whose keys the service keeps.
    pub signing_material: Option<Object<SigningMaterial>>,
    /// Overrides of the platform's defaults; the Notation platform has none.
    pub overrides: Option<serde_json::Map<String, serde_json::Value>>,
    /// What the platform leaves to the profile.
    pub signing_parameters: Option<SigningParameters>,
    /// Tags to begin with.
    pub tags: Option<Tags>,
}

/// Answer of [`PutSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    type Path = ProfilePath;
    type Query = Nothing;
    type Body = PutSigningProfileBody;
    type Output = PutSigningProfileOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// `GetSigningProfile`.
#[derive(Debug)]
pub struct GetSigningProfile;

/// Query of [`GetSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetSigningProfileQuery {
    /// The account that owns the profile; the caller's when absent.
    pub profile_owner: Option<AccountId>,
}

/// When and by whom a profile was revoked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningProfileRevocationRecord {
    /// Signatures made at or after this time are revoked.
    pub revocation_effective_from: EpochSeconds,
    /// When the revocation was recorded.
    pub revoked_at: EpochSeconds,
    /// ARN of the principal that revoked.
    pub revoked_by: String,
}

/// Answer of [`GetSigningProfile`].
#[derive(Debug, Clone, Serialize)]
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
    pub status_reason: Option<String>,
}

impl Operation for GetSigningProfile {
    const ACTION: &'static str = "signer:GetSigningProfile";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-profiles/{profileName}";
    const EFFECT: Effect = Effect::Read;
    type Path = ProfilePath;
    type Query = GetSigningProfileQuery;
    type Body = Nothing;
    type Output = GetSigningProfileOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path, request.query.profile_owner.as_ref().unwrap_or(caller))
    }
}

/// `ListSigningProfiles`.
#[derive(Debug)]
pub struct ListSigningProfiles;

/// Query of [`ListSigningProfiles`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListSigningProfilesQuery {
    /// Also list canceled profiles; only active ones are listed otherwise.
    #[serde(default)]
    pub include_canceled: bool,
    /// Entries in one page.
    pub max_results: Option<MaxResults>,
    /// Where the previous page ended.
    pub next_token: Option<String>,
    /// Only profiles of this platform.
    pub platform_id: Option<PlatformId>,
    /// Only profiles in one of these states.
    #[serde(default)]
    pub statuses: Vec<SigningProfileStatus>,
}

/// A profile, as lists and [`GetSigningProfile`] show it.
#[derive(Debug, Clone, Serialize)]
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
    pub platform_display_name: &'static str,
    /// How long its signatures are valid.
    pub signature_validity_period: SignatureValidityPeriod,
    /// Always empty on platforms whose keys the service keeps.
    pub signing_material: Empty,
    /// What the platform leaves to the profile.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub signing_parameters: SigningParameters,
    /// Its state.
    pub status: SigningProfileStatus,
    /// Its tags.
    pub tags: Tags,
}

/// Answer of [`ListSigningProfiles`].
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListSigningProfilesOutput {
    /// The profiles, by name.
    pub profiles: Vec<SigningProfile>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Operation for ListSigningProfiles {
    const ACTION: &'static str = "signer:ListSigningProfiles";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-profiles";
    const EFFECT: Effect = Effect::Read;
    type Path = Nothing;
    type Query = ListSigningProfilesQuery;
    type Body = Nothing;
    type Output = ListSigningProfilesOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// `CancelSigningProfile`: the profile signs no more; what it signed stays good.
#[derive(Debug)]
pub struct CancelSigningProfile;

impl Operation for CancelSigningProfile {
    const ACTION: &'static str = "signer:CancelSigningProfile";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/signing-profiles/{profileName}";
    const EFFECT: Effect = Effect::Write;
    type Path = ProfilePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Nothing;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path, caller)
    }
}

/// `RevokeSigningProfile`: what a version signed at or after the effective time is revoked, for ever.
#[derive(Debug)]
pub struct RevokeSigningProfile;

/// Body of [`RevokeSigningProfile`].
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    type Path = ProfilePath;
    type Query = Nothing;
    type Body = RevokeSigningProfileBody;
    type Output = Nothing;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.path, caller)
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

    #[test]
    fn tag_keys_follow_the_model() {
        for right in ["k", "a:b/c.d=e", "x1", "a;b<c,d+e-f_g"] {
            assert!(right.parse::<TagKey>().is_ok(), "{right}");
        }
        for wrong in ["", "aws:x", "a b", "\u{e9}", "a>b", &"k".repeat(129)] {
            assert!(wrong.parse::<TagKey>().is_err(), "{wrong}");
        }
    }
}
