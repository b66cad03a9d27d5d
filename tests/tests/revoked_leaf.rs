//! A revoked certificate signs nothing more: not its own key on any replica, nor anything below a revoked issuing CA.
//! Postgres's own commit timestamps are the judge.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "the judge writes its own SQL")]

use hallmark_api::principal::Role;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::Deployment;
use serde_json::json;
use sqlx::postgres::PgPool;
use tokio::task::JoinSet;

const ROUNDS: usize = 30;
const SIGNERS: usize = 4;
const SIGNATURES: usize = 6;

/// Jobs that committed after the revocation of the certificate that signed them, or of the one that issued it.
async fn violations(owner: &PgPool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM signing_jobs j
         JOIN issued_certificates c USING (account_id, serial_number)
         JOIN revocations r ON r.account_id = j.account_id AND r.subject = 'certificate'
              AND r.serial_number IN (c.serial_number, c.issuer_serial_number)
         WHERE pg_xact_commit_timestamp(j.xmin) > pg_xact_commit_timestamp(r.xmin)",
    )
    .fetch_one(owner)
    .await
    .unwrap()
}

/// The certificates that signed with a profile and are not revoked, the last first: serial number and issuer's.
async fn certificates(admin: &Client, profile: &str) -> Vec<(String, String)> {
    let path = format!("/hallmark/certificates?profileName={profile}&isRevoked=false&maxResults=25");
    let listed = admin.send("GET", &path, None).await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let certificates = listed.body["certificates"].as_array().unwrap().iter();
    certificates.map(|one| (text(&one["serialNumber"]), text(&one["issuerSerialNumber"]))).collect()
}

async fn revoke(admin: &Client, serial_number: &str) {
    let path = format!("/hallmark/certificates/{serial_number}/revoke");
    let reply = admin.send("PUT", &path, Some(json!({"reason": "race"}))).await;
    assert!(reply.is_ok(), "{reply:?}");
}

async fn sign_some(signer: Client, profile: &'static str) {
    for _ in 0..SIGNATURES {
        let reply = signer.sign_payload(profile, &payload(&"1".repeat(64))).await;
        assert!(reply.is_ok(), "{reply:?}");
    }
}

/// Leaves, and every fifth time the issuing CA, are revoked while two replicas sign with them. Nobody who asks for a
/// signature is refused: each is signed with another certificate instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_signature_commits_with_a_certificate_that_is_revoked() {
    let deployment = Deployment::start().await;
    let (one, two) = (deployment.replica().await, deployment.replica().await);
    let admin = deployment.client(&one, Role::SecurityAdmin).await;
    let signer = deployment.client(&one, Role::Signer).await;
    admin.put_profile("shared", json!({})).await;
    admin.put_profile("single", json!({"certificate": "per-signature"})).await;
    for round in 0..ROUNDS {
        let mut signers = JoinSet::new();
        for number in 0..SIGNERS {
            let signer = signer.at(if number % 2 == 0 { one.api } else { two.api });
            signers.spawn(sign_some(signer, if number < 2 { "shared" } else { "single" }));
        }
        let replica = if round % 2 == 0 { one.api } else { two.api };
        for (leaf, issuer) in certificates(&admin, "shared").await {
            let revoked = if round % 5 == 4 { issuer } else { leaf };
            revoke(&admin.at(replica), &revoked).await;
        }
        signers.join_all().await;
    }
    let owner = deployment.owner().await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM revocations WHERE subject = 'certificate'")
        .fetch_one(&owner)
        .await
        .unwrap();
    assert!(count > i64::try_from(ROUNDS / 2).unwrap(), "{count} certificates were revoked");
    assert_eq!(violations(&owner).await, 0);
    owner.close().await;
    one.end().await;
    two.end().await;
    deployment.stop().await;
}

/// A certificate for one signature is revoked exactly when that signature is.
#[tokio::test]
async fn a_certificate_for_one_signature_is_revoked_with_it() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    admin.put_profile("plain", json!({"verificationPlugin": "none"})).await;
    let mut jobs = Vec::new();
    for _ in 0..3 {
        let reply = signer.sign_payload("plain", &payload(&"1".repeat(64))).await;
        jobs.push(reply.body["jobId"].as_str().unwrap().to_owned());
    }
    let all = certificates(&admin, "plain").await;
    assert_eq!(all.len(), 3);
    let path = format!("/signing-jobs/{}/revoke", jobs[1]);
    assert!(admin.send("PUT", &path, Some(json!({"reason": "a wrong build"}))).await.is_ok());
    let good = certificates(&admin, "plain").await;
    assert_eq!(good, [all[0].clone(), all[2].clone()]);
    let listed = admin.send("GET", "/hallmark/certificates?isRevoked=true", None).await;
    let revoked = listed.body["certificates"].as_array().unwrap();
    assert_eq!(revoked.len(), 1, "{revoked:?}");
    assert_eq!(revoked[0]["serialNumber"].as_str().unwrap(), all[1].0);
    replica.end().await;
    deployment.stop().await;
}
