//! The revocation check: what the service says of a signature, and what that means.

use super::attributes::Attributes;
use super::config::PluginConfig;
use super::error::PluginError;
use crate::connection::Connection;
use hallmark_api::certificate::CertificateHash;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::platform::NOTATION;
use hallmark_api::revocation::{
    CertificateHashes, GetRevocationStatus, GetRevocationStatusOutput, GetRevocationStatusQuery,
};
use hallmark_api::timestamp::DateTime;
use hallmark_pki::Certificate;

/// A chain as it was received, leaf first, and what the service calls its certificates.
#[derive(Debug)]
pub(super) struct SignedWith {
    certificates: Vec<Certificate>,
    hashes: Vec<CertificateHash>,
}

impl SignedWith {
    /// Reads a chain, leaf first.
    pub(super) fn read(chain: &[&[u8]]) -> Result<Self, PluginError> {
        let read: Result<Vec<_>, _> = chain.iter().map(|der| Certificate::from_der(der)).collect();
        let certificates = read.map_err(|error| wrong(&error))?;
        let parents = certificates.iter().skip(1).chain(certificates.last());
        let hashes = certificates.iter().zip(parents).map(|(child, parent)| hash(child, parent));
        Ok(Self { hashes: hashes.collect::<Result<_, _>>()?, certificates })
    }

    fn hashes(&self) -> Result<CertificateHashes, PluginError> {
        CertificateHashes::try_from(self.hashes.clone()).map_err(|error| wrong(&error))
    }

    /// The certificate that the service calls so, for people; whatever else it names as it stands.
    fn name(&self, entity: &str) -> String {
        let named = self.hashes.iter().zip(&self.certificates).find(|(hash, _)| hash.as_str() == entity);
        named.map_or_else(
            || entity.chars().take(256).flat_map(char::escape_debug).collect(),
            |(_, certificate)| format!("the certificate {:?}", certificate.subject_text()),
        )
    }
}

fn hash(child: &Certificate, parent: &Certificate) -> Result<CertificateHash, PluginError> {
    hallmark_pki::CertificateHash::new(child, parent).to_string().parse().map_err(|error| wrong(&error))
}

fn wrong(error: &dyn std::fmt::Display) -> PluginError {
    PluginError::validation(format!("certificateChain: {error}"))
}

/// Asks whether the signature, its profile version or a certificate is revoked. `Err` is for no answer, `Ok(Err)` for
/// one that forbids trust, in a sentence.
pub(super) async fn check(
    config: PluginConfig,
    attributes: &Attributes,
    signed_with: &SignedWith,
) -> Result<Result<(), String>, PluginError> {
    let query = GetRevocationStatusQuery {
        signature_timestamp: DateTime(attributes.signing_time),
        platform_id: NOTATION.id.to_owned(),
        profile_version_arn: attributes.profile_version.clone(),
        job_arn: attributes.job.clone(),
        certificate_hashes: signed_with.hashes()?,
    };
    let connection =
        Connection::with_one_deadline(config.settings(&attributes.profile_version.region).await?);
    let request = Request::<GetRevocationStatus> { path: Nothing {}, query, body: Nothing {} };
    let status = connection.send(&request).await?;
    Ok(judge(&status, signed_with))
}

/// Nothing may be revoked, and nothing unknown: what the service never issued it will never revoke either.
fn judge(status: &GetRevocationStatusOutput, signed_with: &SignedWith) -> Result<(), String> {
    let names = |entities: &[String]| {
        entities.iter().map(|entity| signed_with.name(entity)).collect::<Vec<_>>().join(", ")
    };
    if !status.revoked_entities.is_empty() {
        return Err(format!("revoked: {}", names(&status.revoked_entities)));
    }
    if !status.unknown_entities.is_empty() {
        return Err(format!("not issued by this service: {}", names(&status.unknown_entities)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use hallmark_pki::{SerialNumber, SigningKey, Subject, Validity, self_signed_root};
    use time::macros::datetime;

    fn root() -> Vec<u8> {
        let key = SigningKey::generate(&SystemRandom::new()).unwrap();
        let validity = Validity::new(datetime!(2026-01-01 0:00 UTC), datetime!(2046-01-01 0:00 UTC)).unwrap();
        let subject = Subject {
            country: "US".to_owned(),
            state: "WA".to_owned(),
            organization: "Example".to_owned(),
            organizational_unit: None,
            common_name: "Root".to_owned(),
            serial_number: None,
        };
        let serial_number = SerialNumber::from_bytes(&[1]).unwrap();
        self_signed_root(&key, &subject, &serial_number, &validity).unwrap().der().to_vec()
    }

    #[test]
    fn a_root_stands_for_its_own_parent() {
        let signed_with = SignedWith::read(&[&root()]).unwrap();
        let (own, parent) = signed_with.hashes[0].as_str().split_at(96);
        assert_eq!(own, parent);
        assert!(signed_with.hashes().is_ok());
    }

    #[test]
    fn broken_chains_are_refused() {
        assert!(SignedWith::read(&[b"no certificate"]).is_err());
        assert!(SignedWith::read(&[]).unwrap().hashes().is_err());
    }

    #[test]
    fn nothing_revoked_and_nothing_unknown_is_trusted() {
        let signed_with = SignedWith::read(&[&root()]).unwrap();
        let status = |revoked: &[&str], unknown: &[&str]| GetRevocationStatusOutput {
            revoked_entities: revoked.iter().map(ToString::to_string).collect(),
            unknown_entities: unknown.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(judge(&status(&[], &[]), &signed_with), Ok(()));
        let revoked = judge(&status(&["arn:aws:signer:x"], &[]), &signed_with).unwrap_err();
        assert_eq!(revoked, "revoked: arn:aws:signer:x");
        let unknown = judge(&status(&[], &[signed_with.hashes[0].as_str()]), &signed_with).unwrap_err();
        assert!(
            unknown.starts_with("not issued by this service: the certificate") && unknown.contains("Example")
        );
        assert!(judge(&status(&["anything"], &["at all"]), &signed_with).is_err());
    }

    #[test]
    fn an_answer_that_does_not_say_what_it_knows_is_no_answer() {
        assert!(serde_json::from_str::<GetRevocationStatusOutput>(r#"{"revokedEntities":[]}"#).is_err());
        assert!(serde_json::from_str::<GetRevocationStatusOutput>(r#"{"unknownEntities":[]}"#).is_err());
        assert!(serde_json::from_str::<GetRevocationStatusOutput>("{}").is_err());
    }
}
