//! CRLs as OpenSSL judges them.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use aws_lc_rs::rand::SystemRandom;
use hallmark_pki::{Crl, CrlContents, CrlEntry, CrlScope, Issuer, Revocation, RevocationReason};
use support::{Hierarchy, NOW, serial, url};
use time::Duration;

const VERIFY: &str = "verify -x509_strict -extended_crl -CAfile root.pem -untrusted issuer.pem";

fn entry(tail: u8) -> CrlEntry {
    let reason = Some(RevocationReason::KeyCompromise);
    let revocation = Revocation::new(NOW - Duration::days(3), reason).unwrap();
    CrlEntry { serial_number: serial(tail), revocation }
}

fn shard_at(number: u8) -> CrlScope {
    CrlScope::Shard(url(&format!("crl/1/{number}.crl")))
}

fn issue(issuer: &Issuer, scope: CrlScope, entries: Vec<CrlEntry>) -> Crl {
    let contents =
        CrlContents { scope, number: 0x0102, this_update: NOW, next_update: NOW + Duration::hours(4) };
    issuer.issue_crl(&SystemRandom::new(), &contents, entries).unwrap()
}

impl Hierarchy {
    /// Writes the root's list and the shard's, as one file of PEM for `openssl verify`.
    fn publish(&self, root: &Crl, shard: &Crl) {
        for (file, crl) in [("root.crl", root), ("shard.crl", shard)] {
            self.folder.write(file, crl.der());
            self.folder.openssl(&format!("crl -inform DER -in {file} -out {file}.pem"));
        }
        let both = self.folder.text("root.crl.pem") + &self.folder.text("shard.crl.pem");
        self.folder.write("crls.pem", both);
    }

    fn verify(&self, revoked: bool, at: time::OffsetDateTime) -> String {
        let time = at.unix_timestamp();
        let arguments = format!("{VERIFY} -attime {time} -crl_check_all -CRLfile crls.pem leaf.pem");
        if revoked { self.folder.openssl_refuses(&arguments) } else { self.folder.openssl(&arguments) }
    }
}

#[test]
fn a_chain_is_checked_against_both_lists() {
    let hierarchy = Hierarchy::new("crl-good");
    let root = issue(&hierarchy.root, CrlScope::Complete, vec![]);
    let shard = issue(&hierarchy.issuer, shard_at(7), vec![entry(3)]);
    hierarchy.publish(&root, &shard);
    assert!(hierarchy.verify(false, NOW).contains("leaf.pem: OK"));
    let late = hierarchy.verify(true, NOW + Duration::hours(5));
    assert!(late.contains("CRL has expired"), "{late}");
}

#[test]
fn a_listed_leaf_or_issuer_is_revoked() {
    let hierarchy = Hierarchy::new("crl-revoked");
    let root = issue(&hierarchy.root, CrlScope::Complete, vec![]);
    let shard = issue(&hierarchy.issuer, shard_at(7), vec![entry(2), entry(1)]);
    hierarchy.publish(&root, &shard);
    let revoked = hierarchy.verify(true, NOW);
    assert!(revoked.contains("certificate revoked") && revoked.contains("at 0 depth"), "{revoked}");

    let root = issue(&hierarchy.root, CrlScope::Complete, vec![entry(1)]);
    let shard = issue(&hierarchy.issuer, shard_at(7), vec![]);
    hierarchy.publish(&root, &shard);
    let revoked = hierarchy.verify(true, NOW);
    assert!(revoked.contains("certificate revoked") && revoked.contains("at 1 depth"), "{revoked}");
}

#[test]
fn the_list_of_another_shard_does_not_count() {
    let hierarchy = Hierarchy::new("crl-shard");
    let root = issue(&hierarchy.root, CrlScope::Complete, vec![]);
    hierarchy.publish(&root, &issue(&hierarchy.issuer, shard_at(8), vec![]));
    let refused = hierarchy.verify(true, NOW);
    assert!(refused.contains("different CRL scope") && refused.contains("at 0 depth"), "{refused}");
}

#[test]
fn the_extensions_read_as_intended() {
    let hierarchy = Hierarchy::new("crl-text");
    let shard = issue(&hierarchy.issuer, shard_at(7), vec![entry(2)]);
    hierarchy.folder.write("shard.crl", shard.der());
    let verified = hierarchy.folder.openssl("crl -inform DER -in shard.crl -noout -CAfile issuer.pem");
    assert!(verified.contains("verify OK"), "{verified}");
    let text = hierarchy.folder.openssl("crl -inform DER -in shard.crl -noout -text");
    for expected in [
        "Version 2 (0x1)",
        "Signature Algorithm: ecdsa-with-SHA384",
        "Last Update: Nov 21 12:00:00 2026 GMT",
        "Next Update: Nov 21 16:00:00 2026 GMT",
        "X509v3 Authority Key Identifier",
        "X509v3 CRL Number: \n                258",
        "X509v3 Issuing Distribution Point: critical",
        "URI:http://pki.example.com/crl/1/7.crl",
        "Only User Certificates",
        "Revocation Date: Nov 18 12:00:00 2026 GMT",
        "X509v3 CRL Reason Code: \n                Key Compromise",
        "Invalidity Date: \n                Nov 18 12:00:00 2026 GMT",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let root = issue(&hierarchy.root, CrlScope::Complete, vec![]);
    hierarchy.folder.write("root.crl", root.der());
    let text = hierarchy.folder.openssl("crl -inform DER -in root.crl -noout -text");
    assert!(
        !text.contains("Issuing Distribution Point") && text.contains("No Revoked Certificates"),
        "{text}"
    );
}
