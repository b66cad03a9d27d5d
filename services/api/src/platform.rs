//! Signing platforms: what a profile can sign for.

use crate::account::AccountId;
use crate::algorithm::{EncryptionAlgorithm, HashAlgorithm, ImageFormat};
use crate::exception::Exception;
use crate::newtype::Malformed;
use crate::operation::{Effect, MaxResults, Nothing, Operation, Request, Target};
use http::Method;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What a platform can be set to, and what it is set to otherwise (AWS Signer model, shapes
/// `EncryptionAlgorithmOptions` and `HashAlgorithmOptions`).
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlgorithmOptions<T: 'static> {
    /// What a profile may choose.
    pub allowed_values: &'static [T],
    /// What is taken when it does not.
    pub default_value: T,
}

/// The algorithms of a platform (AWS Signer model, shape `SigningConfiguration`).
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningConfiguration {
    /// How it encrypts.
    pub encryption_algorithm_options: AlgorithmOptions<EncryptionAlgorithm>,
    /// How it hashes.
    pub hash_algorithm_options: AlgorithmOptions<HashAlgorithm>,
}

/// The image formats of a platform (AWS Signer model, shape `SigningImageFormat`).
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningImageFormat {
    /// What a profile may choose.
    pub supported_formats: &'static [ImageFormat],
    /// What is taken when it does not.
    pub default_format: ImageFormat,
}

/// A signing platform, as it travels (AWS Signer model, shape `SigningPlatform`); the table of them is
/// [`PLATFORMS`].
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningPlatform {
    /// The id by which requests name it.
    #[serde(rename = "platformId")]
    #[schema(example = "Notation-OCI-SHA384-ECDSA")]
    pub id: &'static str,
    /// The name that people are shown.
    #[schema(example = "Notation for container registries")]
    pub display_name: &'static str,
    /// Who works with its signatures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "AWSLambda")]
    pub partner: Option<&'static str>,
    /// What its signatures are checked as.
    #[schema(example = "SHA384-ECDSA")]
    pub target: &'static str,
    /// Its kind.
    #[schema(example = "External")]
    pub category: &'static str,
    /// Its algorithms.
    pub signing_configuration: SigningConfiguration,
    /// Its image formats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_image_format: Option<SigningImageFormat>,
    /// The most megabytes of code that it signs.
    #[serde(rename = "maxSizeInMB", skip_serializing_if = "Option::is_none")]
    pub max_size_in_mb: Option<u32>,
    /// Whether its signatures can be revoked.
    pub revocation_supported: bool,
    /// Whether its profiles name an ACM certificate as signing material.
    #[serde(skip)]
    pub signing_material: SigningMaterialRule,
}

/// Whether profiles of a platform bring their own certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningMaterialRule {
    /// The service keeps the keys; naming a certificate is refused.
    Refused,
    /// A certificate must be named.
    Required,
}

const fn configuration(
    encryption: &'static [EncryptionAlgorithm],
    hash: &'static [HashAlgorithm],
) -> SigningConfiguration {
    SigningConfiguration {
        encryption_algorithm_options: AlgorithmOptions {
            allowed_values: encryption,
            default_value: encryption[0],
        },
        hash_algorithm_options: AlgorithmOptions { allowed_values: hash, default_value: hash[0] },
    }
}

const fn formats(formats: &'static [ImageFormat]) -> SigningImageFormat {
    SigningImageFormat { supported_formats: formats, default_format: formats[0] }
}

/// The platform that [`SignPayload`](crate::payload_job::SignPayload) serves. AWS does not publish its partner,
/// image format and size; members of which nothing is known are left out, for what is not there
/// promises nothing.
pub const NOTATION: &SigningPlatform = &SigningPlatform {
    id: "Notation-OCI-SHA384-ECDSA",
    display_name: "Notation for container registries",
    partner: None,
    target: "SHA384-ECDSA",
    category: "External",
    signing_configuration: configuration(&[EncryptionAlgorithm::ECDSA], &[HashAlgorithm::SHA384]),
    signing_image_format: None,
    max_size_in_mb: None,
    revocation_supported: true,
    signing_material: SigningMaterialRule::Refused,
};

/// Every platform that a profile can be put for, by id (as AWS Signer lists them; its display names and
/// categories are kept to the letter, the trailing space included).
pub const PLATFORMS: &[&SigningPlatform] = &[
    &SigningPlatform {
        id: "AWSIoTDeviceManagement-SHA256-ECDSA",
        display_name: "AWS IoT Device Management SHA256-ECDSA ",
        partner: Some("AWSIoTDeviceManagement"),
        target: "SHA256-ECDSA",
        category: "AWS",
        signing_configuration: configuration(&[EncryptionAlgorithm::ECDSA], &[HashAlgorithm::SHA256]),
        signing_image_format: Some(formats(&[ImageFormat::JSONDetached])),
        max_size_in_mb: Some(2048),
        revocation_supported: false,
        signing_material: SigningMaterialRule::Required,
    },
    &SigningPlatform {
        id: "AWSLambda-SHA384-ECDSA",
        display_name: "AWS Lambda",
        partner: Some("AWSLambda"),
        target: "SHA384-ECDSA",
        category: "AWS",
        signing_configuration: configuration(&[EncryptionAlgorithm::ECDSA], &[HashAlgorithm::SHA384]),
        signing_image_format: Some(formats(&[ImageFormat::JSONDetached])),
        max_size_in_mb: Some(250),
        revocation_supported: true,
        signing_material: SigningMaterialRule::Refused,
    },
    &SigningPlatform {
        id: "AmazonFreeRTOS-Default",
        display_name: "Amazon FreeRTOS SHA256-ECDSA",
        partner: Some("AmazonFreeRTOS"),
        target: "SHA256-ECDSA",
        category: "AWS",
        signing_configuration: configuration(
            &[EncryptionAlgorithm::ECDSA, EncryptionAlgorithm::RSA],
            &[HashAlgorithm::SHA256],
        ),
        signing_image_format: Some(formats(&[ImageFormat::JSONEmbedded])),
        max_size_in_mb: Some(16),
        revocation_supported: false,
        signing_material: SigningMaterialRule::Required,
    },
    &SigningPlatform {
        id: "AmazonFreeRTOS-TI-CC3220SF",
        display_name: "Amazon FreeRTOS SHA1-RSA CC3220SF-Format",
        partner: Some("AmazonFreeRTOS"),
        target: "SHA1-RSA-TISHA1",
        category: "AWS",
        signing_configuration: configuration(&[EncryptionAlgorithm::RSA], &[HashAlgorithm::SHA1]),
        signing_image_format: Some(formats(&[ImageFormat::JSONEmbedded])),
        max_size_in_mb: Some(16),
        revocation_supported: false,
        signing_material: SigningMaterialRule::Required,
    },
    NOTATION,
];

/// The id of a known platform.
#[derive(Debug, Clone, Copy)]
pub struct PlatformId(&'static SigningPlatform);

impl PlatformId {
    /// The platform that the id names.
    pub fn platform(self) -> &'static SigningPlatform {
        self.0
    }

    /// The id as it travels.
    pub fn as_str(self) -> &'static str {
        self.0.id
    }
}

impl PartialSchema for PlatformId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The id of a known platform."))
            .enum_values(Some(PLATFORMS.iter().map(|platform| platform.id)))
            .examples([NOTATION.id])
            .into()
    }
}

impl ToSchema for PlatformId {}

impl PartialEq for PlatformId {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for PlatformId {}

impl std::fmt::Display for PlatformId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.id)
    }
}

impl std::str::FromStr for PlatformId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let known = PLATFORMS.iter().find(|platform| platform.id == text);
        known
            .map(|platform| Self(platform))
            .ok_or_else(|| Malformed::new(text, "a signing platform; ListSigningPlatforms names them all"))
    }
}

impl Serialize for PlatformId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.id)
    }
}

impl<'de> Deserialize<'de> for PlatformId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// `ListSigningPlatforms`.
#[derive(Debug, ToSchema)]
pub struct ListSigningPlatforms;

/// Query of [`ListSigningPlatforms`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSigningPlatformsQuery {
    /// Only platforms of this category.
    #[schema(example = "External")]
    pub category: Option<String>,
    /// Only platforms of this partner.
    #[schema(example = "AWSLambda")]
    pub partner: Option<String>,
    /// Only platforms with this target.
    #[schema(example = "SHA384-ECDSA")]
    pub target: Option<String>,
    /// Entries in one page.
    pub max_results: Option<MaxResults>,
    /// Where the previous page ended.
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

impl ListSigningPlatformsQuery {
    /// The platforms that pass the filters, by id.
    pub fn matches(&self) -> impl Iterator<Item = &'static SigningPlatform> {
        let is = |filter: &Option<String>, value: Option<&str>| {
            filter.as_deref().is_none_or(|wanted| value == Some(wanted))
        };
        PLATFORMS.iter().copied().filter(move |platform| {
            is(&self.category, Some(platform.category))
                && is(&self.partner, platform.partner)
                && is(&self.target, Some(platform.target))
        })
    }
}

/// Answer of [`ListSigningPlatforms`].
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSigningPlatformsOutput {
    /// The platforms, by id.
    pub platforms: Vec<&'static SigningPlatform>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

impl Operation for ListSigningPlatforms {
    const ACTION: &'static str = "signer:ListSigningPlatforms";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-platforms";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation];
    type Path = Nothing;
    type Query = ListSigningPlatformsQuery;
    type Body = Nothing;
    type Output = ListSigningPlatformsOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// `GetSigningPlatform`.
#[derive(Debug, ToSchema)]
pub struct GetSigningPlatform;

/// Path of [`GetSigningPlatform`]. Any text will do: the model knows no invalid id, only an unknown one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlatformPath {
    /// The platform.
    #[schema(example = "Notation-OCI-SHA384-ECDSA")]
    pub platform_id: String,
}

impl Operation for GetSigningPlatform {
    const ACTION: &'static str = "signer:GetSigningPlatform";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/signing-platforms/{platformId}";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = PlatformPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = SigningPlatform;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_platforms_have_an_id() {
        for platform in PLATFORMS {
            assert_eq!(platform.id.parse::<PlatformId>().unwrap().as_str(), platform.id);
        }
        let error = "notation".parse::<PlatformId>().unwrap_err().to_string();
        assert!(error.starts_with("'notation' is not a signing platform"), "{error}");
    }

    #[test]
    fn the_table_is_in_the_order_that_paging_relies_on() {
        assert!(PLATFORMS.is_sorted_by(|a, b| a.id < b.id));
    }

    #[test]
    fn platforms_travel_as_the_model_says() {
        let platform = "AmazonFreeRTOS-Default".parse::<PlatformId>().unwrap().platform();
        assert_eq!(
            serde_json::to_value(platform).unwrap(),
            serde_json::json!({
                "platformId": "AmazonFreeRTOS-Default",
                "displayName": "Amazon FreeRTOS SHA256-ECDSA",
                "partner": "AmazonFreeRTOS",
                "target": "SHA256-ECDSA",
                "category": "AWS",
                "signingConfiguration": {
                    "encryptionAlgorithmOptions": {"allowedValues": ["ECDSA", "RSA"], "defaultValue": "ECDSA"},
                    "hashAlgorithmOptions": {"allowedValues": ["SHA256"], "defaultValue": "SHA256"},
                },
                "signingImageFormat": {"supportedFormats": ["JSONEmbedded"], "defaultFormat": "JSONEmbedded"},
                "maxSizeInMB": 16,
                "revocationSupported": false,
            })
        );
    }
}
