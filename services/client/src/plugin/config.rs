//! Plugin configuration: what `notation --plugin-config KEY=VALUE` and a key's settings say. None is needed.

use super::error::PluginError;
use crate::settings::{Given, Settings};
use hallmark_api::account::Region;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is understood.
const KEYS: &str = "endpoint, region, aws-profile, ca-file, timeout, plain-http, blob";
/// What others are told and verifiers with several plugins tell each of them: AWS Signer's plugin's keys, and the one
/// that kyverno-notation-aws sets by itself. They say nothing here.
const OTHERS: [&str; 3] = ["aws-region", "aws-signer-endpoint-url", "debug"];

/// A plugin configuration that was understood whole.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Option<BTreeMap<String, String>>")]
pub(super) struct PluginConfig {
    given: Given,
    /// Whether notation signs a blob.
    pub(super) blob: bool,
}

impl TryFrom<Option<BTreeMap<String, String>>> for PluginConfig {
    type Error = String;

    fn try_from(entries: Option<BTreeMap<String, String>>) -> Result<Self, String> {
        let mut config = Self::default();
        for (key, value) in entries.unwrap_or_default() {
            let given = &mut config.given;
            match key.as_str() {
                "endpoint" => given.endpoint = Some(value),
                "region" => given.region = Some(value),
                // AWS Signer's plugin calls it so too, and it cannot be taken for a signing profile.
                "aws-profile" => given.profile = Some(value),
                "ca-file" => given.ca_file = Some(value.into()),
                "timeout" => given.timeout = Some(value),
                "plain-http" => given.plain_http = Some(value),
                "blob" => config.blob = read_blob(&value)?,
                key if OTHERS.contains(&key) => {}
                key => {
                    let key: String = key.chars().take(64).collect();
                    return Err(format!("the key {key:?} is not known; known are {KEYS}"));
                }
            }
        }
        Ok(config)
    }
}

fn read_blob(value: &str) -> Result<bool, String> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        other => {
            let other: String = other.chars().take(64).collect();
            Err(format!("blob is either true or false, not {other:?}"))
        }
    }
}

impl PluginConfig {
    /// The settings for a deployment: these, and what this machine has.
    pub(super) async fn settings(self, deployment: &Region) -> Result<Settings, PluginError> {
        Ok(Settings::find(self.given, Some(deployment)).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PluginConfig, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_is_read() {
        let config = read(
            r#"{"endpoint":"e","region":"r","aws-profile":"p","ca-file":"c","timeout":"5","plain-http":"true",
                "blob":"true"}"#,
        )
        .unwrap();
        let Given { endpoint, region, profile, ca_file, timeout, plain_http } = config.given;
        let given = [endpoint, region, profile, timeout, plain_http];
        assert_eq!(given, ["e", "r", "p", "5", "true"].map(|text| Some(text.to_owned())));
        assert_eq!(ca_file, Some("c".into()));
        assert!(config.blob);
        assert_eq!(KEYS.split(", ").count(), 7);
    }

    #[test]
    fn none_is_needed() {
        for none in ["null", "{}", r#"{"debug":"true","aws-region":"us-east-1","blob":"false"}"#] {
            let config = read(none).unwrap();
            assert!(!config.blob && config.given.region.is_none(), "{none}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(read(r#"{"endpiont":"x"}"#).unwrap_err().contains("known are endpoint, region"));
        assert!(read(r#"{"profile":"x"}"#).is_err(), "it could be a signing profile");
        assert!(read(r#"{"blob":"yes"}"#).unwrap_err().contains("true or false"));
        for wrong in [r#"{"blob":true}"#, "[]", "7", r#"{"timeout":null}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
