//! A timestamp authority whose certificate is revoked stamps nothing more: no signature, and nothing for strangers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use hallmark_tests::client::{Client, payload};
use hallmark_tests::openssl::Signature;
use hallmark_tests::public::Public;
use hallmark_tests::publication::Published;
use hallmark_tests::timestamp::{SHA256, stamp_request};
use serde_json::json;

/// The serial numbers of all authorities that are not revoked, in hexadecimal digits.
async fn authorities(admin: &Client) -> Vec<String> {
    let listed = admin.send("GET", "/hallmark/certificates?isRevoked=false&maxResults=25", None).await;
    let certificates = listed.body["certificates"].as_array().unwrap().iter();
    let authorities = certificates.filter(|one| one["purpose"] == "TimeStamping");
    authorities.map(|one| one["serialNumber"].as_str().unwrap().to_owned()).collect()
}

async fn revoke(admin: &Client, serial_number: &str) {
    let path = format!("/hallmark/certificates/{serial_number}/revoke");
    let reply = admin.send("PUT", &path, Some(json!({"reason": "its key was seen"}))).await;
    assert!(reply.is_ok(), "{reply:?}");
}

/// Whether a token holds the certificate with this serial number.
fn holds(token: &[u8], serial_number: &str) -> bool {
    let octets = hex(serial_number);
    token.windows(octets.len()).any(|window| window == octets)
}

fn hex(digits: &str) -> Vec<u8> {
    let octet = |place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(octet).collect()
}

async fn stamped(signer: &Client) -> Vec<u8> {
    let reply = signer.sign_payload("stamped", &payload(&"0".repeat(64))).await;
    assert!(reply.is_ok(), "{reply:?}");
    Signature::read(&reply.body).token.unwrap()
}

/// Another signature in between, below the same issuing CA but without a timestamp, makes no difference.
#[tokio::test]
async fn the_next_signature_is_stamped_by_another() {
    let service = Published::start().await;
    service
        .admin
        .put_profile("stamped", json!({"verificationPlugin": "none", "signingScheme": "notary.x509"}))
        .await;
    for between in [false, true, true] {
        let before = stamped(&service.signer).await;
        let [old] = authorities(&service.admin).await.try_into().unwrap();
        assert!(holds(&before, &old));
        revoke(&service.admin, &old).await;
        if between {
            service.sign("single").await;
        }
        let after = stamped(&service.signer).await;
        let [new] = authorities(&service.admin).await.try_into().unwrap();
        assert!(holds(&after, &new) && !holds(&after, &old), "a signature in between: {between}");
    }
    service.end().await;
}

async fn stamped_for(stranger: &Public) -> Vec<u8> {
    // The certificates are asked for.
    let request = stamp_request(SHA256, 32, &[1, 1, 0xff]);
    let answer = stranger.post("/tsa", "application/timestamp-query", request).await;
    assert!(answer.body.len() > 300, "granted: {:02x?}", answer.body);
    answer.body
}

#[tokio::test]
async fn strangers_are_answered_by_another() {
    let service = Published::start().await;
    let mut before = Vec::new();
    for public in &service.public {
        before.push(stamped_for(public).await);
    }
    let old = authorities(&service.admin).await;
    assert_eq!(old.len(), 2, "one for each replica");
    for serial_number in &old {
        assert!(before.iter().any(|token| holds(token, serial_number)));
        revoke(&service.admin, serial_number).await;
    }
    for public in &service.public {
        let after = stamped_for(public).await;
        assert!(!old.iter().any(|serial_number| holds(&after, serial_number)));
    }
    assert_eq!(authorities(&service.admin).await.len(), 2);
    service.end().await;
}
