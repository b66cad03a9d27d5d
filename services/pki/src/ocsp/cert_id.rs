//! The names by which OCSP calls certificates.

use crate::asn1::span;
use crate::{Certificate, SerialNumber};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, SliceReader};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use x509_cert::spki::AlgorithmIdentifierRef;

const ID_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const ID_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// Octets of the shortest and the longest digest that a question may hold (MD5, SHA-512).
const DIGESTS: std::ops::RangeInclusive<usize> = 16..=64;

/// `CertID` (RFC 6960 section 4.1.1) as it was received: an issuer's name and key, hashed, and a serial
/// number. Equal when the octets are.
#[derive(Clone)]
pub struct CertId {
    der: Vec<u8>,
    /// None for a digest that is not computed here; such a name matches nothing.
    hash: Option<IssuerHash>,
    name_hash: Range<usize>,
    key_hash: Range<usize>,
    serial_number: SerialNumber,
}

/// What hashed the issuer. SHA-1 names here and secures nothing; notation asks with it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IssuerHash {
    Sha1,
    Sha256,
}

impl IssuerHash {
    fn digest(self, message: &[u8]) -> aws_lc_rs::digest::Digest {
        match self {
            Self::Sha1 => digest(&SHA1_FOR_LEGACY_USE_ONLY, message),
            Self::Sha256 => digest(&SHA256, message),
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

impl CertId {
    /// Reads a `CertID` in DER; the error is the rule that it breaks.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, &'static str> {
        let (algorithm, places) = read(der).map_err(|_| "has a CertID that is not DER")?;
        let [name_hash, key_hash, serial_number] = places;
        if algorithm.parameters.is_some_and(|parameters| !parameters.is_null()) {
            return Err("has a CertID whose hashAlgorithm has parameters");
        }
        let hash = match algorithm.oid {
            ID_SHA1 => Some(IssuerHash::Sha1),
            ID_SHA256 => Some(IssuerHash::Sha256),
            _ => None,
        };
        let fits = |place: &Range<usize>| match hash {
            Some(hash) => place.len() == hash.length(),
            None => DIGESTS.contains(&place.len()),
        };
        if !fits(&name_hash) || !fits(&key_hash) {
            return Err("has a CertID with hashes of the wrong length");
        }
        let serial_number = SerialNumber::from_bytes(&der[serial_number])
            .map_err(|_| "has a CertID whose serial number no certificate can have")?;
        Ok(Self { der: der.to_vec(), hash, name_hash, key_hash, serial_number })
    }

    /// The name by which OCSP calls a certificate of this issuer, hashed with SHA-256.
    #[cfg(test)]
    pub(crate) fn of(issuer: &Certificate, serial_number: &SerialNumber) -> Self {
        let hash = |message: &[u8]| {
            let digest = IssuerHash::Sha256.digest(message);
            [&[0x04, 0x20], digest.as_ref()].concat()
        };
        let serial = serial_number.as_bytes();
        let content = [
            &[0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01][..],
            &hash(issuer.subject_der()),
            &hash(issuer.public_key().point()),
            &[0x02, u8::try_from(serial.len()).unwrap()],
            serial,
        ]
        .concat();
        let der = [&[0x30, u8::try_from(content.len()).unwrap()], content.as_slice()].concat();
        Self::from_der(&der).unwrap()
    }

    /// Whether this names a certificate of the issuer: its subject's octets and its key, hashed.
    pub fn matches(&self, issuer: &Certificate) -> bool {
        self.hash.is_some_and(|hash| {
            hash.digest(issuer.subject_der()).as_ref() == &self.der[self.name_hash.clone()]
                && hash.digest(issuer.public_key().point()).as_ref() == &self.der[self.key_hash.clone()]
        })
    }

    /// The hash of the issuer's key: SHA-1 or SHA-256, told apart by their length. None when it is of another
    /// digest, by which no issuer is found here.
    pub fn issuer_key_hash(&self) -> Option<&[u8]> {
        self.hash.map(|_| &self.der[self.key_hash.clone()])
    }

    /// The serial number of the certificate; it leads to the account.
    pub fn serial_number(&self) -> &SerialNumber {
        &self.serial_number
    }

    /// The name as it was received.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

/// The algorithm, and where the contents of name hash, key hash and serial number stand.
fn read(der: &[u8]) -> der::Result<(AlgorithmIdentifierRef<'_>, [Range<usize>; 3])> {
    let mut reader = SliceReader::new(der)?;
    let found = reader.sequence(|cert_id| {
        let algorithm = AlgorithmIdentifierRef::decode(cert_id)?;
        let name_hash = content_of::<&OctetStringRef>(cert_id, der)?;
        let key_hash = content_of::<&OctetStringRef>(cert_id, der)?;
        let serial_number = content_of::<der::asn1::IntRef<'_>>(cert_id, der)?;
        der::Result::Ok((algorithm, [name_hash, key_hash, serial_number]))
    })?;
    reader.finish()?;
    Ok(found)
}

/// Checks that the next element is of a type and says where its content stands.
fn content_of<'a, T: Decode<'a, Error = der::Error>>(
    reader: &mut SliceReader<'a>,
    der: &'a [u8],
) -> der::Result<Range<usize>> {
    let place = span(reader)?;
    let element = &der[place.clone()];
    T::from_der(element)?;
    let content = AnyRef::from_der(element)?.value();
    Ok(place.end - content.len()..place.end)
}

impl PartialEq for CertId {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for CertId {}

impl Hash for CertId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der.hash(state);
    }
}

impl fmt::Debug for CertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertId({:?}, {})", self.hash, self.serial_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, serial};

    #[test]
    fn it_matches_its_issuer_alone() {
        let root = fixture::root();
        let (issuer, other) = (fixture::issuer(&root), fixture::issuer(&root));
        let cert_id = CertId::of(issuer.certificate(), &serial(2));
        assert!(cert_id.matches(issuer.certificate()));
        assert!(!cert_id.matches(other.certificate()), "the same name, another key");
        assert!(!cert_id.matches(root.certificate()));
        assert_eq!(cert_id.serial_number(), &serial(2));
    }

    #[test]
    fn an_unknown_digest_matches_nothing() {
        let issuer = fixture::issuer(&fixture::root());
        let mut der = CertId::of(issuer.certificate(), &serial(2)).der().to_vec();
        der[14] = 0x04; // SHA-224, then, with hashes of some other length
        let cert_id = CertId::from_der(&der).unwrap();
        assert_eq!(cert_id.hash, None);
        assert!(!cert_id.matches(issuer.certificate()));
    }

    #[test]
    fn hashes_are_as_long_as_their_digest_makes_them() {
        let name = |algorithm: &[u8], name_hash: usize, key_hash: usize| {
            let hash =
                |length: usize| [&[0x04, u8::try_from(length).unwrap()], vec![7; length].as_slice()].concat();
            let oid = [&[0x30, u8::try_from(algorithm.len()).unwrap()], algorithm].concat();
            let content = [oid, hash(name_hash), hash(key_hash), vec![2, 1, 5]].concat();
            let header = match u8::try_from(content.len()).unwrap() {
                length @ 0..128 => vec![0x30, length],
                length => vec![0x30, 0x81, length],
            };
            CertId::from_der(&[header, content].concat())
        };
        let sha1 = [6, 5, 0x2b, 0x0e, 3, 2, 0x1a];
        let sha256 = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
        let md5 = [6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5];
        for (algorithm, good) in [(&sha1[..], 20), (&sha256, 32), (&md5, 16)] {
            name(algorithm, good, good).unwrap();
            name(algorithm, good, 15).unwrap_err();
            name(algorithm, 65, good).unwrap_err();
        }
        name(&sha1, 32, 32).unwrap_err();
        name(&sha256, 20, 20).unwrap_err();
    }

    #[test]
    fn broken_names_are_refused_at_every_length() {
        let issuer = fixture::issuer(&fixture::root());
        let der = CertId::of(issuer.certificate(), &serial(2)).der().to_vec();
        for length in 0..der.len() {
            assert!(CertId::from_der(&der[..length]).is_err(), "{length}");
        }
        CertId::from_der(&[der.as_slice(), &[0]].concat()).unwrap_err();
    }

    #[test]
    fn a_flipped_octet_is_another_name_or_none() {
        let issuer = fixture::issuer(&fixture::root());
        let cert_id = CertId::of(issuer.certificate(), &serial(2));
        for place in 0..cert_id.der().len() {
            for bit in 0..8 {
                let mut der = cert_id.der().to_vec();
                der[place] ^= 1 << bit;
                let Ok(other) = CertId::from_der(&der) else { continue };
                assert_ne!(other, cert_id);
                let same = other.matches(issuer.certificate()) && other.serial_number() == &serial(2);
                assert!(!same, "{place}");
            }
        }
    }
}
