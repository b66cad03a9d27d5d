//! Revocation: what is revoked, since when and why.

use crate::account::AccountId;
use crate::arn::{Arn, Resource};
use crate::certificate::CertificateHash;
use crate::exception::Exception;
use crate::newtype::{Malformed, Text, string_newtype};
use crate::operation::{Effect, Nothing, Operation, Reach, Request, Target};
use crate::timestamp::DateTime;
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

string_newtype! {
    /// Why something is revoked, in the words of whoever revoked it
    /// (AWS Signer model, shape `RevocationReasonString`).
    RevocationReason,
    Text::new("a reason: 1 to 500 characters", 1..=500, None, "the build host was compromised")
}

/// The most certificate hashes that one question names; the longest chain that notation accepts is far shorter.
const HASHES_LIMIT: usize = 50;

/// The hashes of a signature's chain, leaf first, exactly as the verifier wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Vec<CertificateHash>")]
#[schema(min_items = 1, max_items = 50)]
pub struct CertificateHashes(Vec<CertificateHash>);

impl TryFrom<Vec<CertificateHash>> for CertificateHashes {
    type Error = Malformed;

    fn try_from(hashes: Vec<CertificateHash>) -> Result<Self, Malformed> {
        if (1..=HASHES_LIMIT).contains(&hashes.len()) {
            Ok(Self(hashes))
        } else {
            Err(Malformed::new(&hashes.len().to_string(), "a count of certificate hashes: 1 to 50"))
        }
    }
}

impl CertificateHashes {
    /// The hashes as they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(CertificateHash::as_str)
    }
}

/// `GetRevocationStatus`: what of a signature is revoked.
#[derive(Debug, ToSchema)]
pub struct GetRevocationStatus;

/// Query of [`GetRevocationStatus`]; all of it is required.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetRevocationStatusQuery {
    /// The authentic signing time.
    pub signature_timestamp: DateTime,
    /// The platform that signed; only the Notation platform answers.
    #[schema(example = "Notation-OCI-SHA384-ECDSA")]
    pub platform_id: String,
    /// The profile version that signed.
    pub profile_version_arn: Arn,
    /// The job that signed.
    pub job_arn: Arn,
    /// The chain that signed.
    pub certificate_hashes: CertificateHashes,
}

/// Answer of [`GetRevocationStatus`]: echoes of the question, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetRevocationStatusOutput {
    /// Which of the profile version, the job and the certificates are revoked.
    pub revoked_entities: Vec<String>,
    /// Which of them this service never issued (a member of Hallmark's own; AWS clients ignore it). It is always there:
    /// an answer without it does not say what it knows.
    pub unknown_entities: Vec<String>,
}

impl Operation for GetRevocationStatus {
    const ACTION: &'static str = "signer:GetRevocationStatus";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/revocations";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation];
    // Who verifies is rarely who signed.
    const REACH: Reach = Reach::AnyAccount;
    type Path = Nothing;
    type Query = GetRevocationStatusQuery;
    type Body = Nothing;
    type Output = GetRevocationStatusOutput;

    fn resources(request: &Request<Self>, _: &AccountId) -> Vec<Target> {
        [&request.query.profile_version_arn, &request.query.job_arn].map(target).to_vec()
    }
}

/// Policy judges the profile, not its version.
fn target(arn: &Arn) -> Target {
    let resource = match &arn.resource {
        Resource::ProfileVersion(name, _) => Resource::SigningProfile(name.clone()),
        other => other.clone(),
    };
    Target { owner: arn.account.clone(), resource }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_192_hexadecimal_digits() {
        let hashes = |list: &[&str]| serde_json::from_value::<CertificateHashes>(list.into());
        let right = "0123456789abcdef".repeat(12);
        assert!(hashes(&[&right, &right]).is_ok());
        assert!(hashes(&[]).is_err());
        assert!(hashes(&vec![right.as_str(); 51]).is_err());
        assert!(
            hashes(&[&right, "aa"]).unwrap_err().to_string().starts_with("'aa' is not a certificate hash")
        );
        assert!(hashes(&[&right.replace('0', "g")]).is_err());
    }
}
