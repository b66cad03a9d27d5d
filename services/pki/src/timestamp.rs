//! Timestamps (RFC 3161, updated by RFC 5816): what an authority answers, what it stamps of its own
//! accord, and whether a foreign authority's token holds.

mod authority;
mod failure;
mod imprint;
mod info;
mod message;
mod nonce;
mod policy;
mod request;
mod signed_data;
mod token;
mod trust;

pub use authority::TimestampAuthority;
pub use failure::TimestampFailure;
pub use imprint::Imprint;
pub use info::TimestampInfo;
pub use nonce::TimestampNonce;
pub use policy::TimestampPolicy;
pub use request::TimestampRequest;
pub use token::TimestampToken;
pub use trust::TimestampTrust;

use crate::PkiError;
use der::asn1::ObjectIdentifier;

const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ID_CT_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const ID_CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const ID_MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const ID_SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

const NOUN: &str = "timestamp token";

/// Why a token is not taken: it is not DER, or breaks a rule.
enum Fault {
    Der(der::Error),
    Rule(&'static str),
}

impl From<der::Error> for Fault {
    fn from(error: der::Error) -> Self {
        Self::Der(error)
    }
}

impl From<&'static str> for Fault {
    fn from(rule: &'static str) -> Self {
        Self::Rule(rule)
    }
}

impl From<Fault> for PkiError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Der(error) => Self::Unreadable { noun: NOUN, reason: error.to_string() },
            Fault::Rule(rule) => Self::Refused { noun: NOUN, rule },
        }
    }
}

fn not_encoded(error: der::Error) -> PkiError {
    PkiError::NotEncoded { noun: NOUN, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, NOW, days, serial, subject};
    use crate::{Certificate, DigestAlgorithm, Publication, SerialNumber};
    use aws_lc_rs::rand::SystemRandom;
    use time::{Duration, OffsetDateTime};

    struct Service {
        root: Certificate,
        issuer: Certificate,
        authority: TimestampAuthority,
    }

    impl Service {
        fn new() -> Self {
            let root = fixture::root();
            let issuer = fixture::issuer(&root);
            let key = fixture::key();
            let publishing = issuer.publishing(&Publication::NOWHERE);
            let own = publishing
                .issue_timestamp_authority(&key, &subject("TSA"), &serial(5), &days(1, 30))
                .unwrap();
            let issuer = issuer.certificate().clone();
            let policy = "1.3.6.1.4.1.99999.1".parse().unwrap();
            let authority = TimestampAuthority::new(vec![own, issuer.clone()], key, policy).unwrap();
            Self { root: root.certificate().clone(), issuer, authority }
        }

        fn stamp(&self, time: OffsetDateTime) -> TimestampToken {
            self.authority.stamp(&SystemRandom::new(), &imprint(), &serial(1), time).unwrap()
        }

        fn verify(&self, token: &TimestampToken) -> Result<Certificate, PkiError> {
            let trust = TimestampTrust { anchors: std::slice::from_ref(&self.root), others: &[] };
            token.verify(&imprint(), None, &trust)
        }
    }

    fn imprint() -> Imprint {
        Imprint::of(DigestAlgorithm::Sha384, b"a signature").unwrap()
    }

    #[test]
    fn a_token_says_what_was_stamped_and_when() {
        let service = Service::new();
        let token = service.stamp(NOW + Duration::milliseconds(999));
        assert_eq!(&service.verify(&token).unwrap(), &service.authority.certificates()[0]);
        let info = token.info();
        assert_eq!((info.time(), info.accuracy()), (NOW, Duration::seconds(2)));
        assert_eq!(info.serial_number(), serial(1).as_bytes());
        assert_eq!(info.policy(), service.authority.policy());
        assert_eq!((info.imprint(), info.nonce()), (&imprint(), None));
    }

    #[test]
    fn requests_are_answered_with_what_they_ask_for() {
        let service = Service::new();
        let nonce = TimestampNonce::from_random([0xfe; 16]);
        let request = TimestampRequest::new(imprint(), nonce.clone());
        let answer = |request, time| {
            service.authority.answer(&SystemRandom::new(), request, &serial(2), time).unwrap()
        };
        let token = TimestampToken::from_response(&answer(&request, NOW)).unwrap();
        let trust = TimestampTrust { anchors: std::slice::from_ref(&service.root), others: &[] };
        token.verify(&imprint(), Some(&nonce), &trust).unwrap();
        let other = TimestampNonce::from_random([0xfd; 16]);
        assert!(token.verify(&imprint(), Some(&other), &trust).is_err());
        let other = Imprint::of(DigestAlgorithm::Sha384, b"another").unwrap();
        assert!(token.verify(&other, Some(&nonce), &trust).is_err());
    }

    #[test]
    fn without_certificates_they_must_be_at_hand() {
        let service = Service::new();
        let mut bare =
            TimestampRequest::new(imprint(), TimestampNonce::from_random([1; 16])).to_der().unwrap();
        bare.truncate(bare.len() - 3);
        bare[1] -= 3;
        let request = TimestampRequest::from_der(&bare).unwrap();
        let answer = service.authority.answer(&SystemRandom::new(), &request, &serial(2), NOW).unwrap();
        let token = TimestampToken::from_response(&answer).unwrap();
        let rule = "means a signing certificate that is not at hand";
        assert_eq!(service.verify(&token), Err(PkiError::Refused { noun: NOUN, rule }));
        let trust = TimestampTrust {
            anchors: std::slice::from_ref(&service.root),
            others: service.authority.certificates(),
        };
        token.verify(&imprint(), None, &trust).unwrap();
    }

    #[test]
    fn refusals_are_read_with_their_words() {
        let service = Service::new();
        let imprint = imprint();
        let policy = [6, 3, 0x2a, 3, 4];
        let content = [&[2, 1, 1], imprint.der(), &policy].concat();
        let der = [&[0x30, u8::try_from(content.len()).unwrap()], content.as_slice()].concat();
        let request = TimestampRequest::from_der(&der).unwrap();
        let answer = service.authority.answer(&SystemRandom::new(), &request, &serial(2), NOW).unwrap();
        assert_eq!(answer, TimestampFailure::UnacceptedPolicy.to_der());
        let reason = TimestampFailure::UnacceptedPolicy.to_string();
        let declined = Err(PkiError::TimestampDeclined { status: 2, reason });
        assert_eq!(TimestampToken::from_response(&answer), declined);
    }

    #[test]
    fn the_path_must_lead_to_the_anchor_and_be_valid_then() {
        let service = Service::new();
        let token = service.stamp(NOW);
        let verify = |anchors: &[Certificate]| {
            token.verify(&imprint(), None, &TimestampTrust { anchors, others: &[] })
        };
        verify(std::slice::from_ref(&service.issuer)).unwrap();
        verify(&service.authority.certificates()[..1]).unwrap();
        let other = fixture::root().certificate().clone();
        assert!(matches!(verify(&[other]), Err(PkiError::Untrusted { .. })));
        assert!(matches!(verify(&[]), Err(PkiError::Untrusted { .. })));
    }

    #[test]
    fn an_altered_token_is_refused_or_says_the_same() {
        let service = Service::new();
        let token = service.stamp(NOW);
        let own = &service.authority.certificates()[0];
        let mut accepted = Vec::new();
        for place in 0..token.der().len() {
            assert!(TimestampToken::from_der(&token.der()[..place]).is_err(), "{place}");
            let mut der = token.der().to_vec();
            der[place] ^= 1;
            let Ok(altered) = TimestampToken::from_der(&der) else { continue };
            let Ok(found) = service.verify(&altered) else { continue };
            assert_eq!((&found, altered.info()), (own, token.info()), "{place}");
            accepted.push(place);
        }
        // The list of digest algorithms, which is neither signed nor used.
        assert!(accepted.len() < 16 && accepted.iter().all(|place| *place < 48), "{accepted:?}");
    }

    #[test]
    fn signed_attributes_must_stand_in_order() {
        let service = Service::new();
        let token = service.stamp(NOW);
        let mut der = token.der().to_vec();
        // contentType and messageDigest change places; their order is the only thing that changes.
        let content_type =
            der.windows(11).position(|part| part == b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03\x31\x0d");
        let start = content_type.unwrap() - 4;
        let first = start..start + 2 + usize::from(der[start + 1]);
        let second = first.end..first.end + 2 + usize::from(der[first.end + 1]);
        let swapped = [&der[second.clone()], &der[first.clone()]].concat();
        der[start..second.end].copy_from_slice(&swapped);
        let refused = TimestampToken::from_der(&der);
        assert!(matches!(refused, Err(PkiError::Unreadable { .. })), "{refused:?}");
    }

    #[test]
    fn signed_attributes_must_be_about_the_content() {
        let service = Service::new();
        let token = service.stamp(NOW);
        let attribute = |id: &[u8]| {
            let place = token.der().windows(id.len()).position(|part| part == id).unwrap();
            place + id.len()
        };
        let content_type = attribute(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03");
        let message_digest = attribute(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04");
        for (place, rule) in [
            // The last arc of the type, and an octet of the digest.
            (content_type + 14, "has a contentType that is not its content's"),
            (message_digest + 10, "has a messageDigest that is not its content's"),
        ] {
            let mut der = token.der().to_vec();
            der[place] ^= 1;
            let refused = service.verify(&TimestampToken::from_der(&der).unwrap());
            assert_eq!(refused, Err(PkiError::Refused { noun: NOUN, rule }));
        }
    }

    #[test]
    fn bombs_are_refused() {
        for der in
            [vec![0x30; 300_000], vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff], vec![0x30, 0x80, 0, 0], vec![]]
        {
            assert!(TimestampToken::from_der(&der).is_err());
            assert!(TimestampToken::from_response(&der).is_err());
        }
        let many = SerialNumber::from_parts(1, [1; 12]);
        let service = Service::new();
        let token = service.authority.stamp(&SystemRandom::new(), &imprint(), &many, NOW).unwrap();
        assert!(TimestampToken::from_der(&[token.der(), &[0]].concat()).is_err());
    }
}
