//! What the tests share: a hierarchy of three, and OpenSSL in a folder of each test's own.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "shared by tests, which may fail")]

use aws_lc_rs::rand::SystemRandom;
use hallmark_pki::{
    Certificate, HttpUrl, Issuer, Publication, SerialNumber, SigningKey, Subject, Validity, self_signed_root,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-21 12:00:00 UTC);
pub(crate) const ACCOUNT: u64 = 123_456_789_012;

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

pub(crate) fn days(before: i64, after: i64) -> Validity {
    Validity::new(NOW - Duration::days(before), NOW + Duration::days(after)).unwrap()
}

pub(crate) fn serial(tail: u8) -> SerialNumber {
    SerialNumber::from_parts(ACCOUNT, [tail; 12])
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate(&SystemRandom::new()).unwrap()
}

pub(crate) fn copy(key: &SigningKey) -> SigningKey {
    SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap()
}

pub(crate) fn url(path: &str) -> HttpUrl {
    HttpUrl::new(format!("http://pki.example.com/{path}")).unwrap()
}

pub(crate) fn publication(crl: &str) -> Publication {
    Publication { ocsp: Some(url("ocsp")), crl: Some(url(crl)), issuer: Some(url("issuer/1.cer")) }
}

/// Root, issuer and leaf, each of which says where its status is published.
pub(crate) struct Hierarchy {
    pub(crate) root: Issuer,
    pub(crate) issuer: Issuer,
    pub(crate) leaf: Certificate,
    pub(crate) leaf_key: SigningKey,
    pub(crate) folder: Folder,
}

impl Hierarchy {
    pub(crate) fn new(name: &str) -> Self {
        let root_key = key();
        let root = self_signed_root(
            &root_key,
            &subject("Root"),
            &SerialNumber::from_parts(0, [9; 12]),
            &days(30, 7300),
        );
        let root = Issuer::new(root.unwrap(), root_key).unwrap();
        let issuer_key = key();
        let issuer = root
            .publishing(&publication("crl/root.crl"))
            .issue_issuer(&issuer_key, &subject("Issuer"), &serial(1), &days(20, 1825))
            .unwrap();
        let issuer = Issuer::new(issuer, issuer_key).unwrap();
        let leaf_key = key();
        let leaf = issuer
            .publishing(&publication("crl/1/7.crl"))
            .issue_leaf(&leaf_key, &subject("release"), &serial(2), &days(1, 2))
            .unwrap();
        let folder = Folder::new(name);
        folder.write("root.pem", root.certificate().to_pem());
        folder.write("issuer.pem", issuer.certificate().to_pem());
        folder.write("leaf.pem", leaf.to_pem());
        Self { root, issuer, leaf, leaf_key, folder }
    }
}

/// A folder of a test's own.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(file), content).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.0.join(file)).unwrap()
    }

    pub(crate) fn text(&self, file: &str) -> String {
        String::from_utf8(self.read(file)).unwrap()
    }

    /// Runs OpenSSL; arguments are separated by single spaces.
    pub(crate) fn try_openssl(&self, arguments: &str) -> Output {
        Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(&self.0)
            .output()
            .expect("openssl is installed")
    }

    /// Runs OpenSSL, which must succeed; what it wrote to both outputs.
    pub(crate) fn openssl(&self, arguments: &str) -> String {
        let output = self.try_openssl(arguments);
        assert!(output.status.success(), "openssl {arguments}: {}", said(&output));
        said(&output)
    }

    /// Runs OpenSSL, which must fail; what it wrote to both outputs.
    pub(crate) fn openssl_refuses(&self, arguments: &str) -> String {
        let output = self.try_openssl(arguments);
        assert!(!output.status.success(), "openssl {arguments}: {}", said(&output));
        said(&output)
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
