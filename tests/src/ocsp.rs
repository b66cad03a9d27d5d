//! OCSP questions as octets, well formed or not, and as much of the answers as a test looks at. What it looks at is
//! judged by OpenSSL elsewhere.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use hallmark_pki::{Certificate, SerialNumber};

/// What hashes an issuer's name and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// As notation does.
    Sha1,
    /// As newer clients do.
    Sha256,
}

/// What a responder says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Good.
    Good,
    /// Revoked.
    Revoked,
    /// Unknown.
    Unknown,
}

/// A DER element.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u32::try_from(content.len()).expect("short").to_be_bytes();
    let header = match content.len() {
        0..0x80 => vec![tag, length[3]],
        0x80..0x100 => vec![tag, 0x81, length[3]],
        0x100..0x1_0000 => vec![tag, 0x82, length[2], length[3]],
        _ => vec![tag, 0x83, length[1], length[2], length[3]],
    };
    [header, content].concat()
}

/// `CertID`: the name of a certificate of this issuer.
pub fn cert_id(hash: Hash, issuer: &Certificate, serial_number: &SerialNumber) -> Vec<u8> {
    let (algorithm, id): (_, &[u8]) = match hash {
        Hash::Sha1 => (&SHA1_FOR_LEGACY_USE_ONLY, &[0x2b, 0x0e, 3, 2, 0x1a]),
        Hash::Sha256 => (&SHA256, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]),
    };
    let hashed = |message: &[u8]| element(0x04, &[digest(algorithm, message).as_ref()]);
    element(
        0x30,
        &[
            &element(0x30, &[&element(0x06, &[id]), &[5, 0]]),
            &hashed(issuer.subject_der()),
            &hashed(issuer.public_key().point()),
            &element(0x02, &[serial_number.as_bytes()]),
        ],
    )
}

/// `OCSPRequest` about these names.
pub fn question(cert_ids: &[&[u8]], nonce: Option<&[u8]>) -> Vec<u8> {
    let singles: Vec<u8> = cert_ids.iter().flat_map(|cert_id| element(0x30, &[cert_id])).collect();
    let extensions = nonce.map_or_else(Vec::new, |nonce| {
        let id = element(0x06, &[&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2]]);
        let extension = element(0x30, &[&id, &element(0x04, &[&element(0x04, &[nonce])])]);
        element(0xa2, &[&element(0x30, &[&extension])])
    });
    element(0x30, &[&element(0x30, &[&element(0x30, &[&singles]), &extensions])])
}

/// What an `OCSPResponse` says of a name; none when it is an error or about something else.
pub fn said(response: &[u8], cert_id: &[u8]) -> Option<Said> {
    let place = response.windows(cert_id.len()).position(|part| part == cert_id)?;
    match response.get(place + cert_id.len()..)? {
        [0x80, 0, ..] => Some(Said::Good),
        [0xa1, ..] => Some(Said::Revoked),
        [0x82, 0, ..] => Some(Said::Unknown),
        _ => None,
    }
}

/// An `OCSPResponse` that says nothing but why (RFC 6960 section 4.2.1).
pub fn error(status: u8) -> [u8; 5] {
    [0x30, 3, 0x0a, 1, status]
}
