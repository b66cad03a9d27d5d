//! The descriptor of the artifact that is signed (OCI image specification, `descriptor.md`).

use crate::json::Members;
use crate::media_type::{is_media_type, is_plain};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A descriptor that was read and found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
}

/// What is wrong with a descriptor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// Not an object.
    #[error("targetArtifact must be a JSON object")]
    NotAnObject,
    /// A member that notation does not know; it would refuse the envelope.
    #[error(
        "targetArtifact holds {name:?}; it may hold mediaType, digest, size, annotations, urls, data, platform \
         and artifactType"
    )]
    UnknownMember {
        /// Its name.
        name: String,
    },
    /// A member that every descriptor has.
    #[error("targetArtifact lacks {name}; it must hold mediaType, digest and size")]
    MissingMember {
        /// Its name.
        name: &'static str,
    },
    /// A member with a value that it must not have.
    #[error("targetArtifact.{name} must be {allowed}")]
    InvalidMember {
        /// Its name.
        name: &'static str,
        /// What its value may be.
        allowed: &'static str,
    },
}

/// A member of a descriptor: its name, what it may hold, and how that is told.
struct Rule {
    name: &'static str,
    allowed: &'static str,
    holds: fn(&str) -> bool,
}

const MEDIA_TYPE: Rule = Rule {
    name: "mediaType",
    allowed: "a media type such as \"application/vnd.oci.image.manifest.v1+json\"",
    holds: |value| string(value).is_some_and(|text| is_media_type(&text)),
};
const DIGEST: Rule = Rule {
    name: "digest",
    allowed: "\"sha256:\", \"sha384:\" or \"sha512:\" and the digest in lower-case hexadecimal",
    holds: |value| string(value).is_some_and(|text| is_digest(&text)),
};
const SIZE: Rule = Rule {
    name: "size",
    allowed: "a whole number from 0 to 9223372036854775807, written without fraction and exponent",
    holds: |value| size(value).is_some(),
};

const RULES: [Rule; 8] = [
    MEDIA_TYPE,
    DIGEST,
    SIZE,
    Rule {
        name: "annotations",
        allowed: "a JSON object whose values are all strings",
        holds: |value| {
            Members::read(value)
                .is_some_and(|members| members.0.iter().all(|(_, value)| string(value.get()).is_some()))
        },
    },
    Rule {
        name: "urls",
        allowed: "an array of strings",
        holds: |value| serde_json::from_str::<Vec<String>>(value).is_ok(),
    },
    Rule {
        name: "data",
        allowed: "a string of base64 with padding",
        holds: |value| string(value).is_some_and(|text| STANDARD.decode(text).is_ok()),
    },
    Rule { name: "platform", allowed: "a JSON object", holds: |value| Members::read(value).is_some() },
    Rule {
        name: "artifactType",
        allowed: "a media type such as \"application/vnd.example+json\"",
        holds: |value| string(value).is_some_and(|text| is_plain(&text)),
    },
];

impl Descriptor {
    /// Reads a descriptor from JSON without duplicate keys.
    pub(crate) fn read(value: &str) -> Result<Self, DescriptorError> {
        let members = Members::read(value).ok_or(DescriptorError::NotAnObject)?.0;
        for (name, value) in &members {
            let rule = RULES
                .iter()
                .find(|rule| rule.name == name)
                .ok_or_else(|| DescriptorError::UnknownMember { name: name.clone() })?;
            if !(rule.holds)(value.get()) {
                return Err(DescriptorError::InvalidMember { name: rule.name, allowed: rule.allowed });
            }
        }
        let value_of = |rule: Rule| {
            let found = members.iter().find(|(name, _)| name == rule.name);
            found.map(|(_, value)| value.get()).ok_or(DescriptorError::MissingMember { name: rule.name })
        };
        let text_of = |rule: Rule| {
            let Rule { name, allowed, .. } = rule;
            string(value_of(rule)?).ok_or(DescriptorError::InvalidMember { name, allowed })
        };
        let (media_type, digest) = (text_of(MEDIA_TYPE)?, text_of(DIGEST)?);
        let Rule { name, allowed, .. } = SIZE;
        let size = size(value_of(SIZE)?).ok_or(DescriptorError::InvalidMember { name, allowed })?;
        Ok(Self { media_type, digest, size })
    }
}

/// The text of a JSON string; none for any other value.
fn string(value: &str) -> Option<String> {
    serde_json::from_str(value).ok()
}

/// A digest of one of the algorithms that OCI registers and verifiers accept.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let bits = match algorithm {
        "sha256" => 256,
        "sha384" => 384,
        "sha512" => 512,
        _ => return false,
    };
    hex.len() == bits / 4 && hex.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'))
}

/// The size that a JSON number is, if it fits the 64 bits with a sign that readers in Go have for it.
fn size(value: &str) -> Option<u64> {
    let digits = value.bytes().all(|octet| octet.is_ascii_digit());
    value.parse::<i64>().ok().filter(|_| digits).and_then(|size| u64::try_from(size).ok())
}
