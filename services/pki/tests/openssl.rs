//! The hierarchy as OpenSSL judges it. OpenSSL is required where the tests run.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use aws_lc_rs::rand::SystemRandom;
use hallmark_pki::{Issuer, SerialNumber, SigningKey, Subject, Validity, self_signed_root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-11-21 12:00:00 UTC);

fn subject(common_name: &str) -> Subject {
    Subject {
        country: "DE".to_owned(),
        state: "Sachsen-Anhalt".to_owned(),
        organization: "Blümlein & Söhne".to_owned(),
        organizational_unit: Some("123456789012".to_owned()),
        common_name: common_name.to_owned(),
        serial_number: Some("QDXp0cJ2Ga".to_owned()),
    }
}

fn days(before: i64, after: i64) -> Validity {
    Validity::new(NOW - Duration::days(before), NOW + Duration::days(after)).unwrap()
}

/// Root, issuer and leaf in files of their own, and the leaf's key.
struct Hierarchy {
    folder: PathBuf,
    leaf_key: SigningKey,
}

impl Hierarchy {
    fn new(name: &str) -> Self {
        let generate = || SigningKey::generate(&SystemRandom::new()).unwrap();
        let serial_number = |account| SerialNumber::from_parts(account, [0xa5; 12]);
        let account = 123_456_789_012;

        let key = generate();
        let root = self_signed_root(&key, &subject("Root"), &serial_number(0), &days(30, 7300));
        let root = Issuer::new(root.unwrap(), key).unwrap();
        let key = generate();
        let issuer =
            root.issue_issuer(&key, &subject("Issuer"), &serial_number(account), &days(20, 1825)).unwrap();
        let issuer = Issuer::new(issuer, key).unwrap();
        let leaf_key = generate();
        let leaf =
            issuer.issue_leaf(&leaf_key, &subject("release"), &serial_number(account), &days(1, 2)).unwrap();

        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("root.pem"), root.certificate().to_pem()).unwrap();
        fs::write(folder.join("issuer.pem"), issuer.certificate().to_pem()).unwrap();
        fs::write(folder.join("leaf.pem"), leaf.to_pem()).unwrap();
        Self { folder, leaf_key }
    }

    fn openssl(&self, arguments: &str) -> Output {
        Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(&self.folder)
            .output()
            .expect("openssl is installed")
    }

    fn verify(&self, arguments: &str) -> Output {
        let time = NOW.unix_timestamp();
        self.openssl(&format!(
            "verify -x509_strict -check_ss_sig -attime {time} -CAfile root.pem {arguments}"
        ))
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[test]
fn every_certificate_verifies_strictly() {
    let hierarchy = Hierarchy::new("strict");
    let verified = hierarchy.verify("-purpose any -untrusted issuer.pem root.pem issuer.pem leaf.pem");
    assert!(verified.status.success(), "{}", text(&verified.stderr));
    assert_eq!(text(&verified.stdout), "root.pem: OK\nissuer.pem: OK\nleaf.pem: OK\n");
}

#[test]
fn a_leaf_without_its_issuer_does_not_verify() {
    let hierarchy = Hierarchy::new("gap");
    let refused = hierarchy.verify("leaf.pem");
    let reason = text(&refused.stderr);
    assert!(!refused.status.success() && reason.contains("unable to get local issuer"), "{reason}");
}

#[test]
fn the_extensions_read_as_intended() {
    let hierarchy = Hierarchy::new("extensions");
    let read = |file| text(&hierarchy.openssl(&format!("x509 -in {file} -noout -text")).stdout);
    let issuer = read("issuer.pem");
    assert!(issuer.contains("CA:TRUE, pathlen:0"), "{issuer}");
    assert!(issuer.contains("Certificate Sign, CRL Sign"), "{issuer}");
    let leaf = read("leaf.pem");
    assert!(leaf.contains("X509v3 Basic Constraints: critical\n                CA:FALSE"), "{leaf}");
    assert!(leaf.contains("X509v3 Key Usage: critical\n                Digital Signature\n"), "{leaf}");
    assert!(leaf.contains("Code Signing"), "{leaf}");
    assert!(leaf.contains("X509v3 Subject Key Identifier"), "{leaf}");
    assert!(leaf.contains("X509v3 Authority Key Identifier"), "{leaf}");
    assert!(leaf.contains("serialNumber = QDXp0cJ2Ga"), "{leaf}");
}

#[test]
fn a_signature_verifies_under_the_certified_key() {
    let hierarchy = Hierarchy::new("signature");
    let public = hierarchy.openssl("x509 -in leaf.pem -noout -pubkey").stdout;
    fs::write(hierarchy.folder.join("public.pem"), public).unwrap();
    let signature = hierarchy.leaf_key.sign_der(&SystemRandom::new(), b"a message").unwrap();
    fs::write(hierarchy.folder.join("signature"), signature).unwrap();

    let check = "dgst -sha384 -verify public.pem -signature signature message";
    fs::write(hierarchy.folder.join("message"), "a message").unwrap();
    assert_eq!(text(&hierarchy.openssl(check).stdout), "Verified OK\n");
    fs::write(hierarchy.folder.join("message"), "another").unwrap();
    assert!(!hierarchy.openssl(check).status.success());
}
