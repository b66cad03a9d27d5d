//! Certificates as they were received: parsed once, never re-encoded.

use crate::asn1::{drain, from_unix, span};
use crate::signature::SignatureAlgorithm;
use crate::usage::Usage;
use crate::{PkiError, PublicKey, SerialNumber, Subject, Validity, pem};
use aws_lc_rs::digest::{SHA256, digest};
use der::{Decode, Encode, Reader, SliceReader};
use std::fmt;
use std::ops::Range;
use time::OffsetDateTime;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

const PEM_LABEL: &str = "CERTIFICATE";
/// Octets of a certificate; issued ones have about 800.
const LONGEST: usize = 64 * 1024;
/// Certificates in one file of PEM.
const MOST_IN_FILE: usize = 16;

/// An X.509 certificate (RFC 5280 section 4.1), version 3. Those issued here are of keys on P-384;
/// those above a brought issuer may be of others.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    places: Places,
    serial_number: SerialNumber,
    validity: Validity,
    subject: String,
    public_key: PublicKey,
    key_identifier: Option<Vec<u8>>,
    usage: Usage,
    signature: Option<(SignatureAlgorithm, Vec<u8>)>,
}

/// Where in the DER the parts stand that must be used exactly as they are.
#[derive(Debug, Clone)]
struct Places {
    tbs: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
}

impl Places {
    fn read(der: &[u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let places = reader.sequence(|certificate| {
            let start = usize::try_from(certificate.position())?;
            let (issuer, subject) = certificate.sequence(|tbs| {
                for _version_serial_algorithm in 0..3 {
                    tbs.tlv_bytes()?;
                }
                let issuer = span(tbs)?;
                let _validity = tbs.tlv_bytes()?;
                let subject = span(tbs)?;
                drain(tbs)?;
                der::Result::Ok((issuer, subject))
            })?;
            let tbs = start..usize::try_from(certificate.position())?;
            drain(certificate)?;
            der::Result::Ok(Self { tbs, issuer, subject })
        })?;
        reader.finish()?;
        Ok(places)
    }
}

impl Certificate {
    /// Reads a certificate in DER, at most 64 KiB.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > LONGEST {
            return Err(unreadable("it is longer than 64 KiB"));
        }
        let unreadable = |error: der::Error| unreadable(&error.to_string());
        let parsed = x509_cert::Certificate::from_der(der).map_err(unreadable)?;
        let places = Places::read(der).map_err(unreadable)?;
        let tbs = parsed.tbs_certificate();
        if tbs.version() != Version::V3 {
            return Err(self::unreadable("it is not of version 3"));
        }
        let spki = tbs.subject_public_key_info().to_der().map_err(unreadable)?;
        Ok(Self {
            places,
            serial_number: SerialNumber::from_bytes(tbs.serial_number().as_bytes())?,
            validity: read_validity(tbs)?,
            subject: tbs.subject().to_string(),
            public_key: PublicKey::from_any_spki(&spki)?,
            key_identifier: read_key_identifier(tbs).map_err(unreadable)?,
            usage: Usage::read(tbs).map_err(unreadable)?,
            signature: read_signature(&parsed),
            der: der.to_vec(),
        })
    }

    /// Reads a certificate in PEM (RFC 7468 section 5).
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        let document = pem::read(PEM_LABEL, pem).map_err(|reason| unreadable(&reason))?;
        Self::from_der(document.as_bytes())
    }

    /// Reads certificates in PEM that stand one after the other, at most 16.
    pub fn all_from_pem(pem: &str) -> Result<Vec<Self>, PkiError> {
        let documents = pem::split(pem);
        if documents.len() > MOST_IN_FILE {
            return Err(unreadable("it stands in a file of more than 16"));
        }
        documents.into_iter().map(Self::from_pem).collect()
    }

    /// The certificate in PEM.
    pub fn to_pem(&self) -> String {
        pem::write(PEM_LABEL, &self.der)
    }

    /// The certificate in DER, as it was received.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The part that is signed, as it was received.
    pub fn tbs_der(&self) -> &[u8] {
        &self.der[self.places.tbs.clone()]
    }

    /// The subject's name in DER, as it was received.
    pub fn subject_der(&self) -> &[u8] {
        &self.der[self.places.subject.clone()]
    }

    /// The issuer's name in DER, as it was received.
    pub fn issuer_der(&self) -> &[u8] {
        &self.der[self.places.issuer.clone()]
    }

    /// The subject's name for people, in the form of RFC 4514.
    pub fn subject_text(&self) -> &str {
        &self.subject
    }

    /// The subject's name as its attributes; an error for names that lack one that is always issued
    /// here, or have one that never is. Of brought issuers, L, STREET and POSTALCODE are left out.
    pub fn subject(&self) -> Result<Subject, PkiError> {
        let name = Subject::from_der(self.subject_der())?;
        name.map_err(|_| PkiError::SubjectUnsupported { subject: self.subject.clone() })
    }

    /// Whether the subject's name is of a form that verifiers can pin and leaves can take over.
    pub(crate) fn check_subject(&self) -> Result<(), PkiError> {
        Subject::from_der(self.subject_der())?.map(|_| ()).map_err(|rule| self.unfit(rule))
    }

    /// The serial number.
    pub fn serial_number(&self) -> &SerialNumber {
        &self.serial_number
    }

    /// From when until when it is valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The certified key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The identifier by which what this key signs refers to it: the one in the certificate, else one
    /// made from the key (RFC 5280 section 4.2.1.1).
    pub(crate) fn key_identifier(&self) -> Vec<u8> {
        self.key_identifier.clone().unwrap_or_else(|| self.public_key.key_identifier())
    }

    /// SHA-256 of the DER, which Notary Project calls the thumbprint.
    pub fn fingerprint_sha256(&self) -> [u8; 32] {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest(&SHA256, &self.der).as_ref());
        octets
    }

    /// Verifies a signature of the certified key, of the form r‖s.
    pub fn verify_fixed(&self, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        self.public_key.verify_fixed(message, signature)
    }

    /// Whether the certificate names this issuer and carries a signature of its key: exact names,
    /// ECDSA or RSASSA-PKCS1-v1_5 with SHA-2.
    pub fn check_issued_by(&self, issuer: &Self) -> Result<(), PkiError> {
        let broken = |reason| PkiError::ChainBroken {
            subject: self.subject.clone(),
            issuer: issuer.subject.clone(),
            reason,
        };
        if self.issuer_der() != issuer.subject_der() {
            return Err(broken("the names are not the same, octet by octet"));
        }
        let (algorithm, signature) = self
            .signature
            .as_ref()
            .ok_or_else(|| broken("its signature is neither ECDSA nor RSA (PKCS #1) with SHA-2"))?;
        issuer
            .public_key
            .verify(*algorithm, self.tbs_der(), signature)
            .map_err(|_| broken("the issuer's key did not sign it"))
    }

    /// Whether the signature is of a kind that is verified here.
    pub(crate) fn check_signature_supported(&self) -> Result<(), PkiError> {
        let rule = "bears a signature that is not supported: ECDSA and RSA (PKCS #1) with SHA-2 are";
        self.signature.as_ref().map(drop).ok_or_else(|| self.unfit(rule))
    }

    /// Whether the certificate may be trusted to stand above signatures of code (Notary Project
    /// `trust-store-trust-policy.md`): it is a CA's, or its own root.
    pub fn check_trust_anchor(&self) -> Result<(), PkiError> {
        if self.usage.is_ca() || self.check_issued_by(self).is_ok() {
            return Ok(());
        }
        Err(self.unfit("is no trust anchor: it is neither a CA's nor self-signed"))
    }

    /// Whether the certificate may be trusted to stand above timestamp authorities: it is a CA's and its own root.
    pub fn check_timestamp_anchor(&self) -> Result<(), PkiError> {
        if self.usage.is_ca() && self.check_issued_by(self).is_ok() {
            return Ok(());
        }
        Err(self.unfit("is no trust anchor for timestamps: it is not a self-signed CA's"))
    }

    /// Whether a time lies within the validity.
    pub fn valid_at(&self, now: OffsetDateTime) -> Result<(), PkiError> {
        let subject = || self.subject.clone();
        let (not_before, not_after) = (self.validity.not_before(), self.validity.not_after());
        if now < not_before {
            return Err(PkiError::CertificateNotYetValid { subject: subject(), not_before, now });
        }
        if now > not_after {
            return Err(PkiError::CertificateExpired { subject: subject(), not_after, now });
        }
        Ok(())
    }

    pub(crate) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Turns a broken rule into an error that names this certificate.
    pub(crate) fn unfit(&self, rule: &'static str) -> PkiError {
        PkiError::CertificateUnfit { subject: self.subject.clone(), rule }
    }
}

fn unreadable(reason: &str) -> PkiError {
    PkiError::CertificateUnreadable { reason: reason.to_owned() }
}

fn read_validity(tbs: &TbsCertificate) -> Result<Validity, PkiError> {
    let read = |time: x509_cert::time::Time| {
        from_unix(time.to_unix_duration()).ok_or_else(|| unreadable("its validity lies out of range"))
    };
    Validity::new(read(tbs.validity().not_before)?, read(tbs.validity().not_after)?)
}

fn read_key_identifier(tbs: &TbsCertificate) -> der::Result<Option<Vec<u8>>> {
    let found = tbs.get_extension::<SubjectKeyIdentifier>()?;
    Ok(found.map(|(_, identifier)| identifier.0.as_bytes().to_vec()))
}

/// The signature with its algorithm; none when it is of an algorithm that is not verified here, or
/// the two places that name the algorithm disagree (RFC 5280 section 4.1.1.2).
fn read_signature(parsed: &x509_cert::Certificate) -> Option<(SignatureAlgorithm, Vec<u8>)> {
    let identifier = parsed.signature_algorithm();
    if identifier != parsed.tbs_certificate().signature() {
        return None;
    }
    let signature = parsed.signature().as_bytes()?;
    Some((SignatureAlgorithm::read(&identifier.into())?, signature.to_vec()))
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({:?}, {})", self.subject, self.serial_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_parts_are_slices_of_what_was_received() {
        for certificate in fixture::hierarchy() {
            let again = x509_cert::Certificate::from_der(certificate.der()).unwrap();
            let tbs = again.tbs_certificate();
            assert_eq!(certificate.tbs_der(), tbs.to_der().unwrap());
            assert_eq!(certificate.subject_der(), tbs.subject().to_der().unwrap());
            assert_eq!(certificate.issuer_der(), tbs.issuer().to_der().unwrap());
        }
    }

    #[test]
    fn it_survives_the_round_trip_through_pem() {
        let certificate = &fixture::hierarchy()[0];
        let pem = certificate.to_pem();
        assert_eq!(&Certificate::from_pem(&pem).unwrap(), certificate);

        let relabelled = pem.replace(PEM_LABEL, "PRIVATE KEY");
        assert!(Certificate::from_pem(&relabelled).is_err());
        assert!(Certificate::from_pem("").is_err());
    }

    #[test]
    fn damaged_der_is_refused() {
        let der = fixture::hierarchy()[0].der().to_vec();
        assert!(Certificate::from_der(&der[..der.len() - 1]).is_err());
        assert!(Certificate::from_der(&[der.as_slice(), &[0]].concat()).is_err());
        assert!(Certificate::from_der(&[]).is_err());
        assert!(Certificate::from_der(&vec![0x30; 60_000]).is_err());
        let oversized = Certificate::from_der(&vec![0x30; LONGEST + 1]).unwrap_err();
        assert!(oversized.to_string().contains("longer than 64 KiB"), "{oversized}");
    }

    #[test]
    fn a_name_is_read_back_as_its_attributes() {
        let leaf = &fixture::hierarchy()[0];
        assert_eq!(leaf.subject().unwrap(), fixture::leaf_subject());
        assert!(leaf.subject_text().contains("CN=release"), "{}", leaf.subject_text());
    }

    #[test]
    fn an_altered_certificate_is_not_its_issuers() {
        let chain = fixture::hierarchy();
        chain[0].check_issued_by(&chain[1]).unwrap();
        let mut der = chain[0].der().to_vec();
        let place = der.windows(7).position(|octets| octets == b"release").unwrap();
        der[place] = b'R';
        let altered = Certificate::from_der(&der).unwrap();
        assert!(matches!(
            altered.check_issued_by(&chain[1]),
            Err(PkiError::ChainBroken { reason: "the issuer's key did not sign it", .. })
        ));
    }

    #[test]
    fn anchors_are_cas_or_their_own_roots() {
        let [leaf, issuer, root] = fixture::hierarchy().try_into().unwrap();
        let own_root = fixture::self_signed_leaf();
        for (certificate, of_code, of_timestamps) in
            [(leaf, false, false), (issuer, true, false), (root, true, true), (own_root, true, false)]
        {
            assert_eq!(certificate.check_trust_anchor().is_ok(), of_code, "{certificate:?}");
            assert_eq!(certificate.check_timestamp_anchor().is_ok(), of_timestamps, "{certificate:?}");
        }
    }

    #[test]
    fn the_fingerprint_is_that_of_the_der() {
        let leaf = &fixture::hierarchy()[0];
        assert_eq!(leaf.fingerprint_sha256(), digest(&SHA256, leaf.der()).as_ref());
    }
}
