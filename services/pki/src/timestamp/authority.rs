//! Authorities: a certificate with its key, and the tokens that they sign.

use super::info::Saying;
use super::{
    Imprint, TimestampFailure, TimestampNonce, TimestampPolicy, TimestampRequest, TimestampToken, message,
    not_encoded,
};
use crate::asn1::generalized_time;
use crate::{Certificate, PkiError, SerialNumber, SigningKey};
use aws_lc_rs::rand::SecureRandom;
use std::fmt;
use time::OffsetDateTime;

/// By how much the time may be wrong: the service refuses to stamp when its clock is off by more than a second, and a
/// fraction of another is cut off.
const ACCURACY_SECONDS: u8 = 2;

/// Signs tokens.
pub struct TimestampAuthority {
    certificates: Vec<Certificate>,
    key: SigningKey,
    policy: TimestampPolicy,
    /// The attribute value that binds tokens to the certificate.
    signing_certificate: Vec<u8>,
}

/// A number that no other token of the authority bears, and the time.
#[derive(Debug, Clone, Copy)]
struct Moment<'a> {
    serial_number: &'a SerialNumber,
    time: OffsetDateTime,
}

/// Whether a token brings the authority's certificates along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bag {
    Filled,
    Empty,
}

impl TimestampAuthority {
    /// An authority. Its certificate comes first, then those that tokens shall bring along so that a
    /// verifier who has the root alone finds its way: each issued by the next.
    pub fn new(
        certificates: Vec<Certificate>,
        key: SigningKey,
        policy: TimestampPolicy,
    ) -> Result<Self, PkiError> {
        let own = certificates.first().ok_or(PkiError::ChainEmpty)?;
        if own.public_key() != key.public_key() {
            return Err(PkiError::KeyMismatch { subject: own.subject_text().to_owned() });
        }
        own.usage().check_timestamp_authority().map_err(|rule| own.unfit(rule))?;
        certificates.windows(2).try_for_each(|pair| pair[0].check_issued_by(&pair[1]))?;
        let signing_certificate = message::signing_certificate(own, own).map_err(not_encoded)?;
        Ok(Self { certificates, key, policy, signing_certificate })
    }

    /// The authority's certificate, then those above it.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The policy under which it stamps.
    pub fn policy(&self) -> TimestampPolicy {
        self.policy
    }

    /// Stamps an imprint of this service's own, certificates included. The serial number must be unique;
    /// of the time whole seconds are kept.
    pub fn stamp(
        &self,
        rng: &dyn SecureRandom,
        imprint: &Imprint,
        serial_number: &SerialNumber,
        time: OffsetDateTime,
    ) -> Result<TimestampToken, PkiError> {
        let token = self.sign(rng, imprint, None, Bag::Filled, Moment { serial_number, time })?;
        TimestampToken::from_der(&token)
    }

    /// Answers a request; the result is a `TimeStampResp` in DER, which may be a refusal. An error means
    /// that the authority cannot stamp at all ([`TimestampFailure::SystemFailure`]).
    pub fn answer(
        &self,
        rng: &dyn SecureRandom,
        request: &TimestampRequest,
        serial_number: &SerialNumber,
        time: OffsetDateTime,
    ) -> Result<Vec<u8>, PkiError> {
        if request.policy().is_some_and(|policy| policy != self.policy) {
            return Ok(TimestampFailure::UnacceptedPolicy.to_der());
        }
        let bag = if request.wants_certificates() { Bag::Filled } else { Bag::Empty };
        let moment = Moment { serial_number, time };
        let token = self.sign(rng, request.imprint(), request.nonce(), bag, moment)?;
        message::grant(&token).map_err(not_encoded)
    }

    fn sign(
        &self,
        rng: &dyn SecureRandom,
        imprint: &Imprint,
        nonce: Option<&TimestampNonce>,
        bag: Bag,
        moment: Moment<'_>,
    ) -> Result<Vec<u8>, PkiError> {
        self.certificates[0].valid_at(moment.time)?;
        let saying = Saying {
            policy: self.policy,
            imprint,
            serial_number: moment.serial_number.as_bytes(),
            time: generalized_time(moment.time)?,
            accuracy_seconds: ACCURACY_SECONDS,
            nonce,
        };
        let info = saying.to_der().map_err(not_encoded)?;
        let attributes = message::attributes(&info, &self.signing_certificate).map_err(not_encoded)?;
        let signature = self.key.sign_der(rng, &attributes)?;
        let bag = match bag {
            Bag::Filled => self.certificates.as_slice(),
            Bag::Empty => &[],
        };
        message::assemble(&self.certificates[0], bag, &info, &attributes, &signature).map_err(not_encoded)
    }
}

impl fmt::Debug for TimestampAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TimestampAuthority").field(&self.certificates[0]).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::TimestampTrust;
    use super::*;
    use crate::fixture::{self, NOW, days, serial, subject};
    use crate::{DigestAlgorithm, Issuer, Publication};
    use aws_lc_rs::rand::SystemRandom;

    fn certify(issuer: &Issuer, key: &SigningKey, tail: u8) -> Certificate {
        let publishing = issuer.publishing(&Publication::NOWHERE);
        publishing.issue_timestamp_authority(key, &subject("TSA"), &serial(tail), &days(1, 30)).unwrap()
    }

    fn policy() -> TimestampPolicy {
        "1.3.6.1.4.1.99999.1".parse().unwrap()
    }

    fn imprint() -> Imprint {
        Imprint::of(DigestAlgorithm::Sha384, b"a signature").unwrap()
    }

    /// A token of an authority that was put together without its constructor's checks: whose signer is
    /// named after the first certificate, means `meant` and signs with `key`.
    fn forge(certificates: Vec<Certificate>, meant: &Certificate, key: SigningKey) -> TimestampToken {
        forge_names(certificates, meant, meant, key)
    }

    /// As [`forge`], with a signer that hashes one certificate and names another.
    fn forge_names(
        certificates: Vec<Certificate>,
        hashed: &Certificate,
        named: &Certificate,
        key: SigningKey,
    ) -> TimestampToken {
        let signing_certificate = message::signing_certificate(hashed, named).unwrap();
        let forger = TimestampAuthority { certificates, key, policy: policy(), signing_certificate };
        forger.stamp(&SystemRandom::new(), &imprint(), &serial(77), NOW).unwrap()
    }

    fn verify(token: &TimestampToken, root: &Issuer) -> Result<Certificate, PkiError> {
        let anchors = [root.certificate().clone()];
        token.verify(&imprint(), None, &TimestampTrust { anchors: &anchors, others: &[] })
    }

    #[test]
    fn a_token_needs_its_own_authoritys_certificate() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let above = issuer.certificate().clone();
        let (key, stranger) = (fixture::key(), fixture::key());
        let honest = certify(&issuer, &key, 5);
        let bag = vec![honest.clone(), above.clone()];

        let (leaf, leaf_key) = fixture::leaf(&issuer);
        let by_leaf = forge(vec![leaf.clone(), honest.clone(), above.clone()], &leaf, leaf_key);
        let refused = verify(&by_leaf, &root).unwrap_err();
        assert!(matches!(refused, PkiError::CertificateUnfit { .. }), "a leaf signs: {refused}");

        let by_stranger = forge(bag.clone(), &honest, stranger);
        assert_eq!(verify(&by_stranger, &root), Err(PkiError::SignatureInvalid));

        let (leaf, leaf_key) = fixture::leaf(&issuer);
        let two_names = forge(vec![leaf, honest.clone(), above], &honest, leaf_key);
        let rule = "names two different signing certificates";
        assert_eq!(verify(&two_names, &root), Err(PkiError::Refused { noun: super::super::NOUN, rule }));

        assert_eq!(verify(&forge(bag, &honest, key), &root).unwrap(), honest);
    }

    #[test]
    fn every_name_must_be_of_the_same_certificate() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let key = fixture::key();
        let copy = || SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        let honest = certify(&issuer, &key, 5);
        let (leaf, _) = fixture::leaf(&issuer);
        let above = issuer.certificate();
        for (first, named) in [(&leaf, &leaf), (&honest, &leaf), (&leaf, &honest)] {
            let bag = if first == &leaf { vec![leaf.clone(), honest.clone()] } else { vec![honest.clone()] };
            let bag = [bag, vec![above.clone()]].concat();
            let refused = verify(&forge_names(bag, &honest, named, copy()), &root);
            let rule = "names two different signing certificates";
            assert_eq!(refused, Err(PkiError::Refused { noun: super::super::NOUN, rule }));
        }
    }

    #[test]
    fn the_certificate_is_the_one_that_was_hashed() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let key = fixture::key();
        let copy = || SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        // The same key, name and number, certified twice: the signatures make them differ.
        let (first, second) = (certify(&issuer, &key, 5), certify(&issuer, &key, 5));
        let above = issuer.certificate().clone();
        let bag = vec![first.clone(), second.clone(), above.clone()];
        for meant in [&first, &second] {
            assert_eq!(&verify(&forge(bag.clone(), meant, copy()), &root).unwrap(), meant);
        }
        let rule = "means a signing certificate that is not at hand";
        let refused = verify(&forge(vec![first, above], &second, copy()), &root);
        assert_eq!(refused, Err(PkiError::Refused { noun: super::super::NOUN, rule }));
    }

    #[test]
    fn a_bag_without_end_is_not_opened() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let key = fixture::key();
        let copy = || SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        let own = certify(&issuer, &key, 5);
        let bag = |count: u8| -> Vec<Certificate> {
            let others = (6..6 + count - 2).map(|tail| certify(&issuer, &key, tail));
            [own.clone(), issuer.certificate().clone()].into_iter().chain(others).collect()
        };
        verify(&forge(bag(16), &own, copy()), &root).unwrap();
        let signing_certificate = message::signing_certificate(&own, &own).unwrap();
        let forger =
            TimestampAuthority { certificates: bag(17), key: copy(), policy: policy(), signing_certificate };
        let refused = forger.stamp(&SystemRandom::new(), &imprint(), &serial(77), NOW);
        let rule = "brings more than 16 certificates along";
        assert_eq!(refused, Err(PkiError::Refused { noun: super::super::NOUN, rule }));
    }

    #[test]
    fn a_double_of_the_same_name_and_number_is_not_trusted() {
        let root = fixture::root();
        let (issuer, double) = (fixture::issuer(&root), fixture::issuer(&fixture::root()));
        let (key, other) = (fixture::key(), fixture::key());
        let honest = certify(&issuer, &key, 5);
        let false_one = certify(&double, &other, 5);
        assert_eq!(honest.issuer_der(), false_one.issuer_der());
        let bag = vec![false_one.clone(), double.certificate().clone(), issuer.certificate().clone(), honest];
        let token = forge(bag, &false_one, other);
        assert!(matches!(verify(&token, &root), Err(PkiError::Untrusted { .. })));
    }

    #[test]
    fn an_authority_is_nothing_else() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let new = |certificate, key| TimestampAuthority::new(vec![certificate], key, policy());
        let (leaf, leaf_key) = fixture::leaf(&issuer);
        assert!(matches!(new(leaf, leaf_key), Err(PkiError::CertificateUnfit { .. })));
        let key = fixture::key();
        let own = certify(&issuer, &key, 5);
        assert!(matches!(new(own.clone(), fixture::key()), Err(PkiError::KeyMismatch { .. })));
        let wrong = vec![own.clone(), root.certificate().clone()];
        let refused = TimestampAuthority::new(wrong, fixture::key(), policy());
        assert!(refused.is_err());
        let authority = new(own, key).unwrap();
        let late = NOW + time::Duration::days(31);
        let refused = authority.stamp(&SystemRandom::new(), &imprint(), &serial(1), late);
        assert!(matches!(refused, Err(PkiError::CertificateExpired { .. })));
        assert!(matches!(
            TimestampAuthority::new(vec![], fixture::key(), policy()),
            Err(PkiError::ChainEmpty)
        ));
    }
}
