//! What the unit tests share: keys, names and a hierarchy of three.

use crate::issuer::{Signer, parameters};
use crate::{Certificate, Issuer, PublicKey, SerialNumber, SigningKey, Subject, Validity, self_signed_root};
use aws_lc_rs::rand::SystemRandom;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyUsagePurpose};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-21 12:00:00 UTC);
pub(crate) const ACCOUNT: u64 = 123_456_789_012;

pub(crate) fn key() -> SigningKey {
    SigningKey::generate(&SystemRandom::new()).unwrap()
}

pub(crate) fn subject(common_name: &str) -> Subject {
    Subject {
        country: "DE".to_owned(),
        state: "Sachsen-Anhalt".to_owned(),
        organization: "Blümlein & Söhne".to_owned(),
        organizational_unit: None,
        common_name: common_name.to_owned(),
        serial_number: None,
    }
}

pub(crate) fn leaf_subject() -> Subject {
    Subject {
        organizational_unit: Some(ACCOUNT.to_string()),
        serial_number: Some("QDXp0cJ2Ga".to_owned()),
        ..subject("release")
    }
}

pub(crate) fn days(before: i64, after: i64) -> Validity {
    Validity::new(NOW - Duration::days(before), NOW + Duration::days(after)).unwrap()
}

pub(crate) fn serial(tail: u8) -> SerialNumber {
    SerialNumber::from_parts(ACCOUNT, [tail; 12])
}

pub(crate) fn root() -> Issuer {
    let key = key();
    let serial_number = SerialNumber::from_parts(0, [9; 12]);
    let certificate = self_signed_root(&key, &subject("Root"), &serial_number, &days(30, 7300)).unwrap();
    Issuer::new(certificate, key).unwrap()
}

pub(crate) fn issuer(root: &Issuer) -> Issuer {
    let key = key();
    let certificate = root.issue_issuer(&key, &subject("Issuer"), &serial(1), &days(20, 1825)).unwrap();
    Issuer::new(certificate, key).unwrap()
}

pub(crate) fn leaf(issuer: &Issuer) -> (Certificate, SigningKey) {
    let key = key();
    let certificate = issuer.issue_leaf(&key, &leaf_subject(), &serial(2), &days(1, 2)).unwrap();
    (certificate, key)
}

/// Leaf, issuer and root.
pub(crate) fn hierarchy() -> Vec<Certificate> {
    let root = root();
    let issuer = issuer(&root);
    let leaf = leaf(&issuer).0;
    vec![leaf, issuer.certificate().clone(), root.certificate().clone()]
}

fn leaf_parameters(key: &SigningKey) -> CertificateParams {
    let mut parameters = parameters(key.public_key(), &leaf_subject(), &serial(3), &days(1, 2)).unwrap();
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters
}

/// A leaf that this service would not issue: changed before it is signed.
pub(crate) fn crooked(issuer: &Issuer, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
    let key = key();
    let mut parameters = leaf_parameters(&key);
    change(&mut parameters);
    issuer.issue(parameters, key.public_key(), &days(1, 2)).unwrap()
}

/// An issuer's certificate, named as [`issuer`] names it and changed before it is signed.
pub(crate) fn crooked_issuer(
    parent: &Issuer,
    key: &PublicKey,
    change: impl FnOnce(&mut CertificateParams),
) -> Certificate {
    let validity = days(20, 1825);
    let mut parameters = parameters(key, &subject("Issuer"), &serial(4), &validity).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    change(&mut parameters);
    parent.issue(parameters, key, &validity).unwrap()
}

/// A leaf that is its own root.
pub(crate) fn self_signed_leaf() -> Certificate {
    let key = key();
    let issued = leaf_parameters(&key).self_signed(&Signer(&key)).unwrap();
    Certificate::from_der(issued.der()).unwrap()
}
