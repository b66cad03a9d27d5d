//! The kinds of certificates that issuers issue, and what stands in each.

use crate::issuer::parameters;
use crate::publication::Publication;
use crate::{Certificate, Issuer, PkiError, PublicKey, SerialNumber, Subject, Validity};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
};

/// id-pkix-ocsp-nocheck (RFC 6960 section 4.2.2.2.1); its value is NULL.
const ID_PKIX_OCSP_NOCHECK: [u64; 10] = [1, 3, 6, 1, 5, 5, 7, 48, 1, 5];
const NULL: [u8; 2] = [0x05, 0x00];
const ID_CE_EXT_KEY_USAGE: [u64; 4] = [2, 5, 29, 37];
/// `ExtKeyUsageSyntax` of id-kp-timeStamping alone.
const TIME_STAMPING_ALONE: [u8; 12] =
    [0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

/// An issuer that writes into certificates where their status is published.
#[derive(Debug, Clone, Copy)]
pub struct Publishing<'a> {
    issuer: &'a Issuer,
    publication: &'a Publication,
}

impl Issuer {
    /// This issuer, with the addresses that the certificates it issues shall name.
    pub fn publishing<'a>(&'a self, publication: &'a Publication) -> Publishing<'a> {
        Publishing { issuer: self, publication }
    }

    /// Issues the certificate of an issuer of leaves, naming no address.
    /// See [`Publishing::issue_issuer`].
    pub fn issue_issuer(
        &self,
        key: &impl AsRef<PublicKey>,
        subject: &Subject,
        serial_number: &SerialNumber,
        validity: &Validity,
    ) -> Result<Certificate, PkiError> {
        self.publishing(&Publication::NOWHERE).issue_issuer(key, subject, serial_number, validity)
    }

    /// Issues the certificate of a leaf that signs code, naming no address.
    /// See [`Publishing::issue_leaf`].
    pub fn issue_leaf(
        &self,
        key: &impl AsRef<PublicKey>,
        subject: &Subject,
        serial_number: &SerialNumber,
        validity: &Validity,
    ) -> Result<Certificate, PkiError> {
        self.publishing(&Publication::NOWHERE).issue_leaf(key, subject, serial_number, validity)
    }

    /// Issues the certificate of an OCSP responder for this issuer: digitalSignature, `OCSPSigning`
    /// alone, id-pkix-ocsp-nocheck (RFC 6960 section 4.2.2.2). It names no address: its status is not
    /// asked for, so it should be short-lived.
    pub fn issue_ocsp_responder(
        &self,
        key: &impl AsRef<PublicKey>,
        subject: &Subject,
        serial_number: &SerialNumber,
        validity: &Validity,
    ) -> Result<Certificate, PkiError> {
        let mut parameters = end_entity(key.as_ref(), subject, serial_number, validity)?;
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        parameters
            .custom_extensions
            .push(CustomExtension::from_oid_content(&ID_PKIX_OCSP_NOCHECK, NULL.to_vec()));
        self.issue(parameters, key.as_ref(), validity)
    }
}

impl Publishing<'_> {
    /// Issues the certificate of an issuer of leaves: path length 0, keyCertSign and cRLSign. A signing
    /// request ([`crate::SigningRequest`]) does for the key; nothing else of it is used.
    pub fn issue_issuer(
        &self,
        key: &impl AsRef<PublicKey>,
        subject: &Subject,
        serial_number: &SerialNumber,
        validity: &Validity,
    ) -> Result<Certificate, PkiError> {
        let own = self.issuer.certificate();
        if own.usage().check_issuer(1).is_err() {
            return Err(PkiError::PathLengthExhausted { issuer: own.subject_text().to_owned() });
        }
        let mut parameters = parameters(key.as_ref(), subject, serial_number, validity)?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        self.issue(parameters, key.as_ref(), validity)
    }

    /// Issues the certificate of a leaf that signs code: digitalSignature and codeSigning alone.
    pub fn issue_leaf(
        &self,
        key: &impl AsRef<PublicKey>,
        subject: &Subject,
        serial_number: &SerialNumber,
        validity: &Validity,
    ) -> Result<Certificate, PkiError> {
        let mut parameters = end_entity(key.as_ref(), subject, serial_number, validity)?;
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        self.issue(parameters, key.as_ref(), validity)
    }

    /// Issues the certificate of a timestamp authority: digitalSignature, and timeStamping critical and
    /// alone (RFC 3161 section 2.3).
    pub fn issue_timestamp_authority(
        &self,
        key: &impl AsRef<PublicKey>,
        subject: &Subject,
        serial_number: &SerialNumber,
        validity: &Validity,
    ) -> Result<Certificate, PkiError> {
        let mut parameters = end_entity(key.as_ref(), subject, serial_number, validity)?;
        // The builder cannot mark its own extendedKeyUsage critical.
        let mut purpose =
            CustomExtension::from_oid_content(&ID_CE_EXT_KEY_USAGE, TIME_STAMPING_ALONE.to_vec());
        purpose.set_criticality(true);
        parameters.custom_extensions.push(purpose);
        self.issue(parameters, key.as_ref(), validity)
    }

    fn issue(
        &self,
        mut parameters: CertificateParams,
        key: &PublicKey,
        validity: &Validity,
    ) -> Result<Certificate, PkiError> {
        parameters.custom_extensions.extend(self.publication.extensions()?);
        self.issuer.issue(parameters, key, validity)
    }
}

fn end_entity(
    key: &PublicKey,
    subject: &Subject,
    serial_number: &SerialNumber,
    validity: &Validity,
) -> Result<CertificateParams, PkiError> {
    let mut parameters = parameters(key, subject, serial_number, validity)?;
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, days, serial, subject};
    use crate::url::HttpUrl;
    use der::Decode;
    use x509_cert::ext::Extension;

    fn extensions(certificate: &Certificate) -> Vec<Extension> {
        let parsed = x509_cert::Certificate::from_der(certificate.der()).unwrap();
        parsed.tbs_certificate().extensions().unwrap().clone()
    }

    fn find(certificate: &Certificate, id: &str) -> Option<(bool, Vec<u8>)> {
        let found = extensions(certificate).into_iter().find(|one| one.extn_id.to_string() == id)?;
        Some((found.critical, found.extn_value.as_bytes().to_vec()))
    }

    fn publication() -> Publication {
        let url = |text: &str| Some(HttpUrl::new(text).unwrap());
        Publication {
            ocsp: url("http://pki.example.com/ocsp"),
            crl: url("http://pki.example.com/crl/1/7.crl"),
            issuer: url("http://pki.example.com/issuer/1.cer"),
        }
    }

    #[test]
    fn addresses_stand_in_their_extensions() {
        let issuer = fixture::issuer(&fixture::root());
        let publication = publication();
        let leaf = issuer
            .publishing(&publication)
            .issue_leaf(&fixture::key(), &subject("leaf"), &serial(2), &days(1, 2))
            .unwrap();
        let contains =
            |octets: &[u8], text: &str| octets.windows(text.len()).any(|part| part == text.as_bytes());
        let (critical, access) = find(&leaf, "1.3.6.1.5.5.7.1.1").unwrap();
        assert!(!critical);
        assert!(contains(&access, "http://pki.example.com/ocsp"));
        assert!(contains(&access, "http://pki.example.com/issuer/1.cer"));
        let (critical, points) = find(&leaf, "2.5.29.31").unwrap();
        assert!(!critical && contains(&points, "http://pki.example.com/crl/1/7.crl"));
    }

    #[test]
    fn no_address_means_no_extension() {
        let issuer = fixture::issuer(&fixture::root());
        let (leaf, _) = fixture::leaf(&issuer);
        for id in ["1.3.6.1.5.5.7.1.1", "2.5.29.31"] {
            assert_eq!(find(&leaf, id), None);
            assert_eq!(find(issuer.certificate(), id), None);
        }
        let only_crl = Publication { ocsp: None, issuer: None, ..publication() };
        let leaf = issuer
            .publishing(&only_crl)
            .issue_leaf(&fixture::key(), &subject("leaf"), &serial(2), &days(1, 2))
            .unwrap();
        assert_eq!(find(&leaf, "1.3.6.1.5.5.7.1.1"), None);
        assert!(find(&leaf, "2.5.29.31").is_some());
    }

    #[test]
    fn an_ocsp_responder_is_nothing_else() {
        let issuer = fixture::issuer(&fixture::root());
        let responder =
            issuer.issue_ocsp_responder(&fixture::key(), &subject("OCSP"), &serial(3), &days(1, 2)).unwrap();
        let purposes = vec![0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];
        assert_eq!(find(&responder, "2.5.29.37"), Some((false, purposes)));
        assert_eq!(find(&responder, "1.3.6.1.5.5.7.48.1.5"), Some((false, vec![5, 0])));
        assert_eq!(find(&responder, "2.5.29.15"), Some((true, vec![3, 2, 7, 0x80])));
        assert_eq!(find(&responder, "1.3.6.1.5.5.7.1.1"), None);
        assert_eq!(find(&responder, "2.5.29.31"), None);
        responder.usage().check_leaf().unwrap_err();
    }

    #[test]
    fn a_timestamp_authority_has_one_critical_purpose() {
        let issuer = fixture::issuer(&fixture::root());
        let publication = publication();
        let authority = issuer
            .publishing(&publication)
            .issue_timestamp_authority(&fixture::key(), &subject("TSA"), &serial(4), &days(1, 2))
            .unwrap();
        assert_eq!(find(&authority, "2.5.29.37"), Some((true, TIME_STAMPING_ALONE.to_vec())));
        assert_eq!(find(&authority, "2.5.29.15"), Some((true, vec![3, 2, 7, 0x80])));
        assert!(find(&authority, "2.5.29.31").is_some());
        authority.usage().check_leaf().unwrap_err();
        authority.usage().check_timestamp_authority().unwrap();
    }
}
