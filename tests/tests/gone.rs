//! Clients that are gone before they are answered, at every moment of their requests, leave no transaction open in the
//! database's connections: it would show the next request the past.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::principal::Role;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::Deployment;
use serde_json::json;
use sqlx::postgres::PgPool;
use std::time::{Duration, Instant};

/// How much longer each client waits than the one before.
const STEP: Duration = Duration::from_micros(5);
/// The most clients that go without an answer, for each kind of request.
const CLIENTS: u32 = 1500;
/// The moments of a request are over once so many clients in a row have waited long enough; fewer have no moments.
const ENOUGH: u32 = 20;
/// How often in a row the same transactions may be seen idle.
const LOOKS: usize = 2000;

/// Sends a request and goes after a while; says whether the answer was there first.
async fn asked(client: &Client, request: reqwest::Request, patience: Duration) -> bool {
    let began = Instant::now();
    let gone = async {
        while began.elapsed() < patience {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = client.answered(request) => true,
        () = gone => false,
    }
}

/// Sends a request again and again, each time with more patience; answers with how often it was given up.
async fn given_up(owner: &PgPool, client: &Client, request: impl Fn(u32) -> reqwest::Request) -> u32 {
    let (mut gone, mut patient) = (0, 0);
    for number in 0..CLIENTS {
        if asked(client, request(number), STEP * number).await {
            patient += 1;
        } else {
            (gone, patient) = (gone + 1, 0);
            settled(owner).await;
        }
        if patient == ENOUGH {
            break;
        }
    }
    gone
}

/// Waits until the service works in no transaction any more.
async fn settled(owner: &PgPool) {
    let (mut seen, mut looks) = (None, 0);
    loop {
        let open = left_open(owner).await;
        if open.is_none() {
            return;
        }
        looks = if open == seen { looks + 1 } else { 0 };
        assert!(looks < LOOKS, "left open: {open:?}");
        seen = open;
    }
}

/// Transactions of the service that nobody works in right now.
async fn left_open(owner: &PgPool) -> Option<String> {
    sqlx::query_scalar(
        "SELECT string_agg(pid || ' since ' || xact_start, ', ' ORDER BY pid) FROM pg_stat_activity
         WHERE application_name = 'hallmark' AND state LIKE 'idle in %'",
    )
    .fetch_one(owner)
    .await
    .expect("the sessions are there")
}

#[tokio::test]
async fn clients_that_go_leave_no_transaction_open() {
    let deployment = Deployment::start().await;
    let owner = deployment.owner().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    admin.put_profile("gone", json!({})).await;
    let body = Client::signing_body(None, "gone", &payload(&"0".repeat(64)));
    let arn = format!("/tags/arn:aws:signer:us-east-1:{}:%2Fsigning-profiles%2Fgone", deployment.account);
    let reads = given_up(&owner, &admin, |_| admin.request("GET", "/signing-profiles/gone", None)).await;
    let writes = given_up(&owner, &admin, |number| {
        admin.request("POST", &arn, Some(json!({"tags": {"number": number.to_string()}})))
    });
    let writes = writes.await;
    let signs = given_up(&owner, &signer, |_| {
        signer.request("POST", "/signing-jobs/with-payload", Some(body.clone()))
    })
    .await;
    let fewest = reads.min(writes).min(signs);
    assert!(fewest >= ENOUGH, "{reads}, {writes} and {signs} were given up");

    replica.end().await;
    owner.close().await;
    deployment.stop().await;
}
