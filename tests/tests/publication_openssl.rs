//! What is published, as OpenSSL judges it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallmark_pki::{Certificate, Crl};
use hallmark_tests::openssl::Openssl;
use hallmark_tests::public::Public;
use hallmark_tests::publication::{Published, Signed, list, lists};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A folder with the chain of a signature in it.
fn folder(signed: &Signed) -> Openssl {
    let folder = Openssl::default();
    for (name, certificate) in ["leaf.pem", "issuer.pem", "root.pem"].into_iter().zip(&signed.chain) {
        folder.write(name, certificate.to_pem());
    }
    folder
}

/// How a question is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Post,
    /// As notation and RFC 5019 write it.
    Escaped,
    /// As older clients write it.
    Raw,
}

/// OpenSSL asks about `leaf.pem` in this way and says what it thinks of the answer.
async fn judge(folder: &Openssl, public: &Public, digest: &str, nonce: &str, way: Way) -> String {
    folder.accepts(&format!("ocsp -issuer issuer.pem -{digest} -cert leaf.pem {nonce} -reqout question"));
    let question = folder.read("question");
    let answer = match way {
        Way::Post => public.ask(&question).await,
        Way::Escaped => {
            let base64 = STANDARD.encode(&question);
            public.get(&format!("/ocsp/{}", utf8_percent_encode(&base64, NON_ALPHANUMERIC))).await.body
        }
        Way::Raw => public.get(&format!("/ocsp/{}", STANDARD.encode(&question))).await.body,
    };
    folder.write("answer", answer);
    folder.accepts(&format!(
        "ocsp -{digest} -no_nonce -issuer issuer.pem -cert leaf.pem -reqin question -respin answer -CAfile root.pem \
         -resp_text"
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_reads_what_became_of_a_certificate() {
    let service = Published::start().await;
    let signed = service.sign("single").await;
    let folder = folder(&signed);
    for (status, words) in [("good", &[][..]), ("revoked", &["Reason: keyCompromise", "Invalidity Date"])] {
        if status == "revoked" {
            service.revoke(&signed, 0, &service.replicas[0]).await;
        }
        for (number, public) in service.public.iter().enumerate() {
            for digest in ["sha1", "sha256"] {
                for nonce in ["-nonce", "-no_nonce"] {
                    for way in [Way::Post, Way::Escaped, Way::Raw] {
                        let said = judge(&folder, public, digest, nonce, way).await;
                        let about = format!("{number} {digest} {nonce} {way:?}: {said}");
                        for expected in ["Response verify OK", &format!("leaf.pem: {status}"), "OCSP Signing"]
                        {
                            assert!(said.contains(expected), "{expected} in {about}");
                        }
                        assert!(words.iter().all(|word| said.contains(word)), "{about}");
                        // It warns of a nonce that is not the question's, or is missing.
                        assert!(!said.contains("WARNING") && !said.contains("Nonce Verify error"), "{about}");
                        assert_eq!(said.contains("OCSP Nonce"), nonce == "-nonce", "{about}");
                    }
                }
            }
        }
    }
    // With another digest than those two a name means nobody here.
    folder.accepts("ocsp -issuer issuer.pem -sha384 -cert leaf.pem -reqout question");
    folder.write("answer", service.public[0].ask(&folder.read("question")).await);
    let said = folder.refuses("ocsp -issuer issuer.pem -cert leaf.pem -respin answer -CAfile root.pem");
    assert!(said.contains("unauthorized"), "{said}");
    service.end().await;
}

/// `openssl verify -crl_check_all` with the lists that the certificates of a chain name.
async fn verify(folder: &Openssl, public: &Public, signed: &Signed) -> Result<String, String> {
    let mut lists = String::new();
    for issuer in &signed.chain[1..] {
        let answer = public.get(&format!("/crl/{}/0.crl", issuer.serial_number())).await;
        folder.write("list.crl", answer.body);
        lists += &folder.accepts("crl -inform DER -in list.crl");
    }
    folder.write("lists.pem", lists);
    folder.verdict("verify -CAfile root.pem -untrusted issuer.pem -CRLfile lists.pem -crl_check_all leaf.pem")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_finds_a_revoked_certificate_in_the_lists() {
    let service = Published::start().await;
    let [public, other] = &service.public;
    let (revoked, good) = (service.sign("single").await, service.sign("single").await);
    let folders = [folder(&revoked), folder(&good)];
    for (folder, signed) in folders.iter().zip([&revoked, &good]) {
        verify(folder, public, signed).await.expect("nothing is revoked");
    }
    service.revoke(&revoked, 1, &service.replicas[1]).await;
    while !lists(&list(public, &revoked.crl_path()).await, revoked.serial_number()) {
        tokio::task::yield_now().await;
    }
    let said = verify(&folders[0], public, &revoked).await.expect_err("it is revoked");
    assert!(said.contains("certificate revoked"), "{said}");
    verify(&folders[1], public, &good).await.expect("the other one is not");

    let folder = &folders[0];
    folder.write("list.crl", other.get(&revoked.crl_path()).await.body);
    let said = folder.accepts("crl -inform DER -in list.crl -noout -text -CAfile issuer.pem");
    for expected in [
        "verify OK",
        "X509v3 Issuing Distribution Point: critical",
        &format!("URI:http://pki.test{}", revoked.crl_path()),
        "Only User Certificates",
        "X509v3 CRL Number",
        "Invalidity Date",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    service.end().await;
}

/// An issuing CA that was revoked is in the root's list, and the answers about what it issued go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_issuing_ca_is_in_the_roots_list() {
    let service = Published::start().await;
    let public = &service.public[0];
    let signed = service.sign("single").await;
    let (issuer, root) = (signed.issuer(), &signed.chain[2]);
    let path = format!("/crl/{}/0.crl", root.serial_number());
    let before = list(public, &path).await;
    assert!(before.entries().is_empty());
    let body = serde_json::json!({"reason": "test", "reasonCode": "CaCompromise"});
    let revoke = format!("/hallmark/certificates/{}/revoke", issuer.serial_number());
    assert!(service.admin.send("PUT", &revoke, Some(body)).await.is_ok());
    let after = loop {
        let crl: Crl = list(public, &path).await;
        if lists(&crl, issuer.serial_number()) {
            break crl;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert!(after.contents().number > before.contents().number);
    assert!(after.contents().this_update >= before.contents().this_update);
    let folder = folder(&signed);
    let said = verify(&folder, public, &signed).await.expect_err("its issuer is revoked");
    assert!(said.contains("at 1 depth lookup: certificate revoked"), "{said}");
    // On the replica that has no responder for it yet.
    let said = judge(&folder, &service.public[1], "sha1", "-no_nonce", Way::Post).await;
    assert!(said.contains("leaf.pem: good"), "{said}");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_verifies_stamped_times() {
    let service = Published::start().await;
    let root: &Certificate = &service.sign("single").await.chain[2].clone();
    let folder = Openssl::default();
    folder.write("root.pem", root.to_pem());
    folder.write("message", b"a message");
    let (mut serial_numbers, mut last) = (Vec::new(), String::new());
    for digest in ["sha256", "sha384", "sha512"] {
        for certificates in ["-cert", "-no_nonce -cert"] {
            folder.accepts(&format!("ts -query -data message -{digest} {certificates} -out question"));
            let question = folder.read("question");
            let answer = service.public[0].post("/tsa", "application/timestamp-query", question).await;
            assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/timestamp-reply"));
            folder.write("answer", answer.body);
            let said = folder.accepts("ts -verify -queryfile question -in answer -CAfile root.pem");
            assert!(said.contains("Verification: OK"), "{said}");
            let said = folder.accepts("ts -reply -in answer -text");
            let line =
                |name: &str| said.lines().find(|line| line.starts_with(name)).expect("a line").to_owned();
            serial_numbers.push(line("Serial number: "));
            assert_eq!(line("Accuracy: "), "Accuracy: 0x02 seconds, unspecified millis, unspecified micros");
            // Within one day the text of a later time is not smaller; a test at midnight has another month, day or year.
            let time = line("Time stamp: ");
            if time.get(..18) == last.get(..18) {
                assert!(time >= last, "{last} then {time}");
            }
            last = time;
        }
    }
    let all = serial_numbers.len();
    serial_numbers.sort();
    serial_numbers.dedup();
    assert_eq!(serial_numbers.len(), all);

    folder.accepts("ts -query -data message -sha1 -out question");
    let question = folder.read("question");
    let answer = service.public[0].post("/tsa", "application/timestamp-query", question).await;
    folder.write("answer", answer.body);
    let said = folder.accepts("ts -reply -in answer -text");
    assert!(
        said.contains("Status: Rejected.") && said.contains("unrecognized or unsupported algorithm"),
        "{said}"
    );
    service.end().await;
}
