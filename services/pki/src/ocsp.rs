//! The Online Certificate Status Protocol (RFC 6960, nonces after RFC 9654).
//!
//! A question is read into an [`OcspRequest`], whose [`CertId`]s the caller looks up; an
//! [`OcspResponder`] signs the answers. Signing dominates the cost: an answer without a nonce is good
//! for whoever asks until its nextUpdate, so keep it under [`OcspRequest::cacheable`]'s [`CertId`].

mod answer;
mod cert_id;
mod request;
mod responder;

pub use answer::{CertificateStatus, OcspAnswer, OcspError};
pub use cert_id::CertId;
pub use request::OcspRequest;
pub use responder::OcspResponder;

use der::asn1::ObjectIdentifier;

const ID_PKIX_OCSP_BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
const ID_PKIX_OCSP_NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, NOW, days, serial, subject};
    use crate::{Issuer, PkiError, Revocation};
    use aws_lc_rs::rand::SystemRandom;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use time::Duration;

    /// Writes an element of any length.
    fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        let header = match content.len() {
            0..128 => vec![tag, length[3]],
            128..256 => vec![tag, 0x81, length[3]],
            256..65536 => vec![tag, 0x82, length[2], length[3]],
            _ => vec![tag, 0x83, length[1], length[2], length[3]],
        };
        [header, content].concat()
    }

    fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
        let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
        element(0x30, &[&element(0x06, &[id]), critical, &element(0x04, &[value])])
    }

    const NONCE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
    const STRANGE: &[u8] = &[0x2a, 3, 4];

    fn nonce(octets: &[u8]) -> Vec<u8> {
        extension(NONCE, false, &element(0x04, &[octets]))
    }

    /// A question about these names with these extensions.
    fn question(cert_ids: &[&CertId], extensions: &[&[u8]]) -> Vec<u8> {
        let singles: Vec<Vec<u8>> = cert_ids.iter().map(|one| element(0x30, &[one.der()])).collect();
        let singles: Vec<&[u8]> = singles.iter().map(Vec::as_slice).collect();
        let extensions = match extensions {
            [] => vec![],
            some => element(0xa2, &[&element(0x30, some)]),
        };
        element(0x30, &[&element(0x30, &[&element(0x30, &singles), &extensions])])
    }

    fn rule(refused: Result<OcspRequest, PkiError>) -> &'static str {
        match refused {
            Err(PkiError::Refused { rule, .. }) => rule,
            other => panic!("{other:?}"),
        }
    }

    fn a_name() -> CertId {
        CertId::of(fixture::issuer(&fixture::root()).certificate(), &serial(2))
    }

    #[test]
    fn questions_are_read_with_their_nonce() {
        let name = a_name();
        let plain = OcspRequest::from_der(&question(&[&name], &[])).unwrap();
        assert_eq!((plain.cert_ids(), plain.nonce()), (std::slice::from_ref(&name), None));
        assert_eq!(plain.cacheable(), Some(&name));
        for length in [1, 32, 128] {
            let with = OcspRequest::from_der(&question(&[&name], &[&nonce(&vec![7; length])])).unwrap();
            assert_eq!(with.nonce(), Some(vec![7; length].as_slice()));
            assert_eq!(with.cacheable(), None);
        }
        let two = OcspRequest::from_der(&question(&[&name, &name], &[])).unwrap();
        assert_eq!((two.cert_ids().len(), two.cacheable()), (2, None));
    }

    #[test]
    fn the_path_of_a_get_is_base64() {
        let der = question(&[&a_name()], &[]);
        let read = OcspRequest::from_base64(&STANDARD.encode(&der)).unwrap();
        assert_eq!(read, OcspRequest::from_der(&der).unwrap());
        assert_eq!(rule(OcspRequest::from_base64("%%%")), "is not in base64");
        assert_eq!(rule(OcspRequest::from_base64(&"A".repeat(1 << 20))), "is too long");
        assert_eq!(rule(OcspRequest::from_base64("")), "is not the DER of an OCSPRequest");
    }

    #[test]
    fn broken_rules_are_named() {
        let name = a_name();
        let refusal = |extensions: &[&[u8]]| rule(OcspRequest::from_der(&question(&[&name], extensions)));
        let length = "has a nonce of fewer than 1 or more than 128 octets";
        assert_eq!(refusal(&[&nonce(&[])]), length);
        assert_eq!(refusal(&[&nonce(&[7; 129])]), length);
        assert_eq!(refusal(&[&nonce(&[7]), &nonce(&[7])]), "has two nonces");
        assert_eq!(refusal(&[&extension(NONCE, false, &[7, 7])]), "has extensions that cannot be read");
        let critical = "has a critical extension that is not understood";
        assert_eq!(refusal(&[&extension(STRANGE, true, &[5, 0])]), critical);
        OcspRequest::from_der(&question(&[&name], &[&extension(STRANGE, false, &[5, 0])])).unwrap();
        assert_eq!(rule(OcspRequest::from_der(&question(&[], &[]))), "asks about no certificate");
    }

    #[test]
    fn many_names_are_refused_before_they_are_read() {
        let name = a_name();
        OcspRequest::from_der(&question(&[&name; 64], &[])).unwrap();
        let refused = rule(OcspRequest::from_der(&question(&[&name; 65], &[])));
        assert_eq!(refused, "asks about more than 64 certificates");
        assert_eq!(rule(OcspRequest::from_der(&question(&vec![&name; 10_000], &[]))), "is too long");
    }

    #[test]
    fn a_signature_is_stepped_over() {
        let name = a_name();
        let der = question(&[&name], &[]);
        let tbs = &der[2..];
        let tbs = if der[1] == 0x81 { &der[3..] } else { tbs };
        let signature = element(0xa0, &[&element(0x30, &[&[0x03, 0x02, 0x00, 0x01]])]);
        let signed = OcspRequest::from_der(&element(0x30, &[tbs, &signature])).unwrap();
        assert_eq!(signed.cert_ids(), [name]);
    }

    #[test]
    fn garbage_truncation_and_nesting_are_refused() {
        let der = question(&[&a_name()], &[&nonce(&[7; 16])]);
        for length in 0..der.len() {
            assert!(OcspRequest::from_der(&der[..length]).is_err(), "{length}");
        }
        OcspRequest::from_der(&[der.as_slice(), &[0]].concat()).unwrap_err();
        for place in 0..der.len() {
            for bit in 0..8 {
                let mut altered = der.clone();
                altered[place] ^= 1 << bit;
                // No panic; what is still a question is another one.
                let read = OcspRequest::from_der(&altered);
                assert_ne!(read.ok(), OcspRequest::from_der(&der).ok(), "{place}.{bit}");
            }
        }
        let nested = (0..3_000).fold(vec![], |inner, _| element(0x30, &[&inner]));
        OcspRequest::from_der(&nested).unwrap_err();
        OcspRequest::from_der(&[0x30; 16_384]).unwrap_err();
        OcspRequest::from_der(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).unwrap_err();
    }

    fn responder(issuer: &Issuer) -> OcspResponder {
        let key = fixture::key();
        let certificate =
            issuer.issue_ocsp_responder(&key, &subject("OCSP"), &serial(9), &days(1, 2)).unwrap();
        OcspResponder::new(certificate, key, issuer.certificate()).unwrap()
    }

    fn answer(cert_id: &CertId) -> OcspAnswer<'_> {
        OcspAnswer {
            cert_id,
            status: CertificateStatus::Good,
            this_update: NOW,
            next_update: NOW + Duration::HOUR,
        }
    }

    #[test]
    fn a_responder_is_its_issuers_and_for_nothing_else() {
        let root = fixture::root();
        let (issuer, other) = (fixture::issuer(&root), fixture::issuer(&root));
        let key = fixture::key();
        let certificate =
            issuer.issue_ocsp_responder(&key, &subject("OCSP"), &serial(9), &days(1, 2)).unwrap();
        let new = |certificate: &_, key: &crate::SigningKey, issuer: &Issuer| {
            let key = crate::SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
            OcspResponder::new(crate::Certificate::clone(certificate), key, issuer.certificate())
        };
        new(&certificate, &key, &issuer).unwrap();
        assert!(matches!(new(&certificate, &key, &other), Err(PkiError::ChainBroken { .. })));
        assert!(matches!(new(&certificate, &fixture::key(), &issuer), Err(PkiError::KeyMismatch { .. })));
        let (leaf, leaf_key) = fixture::leaf(&issuer);
        assert!(matches!(new(&leaf, &leaf_key, &issuer), Err(PkiError::CertificateUnfit { .. })));
    }

    #[test]
    fn names_and_nonces_are_echoed_octet_by_octet() {
        let issuer = fixture::issuer(&fixture::root());
        let name = CertId::of(issuer.certificate(), &serial(2));
        let signed =
            responder(&issuer).sign(&SystemRandom::new(), &[answer(&name)], NOW, Some(&[0xab; 32])).unwrap();
        let holds = |part: &[u8]| signed.windows(part.len()).any(|window| window == part);
        assert!(holds(name.der()) && holds(&nonce(&[0xab; 32])));
    }

    #[test]
    fn the_longest_answer_is_one_that_notation_reads() {
        let issuer = fixture::issuer(&fixture::root());
        let name = CertId::of(issuer.certificate(), &serial(2));
        let reason = Some(crate::RevocationReason::KeyCompromise);
        let status = CertificateStatus::Revoked(Revocation::new(NOW, reason).unwrap());
        let answers = vec![OcspAnswer { status, ..answer(&name) }; 64];
        let signed = responder(&issuer).sign(&SystemRandom::new(), &answers, NOW, Some(&[7; 128])).unwrap();
        assert!(signed.len() < 20_480, "{}", signed.len());
    }

    #[test]
    fn answers_are_kept_for_an_hour_at_most() {
        let issuer = fixture::issuer(&fixture::root());
        let name = CertId::of(issuer.certificate(), &serial(2));
        let responder = responder(&issuer);
        let until = |next_update| {
            let answer = OcspAnswer { next_update, ..answer(&name) };
            responder.sign(&SystemRandom::new(), &[answer], NOW, None)
        };
        until(NOW + Duration::HOUR).unwrap();
        let refused = |rule| Err(PkiError::Refused { noun: "OCSP answer", rule });
        assert_eq!(
            until(NOW + Duration::HOUR + Duration::SECOND),
            refused("could be kept for more than an hour")
        );
        assert_eq!(until(NOW), refused("would be superseded no later than it is known"));
    }

    #[test]
    fn an_issuer_answers_itself_once_it_has_lapsed() {
        let issuer = fixture::issuer(&fixture::root());
        let name = CertId::of(issuer.certificate(), &serial(2));
        let late = issuer.certificate().validity().not_after() + Duration::DAY;
        let answer = OcspAnswer { this_update: late, next_update: late + Duration::HOUR, ..answer(&name) };
        let lapsed = OcspResponder::lapsed(&issuer).unwrap();
        let signed = lapsed.sign(&SystemRandom::new(), &[answer], late, None).unwrap();
        let own = issuer.certificate().der();
        assert!(!signed.windows(own.len()).any(|part| part == own), "no certificate is brought along");
        let key_hash = issuer.certificate().public_key().key_identifier();
        assert!(signed.windows(20).any(|part| part == key_hash), "it is named by its key");
    }

    #[test]
    fn an_expired_responder_signs_nothing() {
        let issuer = fixture::issuer(&fixture::root());
        let name = CertId::of(issuer.certificate(), &serial(2));
        let refused =
            responder(&issuer).sign(&SystemRandom::new(), &[answer(&name)], NOW + Duration::days(3), None);
        assert!(matches!(refused, Err(PkiError::CertificateExpired { .. })), "{refused:?}");
    }
}
