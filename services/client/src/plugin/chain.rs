//! The chain of a signature, as notation hands it on.

use super::attributes::Attributes;
use super::error::PluginError;
use crate::certified::CertifiedProfile;
use hallmark_api::certificate::CertificateHash;
use hallmark_api::revocation::CertificateHashes;
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

    /// Sees that the leaf is for the profile version that the signature names: whoever has the key of another
    /// certificate can sign any name.
    pub(super) fn check_names(&self, attributes: &Attributes) -> Result<(), PluginError> {
        let named = &attributes.profile_version;
        let Some(leaf) = self.certificates.first() else {
            return Err(PluginError::validation("certificateChain: it is empty"));
        };
        let wrong = |whom: &dyn std::fmt::Display| {
            PluginError::validation(format!(
                "the signature contradicts itself: it names {named}, but its certificate is for {whom}"
            ))
        };
        let certified =
            CertifiedProfile::of(leaf).ok_or_else(|| wrong(&format!("{:?}", leaf.subject_text())))?;
        if certified.is_named_by(named) { Ok(()) } else { Err(wrong(&certified)) }
    }

    /// What the service is asked about.
    pub(super) fn hashes(&self) -> Result<CertificateHashes, PluginError> {
        CertificateHashes::try_from(self.hashes.clone()).map_err(|error| wrong(&error))
    }

    /// The certificate that the service calls so, for people; whatever else it names as it stands.
    pub(super) fn name(&self, entity: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::root;

    #[test]
    fn a_root_stands_for_its_own_parent() {
        let signed_with = SignedWith::read(&[root("Root").der()]).unwrap();
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
    fn certificates_are_named_for_people() {
        let signed_with = SignedWith::read(&[root("Root").der()]).unwrap();
        assert!(signed_with.name(signed_with.hashes[0].as_str()).contains("Root"));
        assert_eq!(signed_with.name("arn:aws:signer:\u{1b}x"), "arn:aws:signer:\\u{1b}x");
    }
}
