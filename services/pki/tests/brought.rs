//! Issuers whose certificates OpenSSL issued, and signing requests as OpenSSL judges them.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use hallmark_pki::{
    Certificate, Chain, Issuer, PkiError, SerialNumber, SigningKey, SigningRequest, Validity,
};
use support::{Folder, Hierarchy, copy, days, key, serial, subject};
use time::Duration;

const CONFIGURATION: &str = "
[req]
distinguished_name = name
string_mask = utf8only
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[issuer]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = 0102030405
authorityKeyIdentifier = keyid
";

const P384: &str = "ec -pkeyopt ec_paramgen_curve:secp384r1";

/// A company's root, which certifies our request.
struct Company {
    folder: Folder,
    key: SigningKey,
}

impl Company {
    fn new(name: &str, new_key: &str) -> Self {
        let folder = Folder::new(name);
        folder.write("configuration", CONFIGURATION);
        folder.openssl(&format!(
            "req -x509 -config configuration -extensions root -newkey {new_key} -nodes -keyout root.key -out root.pem \
             -subj /C=DE/ST=Bayern/O=Company/CN=Root -days 30"
        ));
        let key = key();
        let request = SigningRequest::for_issuer(&key, &subject("Issuer")).unwrap();
        folder.write("issuer.csr", request.to_pem());
        Self { folder, key }
    }

    fn certify(&self, options: &str) -> Result<Vec<Certificate>, PkiError> {
        self.folder.openssl(&format!(
            "x509 -req -in issuer.csr -CA root.pem -CAkey root.key -out issuer.pem -days 20 -extfile configuration \
             -extensions issuer {options}"
        ));
        ["issuer.pem", "root.pem"].iter().map(|file| Certificate::from_pem(&self.folder.text(file))).collect()
    }

    fn bring(&self, certificates: &[Certificate]) -> Result<Issuer, PkiError> {
        let now = certificates[0].validity().not_before() + Duration::MINUTE;
        Issuer::brought(certificates, copy(&self.key), now)
    }
}

#[test]
fn our_requests_are_good_requests() {
    let folder = Folder::new("csr-ours");
    let request = SigningRequest::for_issuer(&key(), &subject("Issuer")).unwrap();
    folder.write("request.pem", request.to_pem());
    let text = folder.openssl("req -in request.pem -verify -noout -text");
    for expected in [
        "self-signature verify OK",
        "CN = Issuer",
        "CA:TRUE, pathlen:0",
        "Certificate Sign, CRL Sign",
        "NIST CURVE: P-384",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[test]
fn requests_of_openssl_are_certified_if_their_key_is_on_p384() {
    let hierarchy = Hierarchy::new("csr-openssl");
    let ask = |new_key: &str| {
        hierarchy.folder.openssl(&format!(
            "req -new -newkey {new_key} -nodes -keyout other.key -out other.csr -subj /CN=whatever"
        ));
        SigningRequest::from_pem(&hierarchy.folder.text("other.csr"))
    };
    let request = ask(P384).unwrap();
    assert_eq!(request.subject_text(), "CN=whatever");
    let issued = hierarchy.root.issue_issuer(&request, &subject("Other"), &serial(8), &days(1, 30)).unwrap();
    hierarchy.folder.write("other.pem", issued.to_pem());
    let time = support::NOW.unix_timestamp();
    hierarchy.folder.openssl(&format!("verify -x509_strict -attime {time} -CAfile root.pem other.pem"));
    let public = hierarchy.folder.openssl("pkey -in other.key -pubout");
    assert_eq!(hierarchy.folder.openssl("x509 -in other.pem -noout -pubkey"), public);

    for other in ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:prime256v1"] {
        assert_eq!(ask(other), Err(PkiError::PublicKeyUnsupported), "{other}");
    }
}

#[test]
fn an_issuer_below_roots_of_several_kinds_issues() {
    for (name, new_key) in [
        ("brought-rsa", "rsa:3072"),
        ("brought-p256", "ec -pkeyopt ec_paramgen_curve:prime256v1"),
        ("brought-p384", P384),
        ("brought-p521", "ec -pkeyopt ec_paramgen_curve:secp521r1"),
    ] {
        let company = Company::new(name, new_key);
        let certificates = company.certify("-sha384").unwrap();
        let issuer = company.bring(&certificates).unwrap();
        let validity = issuer.certificate().validity();
        let validity = Validity::new(validity.not_before(), validity.not_before() + Duration::DAY).unwrap();
        let leaf_key = key();
        let leaf = issuer.issue_leaf(&leaf_key, &subject("leaf"), &serial(2), &validity).unwrap();
        company.folder.write("leaf.pem", leaf.to_pem());
        company.folder.openssl("verify -x509_strict -CAfile root.pem -untrusted issuer.pem leaf.pem");
        let chain: Vec<Certificate> = [leaf].into_iter().chain(certificates).collect();
        Chain::new(chain).unwrap();
        let text = company.folder.openssl("x509 -in leaf.pem -noout -ext authorityKeyIdentifier");
        assert!(text.contains("01:02:03:04:05"), "{text}");
    }
}

#[test]
fn weak_parents_are_refused() {
    let company = Company::new("brought-sha1", "rsa:2048");
    let refused = company.bring(&company.certify("-sha1").unwrap()).unwrap_err();
    let expected = "its signature is neither ECDSA nor RSA (PKCS #1) with SHA-2";
    assert!(refused.to_string().contains(expected), "{refused}");

    let company = Company::new("brought-rsa-1024", "rsa:1024");
    let refused = company.bring(&company.certify("-sha256").unwrap()).unwrap_err();
    assert!(matches!(refused, PkiError::RootMisplaced { .. }), "{refused}");
}

#[test]
fn keys_on_other_curves_are_for_parents_alone() {
    let company = Company::new("brought-curve", "ec -pkeyopt ec_paramgen_curve:prime256v1");
    company.folder.openssl(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout other.key -out issuer.csr -subj \
         /C=DE/ST=Bayern/O=Company/CN=Issuer",
    );
    let certificates = company.certify("-sha384").unwrap();
    let refused = company.bring(&certificates).unwrap_err();
    assert!(refused.to_string().ends_with("must be of a key on P-384"), "{refused}");
    let refused = Chain::new(certificates.clone()).unwrap_err();
    assert!(refused.to_string().ends_with("must be of a key on P-384"), "{refused}");

    let hierarchy = Hierarchy::new("brought-curve-leaf");
    let key = certificates[0].public_key();
    let refused = hierarchy.issuer.issue_leaf(key, &subject("leaf"), &serial(2), &days(1, 2));
    assert_eq!(refused, Err(PkiError::PublicKeyUnsupported));
}

#[test]
fn serial_numbers_must_be_positive() {
    let company = Company::new("brought-serial", P384);
    assert_eq!(company.certify("-set_serial -5"), Err(PkiError::SerialNumberInvalid { rule: "is negative" }));
    assert_eq!(company.certify("-set_serial 0"), Err(PkiError::SerialNumberInvalid { rule: "is zero" }));
    let good = company.certify("-set_serial 5").unwrap();
    assert_eq!(good[0].serial_number(), &SerialNumber::from_bytes(&[5]).unwrap());
}

#[test]
fn subjects_of_openssl_are_judged() {
    let company = Company::new("brought-subject", P384);
    let pkcs8 = company.key.to_pkcs8().unwrap();
    company.folder.write("issuer.der", &*pkcs8);
    company.folder.openssl("pkcs8 -inform DER -in issuer.der -nocrypt -out issuer.key");
    for (name, rule) in [
        ("/C=DE/ST=Bayern/O=Company/CN=Issuer", None),
        ("/CN=Issuer/O=Company/L=Hof/ST=Bayern/C=DE", None),
        ("/C=DE/O=Company/CN=Issuer", Some("must have a subject with one ST")),
        ("/C=DE/ST=Bayern/O=Company/OU=a/OU=b/CN=Issuer", Some("has an attribute twice in its subject")),
        (
            "/C=DE+ST=Bayern/O=Company/CN=Issuer",
            Some("has a subject with an RDN that is not of one attribute"),
        ),
        (
            "/C=DE/ST=Bayern/O=Company/CN=Issuer/emailAddress=a@example.com",
            Some("has an attribute in its subject that some verifiers cannot name"),
        ),
    ] {
        company.folder.openssl(&format!(
            "req -new -config configuration -key issuer.key -out issuer.csr -multivalue-rdn -subj {name}"
        ));
        let brought = company.bring(&company.certify("-sha384").unwrap());
        match (brought, rule) {
            (Ok(issuer), None) => {
                let read = issuer.certificate().subject().unwrap();
                assert_eq!((read.state.as_str(), read.organization.as_str()), ("Bayern", "Company"));
            }
            (Err(PkiError::CertificateUnfit { rule: found, .. }), Some(expected)) => {
                assert_eq!(found, expected, "{name}");
            }
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
}
