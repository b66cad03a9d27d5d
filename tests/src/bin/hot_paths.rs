//! How fast the two hot paths are, as ratios within one run: to what one core signs, and to a bare route behind the
//! same listener and the same client; and what a certificate for each signature, and a timestamp, cost.
//! `cargo run --release -p hallmark-tests --bin hot_paths`
#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use aws_lc_rs::rand::SystemRandom;
use axum::Router;
use axum::routing::post;
use hallmark_api::principal::Role;
use hallmark_pki::SigningKey;
use hallmark_server::lifecycle::Lifecycle;
use hallmark_server::listener::listen;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::Deployment;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 64;
const LASTING: Duration = Duration::from_secs(5);
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    let verifier = deployment.client(&replica, Role::Verifier).await;
    let version = admin.put_profile("bench", json!({})).await;
    admin.put_profile("single", json!({"certificate": "per-signature"})).await;
    admin.put_profile("stamped", json!({"verificationPlugin": "none", "signingScheme": "notary.x509"})).await;
    let job = signer.sign_payload("bench", &payload(&"0".repeat(64))).await.body["jobId"].clone();

    let lifecycle = Lifecycle::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let bare = admin.at(listener.local_addr().expect("bound"));
    listen(&lifecycle, listener, None, Router::new().route("/", post(async |body: String| body)));

    let account = &deployment.account;
    let question = format!(
        "/revocations?signatureTimestamp=2026-11-21T00%3A00%3A00Z&platformId=Notation-OCI-SHA384-ECDSA\
         &profileVersionArn=arn%3Aaws%3Asigner%3Aus-east-1%3A{account}%3A%2Fsigning-profiles%2Fbench%2F{version}\
         &jobArn=arn%3Aaws%3Asigner%3Aus-east-1%3A{account}%3A%2Fsigning-jobs%2F{}\
         &certificateHashes={hash}&certificateHashes={hash}&certificateHashes={hash}",
        job.as_str().expect("a job"),
        hash = "0123456789abcdef".repeat(12),
    );
    let signing = |profile: &str| {
        json!({
            "profileName": profile,
            "payload": hallmark_api::base64::Base64(payload(&"0".repeat(64))),
            "payloadFormat": "application/vnd.cncf.notary.payload.v1+json",
        })
    };
    println!(
        "      raw/s    bare/s    sign/s  (of raw)  status/s  (of bare)  single/s (of sign) stamped/s (of sign)"
    );
    for _ in 0..ROUNDS {
        let raw = raw_signatures();
        let bare = load(&bare, "POST", "/", Some(json!({"a": "b"}))).await;
        let path = "/signing-jobs/with-payload";
        let sign = load(&signer, "POST", path, Some(signing("bench"))).await;
        let single = load(&signer, "POST", path, Some(signing("single"))).await;
        let stamped = load(&signer, "POST", path, Some(signing("stamped"))).await;
        let status = load(&verifier, "GET", &question, None).await;
        let (of_raw, of_bare) = (sign / raw, status / bare);
        let (of_sign, of_sign_too) = (single / sign, stamped / sign);
        print!("{raw:11.0}{bare:10.0}{sign:10.0}{of_raw:10.2}{status:10.0}{of_bare:11.2}");
        println!("{single:10.0}{of_sign:10.2}{stamped:10.0}{of_sign_too:10.2}");
    }
    lifecycle.end();
    replica.end().await;
    deployment.stop().await;
}

/// Signatures a second, of one thread that does nothing else.
fn raw_signatures() -> f64 {
    let rng = SystemRandom::new();
    let key = SigningKey::generate(&rng).expect("a key");
    let began = Instant::now();
    let mut count = 0_u32;
    while began.elapsed() < LASTING / 2 {
        key.sign_fixed(&rng, b"raw").expect("a signature");
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// Answers a second, asked by all connections one after the other; the requests are signed beforehand.
async fn load(client: &Client, method: &str, path: &str, body: Option<serde_json::Value>) -> f64 {
    let mut connections = JoinSet::new();
    let began = Instant::now();
    for _ in 0..CONNECTIONS {
        let (client, request) = (client.clone(), client.request(method, path, body.clone()));
        connections.spawn(async move {
            let mut count = 0_u32;
            while began.elapsed() < LASTING {
                let again = request.try_clone().expect("a request without a stream");
                assert_eq!(client.answered(again).await, 200);
                count += 1;
            }
            count
        });
    }
    let count: u32 = connections.join_all().await.into_iter().sum();
    f64::from(count) / began.elapsed().as_secs_f64()
}
