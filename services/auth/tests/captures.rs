//! Requests as boto3 and the AWS Go SDK really sent them (to a stub, with example credentials).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use aws_lc_rs::digest;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use hallmark_auth::sigv4::SignatureError;
use support::{Sent, Verifier};
use time::OffsetDateTime;
use time::macros::datetime;

const BOTO3: &str = include_str!("captures/boto3-1.44.5.txt");
const GO: &str = include_str!("captures/aws-sdk-go-v2-1.17.1.txt");

fn read(file: &str) -> Vec<Sent> {
    file.trim_end().split("\n---\n").map(|text| Sent::read(text.as_bytes())).collect()
}

fn verifier(now: OffsetDateTime) -> Verifier {
    Verifier { secret: b"secret", region: "us-east-1".to_owned(), service: "signer".to_owned(), now }
}

fn check(sent: &Sent, verifier: &Verifier, token: &str) {
    let length = sent.headers.get("content-length");
    let length = length.map_or("0", |value| value.to_str().unwrap());
    assert_eq!(sent.body.len().to_string(), length, "{sent:?}");
    let proof = verifier.verify(sent).unwrap();
    assert_eq!(proof.access_key_id(), "AKIDEXAMPLE");
    assert_eq!(proof.session_token(), Some(token));

    let mut changed = sent.clone();
    changed.path.push('x');
    assert_eq!(verifier.refusal(&changed), Some(SignatureError::Mismatch));
    changed = sent.clone();
    changed.body.push(b'x');
    assert_eq!(verifier.refusal(&changed), Some(SignatureError::Mismatch));
}

#[test]
fn boto3() {
    let verifier = verifier(datetime!(2026-11-21 01:16:06 UTC));
    let requests = read(BOTO3);
    assert_eq!(requests.len(), 11);
    for sent in &requests {
        check(sent, &verifier, "TOKEN+/=");
    }
}

/// Signs anew as the Go SDK does, which sends a query in the order in which it signs it. The secret
/// of the captured signatures is not known.
fn sign_as_go(sent: &mut Sent, verifier: &Verifier) {
    let claim = sent.header("authorization").to_owned();
    let (_, list) = claim.split_once("SignedHeaders=").unwrap();
    let (list, old) = list.split_once(", Signature=").unwrap();
    let mut lines = String::new();
    for name in list.split(';') {
        lines = lines + name + ":" + sent.header(name) + "\n";
    }
    let path = sent.path.replace('%', "%25");
    let body = hex::encode(digest::digest(&digest::SHA256, &sent.body));
    let canonical = format!("{}\n{path}\n{}\n{lines}\n{list}\n{body}", sent.method, sent.query);
    let scope = format!("20261121/us-east-1/{}/aws4_request", verifier.service);
    let string_to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        sent.header("x-amz-date"),
        hex::encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
    );
    let secret = str::from_utf8(verifier.secret).unwrap();
    let key = generate_signing_key(secret, verifier.now.into(), "us-east-1", &verifier.service);
    let new = calculate_signature(key, string_to_sign.as_bytes());
    sent.set("authorization", &claim.replace(old, &new));
}

#[test]
fn go_sdk() {
    let verifier = verifier(datetime!(2026-11-21 00:39:12 UTC));
    let mut requests = read(GO);
    assert_eq!(requests.len(), 6);
    for sent in &mut requests {
        let other = sent.headers.contains_key("x-amz-target");
        let service = if other { "servicediscovery" } else { "signer" };
        let verifier = Verifier { service: service.to_owned(), ..verifier.clone() };
        assert_eq!(verifier.refusal(sent), Some(SignatureError::Mismatch));
        sign_as_go(sent, &verifier);
        check(sent, &verifier, "TOK+/=");
    }
    // One of them is sorted as only Go sorts: by what is encoded, not by its encoding.
    let orders = requests.iter().filter(|sent| sent.query.ends_with("tagKeys=b%20c&tagKeys=%C3%A9%2A"));
    assert_eq!(orders.count(), 1);
}
