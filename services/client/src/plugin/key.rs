//! Keys: signing profiles, and `describe-key`.

use super::config::PluginConfig;
use super::error::PluginError;
use super::request;
use crate::connection::Connection;
use hallmark_api::account::{AccountId, Region};
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::platform::NOTATION;
use hallmark_api::profile::{
    GetSigningProfile, GetSigningProfileQuery, ProfileName, ProfilePath, ProfileVersion,
};
use serde::{Deserialize, Serialize};

/// The key of every profile that signs for notation (Notary Project `signature-specification.md`, algorithm selection):
/// its platform says so.
pub(super) const KEY_SPEC: &str = "EC-384";

/// A key's id: the ARN of a profile, or of the one version that shall sign.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Arn")]
pub(super) struct KeyId {
    pub(super) region: Region,
    pub(super) account: AccountId,
    pub(super) profile: ProfileName,
    version: Option<ProfileVersion>,
}

impl TryFrom<Arn> for KeyId {
    type Error = &'static str;

    fn try_from(arn: Arn) -> Result<Self, Self::Error> {
        let (profile, version) = match arn.resource {
            Resource::SigningProfile(name) => (name, None),
            Resource::ProfileVersion(name, version) => (name, Some(version)),
            Resource::SigningJob(_) => {
                return Err("a job is no key; name a signing profile or a profile version by its ARN");
            }
        };
        Ok(Self { region: arn.region, account: arn.account, profile, version })
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let resource = match &self.version {
            None => Resource::SigningProfile(self.profile.clone()),
            Some(version) => Resource::ProfileVersion(self.profile.clone(), version.clone()),
        };
        Arn { region: self.region.clone(), account: self.account.clone(), resource }.fmt(f)
    }
}

impl KeyId {
    /// Whether a profile version is the one that was asked for; of a profile that was asked for, any is.
    pub(super) fn check(&self, signed_by: &Arn) -> Result<(), PluginError> {
        let Resource::ProfileVersion(name, version) = &signed_by.resource else {
            return Err(PluginError::other(format!("{signed_by} is no profile version, so it is no signer")));
        };
        if signed_by.region != self.region || signed_by.account != self.account || *name != self.profile {
            return Err(PluginError::other(format!("{signed_by} signs in the place of {self}")));
        }
        match &self.version {
            Some(wanted) if wanted != version => Err(PluginError::validation(format!(
                "the profile {name} signs with its version {version}, not with {wanted}; name {signed_by}, or the \
                 profile alone"
            ))),
            _ => Ok(()),
        }
    }

    /// Asks which version would sign, before it does, if only one may.
    pub(super) async fn check_version(&self, connection: &Connection) -> Result<(), PluginError> {
        if self.version.is_some() { self.describe(connection).await } else { Ok(()) }
    }

    /// Asks whether there is such a profile and it is one for notation.
    async fn describe(&self, connection: &Connection) -> Result<(), PluginError> {
        let request = Request::<GetSigningProfile> {
            path: ProfilePath { profile_name: self.profile.clone() },
            query: GetSigningProfileQuery { profile_owner: Some(self.account.clone()) },
            body: Nothing {},
        };
        let profile = connection.send(&request).await?.profile;
        let platform = profile.platform_id.platform().id;
        if platform != NOTATION.id {
            return Err(PluginError::validation(format!(
                "the profile {} signs for the platform {platform}, not for {}",
                self.profile, NOTATION.id
            )));
        }
        self.check(&profile.profile_version_arn)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeKey {
    key_id: KeyId,
    #[serde(default)]
    plugin_config: PluginConfig,
}

/// A key as notation knows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    key_id: String,
    key_spec: &'static str,
}

/// `describe-key`.
pub(super) async fn describe(request: &[u8]) -> Result<Key, PluginError> {
    let DescribeKey { key_id, plugin_config } = request::parse(request)?;
    let connection = Connection::with_one_deadline(plugin_config.settings(&key_id.region).await?);
    key_id.describe(&connection).await?;
    Ok(Key { key_id: key_id.to_string(), key_spec: KEY_SPEC })
}

#[cfg(test)]
mod tests {
    use super::super::error::ErrorCode;
    use super::*;

    const PROFILE: &str = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release";
    const VERSION: &str = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release/awUPb84ibN";

    fn key(text: &str) -> KeyId {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn keys_are_profiles_and_their_versions() {
        for text in [PROFILE, VERSION] {
            assert_eq!(key(text).to_string(), text);
        }
        for wrong in [
            "release",
            "arn:aws:kms:us-east-1:123456789012:key/1",
            "arn:aws:signer:us-east-1:123456789012:/signing-jobs/0197f7a0-0000-7000-8000-000000000000",
        ] {
            assert!(serde_json::from_value::<KeyId>(wrong.into()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_the_version_that_was_named_signs() {
        let check = |wanted: &str, signed_by: &str| key(wanted).check(&signed_by.parse().unwrap());
        assert!(check(PROFILE, VERSION).is_ok());
        assert!(check(VERSION, VERSION).is_ok());
        let other = check(VERSION, &VERSION.replace("awU", "bwU")).unwrap_err();
        assert_eq!(other.code(), ErrorCode::ValidationError);
        assert!(other.message().contains("bwUPb84ibN, not with awUPb84ibN"), "{other:?}");
        for (wanted, signed_by) in [
            (PROFILE, VERSION.replace("release", "another")),
            (PROFILE, VERSION.replace("123456789012", "123456789013")),
            (VERSION, VERSION.replace("us-east-1", "us-east-2")),
            (PROFILE, PROFILE.to_owned()),
        ] {
            assert_eq!(check(wanted, &signed_by).unwrap_err().code(), ErrorCode::Error, "{signed_by}");
        }
    }
}
