//! Questions to a timestamp authority, ours or a foreign one.

use super::{Imprint, TimestampFailure, TimestampNonce, TimestampPolicy};
use crate::PkiError;
use crate::asn1::{only, tagged};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag};

/// Octets of a request; one with everything in it has about 250.
const LONGEST: usize = 1024;
const VERSION: u8 = 1;

/// `TimeStampReq` (RFC 3161 section 2.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampRequest {
    imprint: Imprint,
    policy: Option<TimestampPolicy>,
    nonce: Option<TimestampNonce>,
    wants_certificates: bool,
}

/// As it is written; reading takes more care.
#[derive(Debug, Sequence)]
struct TimeStampReq<'a> {
    version: u8,
    imprint: AnyRef<'a>,
    policy: Option<ObjectIdentifier>,
    nonce: Option<AnyRef<'a>>,
    #[asn1(default = "Default::default")]
    wants_certificates: bool,
}

impl TimestampRequest {
    /// A request to a foreign authority: any policy, the certificates included in the token.
    pub fn new(imprint: Imprint, nonce: TimestampNonce) -> Self {
        Self { imprint, policy: None, nonce: Some(nonce), wants_certificates: true }
    }

    /// Reads a request, at most 1,024 octets.
    pub fn from_der(der: &[u8]) -> Result<Self, TimestampFailure> {
        let malformed = |_| TimestampFailure::BadDataFormat;
        if der.len() > LONGEST {
            return Err(TimestampFailure::BadDataFormat);
        }
        let request = only(der, Tag::Sequence).map_err(malformed)?;
        let mut reader = SliceReader::new(request).map_err(malformed)?;
        if u8::decode(&mut reader).map_err(malformed)? != VERSION {
            return Err(TimestampFailure::BadRequest);
        }
        let imprint = Imprint::from_der(reader.tlv_bytes().map_err(malformed)?)?;
        let policy = Option::<ObjectIdentifier>::decode(&mut reader).map_err(malformed)?;
        let nonce = read_nonce(&mut reader)?;
        let wants_certificates = Option::<bool>::decode(&mut reader).map_err(malformed)?.unwrap_or(false);
        // RFC 3161 wants any extension refused that is not recognised, critical or not.
        if tagged(&mut reader, 0).map_err(malformed)?.is_some() {
            return Err(TimestampFailure::UnacceptedExtension);
        }
        reader.finish().map_err(malformed)?;
        Ok(Self { imprint, policy: policy.map(TimestampPolicy), nonce, wants_certificates })
    }

    /// The request in DER.
    pub fn to_der(&self) -> Result<Vec<u8>, PkiError> {
        let encode = || {
            TimeStampReq {
                version: VERSION,
                imprint: AnyRef::from_der(self.imprint.der())?,
                policy: self.policy.map(|policy| policy.0),
                nonce: self.nonce.as_ref().map(TimestampNonce::encode).transpose()?,
                wants_certificates: self.wants_certificates,
            }
            .to_der()
        };
        encode().map_err(super::not_encoded)
    }

    /// What is to be stamped.
    pub fn imprint(&self) -> &Imprint {
        &self.imprint
    }

    /// The policy that is asked for; none leaves it to the authority.
    pub fn policy(&self) -> Option<TimestampPolicy> {
        self.policy
    }

    /// The nonce that the token must echo.
    pub fn nonce(&self) -> Option<&TimestampNonce> {
        self.nonce.as_ref()
    }

    /// Whether the token shall hold the authority's certificates.
    pub fn wants_certificates(&self) -> bool {
        self.wants_certificates
    }
}

fn read_nonce(reader: &mut SliceReader<'_>) -> Result<Option<TimestampNonce>, TimestampFailure> {
    let malformed = |_| TimestampFailure::BadDataFormat;
    if reader.is_finished() || Tag::peek(reader).map_err(malformed)? != Tag::Integer {
        return Ok(None);
    }
    let integer = reader.tlv_bytes().map_err(malformed)?;
    let nonce = TimestampNonce::from_der(integer).map_err(malformed)?;
    nonce.map(Some).ok_or(TimestampFailure::BadRequest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DigestAlgorithm;

    const DIGEST: [u8; 32] = [7; 32];
    const SHA256_NULL: &[u8] = &[0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
    const SHA256_ABSENT: &[u8] = &[0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];

    fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u8::try_from(content.len()).unwrap();
        let header = if length < 128 { vec![tag, length] } else { vec![tag, 0x81, length] };
        [header, content].concat()
    }

    fn imprint(algorithm: &[u8], digest: &[u8]) -> Vec<u8> {
        element(0x30, &[algorithm, &element(4, &[digest])])
    }

    fn request(parts: &[&[u8]]) -> Result<TimestampRequest, TimestampFailure> {
        TimestampRequest::from_der(&element(0x30, parts))
    }

    #[test]
    fn what_is_written_is_read_back() {
        let imprint = Imprint::of(DigestAlgorithm::Sha512, b"message").unwrap();
        let request = TimestampRequest::new(imprint, TimestampNonce::from_random([0xff; 16]));
        assert_eq!(TimestampRequest::from_der(&request.to_der().unwrap()), Ok(request.clone()));
        assert!(request.wants_certificates());
    }

    #[test]
    fn every_part_is_read_and_written_as_it_was() {
        let policy = [6, 3, 0x2a, 3, 4];
        for algorithm in [SHA256_NULL, SHA256_ABSENT] {
            let imprint = imprint(algorithm, &DIGEST);
            let parts: &[&[u8]] = &[&[2, 1, 1], &imprint, &policy, &[2, 2, 0, 0x80], &[1, 1, 0xff]];
            let read = request(parts).unwrap();
            assert_eq!(read.policy().unwrap().to_string(), "1.2.3.4");
            assert_eq!(read.imprint().digest(), DIGEST);
            assert_eq!(read.to_der().unwrap(), element(0x30, parts));
        }
        let bare = request(&[&[2, 1, 1], &imprint(SHA256_NULL, &DIGEST)]).unwrap();
        assert_eq!((bare.policy(), bare.nonce(), bare.wants_certificates()), (None, None, false));
    }

    #[test]
    fn refusals_have_their_reasons() {
        let version: &[u8] = &[2, 1, 1];
        let good = imprint(SHA256_NULL, &DIGEST);
        let with = |imprint: &[u8]| request(&[version, imprint]).unwrap_err();
        let sha1 = [0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a];
        assert_eq!(with(&imprint(&sha1, &[7; 20])), TimestampFailure::BadAlgorithm);
        let sha224 = [0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4];
        assert_eq!(with(&imprint(&sha224, &[7; 28])), TimestampFailure::BadAlgorithm);
        for length in [0, 20, 31, 33, 48] {
            assert_eq!(with(&imprint(SHA256_NULL, &vec![7; length])), TimestampFailure::BadDataFormat);
        }
        let parameters = [&[0x30, 14][..], &SHA256_ABSENT[2..], &[2, 1, 1]].concat();
        assert_eq!(with(&imprint(&parameters, &DIGEST)), TimestampFailure::BadDataFormat);

        assert_eq!(request(&[&[2, 1, 2], &good]), Err(TimestampFailure::BadRequest));
        let nonce = |length: usize| request(&[version, &good, &element(2, &[&vec![1; length]])]);
        nonce(64).unwrap();
        assert_eq!(nonce(65), Err(TimestampFailure::BadRequest));
        assert_eq!(request(&[version, &good, &[2, 2, 0, 1]]), Err(TimestampFailure::BadDataFormat));
        let extension = element(0xa0, &[&element(0x30, &[&[6, 2, 0x2a, 3], &element(4, &[&[5, 0]])])]);
        assert_eq!(request(&[version, &good, &extension]), Err(TimestampFailure::UnacceptedExtension));
        assert_eq!(request(&[version, &good, &[5, 0]]), Err(TimestampFailure::BadDataFormat));
        assert_eq!(TimestampRequest::from_der(&[0x30; 2000]), Err(TimestampFailure::BadDataFormat));
    }

    #[test]
    fn truncated_and_altered_requests_do_no_harm() {
        let imprint = Imprint::of(DigestAlgorithm::Sha256, b"message").unwrap();
        let request = TimestampRequest::new(imprint, TimestampNonce::from_random([3; 16]));
        let der = request.to_der().unwrap();
        for place in 0..der.len() {
            assert!(TimestampRequest::from_der(&der[..place]).is_err(), "{place}");
            for bit in 0..8 {
                let mut altered = der.clone();
                altered[place] ^= 1 << bit;
                assert_ne!(TimestampRequest::from_der(&altered).as_ref(), Ok(&request), "{place}.{bit}");
            }
        }
        let nested = (0..60).fold(vec![], |inner, _| element(0x30, &[&inner]));
        TimestampRequest::from_der(&nested).unwrap_err();
    }
}
