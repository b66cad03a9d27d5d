//! Certificate signing requests (PKCS #10, RFC 2986).

use crate::asn1::{Signed, span, within};
use crate::issuer::{Signer, not_issued, parameters};
use crate::signature::SignatureAlgorithm;
use crate::{PkiError, PublicKey, SerialNumber, SigningKey, Subject, Validity, pem};
use der::{Decode, Encode};
use rcgen::{BasicConstraints, IsCa, KeyUsagePurpose};
use std::fmt;
use time::OffsetDateTime;
use x509_cert::name::Name;

const NOUN: &str = "certificate signing request";
const PEM_LABEL: &str = "CERTIFICATE REQUEST";
/// Octets of a request.
const LONGEST: usize = 64 * 1024;

/// A request to certify a key, signed by that key. Whoever issues decides about subject, validity and
/// extensions; only the key is taken from it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningRequest {
    der: Vec<u8>,
    subject: String,
    /// The subject in DER, as it was received.
    subject_der: Vec<u8>,
    public_key: PublicKey,
}

impl SigningRequest {
    /// Writes a request for an issuer's certificate, to be taken to a CA outside: it asks for path length
    /// 0, keyCertSign and cRLSign.
    pub fn for_issuer(key: &SigningKey, subject: &Subject) -> Result<Self, PkiError> {
        // Requests have no serial number and no validity; the builder ignores one and refuses the other.
        let nobodys = SerialNumber::from_parts(0, [0; 12]);
        let epoch = OffsetDateTime::UNIX_EPOCH;
        let mut parameters = parameters(key.public_key(), subject, &nobodys, &Validity::new(epoch, epoch)?)?;
        parameters.serial_number = None;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let request = parameters.serialize_request(&Signer(key)).map_err(not_issued)?;
        Self::from_der(request.der())
    }

    /// Reads a request in DER, at most 64 KiB, for a key on P-384, and verifies that the key signed it.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > LONGEST {
            return Err(unreadable("it is longer than 64 KiB"));
        }
        let malformed = |error: der::Error| unreadable(&error.to_string());
        let signed = Signed::from_der(der).map_err(malformed)?;
        let tbs = signed.tbs.to_der().map_err(malformed)?;
        let (subject, subject_der, spki) = read(signed.tbs.value()).map_err(malformed)?;
        let public_key = PublicKey::from_spki_der(spki)?;

        let rule = "is signed with an algorithm that is not accepted";
        let algorithm =
            SignatureAlgorithm::read(&signed.algorithm).ok_or(PkiError::Refused { noun: NOUN, rule })?;
        let signature = signed.signature.as_bytes().ok_or(PkiError::SignatureInvalid)?;
        public_key.verify(algorithm, &tbs, signature)?;
        Ok(Self { der: der.to_vec(), subject, subject_der: subject_der.to_vec(), public_key })
    }

    /// Reads a request in PEM (RFC 7468 section 7).
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        let document = pem::read(PEM_LABEL, pem).map_err(|reason| unreadable(&reason))?;
        Self::from_der(document.as_bytes())
    }

    /// The request in PEM.
    pub fn to_pem(&self) -> String {
        pem::write(PEM_LABEL, &self.der)
    }

    /// The request in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The key to be certified.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The subject that was asked for, for people, in the form of RFC 4514.
    pub fn subject_text(&self) -> &str {
        &self.subject
    }

    /// The subject that was asked for, as its attributes; an error for names of which none is made here.
    pub fn subject(&self) -> Result<Subject, PkiError> {
        let name = Subject::from_der(&self.subject_der)?;
        name.map_err(|_| PkiError::SubjectUnsupported { subject: self.subject.clone() })
    }
}

/// The subject, for people and in DER, and the `SubjectPublicKeyInfo` of a `CertificationRequestInfo`.
fn read(info: &[u8]) -> der::Result<(String, &[u8], &[u8])> {
    within(info, |reader| {
        if u8::decode(reader)? != 0 {
            return Err(der::ErrorKind::Failed.into());
        }
        let subject_der = &info[span(reader)?];
        let subject = Name::from_der(subject_der)?.to_string();
        let spki = &info[span(reader)?];
        crate::asn1::tagged(reader, 0)?.ok_or(der::ErrorKind::Failed)?;
        Ok((subject, subject_der, spki))
    })
}

fn unreadable(reason: &str) -> PkiError {
    PkiError::Unreadable { noun: NOUN, reason: reason.to_owned() }
}

impl AsRef<PublicKey> for SigningRequest {
    fn as_ref(&self) -> &PublicKey {
        &self.public_key
    }
}

impl fmt::Debug for SigningRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningRequest({:?})", self.subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, days, serial, subject};

    #[test]
    fn what_is_written_is_read_back() {
        let key = fixture::key();
        let request = SigningRequest::for_issuer(&key, &subject("Issuer")).unwrap();
        let again = SigningRequest::from_pem(&request.to_pem()).unwrap();
        assert_eq!(again, request);
        assert_eq!(again.public_key(), key.public_key());
        assert!(again.subject_text().contains("CN=Issuer"), "{}", again.subject_text());
        assert_eq!(again.subject().unwrap(), subject("Issuer"));
    }

    #[test]
    fn an_issuer_is_issued_from_it_with_another_subject() {
        let root = fixture::root();
        let request = SigningRequest::for_issuer(&fixture::key(), &subject("As they please")).unwrap();
        let issued = root.issue_issuer(&request, &subject("Issuer"), &serial(1), &days(1, 2)).unwrap();
        assert_eq!(issued.public_key(), request.public_key());
        assert_eq!(issued.subject().unwrap(), subject("Issuer"));
    }

    #[test]
    fn an_altered_request_is_refused() {
        let request = SigningRequest::for_issuer(&fixture::key(), &subject("Issuer")).unwrap();
        for place in 0..request.der().len() {
            let mut der = request.der().to_vec();
            der[place] ^= 1;
            assert!(SigningRequest::from_der(&der).is_err(), "{place}");
            assert!(SigningRequest::from_der(&request.der()[..place]).is_err(), "{place}");
        }
        SigningRequest::from_der(&[request.der(), &[0]].concat()).unwrap_err();
        SigningRequest::from_der(&vec![0x30; LONGEST + 1]).unwrap_err();
    }

    #[test]
    fn a_request_signed_by_another_key_is_refused() {
        let request = SigningRequest::for_issuer(&fixture::key(), &subject("Issuer")).unwrap();
        let signed = Signed::from_der(request.der()).unwrap();
        let tbs = signed.tbs.to_der().unwrap();
        let signature = fixture::key().sign_der(&aws_lc_rs::rand::SystemRandom::new(), &tbs).unwrap();
        let signature = der::asn1::BitStringRef::from_bytes(&signature).unwrap();
        let forged = Signed { signature, ..signed }.to_der().unwrap();
        assert_eq!(SigningRequest::from_der(&forged), Err(PkiError::SignatureInvalid));
    }
}
