//! Issuers: a certificate with its key, and how what they issue is put together.

use crate::{Certificate, PkiError, PublicKey, SerialNumber, SigningKey, Subject, Validity};
use aws_lc_rs::rand::SystemRandom;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyIdMethod, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384,
    PublicKeyData, SignatureAlgorithm,
};
use std::fmt;

/// A certificate that may issue others, with its key.
pub struct Issuer {
    certificate: Certificate,
    key: SigningKey,
}

/// A root: names itself, certifies issuers, and is trusted because it is pinned.
pub fn self_signed_root(
    key: &SigningKey,
    subject: &Subject,
    serial_number: &SerialNumber,
    validity: &Validity,
) -> Result<Certificate, PkiError> {
    let mut parameters = parameters(key.public_key(), subject, serial_number, validity)?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let issued = parameters.self_signed(&Signer(key)).map_err(not_issued)?;
    Certificate::from_der(issued.der())
}

impl Issuer {
    /// An issuer; the certificate must be a CA's and the key the one that it certifies.
    pub fn new(certificate: Certificate, key: SigningKey) -> Result<Self, PkiError> {
        if certificate.public_key() != key.public_key() {
            return Err(PkiError::KeyMismatch { subject: certificate.subject_text().to_owned() });
        }
        let fitness = certificate.usage().check_issuer(0);
        fitness.map_err(|rule| certificate.unfit(rule))?;
        Ok(Self { certificate, key })
    }

    /// An issuer that nothing was asked of.
    #[cfg(test)]
    pub(crate) fn unchecked(certificate: Certificate, key: SigningKey) -> Self {
        Self { certificate, key }
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The key.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(crate) fn issue(
        &self,
        mut parameters: CertificateParams,
        key: &PublicKey,
        validity: &Validity,
    ) -> Result<Certificate, PkiError> {
        let own = self.certificate.validity();
        if !own.covers(validity) {
            return Err(PkiError::ValidityExceedsIssuer { validity: *validity, issuer: own });
        }
        parameters.use_authority_key_identifier_extension = true;
        let issuer = rcgen::Issuer::from_ca_cert_der(&self.certificate.der().into(), Signer(&self.key))
            .map_err(not_issued)?;
        let signed = parameters.signed_by(&Certified(key), &issuer).map_err(not_issued)?;
        let certificate = Certificate::from_der(signed.der())?;
        // The builder writes the issuer's name anew from its parts; verifiers compare octets.
        if certificate.issuer_der() != self.certificate.subject_der() {
            return Err(PkiError::NotIssued {
                reason: "the issuer's name cannot be copied octet by octet".to_owned(),
            });
        }
        Ok(certificate)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Issuer").field(&self.certificate).finish_non_exhaustive()
    }
}

pub(crate) fn parameters(
    key: &PublicKey,
    subject: &Subject,
    serial_number: &SerialNumber,
    validity: &Validity,
) -> Result<CertificateParams, PkiError> {
    key.check_own_kind()?;
    let mut parameters = CertificateParams::default();
    parameters.not_before = validity.not_before();
    parameters.not_after = validity.not_after();
    parameters.serial_number = Some(serial_number.as_bytes().to_vec().into());
    parameters.distinguished_name = subject.distinguished_name()?;
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(key.key_identifier());
    Ok(parameters)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(crate) fn not_issued(error: rcgen::Error) -> PkiError {
    PkiError::NotIssued { reason: error.to_string() }
}

/// A public key as the certificate builder sees it.
struct Certified<'a>(&'a PublicKey);

impl PublicKeyData for Certified<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.point()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P384_SHA384
    }
}

/// A signing key as the certificate builder sees it. The builder has no way to pass randomness
/// through; AWS-LC draws its nonces from its own generator whatever it is handed.
pub(crate) struct Signer<'a>(pub(crate) &'a SigningKey);

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().point()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P384_SHA384
    }
}

impl rcgen::SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign_der(&SystemRandom::new(), message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, days, serial, subject};
    use der::Decode;
    use x509_cert::ext::pkix::{AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier};

    fn parse(certificate: &Certificate) -> x509_cert::TbsCertificate {
        let parsed = x509_cert::Certificate::from_der(certificate.der()).unwrap();
        parsed.tbs_certificate().clone()
    }

    #[test]
    fn names_are_copied_octet_by_octet() {
        let [leaf, issuer, root] = fixture::hierarchy().try_into().unwrap();
        assert_eq!(leaf.issuer_der(), issuer.subject_der());
        assert_eq!(issuer.issuer_der(), root.subject_der());
        assert_eq!(root.issuer_der(), root.subject_der());
    }

    #[test]
    fn key_identifiers_link_the_hierarchy() {
        let hierarchy = fixture::hierarchy();
        let own = |certificate: &Certificate| {
            let (_, found) = parse(certificate).get_extension::<SubjectKeyIdentifier>().unwrap().unwrap();
            found.0.as_bytes().to_vec()
        };
        let parents = |certificate: &Certificate| {
            let found = parse(certificate).get_extension::<AuthorityKeyIdentifier>().unwrap();
            found.map(|(_, found)| found.key_identifier.unwrap().as_bytes().to_vec())
        };
        let [leaf, issuer, root] = &hierarchy[..] else { panic!() };
        assert_eq!(own(leaf), leaf.public_key().key_identifier());
        assert_eq!(parents(leaf), Some(own(issuer)));
        assert_eq!(parents(issuer), Some(own(root)));
        assert_eq!(parents(root), None);
    }

    #[test]
    fn usages_are_what_each_place_needs() {
        let [leaf, issuer, root] = fixture::hierarchy().try_into().unwrap();
        for authority in [&issuer, &root] {
            let (critical, usage) = parse(authority).get_extension::<KeyUsage>().unwrap().unwrap();
            assert!(critical && usage.key_cert_sign() && usage.crl_sign());
            assert!(!usage.digital_signature());
        }
        let (critical, usage) = parse(&leaf).get_extension::<KeyUsage>().unwrap().unwrap();
        assert!(critical && usage.digital_signature() && !usage.non_repudiation());
        let (critical, purposes) = parse(&leaf).get_extension::<ExtendedKeyUsage>().unwrap().unwrap();
        assert!(!critical);
        let purposes: Vec<String> = purposes.0.iter().map(ToString::to_string).collect();
        assert_eq!(purposes, ["1.3.6.1.5.5.7.3.3"]);
    }

    #[test]
    fn the_serial_number_and_validity_are_those_asked_for() {
        let issuer = fixture::issuer(&fixture::root());
        let (leaf, _) = fixture::leaf(&issuer);
        assert_eq!(leaf.serial_number(), &serial(2));
        assert_eq!(leaf.serial_number().account(), Some(fixture::ACCOUNT));
        assert_eq!(leaf.validity(), days(1, 2));
    }

    #[test]
    fn a_validity_beyond_the_issuers_is_refused() {
        let issuer = fixture::issuer(&fixture::root());
        for validity in [days(1, 1826), days(21, 2)] {
            let refused = issuer.issue_leaf(&fixture::key(), &fixture::leaf_subject(), &serial(2), &validity);
            let expected =
                PkiError::ValidityExceedsIssuer { validity, issuer: issuer.certificate().validity() };
            assert_eq!(refused, Err(expected));
        }
    }

    #[test]
    fn an_issuer_of_leaves_certifies_no_issuer() {
        let issuer = fixture::issuer(&fixture::root());
        let refused = issuer.issue_issuer(&fixture::key(), &subject("Lower"), &serial(7), &days(1, 2));
        assert!(matches!(refused, Err(PkiError::PathLengthExhausted { .. })), "{refused:?}");
    }

    #[test]
    fn an_issuer_needs_its_own_key_and_a_ca_certificate() {
        let issuer = fixture::issuer(&fixture::root());
        let mismatch = Issuer::new(issuer.certificate().clone(), fixture::key()).unwrap_err();
        assert!(matches!(mismatch, PkiError::KeyMismatch { .. }));
        let (leaf, key) = fixture::leaf(&issuer);
        assert!(matches!(Issuer::new(leaf, key), Err(PkiError::CertificateUnfit { .. })));
    }

    #[test]
    fn a_bad_subject_is_refused() {
        let issuer = fixture::issuer(&fixture::root());
        let refused = issuer.issue_leaf(&fixture::key(), &subject(""), &serial(2), &days(1, 2));
        let expected = PkiError::SubjectInvalid { attribute: "common name", rule: "is empty" };
        assert_eq!(refused, Err(expected));
    }

    #[test]
    fn debug_tells_nothing_of_the_key() {
        let text = format!("{:?}", fixture::root());
        assert!(text.contains("Root") && !text.contains("Key"), "{text}");
    }
}
