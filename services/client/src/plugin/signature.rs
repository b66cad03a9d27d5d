//! `generate-signature`: a signature of bytes that notation makes an envelope around, for blobs alone.

use super::config::PluginConfig;
use super::envelope::signed_by;
use super::error::PluginError;
use super::key::{KEY_SPEC, KeyId};
use super::request;
use crate::connection::Connection;
use hallmark_api::base64::Base64;
use hallmark_api::blob_job::{SignBlob, SignBlobBody};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::payload_job::SignatureEnvelopeType;
use serde::{Deserialize, Serialize};

/// The hash of the one key spec there is, and the algorithm that they make together (Notary Project
/// `plugin-extensibility.md`).
const HASH: &str = "SHA-384";
const SIGNING_ALGORITHM: &str = "ECDSA-SHA-384";
/// How a `Sig_structure` begins: an array of four elements (RFC 9052 section 4.4).
const SIG_STRUCTURE: u8 = 0x84;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GenerateSignature {
    key_id: KeyId,
    key_spec: String,
    hash_algorithm: String,
    payload: Base64,
    #[serde(default)]
    plugin_config: PluginConfig,
}

/// A signature.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GeneratedSignature {
    key_id: String,
    signature: Base64,
    signing_algorithm: &'static str,
    certificate_chain: Vec<Base64>,
}

/// `generate-signature`.
pub(super) async fn generate(request: &[u8]) -> Result<GeneratedSignature, PluginError> {
    let request: GenerateSignature = request::parse(request)?;
    check(&request)?;
    let key = &request.key_id;
    let connection = Connection::with_one_deadline(request.plugin_config.settings(&key.region).await?);
    key.check_version(&connection).await?;
    let body = SignBlobBody {
        profile_name: key.profile.clone(),
        profile_owner: Some(key.account.clone()),
        signature_envelope_type: envelope_type(&request.payload),
        signing_input: request.payload,
    };
    let answer =
        connection.send_once(&Request::<SignBlob> { path: Nothing {}, query: Nothing {}, body }).await?;
    key.check(&signed_by(&answer.metadata)?)?;
    Ok(GeneratedSignature {
        key_id: key.to_string(),
        signature: answer.signature,
        signing_algorithm: SIGNING_ALGORITHM,
        certificate_chain: answer.certificate_chain,
    })
}

fn check(request: &GenerateSignature) -> Result<(), PluginError> {
    if !request.plugin_config.blob {
        return Err(PluginError::validation(
            "bytes are signed for blobs alone: set --plugin-config blob=true, or sign an envelope",
        ));
    }
    if (request.key_spec.as_str(), request.hash_algorithm.as_str()) != (KEY_SPEC, HASH) {
        return Err(PluginError::validation(format!(
            "keySpec and hashAlgorithm: profiles sign with {KEY_SPEC} and {HASH}"
        )));
    }
    Ok(())
}

/// The type of the envelope that notation makes: the service reads the bytes as that type's and no other.
fn envelope_type(signing_input: &Base64) -> SignatureEnvelopeType {
    match signing_input.0.first() {
        Some(&SIG_STRUCTURE) => SignatureEnvelopeType::Cose,
        _ => SignatureEnvelopeType::Jws,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(member: &str, value: &serde_json::Value) -> GenerateSignature {
        let mut request = serde_json::json!({
            "contractVersion": "1.0",
            "keyId": "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release",
            "keySpec": "EC-384",
            "hashAlgorithm": "SHA-384",
            "payload": "e30=",
            "pluginConfig": {"blob": "true"},
        });
        request[member] = value.clone();
        request::parse(request.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn bytes_are_signed_for_blobs_alone_and_with_one_algorithm() {
        assert!(check(&read("more", &true.into())).is_ok());
        for (member, wrong) in [
            ("pluginConfig", serde_json::json!({})),
            ("keySpec", "EC-256".into()),
            ("hashAlgorithm", "SHA-256".into()),
        ] {
            assert!(check(&read(member, &wrong)).is_err(), "{member}");
        }
    }

    #[test]
    fn envelopes_are_told_apart() {
        assert_eq!(envelope_type(&Base64(b"eyJ9.e30".to_vec())), SignatureEnvelopeType::Jws);
        assert_eq!(envelope_type(&Base64(vec![0x84, 0x6a])), SignatureEnvelopeType::Cose);
    }
}
