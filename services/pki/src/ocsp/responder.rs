//! Responders: a certificate of the issuer that they answer for, with its key.

use super::answer::SingleResponse;
use super::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE, OcspAnswer};
use crate::asn1::{Criticality, SIGNED_WITH, extension, generalized_time};
use crate::{Certificate, Issuer, PkiError, SigningKey};
use aws_lc_rs::rand::SecureRandom;
use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Enumerated, Sequence};
use std::fmt;
use time::OffsetDateTime;
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierRef;

/// Signs answers about the certificates of one issuer.
pub struct OcspResponder {
    certificate: Certificate,
    key: SigningKey,
    key_hash: Vec<u8>,
    signs: Signs,
}

/// When a responder may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signs {
    WithinItsValidity,
    AfterItsValidity,
}

/// `OCSPResponseStatus` of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enumerated)]
#[repr(u8)]
enum ResponseStatus {
    Successful = 0,
}

/// `OCSPResponse` (RFC 6960 section 4.2.1).
#[derive(Debug, Sequence)]
struct Response<'a> {
    status: ResponseStatus,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    bytes: ResponseBytes<'a>,
}

#[derive(Debug, Sequence)]
struct ResponseBytes<'a> {
    kind: ObjectIdentifier,
    response: &'a OctetStringRef,
}

/// `BasicOCSPResponse`.
#[derive(Debug, Sequence)]
struct BasicResponse<'a> {
    tbs: AnyRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    certificates: Option<Vec<AnyRef<'a>>>,
}

/// `ResponseData` of version 1, whose responder is named by its key.
#[derive(Debug, Sequence)]
struct ResponseData<'a> {
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    key_hash: &'a OctetStringRef,
    produced_at: GeneralizedTime,
    responses: Vec<SingleResponse<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

impl OcspResponder {
    /// A responder for the certificates of an issuer, which must have issued the responder's own
    /// certificate to this key for this purpose (RFC 6960 section 4.2.2.2).
    pub fn new(certificate: Certificate, key: SigningKey, issuer: &Certificate) -> Result<Self, PkiError> {
        if certificate.public_key() != key.public_key() {
            return Err(PkiError::KeyMismatch { subject: certificate.subject_text().to_owned() });
        }
        let fitness = certificate.usage().check_ocsp_responder();
        fitness.map_err(|rule| certificate.unfit(rule))?;
        certificate.check_issued_by(issuer)?;
        let key_hash = key.public_key().key_identifier();
        Ok(Self { certificate, key, key_hash, signs: Signs::WithinItsValidity })
    }

    /// A responder that is the issuer itself, for the time after its certificate has lapsed: no certificate of a
    /// responder below it would be valid then, and what it issued is still asked about.
    pub fn lapsed(issuer: &Issuer) -> Result<Self, PkiError> {
        let certificate = issuer.certificate().clone();
        let key = SigningKey::from_pkcs8(&issuer.key().to_pkcs8()?)?;
        let key_hash = key.public_key().key_identifier();
        Ok(Self { certificate, key, key_hash, signs: Signs::AfterItsValidity })
    }

    /// The responder's certificate. Verifiers want it valid for as long as they keep an answer.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Signs answers; the result is an `OCSPResponse` in DER. The nonce is the question's.
    pub fn sign(
        &self,
        rng: &dyn SecureRandom,
        answers: &[OcspAnswer<'_>],
        produced_at: OffsetDateTime,
        nonce: Option<&[u8]>,
    ) -> Result<Vec<u8>, PkiError> {
        if self.signs == Signs::WithinItsValidity {
            self.certificate.valid_at(produced_at)?;
        }
        let data = ResponseData {
            key_hash: OctetStringRef::new(&self.key_hash).map_err(not_encoded)?,
            produced_at: generalized_time(produced_at)?,
            responses: answers.iter().map(OcspAnswer::encode).collect::<Result<_, _>>()?,
            extensions: nonce.map(nonce_extension).transpose().map_err(not_encoded)?,
        };
        let tbs = data.to_der().map_err(not_encoded)?;
        let signature = self.key.sign_der(rng, &tbs)?;
        self.assemble(&tbs, &signature).map_err(not_encoded)
    }

    fn assemble(&self, tbs: &[u8], signature: &[u8]) -> der::Result<Vec<u8>> {
        let basic = BasicResponse {
            tbs: AnyRef::from_der(tbs)?,
            algorithm: SIGNED_WITH,
            signature: BitStringRef::from_bytes(signature)?,
            certificates: match self.signs {
                Signs::WithinItsValidity => Some(vec![AnyRef::from_der(self.certificate.der())?]),
                // Verifiers have the issuer's own, and take one that is brought along for a delegate's.
                Signs::AfterItsValidity => None,
            },
        };
        let basic = basic.to_der()?;
        let bytes = ResponseBytes { kind: ID_PKIX_OCSP_BASIC, response: OctetStringRef::new(&basic)? };
        Response { status: ResponseStatus::Successful, bytes }.to_der()
    }
}

fn nonce_extension(nonce: &[u8]) -> der::Result<Vec<Extension>> {
    let value = OctetStringRef::new(nonce)?;
    Ok(vec![extension(ID_PKIX_OCSP_NONCE, Criticality::Ignorable, &value)?])
}

pub(super) fn not_encoded(error: der::Error) -> PkiError {
    PkiError::NotEncoded { noun: "OCSP answer", reason: error.to_string() }
}

impl fmt::Debug for OcspResponder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OcspResponder").field(&self.certificate).finish_non_exhaustive()
    }
}
