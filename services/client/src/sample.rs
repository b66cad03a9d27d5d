//! Certificates for unit tests.

use aws_lc_rs::rand::SystemRandom;
use hallmark_pki::{Certificate, SerialNumber, SigningKey, Subject, Validity, self_signed_root};
use time::macros::datetime;

/// A root of this name.
pub(crate) fn root(common_name: &str) -> Certificate {
    certificate(None, common_name, None)
}

/// A certificate for a version of a signing profile.
pub(crate) fn leaf(account: &str, profile: &str, version: &str) -> Certificate {
    certificate(Some(account), profile, Some(version))
}

fn certificate(account: Option<&str>, common_name: &str, version: Option<&str>) -> Certificate {
    let key = SigningKey::generate(&SystemRandom::new()).unwrap();
    let validity = Validity::new(datetime!(2026-01-01 0:00 UTC), datetime!(2046-01-01 0:00 UTC)).unwrap();
    let subject = Subject {
        country: "US".to_owned(),
        state: "WA".to_owned(),
        organization: "Example".to_owned(),
        organizational_unit: account.map(str::to_owned),
        common_name: common_name.to_owned(),
        serial_number: version.map(str::to_owned),
    };
    let number = SerialNumber::from_bytes(&[1]).unwrap();
    self_signed_root(&key, &subject, &number, &validity).unwrap()
}
