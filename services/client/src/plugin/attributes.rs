//! What a signature says of itself: the signed attributes that notation hands on.

use super::error::PluginError;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::verification_plugin::VerificationPlugin;
use hallmark_notary::SigningScheme;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The attribute that names the profile version that signed.
pub(super) const PROFILE_VERSION: &str = VerificationPlugin::Hallmark.profile_version_attribute();
/// The attribute that names the job.
pub(super) const JOB: &str = VerificationPlugin::Hallmark.job_attribute();

/// The signed attributes as notation hands them on; whether they have expired it judges itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CriticalAttributes {
    signing_scheme: String,
    authentic_signing_time: Option<String>,
    #[serde(default)]
    extended_attributes: Option<BTreeMap<String, Value>>,
}

/// The signed attributes of a signature of this service's kind, which agree with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attributes {
    /// When it was signed.
    pub(super) signing_time: OffsetDateTime,
    /// The ARN of the profile version that signed.
    pub(super) profile_version: Arn,
    /// The ARN of the job.
    pub(super) job: Arn,
}

impl TryFrom<CriticalAttributes> for Attributes {
    type Error = PluginError;

    fn try_from(given: CriticalAttributes) -> Result<Self, PluginError> {
        let scheme = SigningScheme::X509SigningAuthority.as_str();
        if given.signing_scheme != scheme {
            return Err(PluginError::validation(format!(
                "the signature is of the scheme {:?}; a signature with these attributes is of {scheme}",
                given.signing_scheme
            )));
        }
        let signing_time = signing_time(given.authentic_signing_time.as_deref())?;
        let extended = given.extended_attributes.unwrap_or_default();
        let profile_version = attribute(&extended, PROFILE_VERSION)?;
        if !matches!(profile_version.resource, Resource::ProfileVersion(..)) {
            return Err(PluginError::validation(format!(
                "{PROFILE_VERSION} is {profile_version}, which is no profile version"
            )));
        }
        let job = attribute(&extended, JOB)?;
        if !matches!(job.resource, Resource::SigningJob(_)) {
            return Err(PluginError::validation(format!("{JOB} is {job}, which is no signing job")));
        }
        if (&job.region, &job.account) != (&profile_version.region, &profile_version.account) {
            return Err(PluginError::validation(format!(
                "the signature contradicts itself: {job} is not of the account and region of {profile_version}"
            )));
        }
        Ok(Self { signing_time, profile_version, job })
    }
}

fn signing_time(text: Option<&str>) -> Result<OffsetDateTime, PluginError> {
    let text = text.ok_or_else(|| {
        PluginError::validation(
            "authenticSigningTime: it is missing, so nobody vouches for the time of signing",
        )
    })?;
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        // The zero time of Go stands for none.
        .filter(|time| time.year() >= 1970)
        .ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            PluginError::validation(format!("authenticSigningTime: {text:?} is no time of signing"))
        })
}

fn attribute(attributes: &BTreeMap<String, Value>, name: &str) -> Result<Arn, PluginError> {
    let value = attributes.get(name).ok_or_else(|| {
        PluginError::validation(format!("the signature has no attribute {name}; Hallmark did not make it"))
    })?;
    let text = value.as_str().ok_or_else(|| PluginError::validation(format!("{name} is no text")))?;
    text.parse().map_err(|error| PluginError::validation(format!("{name}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    fn given() -> Value {
        json!({
            "contentType": "application/vnd.cncf.notary.payload.v1+json",
            "signingScheme": "notary.x509.signingAuthority",
            "expiry": "0001-01-01T00:00:00Z",
            "authenticSigningTime": "2026-11-21T14:00:00+02:00",
            "extendedAttributes": {
                PROFILE_VERSION: "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release/awUPb84ibN",
                JOB: "arn:aws:signer:us-east-1:123456789012:/signing-jobs/0197f7a0-0000-7000-8000-000000000000",
            },
        })
    }

    fn read(given: Value) -> Result<Attributes, PluginError> {
        serde_json::from_value::<CriticalAttributes>(given).unwrap().try_into()
    }

    fn with(pointer: &str, value: Value) -> Result<Attributes, PluginError> {
        let mut given = given();
        *given.pointer_mut(pointer).unwrap() = value;
        read(given)
    }

    #[test]
    fn a_signature_of_ours_is_understood() {
        let attributes = read(given()).unwrap();
        assert_eq!(attributes.signing_time, datetime!(2026-11-21 12:00 UTC));
        assert_eq!(attributes.job.account.as_str(), "123456789012");
    }

    #[test]
    fn any_doubt_is_an_error() {
        let version = format!("/extendedAttributes/{PROFILE_VERSION}");
        let job = format!("/extendedAttributes/{JOB}");
        let (of_version, of_job) = (given().pointer(&version).cloned(), given().pointer(&job).cloned());
        let (of_version, of_job) = (of_version.unwrap(), of_job.unwrap());
        let altered = |value: &Value, from: &str, to: &str| json!(value.as_str().unwrap().replace(from, to));
        for (pointer, value, reason) in [
            ("/signingScheme", json!("notary.x509"), "scheme"),
            ("/authenticSigningTime", json!(null), "missing"),
            ("/authenticSigningTime", json!("0001-01-01T00:00:00Z"), "no time"),
            ("/authenticSigningTime", json!("yesterday"), "no time"),
            ("/extendedAttributes", json!(null), "no attribute"),
            (&version, json!(7), "no text"),
            (&version, of_job.clone(), "no profile version"),
            (&version, altered(&of_version, "/awUPb84ibN", ""), "no profile version"),
            (&version, altered(&of_version, "123456789012", "123456789013"), "contradicts"),
            (&job, of_version.clone(), "no signing job"),
            (&job, altered(&of_job, "us-east-1", "us-east-2"), "contradicts"),
            (&job, altered(&of_job, "0197", "X197"), "not an ARN"),
        ] {
            let error = with(pointer, value).unwrap_err();
            assert!(error.message().contains(reason), "{pointer}: {error:?}");
        }
    }
}
