//! A replica whose clock is wrong: no signature claims a time that the account's history does not bear out.

#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::principal::Role;
use hallmark_server::clock::Clock;
use hallmark_tests::client::payload;
use hallmark_tests::deployment::Deployment;
use serde_json::json;
use std::sync::atomic::AtomicI64;
use time::Duration;

#[tokio::test]
async fn a_signing_time_is_neither_ahead_of_the_head_nor_long_behind_it() {
    let deployment = Deployment::start().await;
    let owner = deployment.owner().await;
    for (number, off) in [60, -60, 2, -5].into_iter().enumerate() {
        let now = Clock::System.now() + Duration::seconds(off);
        let nanos = i64::try_from(now.unix_timestamp_nanos()).expect("in range");
        let replica = deployment.replica_at(Clock::Fixed(AtomicI64::new(nanos))).await;
        let admin = deployment.client(&replica, Role::SecurityAdmin).await;
        let signer = deployment.client(&replica, Role::Signer).await;
        let profile = format!("clock_{number}");
        admin.put_profile(&profile, json!({})).await;
        for _ in 0..3 {
            let reply = signer.sign_payload(&profile, &payload(&"0".repeat(64))).await;
            assert!(reply.is_ok(), "{off}: {}", reply.error);
        }
        replica.end().await;
    }
    let (jobs, wrong): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (
             WHERE signing_time > recorded_at OR recorded_at - signing_time > interval '11 seconds'
                OR signing_time <> date_trunc('second', signing_time))
         FROM signing_jobs",
    )
    .fetch_one(&owner)
    .await
    .expect("the jobs are there");
    assert_eq!((jobs, wrong), (12, 0));
    owner.close().await;
    deployment.stop().await;
}
