//! A timestamp authority outside: signatures carry its token, and where it does not stamp nothing is signed. The
//! authority is another deployment's, with a root of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallmark_api::principal::Role;
use hallmark_pki::{DigestAlgorithm, Imprint, TimestampToken, TimestampTrust};
use hallmark_server::clock::Clock;
use hallmark_server::publish::PublicTsa;
use hallmark_server::service::Settings;
use hallmark_server::signing::Stamping;
use hallmark_server::timestamp_client::TimestampClient;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::{Deployment, Replica};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// A replica that has its signatures stamped at this URL, by an authority below this root.
async fn stamped_at(deployment: &Deployment, url: &str, root: &str) -> Replica {
    let client = TimestampClient::new(url, root).unwrap();
    let settings = |pki| Settings { stamping: Stamping::Outside(Arc::new(client)), ..at(pki) };
    deployment.replica_with(settings, Arc::new(Clock::System)).await
}

fn at(pki: SocketAddr) -> Settings {
    Settings::new(&format!("http://{pki}")).unwrap()
}

/// A deployment that stamps for anybody.
async fn authority() -> (Deployment, Replica) {
    let deployment = Deployment::start().await;
    let settings = |pki| Settings { public_tsa: PublicTsa::On, ..at(pki) };
    let replica = deployment.replica_with(settings, Arc::new(Clock::System)).await;
    (deployment, replica)
}

async fn clients(deployment: &Deployment, replica: &Replica) -> (Client, Client) {
    let admin = deployment.client(replica, Role::SecurityAdmin).await;
    let parameters = json!({"verificationPlugin": "none", "signingScheme": "notary.x509"});
    admin.put_profile("stamped", parameters).await;
    (admin, deployment.client(replica, Role::Signer).await)
}

/// The signature of a JWS envelope and its token.
fn parts(answer: &Value) -> (Vec<u8>, TimestampToken) {
    let envelope = STANDARD.decode(answer["signature"].as_str().unwrap()).unwrap();
    let envelope: Value = serde_json::from_slice(&envelope).unwrap();
    let token = envelope["header"]["io.cncf.notary.timestampSignature"].as_str().unwrap();
    let signature = envelope["signature"].as_str().unwrap();
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).unwrap();
    (signature, TimestampToken::from_der(&STANDARD.decode(token).unwrap()).unwrap())
}

async fn jobs(deployment: &Deployment) -> i64 {
    let owner = deployment.owner().await;
    let count = sqlx::query_scalar("SELECT count(*) FROM signing_jobs").fetch_one(&owner).await.unwrap();
    owner.close().await;
    count
}

#[tokio::test]
async fn signatures_carry_its_token() {
    let (outside, tsa) = authority().await;
    let (_, root) = Replica::get(tsa.pki, "/root.pem").await;
    let deployment = Deployment::start().await;
    let replica = stamped_at(&deployment, &format!("http://{}/tsa", tsa.pki), &root).await;
    let (_, signer) = clients(&deployment, &replica).await;

    let reply = signer.sign_payload("stamped", &payload(&"0".repeat(64))).await;
    assert!(reply.is_ok(), "{reply:?}");
    let (signature, token) = parts(&reply.body);
    let imprint = Imprint::of(DigestAlgorithm::Sha384, &signature).unwrap();
    let verify = |root: &str| {
        let anchors = hallmark_pki::Certificate::all_from_pem(root).unwrap();
        token.verify(&imprint, None, &TimestampTrust { anchors: &anchors, others: &[] })
    };
    verify(&root).unwrap();
    let (_, own_root) = Replica::get(replica.pki, "/root.pem").await;
    verify(&own_root).unwrap_err();

    replica.end().await;
    deployment.stop().await;
    tsa.end().await;
    outside.stop().await;
}

/// An authority that is not trusted, one that does not stamp, and one that is not there: no signature, no job.
#[tokio::test]
async fn without_its_token_nothing_is_signed() {
    let (outside, tsa) = authority().await;
    let (_, root) = Replica::get(tsa.pki, "/root.pem").await;
    let deployment = Deployment::start().await;
    let plain = deployment.replica().await;
    let (_, signer) = clients(&deployment, &plain).await;
    let (_, another_root) = Replica::get(plain.pki, "/root.pem").await;
    for (url, root) in [
        (format!("http://{}/tsa", tsa.pki), &another_root),
        (format!("http://{}/tsa", plain.pki), &root),
        (format!("http://{}/root.pem", tsa.pki), &root),
        ("http://127.0.0.1:1/tsa".to_owned(), &root),
    ] {
        let replica = stamped_at(&deployment, &url, root).await;
        let reply = signer.at(replica.api).sign_payload("stamped", &payload(&"0".repeat(64))).await;
        assert_eq!((reply.status, reply.error.as_str()), (500, "InternalServiceErrorException"), "{url}");
        replica.end().await;
    }
    assert_eq!(jobs(&deployment).await, 0);
    plain.end().await;
    deployment.stop().await;
    tsa.end().await;
    outside.stop().await;
}
