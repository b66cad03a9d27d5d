//! Signing platforms: what a profile can sign for.

use crate::newtype::Malformed;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A signing platform; the table of them is [`PLATFORMS`].
#[derive(Debug)]
pub struct SigningPlatform {
    /// The id by which requests name it.
    pub id: &'static str,
    /// The name that people are shown.
    pub display_name: &'static str,
    /// Whether its profiles name an ACM certificate as signing material.
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

/// The platform that [`SignPayload`](crate::job::SignPayload) serves.
pub const NOTATION: &SigningPlatform = &SigningPlatform {
    id: "Notation-OCI-SHA384-ECDSA",
    display_name: "Notation for container registries",
    signing_material: SigningMaterialRule::Refused,
};

/// Every platform that a profile can be put for.
pub const PLATFORMS: &[&SigningPlatform] = &[NOTATION];

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
        PLATFORMS.iter().find(|platform| platform.id == text).map(|platform| Self(platform)).ok_or_else(
            || Malformed::new(text, "a signing platform of this service: Notation-OCI-SHA384-ECDSA"),
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_platforms_have_an_id() {
        assert_eq!("Notation-OCI-SHA384-ECDSA".parse::<PlatformId>().unwrap().as_str(), NOTATION.id);
        let error = "notation".parse::<PlatformId>().unwrap_err().to_string();
        assert!(error.starts_with("'notation' is not a signing platform"), "{error}");
    }
}
