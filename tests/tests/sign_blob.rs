//! Signing inputs that clients wrote: their times against those of the account, whoever's clock is wrong.

#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::principal::Role;
use hallmark_tests::client::{Answer, Client, Reply, payload};
use hallmark_tests::deployment::Deployment;
use hallmark_tests::moving::MovingTime;
use hallmark_tests::signing_input;
use serde_json::{Value, json};
use std::sync::Arc;
use time::Duration;
use tokio::task::JoinSet;

const PATH: &str = "/hallmark/signing-jobs/with-signing-input";

fn body(time: &MovingTime, signed_ago: Duration) -> Value {
    signing_input::body(None, "blobs", &signing_input::jws(&"1".repeat(96), time.now() - signed_ago))
}

/// Asserts that a request is refused with a `ValidationException` that says this.
fn refused(reply: &Reply, reason: &str) {
    assert_eq!(reply.error, "ValidationException", "{reply:?}");
    assert!(reply.body["message"].as_str().is_some_and(|message| message.contains(reason)), "{reply:?}");
}

async fn with_key(client: &Client, key: &str, body: Value) -> Answer {
    client.answer_to(client.request_with("POST", PATH, Some(body), &[("idempotency-key", key)])).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_signing_time_is_that_of_now() {
    let time = MovingTime::new();
    let deployment = Deployment::start_in(&time).await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    admin.put_profile("blobs", signing_input::parameters()).await;
    for minutes in [4, 0] {
        let reply = signer.send("POST", PATH, Some(body(&time, Duration::minutes(minutes)))).await;
        assert!(reply.is_ok(), "{reply:?}");
    }
    for minutes in [6, -2] {
        let reply = signer.send("POST", PATH, Some(body(&time, Duration::minutes(minutes)))).await;
        refused(&reply, "must be that of now");
    }

    // Who asks again is answered again, however old the signing time is by then.
    let asked = body(&time, Duration::ZERO);
    let first = with_key(&signer, "key", asked.clone()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    time.move_to(Duration::hours(2));
    assert_eq!(with_key(&signer, "key", asked.clone()).await.body, first.body);
    refused(&signer.send("POST", PATH, Some(asked)).await, "must be that of now");
    replica.end().await;
    deployment.stop().await;
}

/// The time that counts is the database's: a replica whose clock is wrong signs nothing that another would not.
#[tokio::test]
async fn a_wrong_clock_of_a_replica_does_not_count() {
    let time = MovingTime::new();
    let deployment = Deployment::start_in(&time).await;
    time.move_to(Duration::hours(1));
    let fast = hallmark_server::clock::Clock::Shifted(std::sync::atomic::AtomicI64::new(
        i64::try_from(Duration::minutes(64).whole_nanoseconds()).expect("in range"),
    ));
    let fast = Arc::new(fast);
    let replica = deployment.replica_sharing(fast.clone()).await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await.by(fast.clone());
    let signer = deployment.client(&replica, Role::Signer).await.by(fast);
    admin.put_profile("blobs", signing_input::parameters()).await;
    // Until it has looked at the database's clock it certifies from a time on that is wrong, and says so.
    let earlier = body(&time, Duration::minutes(2));
    refused(&signer.send("POST", PATH, Some(earlier.clone())).await, "is not valid before");
    assert!(signer.send("POST", PATH, Some(earlier)).await.is_ok());
    let by_its_clock = body(&time, Duration::minutes(-4));
    refused(&signer.send("POST", PATH, Some(by_its_clock)).await, "must be that of now");
    let reply = signer.send("POST", PATH, Some(body(&time, Duration::ZERO))).await;
    assert!(reply.is_ok(), "{reply:?}");
    replica.end().await;
    deployment.stop().await;
}

/// Asks for signatures of a payload, if a profile is named, or else with this body; until the profile was stopped.
async fn sign_until_refused(signer: &Client, whole: Option<String>, body: Value) {
    loop {
        let reply = match &whole {
            Some(profile) => signer.sign_payload(profile, &payload(&"1".repeat(64))).await,
            None => signer.send("POST", PATH, Some(body.clone())).await,
        };
        if !reply.is_ok() {
            return refused(&reply, "only an Active profile signs");
        }
    }
}

/// Signing inputs and payloads wait in one queue, and a profile that is stopped signs neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_signed_once_the_profile_was_stopped() {
    let time = MovingTime::new();
    let deployment = Deployment::start_in(&time).await;
    let (one, two) = (deployment.replica().await, deployment.replica().await);
    let admin = deployment.client(&one, Role::SecurityAdmin).await;
    let signer = deployment.client(&one, Role::Signer).await;
    let owner = deployment.owner().await;
    for round in 0..10 {
        let profile = format!("blobs_{round}");
        let version = admin.put_profile(&profile, signing_input::parameters()).await;
        let mut signers = JoinSet::new();
        for number in 0..4 {
            let signer = signer.at(if number % 2 == 0 { one.api } else { two.api });
            let body = signing_input::body(None, &profile, &signing_input::jws(&"1".repeat(96), time.now()));
            let whole = (number == 0).then(|| profile.clone());
            signers.spawn(async move { sign_until_refused(&signer, whole, body).await });
        }
        let revoke = json!({"profileVersion": version, "reason": "race", "effectiveTime": 1_700_000_000});
        tokio::time::sleep(std::time::Duration::from_millis(40 * round)).await;
        assert!(
            admin.send("PUT", &format!("/signing-profiles/{profile}/revoke"), Some(revoke)).await.is_ok()
        );
        signers.join_all().await;
    }
    let (late, jobs, certificates): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM signing_jobs j JOIN revocations r USING (account_id, profile_name)
                 WHERE pg_xact_commit_timestamp(j.xmin) > pg_xact_commit_timestamp(r.xmin)),
                (SELECT count(*) FROM signing_jobs),
                (SELECT count(*) FROM certificates c JOIN signing_jobs j USING (account_id, job_id, serial_number)
                 WHERE pg_xact_commit_timestamp(j.xmin) = pg_xact_commit_timestamp(c.xmin))",
    )
    .fetch_one(&owner)
    .await
    .expect("the judge answers");
    assert_eq!(late, 0);
    assert!(jobs > 0);
    assert_eq!(certificates, jobs, "each certificate went on record with its job");
    owner.close().await;
    one.end().await;
    two.end().await;
    deployment.stop().await;
}
