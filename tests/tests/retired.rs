//! An issuing CA that is revoked: from the next signature on, on every replica, another one stands in its place.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use hallmark_api::principal::Role;
use hallmark_pki::{Crl, CrlScope, RevocationReason};
use hallmark_server::clock::Clock;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::Deployment;
use hallmark_tests::openssl::{Openssl, Signature};
use serde_json::json;

async fn sign(signer: &Client, profile: &str) -> Signature {
    let reply = signer.sign_payload(profile, &payload(&"0".repeat(64))).await;
    assert!(reply.is_ok(), "{reply:?}");
    Signature::read(&reply.body)
}

fn common_name(signature: &Signature) -> String {
    signature.issuer().subject().expect("a subject").common_name
}

/// Who issued the certificate of the timestamp authority, as OpenSSL reads it from the token.
fn authority_issuer(openssl: &Openssl, signature: &Signature) -> String {
    openssl.write("token.der", signature.token.as_ref().expect("a token"));
    let said = openssl.accepts("pkcs7 -inform DER -in token.der -print_certs -noout");
    let authority = said.lines().position(|line| line.contains("CN = Hallmark Timestamp Authority"));
    let issuer = said.lines().nth(authority.expect("the authority's certificate") + 1).expect("its issuer");
    issuer.split("CN = ").nth(1).expect("a common name").trim().to_owned()
}

/// Each profile of one way to be certified, signed with before by a replica or not: what a replica keeps in memory, be
/// it a leaf or an issuing CA with its key, signs nothing more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_signature_has_another_issuing_ca() {
    let deployment = Deployment::start().await;
    let (one, two) = (deployment.replica().await, deployment.replica().await);
    let admin = deployment.client(&one, Role::SecurityAdmin).await;
    let signer = deployment.client(&one, Role::Signer).await;
    let (store, openssl) = (deployment.store().await, Openssl::new());
    let profiles = [
        ("shared", json!({})),
        ("single", json!({"verificationPlugin": "none"})),
        ("fresh_shared", json!({})),
        ("fresh_single", json!({"verificationPlugin": "none"})),
        // Its timestamp authority stands below the account's issuing CA.
        (
            "own_stamped",
            json!({"verificationPlugin": "none", "signingScheme": "notary.x509", "issuer": "profile"}),
        ),
    ];
    for (name, parameters) in &profiles {
        admin.put_profile(name, parameters.clone()).await;
    }
    admin.put_profile("own", json!({"issuer": "profile"})).await;
    let own = sign(&signer, "own").await;
    for _generation in 0..2 {
        let mut old = Vec::new();
        for replica in [&one, &two] {
            for (name, _) in &profiles[..2] {
                old.push(sign(&signer.at(replica.api), name).await);
            }
            let stamped = sign(&signer.at(replica.api), "own_stamped").await;
            assert_eq!(authority_issuer(&openssl, &stamped), common_name(&old[0]));
        }
        let issuer = old[0].issuer().clone();
        assert!(old.iter().all(|signature| *signature.issuer() == issuer));

        let path = format!("/hallmark/certificates/{}/revoke", issuer.serial_number());
        let body = json!({"reason": "its key is known", "reasonCode": "KeyCompromise"});
        assert!(admin.send("PUT", &path, Some(body)).await.is_ok());
        let (mut new, mut stamped) = (Vec::new(), Vec::new());
        for (replica, order) in [(&two, [2, 4, 0, 1, 3]), (&one, [4, 3, 1, 0, 2])] {
            for (name, _) in order.map(|number| &profiles[number]) {
                let signature = sign(&signer.at(replica.api), name).await;
                openssl.verifies(&signature, &own.root().to_pem(), Clock::System.now());
                if *name == "own_stamped" {
                    stamped.push(authority_issuer(&openssl, &signature));
                } else {
                    new.push(signature);
                }
            }
        }
        assert!(new.iter().all(|signature| signature.issuer() == new[0].issuer()), "one for all");
        assert_ne!(*new[0].issuer(), issuer);
        assert_eq!(
            stamped,
            [common_name(&new[0]), common_name(&new[0])],
            "nor does a timestamp authority of before stamp"
        );
        for signature in &new {
            assert!(old.iter().all(|before| before.leaf() != signature.leaf()), "no leaf of before");
        }
        assert_eq!(sign(&signer, "own").await.leaf(), own.leaf(), "another's is not concerned");

        // The root's next list names it.
        one.service().look_after().await.expect("a round");
        let crl = store.root_crl(Clock::System.now()).await.expect("readable").expect("a list");
        let crl = Crl::from_der(&crl.der).expect("a list");
        crl.check_issued_by(own.root()).expect("the root's");
        assert_eq!(crl.contents().scope, CrlScope::Complete);
        let entry = crl.entries().iter().find(|entry| entry.serial_number == *issuer.serial_number());
        let revocation = &entry.expect("it is listed").revocation;
        assert_eq!(revocation.reason(), Some(RevocationReason::KeyCompromise));
        assert_eq!(revocation.effective_at(), issuer.validity().not_before());
    }
    store.close().await;
    one.end().await;
    two.end().await;
    deployment.stop().await;
}
