//! Questions, read strictly and without trust in their size.

use super::{CertId, ID_PKIX_OCSP_NONCE};
use crate::PkiError;
use crate::asn1::{ExtensionRef, content, each, only, tagged, within};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag};

/// Octets of a question.
const LONGEST: usize = 16 * 1024;
/// Certificates in one question: an answer to as many stays below the 20,480 octets that notation reads.
const MOST_CERT_IDS: usize = 64;
/// Octets of a nonce (RFC 9654 section 2.1).
const NONCE: std::ops::RangeInclusive<usize> = 1..=128;

/// `OCSPRequest` (RFC 6960 section 4.1). Its signature, if it has one, is not looked at: answers are
/// public, and a signature changes none (section 4.1.2 leaves it to the responder).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspRequest {
    cert_ids: Vec<CertId>,
    nonce: Option<Vec<u8>>,
}

impl OcspRequest {
    /// Reads the body of a POST. Whatever is refused deserves [`super::OcspError::MalformedRequest`].
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        read(der).map_err(refused)
    }

    /// Reads the path segment of a GET (RFC 6960 appendix A.1), percent-decoded: standard base64.
    pub fn from_base64(segment: &str) -> Result<Self, PkiError> {
        if segment.len() > LONGEST.div_ceil(3) * 4 {
            return Err(refused("is too long"));
        }
        let der = STANDARD.decode(segment).map_err(|_| refused("is not in base64"))?;
        Self::from_der(&der)
    }

    /// The certificates that are asked about, 1 to 64.
    pub fn cert_ids(&self) -> &[CertId] {
        &self.cert_ids
    }

    /// The nonce, 1 to 128 octets.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// The name under which a signed answer may be kept and given to others: there is one if a single
    /// certificate is asked about, without a nonce.
    pub fn cacheable(&self) -> Option<&CertId> {
        match (self.cert_ids.as_slice(), &self.nonce) {
            ([cert_id], None) => Some(cert_id),
            _ => None,
        }
    }
}

fn refused(rule: &'static str) -> PkiError {
    PkiError::Refused { noun: "OCSP request", rule }
}

fn read(der: &[u8]) -> Result<OcspRequest, &'static str> {
    const UNREADABLE: &str = "is not the DER of an OCSPRequest";
    if der.len() > LONGEST {
        return Err("is too long");
    }
    let (list, extensions) = parts(der).map_err(|_| UNREADABLE)?;

    let mut cert_ids = Vec::new();
    let mut rest = SliceReader::new(list).map_err(|_| UNREADABLE)?;
    while !rest.is_finished() {
        if cert_ids.len() == MOST_CERT_IDS {
            return Err("asks about more than 64 certificates");
        }
        let (cert_id, extensions) = single(&mut rest).map_err(|_| UNREADABLE)?;
        read_extensions(extensions)?;
        cert_ids.push(CertId::from_der(cert_id)?);
    }
    if cert_ids.is_empty() {
        return Err("asks about no certificate");
    }
    Ok(OcspRequest { cert_ids, nonce: read_extensions(extensions)? })
}

/// The list of requests, and the extensions of them all. The version is 1 and so left out in DER.
fn parts(der: &[u8]) -> der::Result<(&[u8], Option<AnyRef<'_>>)> {
    within(only(der, Tag::Sequence)?, |request| {
        let tbs = content(request, Tag::Sequence)?;
        let _signature = tagged(request, 0)?;
        within(tbs, |tbs| {
            let _requestor_name = tagged(tbs, 1)?;
            Ok((content(tbs, Tag::Sequence)?, tagged(tbs, 2)?))
        })
    })
}

/// The octets of a `CertID`, and the extensions of its request.
fn single<'a>(list: &mut SliceReader<'a>) -> der::Result<(&'a [u8], Option<AnyRef<'a>>)> {
    list.sequence(|request| Ok((request.tlv_bytes()?, tagged(request, 0)?)))
}

/// The nonce among extensions; the others are ignored unless they are critical (section 4.4).
fn read_extensions(extensions: Option<AnyRef<'_>>) -> Result<Option<Vec<u8>>, &'static str> {
    const UNREADABLE: &str = "has extensions that cannot be read";
    let Some(explicit) = extensions else { return Ok(None) };
    let list = only(explicit.value(), Tag::Sequence).map_err(|_| UNREADABLE)?;
    let (mut nonce, mut broken) = (None, None);
    let read = each(list, |extension: ExtensionRef<'_>| {
        if extension.id == ID_PKIX_OCSP_NONCE {
            let octets = <&OctetStringRef>::from_der(extension.value.as_bytes())?.as_bytes();
            if nonce.replace(octets.to_vec()).is_some() {
                broken = Some("has two nonces");
            } else if !NONCE.contains(&octets.len()) {
                broken = Some("has a nonce of fewer than 1 or more than 128 octets");
            }
        } else if extension.critical {
            broken = Some("has a critical extension that is not understood");
        }
        der::Result::Ok(())
    });
    match (read, broken) {
        (_, Some(rule)) => Err(rule),
        (Err(_), None) => Err(UNREADABLE),
        (Ok(()), None) => Ok(nonce),
    }
}
