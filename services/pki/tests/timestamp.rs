//! Timestamps: ours as OpenSSL judges them, and OpenSSL's as we do.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use aws_lc_rs::rand::SystemRandom;
use hallmark_pki::{
    Certificate, DigestAlgorithm, Imprint, PkiError, TimestampAuthority, TimestampFailure, TimestampNonce,
    TimestampRequest, TimestampToken, TimestampTrust,
};
use support::{Folder, Hierarchy, NOW, days, key, publication, serial, subject};
use time::Duration;

const MESSAGE: &[u8] = b"a signature";

impl Hierarchy {
    fn authority(&self) -> TimestampAuthority {
        self.folder.write("message", MESSAGE);
        self.folder.write("another", "another");
        let key = key();
        let certificate = self
            .issuer
            .publishing(&publication("crl/1/7.crl"))
            .issue_timestamp_authority(&key, &subject("TSA"), &serial(5), &days(1, 30))
            .unwrap();
        self.folder.write("tsa.pem", certificate.to_pem());
        let certificates = vec![certificate, self.issuer.certificate().clone()];
        TimestampAuthority::new(certificates, key, "1.3.6.1.4.1.99999.1".parse().unwrap()).unwrap()
    }

    /// Answers the request in the file `query`.
    fn answer(&self, authority: &TimestampAuthority) {
        let request = TimestampRequest::from_der(&self.folder.read("query")).unwrap();
        let answer = authority.answer(&SystemRandom::new(), &request, &serial(6), NOW).unwrap();
        self.folder.write("reply", answer);
    }
}

fn verify(arguments: &str) -> String {
    format!("ts -verify -CAfile root.pem -attime {} {arguments}", NOW.unix_timestamp())
}

#[test]
fn replies_with_certificates_verify_by_the_root_alone() {
    let hierarchy = Hierarchy::new("ts-certificates");
    let authority = hierarchy.authority();
    for digest in ["sha256", "sha384", "sha512"] {
        hierarchy.folder.openssl(&format!("ts -query -data message -{digest} -cert -out query"));
        hierarchy.answer(&authority);
        for (arguments, holds) in [
            ("-queryfile query -in reply", true),
            ("-data message -in reply", true),
            ("-data another -in reply", false),
        ] {
            let command = verify(arguments);
            let said = if holds {
                hierarchy.folder.openssl(&command)
            } else {
                hierarchy.folder.openssl_refuses(&command)
            };
            assert_eq!(said.contains("Verification: OK"), holds, "{arguments}: {said}");
        }
    }
    hierarchy.folder.openssl("ts -query -data message -sha384 -cert -out query");
    let refused = hierarchy.folder.openssl_refuses(&verify("-queryfile query -in reply"));
    assert!(refused.contains("nonce mismatch") || refused.contains("imprint mismatch"), "{refused}");
}

#[test]
fn replies_without_certificates_verify_with_the_chain_supplied() {
    let hierarchy = Hierarchy::new("ts-bare");
    let authority = hierarchy.authority();
    hierarchy.folder.openssl("ts -query -data message -sha384 -no_nonce -out query");
    hierarchy.answer(&authority);
    let chain = hierarchy.folder.text("tsa.pem") + &hierarchy.folder.text("issuer.pem");
    hierarchy.folder.write("chain.pem", chain);
    hierarchy.folder.openssl(&verify("-queryfile query -in reply -untrusted chain.pem"));
    hierarchy.folder.openssl_refuses(&verify("-queryfile query -in reply"));
    let text = hierarchy.folder.openssl("ts -reply -in reply -text");
    for expected in [
        "Granted.",
        "Policy OID: 1.3.6.1.4.1.99999.1",
        "Time stamp: Nov 21 12:00:00 2026 GMT",
        "Ordering: no",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(text.contains("Accuracy: 0x02 seconds"), "{text}");
}

#[test]
fn a_token_of_our_own_accord_verifies() {
    let hierarchy = Hierarchy::new("ts-token");
    let authority = hierarchy.authority();
    let imprint = Imprint::of(DigestAlgorithm::Sha384, MESSAGE).unwrap();
    let token = authority.stamp(&SystemRandom::new(), &imprint, &serial(6), NOW).unwrap();
    hierarchy.folder.write("token", token.der());
    hierarchy.folder.openssl(&verify("-data message -in token -token_in"));
    hierarchy.folder.openssl_refuses(&verify("-data another -in token -token_in"));
    let text = hierarchy.folder.openssl("asn1parse -inform DER -in token");
    assert!(text.contains(":id-smime-aa-signingCertificateV2"), "{text}");
    let cms = hierarchy.folder.openssl("cms -cmsout -inform DER -in token -print -noout");
    assert!(cms.contains("version: 3") && cms.contains("id-smime-ct-TSTInfo"), "{cms}");
}

#[test]
fn refusals_are_read_with_their_reasons() {
    let hierarchy = Hierarchy::new("ts-refusals");
    let authority = hierarchy.authority();
    hierarchy.folder.openssl("ts -query -data message -sha384 -tspolicy 1.2.3.4 -out query");
    hierarchy.answer(&authority);
    let text = hierarchy.folder.openssl("ts -reply -in reply -text");
    assert!(text.contains("Rejected.") && text.contains("requested policy is not supported"), "{text}");

    for (digest, failure) in
        [("sha1", TimestampFailure::BadAlgorithm), ("md5", TimestampFailure::BadAlgorithm)]
    {
        hierarchy.folder.openssl(&format!("ts -query -data message -{digest} -out query"));
        assert_eq!(TimestampRequest::from_der(&hierarchy.folder.read("query")), Err(failure));
        hierarchy.folder.write("reply", failure.to_der());
        let text = hierarchy.folder.openssl("ts -reply -in reply -text");
        assert!(
            text.contains("Rejected.") && text.contains("unrecognized or unsupported algorithm"),
            "{text}"
        );
    }
}

const CONFIGURATION: &str = "
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = keyCertSign,cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ts]
default_tsa = own
[own]
serial = serial
default_policy = 1.2.3.4
digests = sha256,sha384,sha512
signer_digest = sha256
accuracy = secs:1,millisecs:500
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
ess_cert_id_alg = sha256
[old]
serial = serial
default_policy = 1.2.3.4
digests = sha256,sha384,sha512
signer_digest = sha256
ess_cert_id_alg = sha1
";

/// A foreign authority: OpenSSL's, with keys of some kind.
struct Foreign {
    folder: Folder,
    anchors: Vec<Certificate>,
}

impl Foreign {
    fn new(name: &str, new_key: &str) -> Self {
        let folder = Folder::new(name);
        folder.write("configuration", CONFIGURATION);
        folder.write("serial", "0A\n");
        folder.openssl(&format!(
            "req -x509 -config configuration -extensions root -newkey {new_key} -nodes -keyout root.key -out root.pem \
             -subj /O=Foreign/CN=Root -days 30"
        ));
        folder.openssl(&format!(
            "req -new -config configuration -newkey {new_key} -nodes -keyout tsa.key -out tsa.csr -subj \
             /O=Foreign/CN=TSA"
        ));
        folder.openssl("x509 -req -in tsa.csr -CA root.pem -CAkey root.key -set_serial 77 -out tsa.pem -days 20 -extfile \
             configuration -extensions tsa");
        let anchors = vec![Certificate::from_pem(&folder.text("root.pem")).unwrap()];
        Self { folder, anchors }
    }

    fn reply(&self, request: &TimestampRequest, section: &str) -> TimestampToken {
        self.folder.write("query", request.to_der().unwrap());
        self.folder.openssl(&format!(
            "ts -reply -config configuration -section {section} -queryfile query -signer tsa.pem -inkey tsa.key -chain \
             root.pem -out reply"
        ));
        TimestampToken::from_response(&self.folder.read("reply")).unwrap()
    }

    fn trust(&self) -> TimestampTrust<'_> {
        TimestampTrust { anchors: &self.anchors, others: &[] }
    }
}

fn request() -> (Imprint, TimestampNonce, TimestampRequest) {
    let imprint = Imprint::of(DigestAlgorithm::Sha384, MESSAGE).unwrap();
    let nonce = TimestampNonce::from_random([0xe1; 16]);
    (imprint.clone(), nonce.clone(), TimestampRequest::new(imprint, nonce))
}

#[test]
fn foreign_authorities_of_several_kinds_are_believed() {
    for (name, new_key) in [
        ("ts-rsa", "rsa:2048"),
        ("ts-p256", "ec -pkeyopt ec_paramgen_curve:prime256v1"),
        ("ts-p384", "ec -pkeyopt ec_paramgen_curve:secp384r1"),
        ("ts-p521", "ec -pkeyopt ec_paramgen_curve:secp521r1"),
    ] {
        let foreign = Foreign::new(name, new_key);
        let (imprint, nonce, request) = request();
        let token = foreign.reply(&request, "own");
        let authority = token.verify(&imprint, Some(&nonce), &foreign.trust()).unwrap();
        assert!(authority.subject_text().contains("CN=TSA"), "{authority:?}");
        assert_eq!(token.info().accuracy(), Duration::milliseconds(1500));
        assert_eq!(token.info().policy().to_string(), "1.2.3.4");

        let elsewhere = Hierarchy::new(&format!("{name}-elsewhere"));
        let anchors = [elsewhere.root.certificate().clone()];
        let refused =
            token.verify(&imprint, Some(&nonce), &TimestampTrust { anchors: &anchors, others: &[] });
        assert!(matches!(refused, Err(PkiError::Untrusted { .. })), "{refused:?}");

        let mut altered = foreign.folder.read("reply");
        let last = altered.len() - 1;
        altered[last] ^= 1;
        let altered = TimestampToken::from_response(&altered).unwrap();
        assert_eq!(altered.verify(&imprint, Some(&nonce), &foreign.trust()), Err(PkiError::SignatureInvalid));
    }
}

#[test]
fn small_keys_and_weak_bindings_are_not_believed() {
    let foreign = Foreign::new("ts-small", "rsa:1024");
    let (imprint, nonce, request) = request();
    let refused = foreign.reply(&request, "own").verify(&imprint, Some(&nonce), &foreign.trust());
    assert_eq!(refused, Err(PkiError::SignatureInvalid));

    let foreign = Foreign::new("ts-old", "rsa:2048");
    let refused = foreign.reply(&request, "old").verify(&imprint, Some(&nonce), &foreign.trust());
    let rule = "lacks one of contentType, messageDigest and signingCertificateV2";
    assert_eq!(refused, Err(PkiError::Refused { noun: "timestamp token", rule }));
}

#[test]
fn openssl_asks_as_we_do() {
    let foreign = Foreign::new("ts-query", "rsa:2048");
    let (_, _, request) = request();
    foreign.folder.write("query", request.to_der().unwrap());
    let text = foreign.folder.openssl("ts -query -in query -text");
    for expected in
        ["Version: 1", "Hash Algorithm: sha384", "Certificate required: yes", "Policy OID: unspecified"]
    {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}
