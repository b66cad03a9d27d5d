//! ARNs of signing profiles, profile versions and signing jobs.

use crate::account::{AccountId, Region};
use crate::job::JobId;
use crate::newtype::Malformed;
use crate::profile::{ProfileName, ProfileVersion};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What an [`Arn`] names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `/signing-profiles/NAME`
    SigningProfile(ProfileName),
    /// `/signing-profiles/NAME/VERSION`
    ProfileVersion(ProfileName, ProfileVersion),
    /// `/signing-jobs/UUID`
    SigningJob(JobId),
}

/// `arn:aws:signer:REGION:ACCOUNT:RESOURCE`, where the resource begins with a slash
/// (AWS Signer service authorization reference, resource types).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arn {
    /// The deployment's region.
    pub region: Region,
    /// The account that the resource belongs to.
    pub account: AccountId,
    /// What is named.
    pub resource: Resource,
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:signer:{}:{}:", self.region, self.account)?;
        match &self.resource {
            Resource::SigningProfile(name) => write!(f, "/signing-profiles/{name}"),
            Resource::ProfileVersion(name, version) => {
                write!(f, "/signing-profiles/{name}/{version}")
            }
            Resource::SigningJob(job) => write!(f, "/signing-jobs/{job}"),
        }
    }
}

impl FromStr for Arn {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        parse(text).ok_or_else(|| {
            Malformed::new(
                text,
                "an ARN of a signing profile, a profile version or a signing job \
                 (arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME[/VERSION] or …:/signing-jobs/ID)",
            )
        })
    }
}

fn parse(text: &str) -> Option<Arn> {
    let mut parts = text.strip_prefix("arn:aws:signer:")?.splitn(3, ':');
    let region = parts.next()?.parse().ok()?;
    let account = parts.next()?.parse().ok()?;
    let mut path = parts.next()?.strip_prefix('/')?.splitn(3, '/');
    let resource = match (path.next()?, path.next()?, path.next()) {
        ("signing-profiles", name, None) => Resource::SigningProfile(name.parse().ok()?),
        ("signing-profiles", name, Some(version)) => {
            Resource::ProfileVersion(name.parse().ok()?, version.parse().ok()?)
        }
        ("signing-jobs", job, None) => Resource::SigningJob(job.parse().ok()?),
        _ => return None,
    };
    Some(Arn { region, account, resource })
}

impl Serialize for Arn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Arn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What is known of an ARN before it is read: the pattern of its resource, and one that is right.
pub(crate) fn arn_schema(description: &str, resource: &str, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .min_length(Some(20))
        .max_length(Some(2048))
        .pattern(Some(format!("^arn:aws:signer:[a-z0-9-]{{1,32}}:[0-9]{{12}}:/{resource}$")))
        .examples([example])
        .into()
}

impl PartialSchema for Arn {
    fn schema() -> RefOr<Schema> {
        arn_schema(
            "ARN of a signing profile, a profile version or a signing job.",
            "(signing-profiles/[a-zA-Z0-9_]{2,64}(/[a-zA-Z0-9]{10})?\
             |signing-jobs/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
            "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release_images/awUPb84ibN",
        )
    }
}

impl ToSchema for Arn {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_read_back_as_written() {
        for text in [
            "arn:aws:signer:us-east-1:123456789012:/signing-profiles/my_profile",
            "arn:aws:signer:us-east-1:123456789012:/signing-profiles/my_profile/abcdeFGH12",
            "arn:aws:signer:eu-north-1:000000000001:/signing-jobs/0197f7a0-0000-7000-8000-000000000000",
        ] {
            assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_arns_are_refused() {
        for text in [
            "",
            "arn:aws:s3:us-east-1:123456789012:/signing-profiles/my_profile",
            "arn:aws:signer:us-east-1:12345678901:/signing-profiles/my_profile",
            "arn:aws:signer:us-east-1:123456789012:signing-profiles/my_profile",
            "arn:aws:signer:us-east-1:123456789012:/signing-profiles/my-profile",
            "arn:aws:signer:us-east-1:123456789012:/signing-profiles/my_profile/short",
            "arn:aws:signer:us-east-1:123456789012:/signing-profiles/my_profile/abcdefghij/x",
            "arn:aws:signer:us-east-1:123456789012:/signing-jobs/not-a-uuid",
            "arn:aws:signer:us-east-1:123456789012:/signing-jobs/0197F7A0-0000-7000-8000-000000000000",
            "arn:aws:signer:us-east-1:123456789012:/signing-jobs/0197f7a0-0000-7000-8000-000000000000/x",
        ] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}
