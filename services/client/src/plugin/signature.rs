//! `generate-signature`: a signature of bytes that notation makes an envelope around, for blobs alone.

use super::config::PluginConfig;
use super::error::PluginError;
use super::request;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GenerateSignature {
    #[serde(default)]
    plugin_config: PluginConfig,
}

/// `generate-signature`.
pub(super) fn generate(request: &[u8]) -> Result<Vec<u8>, PluginError> {
    let GenerateSignature { plugin_config } = request::parse(request)?;
    Err(PluginError::validation(if plugin_config.blob {
        "the service signs no bytes that it has not made itself"
    } else {
        "bytes are signed for blobs alone: set --plugin-config blob=true, or sign an envelope"
    }))
}
