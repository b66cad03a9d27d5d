//! What a profile sets otherwise than its platform.

use crate::algorithm::{EncryptionAlgorithm, HashAlgorithm, ImageFormat};
use crate::object;
use crate::platform::SigningPlatform;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a profile sets otherwise than its platform (AWS Signer model, shape `SigningPlatformOverrides`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningPlatformOverrides {
    /// The algorithms.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub signing_configuration: Option<SigningConfigurationOverrides>,
    /// The image format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_image_format: Option<ImageFormat>,
}

/// The algorithms of [`SigningPlatformOverrides`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningConfigurationOverrides {
    /// How to encrypt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_algorithm: Option<EncryptionAlgorithm>,
    /// How to hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_algorithm: Option<HashAlgorithm>,
}

/// An override that its platform does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("overrides.{member}: {given} is not allowed on the platform {platform}, which has {allowed}")]
pub struct ForbiddenOverride {
    member: &'static str,
    given: String,
    platform: &'static str,
    allowed: String,
}

impl SigningPlatformOverrides {
    /// Holds each override against the values that the platform allows.
    pub fn check(&self, platform: &'static SigningPlatform) -> Result<(), ForbiddenOverride> {
        let algorithms = self.signing_configuration;
        let configuration = &platform.signing_configuration;
        allowed(
            platform,
            "signingConfiguration.encryptionAlgorithm",
            algorithms.and_then(|algorithms| algorithms.encryption_algorithm),
            configuration.encryption_algorithm_options.allowed_values,
        )?;
        allowed(
            platform,
            "signingConfiguration.hashAlgorithm",
            algorithms.and_then(|algorithms| algorithms.hash_algorithm),
            configuration.hash_algorithm_options.allowed_values,
        )?;
        let formats =
            platform.signing_image_format.as_ref().map_or(&[][..], |format| format.supported_formats);
        allowed(platform, "signingImageFormat", self.signing_image_format, formats)
    }
}

fn allowed<T: std::fmt::Debug + PartialEq>(
    platform: &'static SigningPlatform,
    member: &'static str,
    given: Option<T>,
    allowed: &[T],
) -> Result<(), ForbiddenOverride> {
    match given {
        Some(given) if !allowed.contains(&given) => Err(ForbiddenOverride {
            member,
            given: format!("{given:?}"),
            platform: platform.id,
            allowed: if allowed.is_empty() { "none".to_owned() } else { format!("{allowed:?}") },
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{NOTATION, PlatformId};

    #[test]
    fn overrides_are_held_against_the_platform() {
        let overrides = |text: &str| serde_json::from_str::<SigningPlatformOverrides>(text).unwrap();
        let check =
            |id: &str, text: &str| overrides(text).check(id.parse::<PlatformId>().unwrap().platform());
        let (rsa, sha1) = (
            r#"{"signingConfiguration":{"encryptionAlgorithm":"RSA"}}"#,
            r#"{"signingConfiguration":{"hashAlgorithm":"SHA1"}}"#,
        );
        let embedded = r#"{"signingImageFormat":"JSONEmbedded"}"#;
        for (id, text) in [
            ("AmazonFreeRTOS-Default", rsa),
            ("AmazonFreeRTOS-Default", embedded),
            ("AmazonFreeRTOS-TI-CC3220SF", sha1),
            (NOTATION.id, "{}"),
            (NOTATION.id, r#"{"signingConfiguration":{"hashAlgorithm":"SHA384"}}"#),
        ] {
            assert_eq!(check(id, text), Ok(()), "{id} {text}");
        }
        for (id, text, sentence) in [
            ("AWSLambda-SHA384-ECDSA", rsa, "signingConfiguration.encryptionAlgorithm: RSA"),
            ("AmazonFreeRTOS-Default", sha1, "signingConfiguration.hashAlgorithm: SHA1"),
            ("AWSLambda-SHA384-ECDSA", embedded, "which has [JSONDetached]"),
            (NOTATION.id, embedded, "which has none"),
        ] {
            let error = check(id, text).unwrap_err().to_string();
            assert!(error.contains(sentence), "{error}");
        }
    }
}
