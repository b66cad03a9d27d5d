//! What publishing costs: OCSP answers as a ratio to a bare route behind the same listener and the same client, their
//! latency with few and with many revoked, and the time and memory until all that was revoked is in its CRLs.
//! `cargo run --release -p hallmark-tests --bin publication`
#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

mod history;
mod lists;
mod load;

use axum::Router;
use axum::routing::post;
use hallmark_pki::Certificate;
use hallmark_server::lifecycle::Lifecycle;
use hallmark_server::listener::listen;
use hallmark_tests::ocsp::{Hash, cert_id, question};
use hallmark_tests::public::Public;
use hallmark_tests::publication::Published;
use history::Batch;
use load::{Latency, latency, throughput};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

const ROUNDS: usize = 3;
const FEW: i64 = 1_000;
const SHARD: i64 = 10_000;
const MANY: i64 = 1_000_000;

#[tokio::main]
async fn main() {
    let service = Published::start().await;
    let issuer = service.sign("single").await.issuer().clone();
    answers_per_second(&service).await;

    let few = Batch::insert(&service, &issuer, "few", FEW).await;
    few.revoke_each(&service).await;
    let shard = Batch::insert(&service, &issuer, "shard", SHARD).await;
    lists::measure(&service, &issuer, &shard).await;
    let with_few = latencies(&service, &issuer, &few).await;
    let many = Batch::insert(&service, &issuer, "many", MANY).await;
    many.revoke_each(&service).await;
    lists::measure(&service, &issuer, &many).await;
    let with_many = latencies(&service, &issuer, &many).await;

    println!("\nOCSP latency, asked by {} at a time about certificates that are revoked", load::ASKERS);
    println!("   revoked  signed anew: p50      p99   perhaps kept: p50      p99");
    for (revoked, [fresh, kept]) in [(FEW, &with_few), (MANY, &with_many)] {
        println!(
            "{revoked:10}{:15.2} ms{:6.2} ms{:15.2} ms{:6.2} ms",
            fresh.median, fresh.p99, kept.median, kept.p99
        );
    }
    let ratio = |number: usize| with_many[number].p99 / with_few[number].p99;
    println!("p99 with {MANY} to that with {FEW}: {:.2} signed anew, {:.2} perhaps kept", ratio(0), ratio(1));
    service.end().await;
}

/// One certificate, asked about by many.
async fn answers_per_second(service: &Published) {
    let lifecycle = Lifecycle::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address: SocketAddr = listener.local_addr().expect("bound");
    let route = post(async |body: axum::body::Bytes| body);
    listen(&lifecycle, listener, None, Router::new().route("/ocsp", route));
    let bare = Public::at(address);
    let signed = service.sign("single").await;
    let name = signed.named(Hash::Sha1);
    let (plain, nonce) = (question(&[&name], None), question(&[&name], Some(&[7; 16])));

    println!("    bare/s    kept/s  (of bare)  signed anew/s  (of bare)");
    for _ in 0..ROUNDS {
        let bare = throughput(&bare, &plain).await;
        let kept = throughput(&service.public[0], &plain).await;
        let fresh = throughput(&service.public[0], &nonce).await;
        println!("{bare:10.0}{kept:10.0}{:11.2}{fresh:15.0}{:11.2}", kept / bare, fresh / bare);
    }
    lifecycle.end();
}

/// With a nonce, so that each answer is signed, and without.
async fn latencies(service: &Published, issuer: &Certificate, batch: &Batch) -> [Latency; 2] {
    let account = service.deployment.account.number();
    let questions = |nonce: Option<&'static [u8]>| {
        let (issuer, batch) = (issuer.clone(), batch.clone());
        Arc::new(move |number: i64| {
            let name = cert_id(Hash::Sha1, &issuer, &batch.serial_number(account, number));
            (question(&[&name], nonce), name)
        })
    };
    let public = &service.public[0];
    [
        latency(public, batch.size, questions(Some(&[7; 16]))).await,
        latency(public, batch.size, questions(None)).await,
    ]
}
