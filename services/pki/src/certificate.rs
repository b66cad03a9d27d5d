//! Certificates as they were received: parsed once, never re-encoded.

use crate::usage::Usage;
use crate::{PkiError, PublicKey, SerialNumber, Subject, Validity};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::ObjectIdentifier;
use der::{Decode, Document, Encode, Reader, SliceReader};
use std::fmt;
use std::ops::Range;
use time::OffsetDateTime;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;

const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const PEM_LABEL: &str = "CERTIFICATE";
/// Length of a line of PEM (RFC 7468 section 2).
const PEM_LINE: usize = 64;

/// An X.509 certificate (RFC 5280 section 4.1), version 3, of a key on P-384.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    places: Places,
    serial_number: SerialNumber,
    validity: Validity,
    subject: String,
    public_key: PublicKey,
    usage: Usage,
    signature: Option<Vec<u8>>,
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

/// Steps over one element and says where it stood.
fn span<'a>(reader: &mut impl Reader<'a>) -> der::Result<Range<usize>> {
    let start = usize::try_from(reader.position())?;
    reader.tlv_bytes()?;
    Ok(start..usize::try_from(reader.position())?)
}

fn drain<'a>(reader: &mut impl Reader<'a>) -> der::Result<()> {
    while !reader.is_finished() {
        reader.tlv_bytes()?;
    }
    Ok(())
}

impl Certificate {
    /// Reads a certificate in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
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
            public_key: PublicKey::from_spki_der(&spki)?,
            usage: Usage::read(tbs).map_err(unreadable)?,
            signature: read_signature(&parsed),
            der: der.to_vec(),
        })
    }

    /// Reads a certificate in PEM (RFC 7468 section 5).
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        let (label, document) = Document::from_pem(pem).map_err(|error| unreadable(&error.to_string()))?;
        if label != PEM_LABEL {
            return Err(unreadable("its PEM is labelled as something else"));
        }
        Self::from_der(document.as_bytes())
    }

    /// The certificate in PEM.
    pub fn to_pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        let mut pem = format!("-----BEGIN {PEM_LABEL}-----\n");
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(PEM_LINE));
            pem.push_str(line);
            pem.push('\n');
            rest = after;
        }
        pem + "-----END " + PEM_LABEL + "-----\n"
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

    /// The subject's name as its attributes; an error for names of a form not issued here.
    pub fn subject(&self) -> Result<Subject, PkiError> {
        Subject::from_der(self.subject_der())
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
    /// ECDSA with SHA-384.
    pub fn check_issued_by(&self, issuer: &Self) -> Result<(), PkiError> {
        let broken = |reason| PkiError::ChainBroken {
            subject: self.subject.clone(),
            issuer: issuer.subject.clone(),
            reason,
        };
        if self.issuer_der() != issuer.subject_der() {
            return Err(broken("the names are not the same, octet by octet"));
        }
        let signature =
            self.signature.as_ref().ok_or_else(|| broken("its signature is not ECDSA with SHA-384"))?;
        issuer
            .public_key
            .verify_der(self.tbs_der(), signature)
            .map_err(|_| broken("the issuer's key did not sign it"))
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
        i64::try_from(time.to_unix_duration().as_secs())
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .ok_or_else(|| unreadable("its validity lies out of range"))
    };
    Validity::new(read(tbs.validity().not_before)?, read(tbs.validity().not_after)?)
}

/// The signature in DER; none when it is of an algorithm that is not verified here, or the two
/// places that name the algorithm disagree (RFC 5280 section 4.1.1.2).
fn read_signature(parsed: &x509_cert::Certificate) -> Option<Vec<u8>> {
    let algorithm = parsed.signature_algorithm();
    let supported = algorithm.oid == ECDSA_WITH_SHA384
        && algorithm.parameters.is_none()
        && algorithm == parsed.tbs_certificate().signature();
    let signature = parsed.signature().as_bytes()?;
    supported.then(|| signature.to_vec())
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
        assert!(pem.lines().all(|line| line.len() <= PEM_LINE));

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
    fn the_fingerprint_is_that_of_the_der() {
        let leaf = &fixture::hierarchy()[0];
        assert_eq!(leaf.fingerprint_sha256(), digest(&SHA256, leaf.der()).as_ref());
    }
}
