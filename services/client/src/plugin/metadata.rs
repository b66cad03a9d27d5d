//! `get-plugin-metadata`: what this plugin is, without a look at anything but the request.

use super::capability::Capability;
use super::config::PluginConfig;
use super::error::PluginError;
use super::request::{self, CONTRACT_VERSION};
use hallmark_api::verification_plugin::VerificationPlugin;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    plugin_config: PluginConfig,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    name: &'static str,
    description: &'static str,
    version: &'static str,
    url: &'static str,
    supported_contract_versions: [&'static str; 1],
    capabilities: Vec<Capability>,
}

/// Answers; an empty request is one without plugin configuration.
pub(super) fn answer(request: &[u8]) -> Result<Metadata, PluginError> {
    let request: Request = if request.is_empty() { Request::default() } else { request::members(request)? };
    Ok(Metadata {
        name: VerificationPlugin::Hallmark.name(),
        description: "Signs with the signing profiles of a Hallmark service, and asks it what is revoked",
        version: env!("CARGO_PKG_VERSION"),
        url: "https://notaryproject.dev",
        supported_contract_versions: [CONTRACT_VERSION],
        capabilities: capabilities(request.plugin_config.blob),
    })
}

/// notation prefers signing bytes to making envelopes wherever a plugin can do both. Bytes have no signing authority,
/// so the plugin says that it can only to whoever asks for it.
fn capabilities(blob: bool) -> Vec<Capability> {
    let mut capabilities =
        vec![Capability::Envelope, Capability::TrustedIdentity, Capability::RevocationCheck];
    if blob {
        capabilities.insert(0, Capability::Signature);
    }
    capabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities_for(request: &str) -> serde_json::Value {
        serde_json::to_value(answer(request.as_bytes()).unwrap()).unwrap()["capabilities"].clone()
    }

    #[test]
    fn bytes_are_signed_for_whoever_asks_for_it() {
        let usual = serde_json::json!([
            "SIGNATURE_GENERATOR.ENVELOPE",
            "SIGNATURE_VERIFIER.TRUSTED_IDENTITY",
            "SIGNATURE_VERIFIER.REVOCATION_CHECK",
        ]);
        for request in ["", "{}", r#"{"pluginConfig":null}"#, r#"{"pluginConfig":{"blob":"false"}}"#] {
            assert_eq!(capabilities_for(request), usual, "{request}");
        }
        assert_eq!(capabilities_for(r#"{"pluginConfig":{"blob":"true"}}"#)[0], "SIGNATURE_GENERATOR.RAW");
    }

    #[test]
    fn malformed_requests_are_refused() {
        for wrong in ["{", "[]", " ", r#"{"pluginConfig":{"colour":"red"}}"#, r#"{"pluginConfig":[]}"#] {
            assert!(answer(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
