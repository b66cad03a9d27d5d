//! `generate-envelope`: signatures of a signing profile, made by the service.

use super::attributes::PROFILE_VERSION;
use super::config::PluginConfig;
use super::error::PluginError;
use super::key::KeyId;
use super::request;
use crate::connection::Connection;
use hallmark_api::arn::Arn;
use hallmark_api::base64::Base64;
use hallmark_api::expiry_duration::ExpiryDuration;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::payload_job::{SignPayload, SignPayloadBody, SignatureEnvelopeType};
use hallmark_notary::PAYLOAD_MEDIA_TYPE;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GenerateEnvelope {
    key_id: KeyId,
    payload_type: String,
    signature_envelope_type: SignatureEnvelopeType,
    payload: Base64,
    expiry_duration_in_seconds: Option<i64>,
    #[serde(default)]
    plugin_config: PluginConfig,
}

/// An envelope.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GeneratedEnvelope {
    signature_envelope: Base64,
    signature_envelope_type: SignatureEnvelopeType,
    /// Written beside the signature in the registry, so that whoever sees it there can name the job: to revoke it, say.
    annotations: BTreeMap<String, String>,
}

/// `generate-envelope`.
pub(super) async fn generate(request: &[u8]) -> Result<GeneratedEnvelope, PluginError> {
    let request: GenerateEnvelope = request::parse(request)?;
    if request.payload_type != PAYLOAD_MEDIA_TYPE {
        return Err(PluginError::validation(format!("payloadType: only {PAYLOAD_MEDIA_TYPE} is signed")));
    }
    let expiry_duration_in_seconds = expiry(request.expiry_duration_in_seconds)?;
    let key = &request.key_id;
    let connection = Connection::with_one_deadline(request.plugin_config.settings(&key.region).await?);
    // What another version has signed would be on record, though nobody wanted it.
    key.check_version(&connection).await?;
    let body = SignPayloadBody {
        profile_name: key.profile.clone(),
        profile_owner: Some(key.account.clone()),
        payload: request.payload,
        payload_format: request.payload_type,
        signature_envelope_type: Some(request.signature_envelope_type),
        expiry_duration_in_seconds,
    };
    let answer =
        connection.send_once(&Request::<SignPayload> { path: Nothing {}, query: Nothing {}, body }).await?;
    key.check(&signed_by(&answer.metadata)?)?;
    Ok(GeneratedEnvelope {
        signature_envelope: answer.signature,
        signature_envelope_type: request.signature_envelope_type,
        annotations: answer.metadata,
    })
}

/// No seconds at all are notation's way to leave it to the profile.
fn expiry(seconds: Option<i64>) -> Result<Option<ExpiryDuration>, PluginError> {
    let asked = seconds.filter(|seconds| *seconds != 0).map(ExpiryDuration::try_from).transpose();
    asked.map_err(|error| PluginError::validation(format!("expiryDurationInSeconds: {error}")))
}

/// The profile version that signed, as the service says it beside the signature.
pub(super) fn signed_by(metadata: &BTreeMap<String, String>) -> Result<Arn, PluginError> {
    metadata.get(PROFILE_VERSION).and_then(|arn| arn.parse().ok()).ok_or_else(|| {
        PluginError::other("the service does not say which profile version signed; is it a Hallmark service?")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(member: &str, value: &serde_json::Value) -> Result<GenerateEnvelope, PluginError> {
        let mut request = serde_json::json!({
            "contractVersion": "1.0",
            "keyId": "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release",
            "payloadType": PAYLOAD_MEDIA_TYPE,
            "signatureEnvelopeType": "application/jose+json",
            "payload": "e30=",
        });
        request[member] = value.clone();
        request::parse(request.to_string().as_bytes())
    }

    #[test]
    fn requests_are_read_as_notation_writes_them() {
        assert_eq!(read("more", &true.into()).unwrap().payload.0, b"{}");
        let cose = read("signatureEnvelopeType", &"application/cose".into()).unwrap();
        assert_eq!(cose.signature_envelope_type, SignatureEnvelopeType::Cose);
        assert_eq!(
            read("expiryDurationInSeconds", &86400.into()).unwrap().expiry_duration_in_seconds,
            Some(86400)
        );
    }

    #[test]
    fn what_cannot_be_signed_is_named() {
        for (member, wrong) in [
            ("keyId", "release"),
            ("signatureEnvelopeType", "application/pkcs7"),
            ("payload", "e30"),
            ("expiryDurationInSeconds", "1h"),
        ] {
            let error = read(member, &wrong.into()).unwrap_err();
            assert!(error.message().contains(member), "{member}: {error:?}");
        }
    }

    #[test]
    fn no_expiry_is_the_profiles_own() {
        for none in [None, Some(0)] {
            assert_eq!(expiry(none).unwrap(), None);
        }
        assert_eq!(expiry(Some(86400)).unwrap().map(i64::from), Some(86400));
        assert!(expiry(Some(-1)).is_err());
        assert!(read("expiryDurationInSeconds", &u64::MAX.into()).is_err());
    }

    #[test]
    fn who_signed_is_known() {
        let arn = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release/awUPb84ibN";
        let metadata = |value: &str| BTreeMap::from([(PROFILE_VERSION.to_owned(), value.to_owned())]);
        assert_eq!(signed_by(&metadata(arn)).unwrap().to_string(), arn);
        assert!(signed_by(&metadata("release")).is_err());
        assert!(signed_by(&BTreeMap::new()).is_err());
    }
}
