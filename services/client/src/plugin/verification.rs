//! `verify-signature`: whether whoever signed is trusted, and whether the signature is revoked.

use super::attributes::{Attributes, CriticalAttributes, JOB, PROFILE_VERSION};
use super::capability::{Capability, Verification};
use super::chain::SignedWith;
use super::config::PluginConfig;
use super::error::PluginError;
use super::identity::TrustedIdentities;
use super::request;
use crate::connection::Connection;
use crate::revocation;
use hallmark_api::base64::Base64;
use hallmark_api::platform::NOTATION;
use hallmark_api::revocation::GetRevocationStatusQuery;
use hallmark_api::timestamp::DateTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerifySignature {
    signature: Signature,
    trust_policy: TrustPolicy,
    #[serde(default)]
    plugin_config: PluginConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    critical_attributes: CriticalAttributes,
    certificate_chain: Vec<Base64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrustPolicy {
    trusted_identities: Option<Vec<String>>,
    signature_verification: Vec<Verification>,
}

/// What came of a verification.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verified {
    verification_results: BTreeMap<Capability, VerificationResult>,
    processed_attributes: [&'static str; 2],
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct VerificationResult {
    success: bool,
    reason: String,
}

impl VerificationResult {
    fn new(outcome: Result<String, String>) -> Self {
        let success = outcome.is_ok();
        Self { success, reason: outcome.unwrap_or_else(|reason| reason) }
    }
}

/// `verify-signature`. A signature that is understood has a result for everything that was asked; one that is not, or
/// about which the service cannot be asked, is an error.
pub(super) async fn verify(request: &[u8]) -> Result<Verified, PluginError> {
    let request: VerifySignature = request::parse(request)?;
    let asked = &request.trust_policy.signature_verification;
    if asked.is_empty() {
        return Err(PluginError::validation("signatureVerification: nothing is asked for"));
    }
    let attributes = Attributes::try_from(request.signature.critical_attributes)?;
    let chain: Vec<_> = request.signature.certificate_chain.iter().map(|der| der.0.as_slice()).collect();
    let signed_with = SignedWith::read(&chain)?;
    signed_with.check_names(&attributes)?;

    let mut results = BTreeMap::new();
    if asked.contains(&Verification::TrustedIdentity) {
        let identities = request.trust_policy.trusted_identities.unwrap_or_default();
        let trusted = judge_identity(&TrustedIdentities::read(&identities)?, &attributes);
        results.insert(Capability::TrustedIdentity, VerificationResult::new(trusted));
    }
    if asked.contains(&Verification::RevocationCheck) {
        let revoked = judge_revocation(request.plugin_config, attributes, &signed_with).await?;
        let revoked = revoked.map(|()| "the service knows the signature and it is not revoked".to_owned());
        results.insert(Capability::RevocationCheck, VerificationResult::new(revoked));
    }
    Ok(Verified { verification_results: results, processed_attributes: [PROFILE_VERSION, JOB] })
}

fn judge_identity(trusted: &TrustedIdentities, attributes: &Attributes) -> Result<String, String> {
    let signed_by = &attributes.profile_version;
    if trusted.include(signed_by) {
        Ok(format!("{signed_by} is trusted"))
    } else {
        Err(format!("{signed_by} signed, which is none of the trusted identities"))
    }
}

async fn judge_revocation(
    config: PluginConfig,
    attributes: Attributes,
    signed_with: &SignedWith,
) -> Result<Result<(), String>, PluginError> {
    let query = GetRevocationStatusQuery {
        signature_timestamp: DateTime(attributes.signing_time),
        platform_id: NOTATION.id.to_owned(),
        profile_version_arn: attributes.profile_version,
        job_arn: attributes.job,
        certificate_hashes: signed_with.hashes()?,
    };
    let connection = Connection::with_one_deadline(config.settings(&query.profile_version_arn.region).await?);
    Ok(revocation::check(&connection, query, |entity| signed_with.name(entity)).await?)
}

#[cfg(test)]
mod tests {
    use super::super::error::ErrorCode;
    use super::*;
    use crate::sample::{leaf, root};
    use hallmark_pki::Certificate;
    use serde_json::{Value, json};

    const PROFILE: &str = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release";
    const TRUSTED_IDENTITY: &str = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY";

    fn asked(capabilities: &[&str], identities: &Value) -> Result<Value, PluginError> {
        asked_of(&leaf("123456789012", "release", "awUPb84ibN"), capabilities, identities)
    }

    fn asked_of(leaf: &Certificate, capabilities: &[&str], identities: &Value) -> Result<Value, PluginError> {
        let request = json!({
            "contractVersion": "1.0",
            "signature": {
                "criticalAttributes": {
                    "contentType": "application/vnd.cncf.notary.payload.v1+json",
                    "signingScheme": "notary.x509.signingAuthority",
                    "expiry": "0001-01-01T00:00:00Z",
                    "authenticSigningTime": "2026-11-21T12:00:00Z",
                    "extendedAttributes": {
                        PROFILE_VERSION: format!("{PROFILE}/awUPb84ibN"),
                        JOB: "arn:aws:signer:us-east-1:123456789012:/signing-jobs/\
                              0197f7a0-0000-7000-8000-000000000000",
                    },
                },
                "unprocessedAttributes": null,
                "certificateChain": [Base64(leaf.der().to_vec())],
            },
            "trustPolicy": {"trustedIdentities": identities, "signatureVerification": capabilities},
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime
            .block_on(verify(request.to_string().as_bytes()))
            .map(|verified| serde_json::to_value(verified).unwrap())
    }

    #[test]
    fn only_what_was_asked_is_answered_and_without_network() {
        let verified = asked(&[TRUSTED_IDENTITY], &json!([PROFILE])).unwrap();
        assert_eq!(
            verified,
            json!({
                "verificationResults": {
                    TRUSTED_IDENTITY: {"success": true, "reason": format!("{PROFILE}/awUPb84ibN is trusted")},
                },
                "processedAttributes": [PROFILE_VERSION, JOB],
            })
        );
    }

    #[test]
    fn another_identity_is_a_result_and_no_identity_an_error() {
        let verified = asked(&[TRUSTED_IDENTITY], &json!([format!("{PROFILE}2")])).unwrap();
        assert_eq!(verified["verificationResults"][TRUSTED_IDENTITY]["success"], false);
        for wrong in [json!(["*"]), json!([PROFILE, "*"]), json!([]), json!(null)] {
            let error = asked(&[TRUSTED_IDENTITY], &wrong).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ValidationError, "{wrong}");
        }
    }

    #[test]
    fn whoever_signs_as_another_is_refused() {
        for (account, profile, version) in [
            ("123456789013", "release", "awUPb84ibN"),
            ("123456789012", "build", "awUPb84ibN"),
            ("123456789012", "release", "bwUPb84ibN"),
        ] {
            let refused = asked_of(&leaf(account, profile, version), &[TRUSTED_IDENTITY], &json!([PROFILE]));
            assert!(refused.unwrap_err().message().contains("contradicts"), "{account} {profile} {version}");
        }
        let no_profile = asked_of(&root("Release"), &[TRUSTED_IDENTITY], &json!([PROFILE]));
        assert!(no_profile.unwrap_err().message().contains("contradicts"));
    }

    #[test]
    fn what_cannot_be_verified_is_refused() {
        for wrong in [&[][..], &["SIGNATURE_VERIFIER.MORE"], &["SIGNATURE_GENERATOR.ENVELOPE"]] {
            assert_eq!(asked(wrong, &json!([PROFILE])).unwrap_err().code(), ErrorCode::ValidationError);
        }
    }
}
