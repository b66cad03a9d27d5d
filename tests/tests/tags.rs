//! Tags under concurrency, and what changing them leaves as it was.
#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::principal::Role;
use hallmark_tests::client::{Client, Reply};
use hallmark_tests::deployment::{Deployment, REGION};
use serde_json::json;

async fn tag(client: &Client, arn: &str, key: &str) -> Reply {
    client.send("POST", &format!("/tags/{arn}"), Some(json!({"tags": {key: "v"}}))).await
}

/// No role reads tags, so what replicas have cached stands while they change.
#[tokio::test]
async fn tags_do_not_move_the_epoch() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    admin.put_profile("tagged", json!({})).await;
    let arn = format!("arn:aws:signer:{REGION}:{}:/signing-profiles/tagged", deployment.account);
    let owner = deployment.owner().await;
    let epoch = async || -> i64 {
        sqlx::query_scalar("SELECT epoch FROM ledger_heads WHERE account_id = $1")
            .bind(deployment.account.as_str())
            .fetch_one(&owner)
            .await
            .unwrap()
    };
    let before = epoch().await;
    assert!(tag(&admin, &arn, "a").await.is_ok());
    assert!(admin.send("DELETE", &format!("/tags/{arn}?tagKeys=a"), None).await.is_ok());
    assert_eq!(epoch().await, before);
    admin.put_profile("another", json!({})).await;
    assert_ne!(epoch().await, before);
    owner.close().await;
    replica.end().await;
    deployment.stop().await;
}

/// However many callers add tags at once, a profile never has more than fifty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_holds_under_concurrency() {
    let deployment = Deployment::start().await;
    let replicas = [deployment.replica().await, deployment.replica().await];
    let admin = deployment.client(&replicas[0], Role::SecurityAdmin).await;
    admin.put_profile("tagged", json!({})).await;
    let arn = format!("arn:aws:signer:{REGION}:{}:/signing-profiles/tagged", deployment.account);
    let attempts: Vec<_> = (0..80)
        .map(|number| {
            let (client, arn) = (admin.at(replicas[number % 2].api), arn.clone());
            tokio::spawn(async move { tag(&client, &arn, &format!("k{number}")).await })
        })
        .collect();
    let mut added = 0;
    for attempt in attempts {
        let reply = attempt.await.unwrap();
        assert!(reply.is_ok() || reply.error == "BadRequestException", "{reply:?}");
        added += usize::from(reply.is_ok());
    }
    assert_eq!(added, 50);
    let listed = admin.send("GET", &format!("/tags/{arn}"), None).await;
    assert_eq!(listed.body["tags"].as_object().unwrap().len(), 50);
    for replica in replicas {
        replica.end().await;
    }
    deployment.stop().await;
}
