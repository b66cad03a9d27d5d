//! The race between signing and revoking: no signature commits after its profile's cancellation or
//! revocation has. Postgres's own commit timestamps are the judge, not our records.
//!
//! The same race is run against a naive service (look at the status, sign, insert): the judge must
//! convict it, or the judge is blind.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "the judge and the naive service write their own SQL")]

use hallmark_api::principal::Role;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::Deployment;
use rand::Rng as _;
use serde_json::json;
use sqlx::postgres::PgPool;
use std::time::Duration;
use tokio::task::JoinSet;

const ROUNDS: usize = 300;
const SIGNERS: usize = 6;

/// Jobs that committed after what stopped their profile, and jobs whose times do not fit their history.
async fn violations(owner: &PgPool) -> (i64, i64) {
    let after: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM signing_jobs j
         WHERE EXISTS (SELECT FROM revocations r
                       WHERE (r.account_id, r.profile_name) = (j.account_id, j.profile_name)
                         AND pg_xact_commit_timestamp(j.xmin) > pg_xact_commit_timestamp(r.xmin))
            OR EXISTS (SELECT FROM profiles p
                       WHERE (p.account_id, p.profile_name) = (j.account_id, j.profile_name)
                         AND p.canceled_at IS NOT NULL
                         AND pg_xact_commit_timestamp(j.xmin) > pg_xact_commit_timestamp(p.xmin))",
    )
    .fetch_one(owner)
    .await
    .expect("the judge answers");
    let misdated: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM signing_jobs
         WHERE signing_time > recorded_at OR recorded_at - signing_time > interval '11 seconds'",
    )
    .fetch_one(owner)
    .await
    .expect("the judge answers");
    (after, misdated)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_signature_commits_after_its_profile_was_stopped() {
    let deployment = Deployment::start().await;
    let (one, two) = (deployment.replica().await, deployment.replica().await);
    let admin = deployment.client(&one, Role::SecurityAdmin).await;
    let signer = deployment.client(&one, Role::Signer).await;
    let mut count = 0;
    for round in 0..ROUNDS {
        let profile = format!("race_{round}");
        let version = admin.put_profile(&profile, json!({})).await;
        assert!(signer.sign_payload(&profile, &payload(&"0".repeat(64))).await.is_ok());
        let mut signers = JoinSet::new();
        for number in 0..SIGNERS {
            let signer = signer.at(if number % 2 == 0 { one.api } else { two.api });
            let profile = profile.clone();
            signers.spawn(async move { sign_until_refused(&signer, &profile).await });
        }
        let pause = rand::rng().random_range(0..20_000);
        tokio::time::sleep(Duration::from_micros(pause)).await;
        stop(&admin.at(two.api), &profile, &version, round).await;
        // Whoever asks after the acknowledgement is refused, whichever replica it asks.
        for replica in [&one, &two] {
            let late = signer.at(replica.api).sign_payload(&profile, &payload(&"1".repeat(64))).await;
            assert_eq!(late.error, "ValidationException", "{} after {round}", late.status);
        }
        count += signers.join_all().await.into_iter().sum::<usize>();
    }
    let owner = deployment.owner().await;
    let outcome = violations(&owner).await;
    owner.close().await;
    println!("{ROUNDS} races, {count} signatures, {outcome:?} violations");
    assert_eq!(outcome, (0, 0));
    assert!(count > ROUNDS, "there was a race: {count} signatures");
    one.end().await;
    two.end().await;
    deployment.stop().await;
}

async fn sign_until_refused(signer: &Client, profile: &str) -> usize {
    let digest = "2".repeat(64);
    for count in 0.. {
        let reply = signer.sign_payload(profile, &payload(&digest)).await;
        if !reply.is_ok() {
            assert_eq!(reply.error, "ValidationException", "{reply:?}");
            return count;
        }
    }
    unreachable!()
}

/// Revokes in even rounds, cancels in odd ones.
async fn stop(admin: &Client, profile: &str, version: &str, round: usize) {
    let reply = if round.is_multiple_of(2) {
        let body = json!({"profileVersion": version, "reason": "race", "effectiveTime": 1_700_000_000});
        admin.send("PUT", &format!("/signing-profiles/{profile}/revoke"), Some(body)).await
    } else {
        admin.send("DELETE", &format!("/signing-profiles/{profile}"), None).await
    };
    assert!(reply.is_ok(), "{reply:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_judge_convicts_a_naive_service() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let owner = deployment.owner().await;
    let account = deployment.account.to_string();
    let mut found = 0;
    for round in 0..ROUNDS {
        let profile = format!("naive_{round}");
        let version = admin.put_profile(&profile, json!({})).await;
        let mut signers = JoinSet::new();
        for _ in 0..SIGNERS {
            let (owner, account) = (owner.clone(), account.clone());
            let (profile, version) = (profile.clone(), version.clone());
            signers.spawn(async move { while naive_sign(&owner, &account, &profile, &version).await {} });
        }
        let pause = rand::rng().random_range(0..20_000);
        tokio::time::sleep(Duration::from_micros(pause)).await;
        stop(&admin, &profile, &version, round).await;
        signers.join_all().await;
        found = violations(&owner).await.0;
        if found > 0 {
            println!("the naive service was convicted in round {round}");
            break;
        }
    }
    assert!(found > 0, "{ROUNDS} naive races and not one violation: the judge sees nothing");
    owner.close().await;
    replica.end().await;
    deployment.stop().await;
}

/// Looks at the status, signs, inserts: what a service does that does not think of the others.
async fn naive_sign(owner: &PgPool, account: &str, profile: &str, version: &str) -> bool {
    let active: bool = sqlx::query_scalar(
        "SELECT canceled_at IS NULL AND NOT EXISTS (
             SELECT FROM revocations r WHERE (r.account_id, r.profile_name) = (p.account_id, p.profile_name))
         FROM profiles p WHERE account_id = $1 AND profile_name = $2",
    )
    .bind(account)
    .bind(profile)
    .fetch_one(owner)
    .await
    .expect("the profile is there");
    if active {
        let random: [u8; 10] = rand::random();
        let id = hallmark_api::job::JobId::from_parts(1_800_000_000_000, random);
        sqlx::query(
            "INSERT INTO signing_jobs VALUES
             ($1, $2, $3, $4, $1, 'naive', ''::bytea, '', ''::bytea, now(), now() + interval '1 day', now())",
        )
        .bind(account)
        .bind(id.as_uuid())
        .bind(profile)
        .bind(version)
        .execute(owner)
        .await
        .expect("the job is inserted");
    }
    active
}
