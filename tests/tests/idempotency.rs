//! Idempotency keys: however often a request is sent, and wherever to, there is one job, and one reply octet for octet.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::account::AccountId;
use hallmark_api::principal::Role;
use hallmark_tests::client::{Answer, Client, Reply, payload};
use hallmark_tests::deployment::{Deployment, Replica};
use hallmark_tests::moving::MovingTime;
use serde_json::{Value, json};
use sqlx::Executor as _;
use sqlx::postgres::PgPool;
use std::time::Duration;
use tokio::task::JoinSet;

const PATH: &str = "/signing-jobs/with-payload";
const HEADER: &str = "idempotency-key";
/// How many send the same request at the same time, half of them to each replica.
const RETRIES: usize = 24;
/// How many requests without a key go before them.
/// How often it is looked whether the replicas wait for the lock.
const LOOKS: usize = 1000;
const LEADING: i64 = 2;

/// What `SignPayload` is sent for one of the artifacts.
fn body(profile: &str, artifact: char) -> Value {
    Client::signing_body(None, profile, &payload(&artifact.to_string().repeat(64)))
}

async fn send(client: &Client, key: &str, body: Value) -> Answer {
    client.answer_to(client.request_with("POST", PATH, Some(body), &[(HEADER, key)])).await
}

async fn signed(client: &Client, key: &str, body: Value) -> Answer {
    let answer = send(client, key, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// Asserts that a request is refused with a `ValidationException` that says this.
fn refused(answer: &Answer, reason: &str) {
    assert_eq!(answer.header("x-amzn-errortype"), Some("ValidationException"), "{}", answer.body);
    assert!(answer.body.contains(reason), "{}", answer.body);
}

async fn count(owner: &PgPool, table: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(query).fetch_one(owner).await.expect("the rows are counted")
}

fn job(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    body["jobId"].as_str().expect("a job").to_owned()
}

/// One deployment with two replicas, a profile of each kind of certificate, and whoever asks.
struct Scene {
    deployment: Deployment,
    one: Replica,
    two: Replica,
    owner: PgPool,
    admin: Client,
    signer: Client,
}

impl Scene {
    async fn set() -> Self {
        Self::set_in(Deployment::start().await).await
    }

    async fn set_in(deployment: Deployment) -> Self {
        let (one, two) = (deployment.replica().await, deployment.replica().await);
        let admin = deployment.client(&one, Role::SecurityAdmin).await;
        let signer = deployment.client(&one, Role::Signer).await;
        let owner = deployment.owner().await;
        admin.put_profile("shared", json!({})).await;
        admin.put_profile("single", json!({"verificationPlugin": "none"})).await;
        Self { deployment, one, two, owner, admin, signer }
    }

    /// Sends requests to both replicas by turns while the account is locked and each replica waits with a batch that
    /// holds none of them, so that they queue up behind it; then lets go.
    async fn race(&self, bodies: Vec<Value>, key: &str) -> Vec<Answer> {
        let mut blocker = self.owner.begin().await.expect("a transaction");
        blocker.execute("SELECT FROM ledger_heads FOR UPDATE").await.expect("the lock");
        let mut leading = JoinSet::new();
        for replica in [&self.one, &self.two] {
            let signer = self.signer.at(replica.api);
            leading.spawn(async move { signer.sign_payload("shared", &payload(&"f".repeat(64))).await });
        }
        let mut looks = 0;
        while self.waiting().await < 2 {
            looks += 1;
            assert!(looks < LOOKS, "the replicas do not wait for the lock");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut asking = JoinSet::new();
        for (number, body) in bodies.into_iter().enumerate() {
            let replica = if number % 2 == 0 { self.one.api } else { self.two.api };
            let (signer, key) = (self.signer.at(replica), key.to_owned());
            asking.spawn(async move { send(&signer, &key, body).await });
        }
        // However few have queued up by then, the outcome is the same.
        tokio::time::sleep(Duration::from_millis(300)).await;
        blocker.rollback().await.expect("the lock is free");
        assert!(leading.join_all().await.iter().all(Reply::is_ok));
        asking.join_all().await
    }

    /// Has each replica make what is made under the same lock before anything can be signed.
    async fn issue_leaves(&self) {
        for (replica, profile) in
            [(&self.one, "shared"), (&self.two, "shared"), (&self.one, "single"), (&self.two, "single")]
        {
            let signer = self.signer.at(replica.api);
            assert!(signer.sign_payload(profile, &payload(&"0".repeat(64))).await.is_ok());
        }
    }

    /// How many sessions wait for the lock.
    async fn waiting(&self) -> i64 {
        count(&self.owner, "pg_stat_activity WHERE wait_event_type = 'Lock'").await
    }

    async fn jobs(&self) -> i64 {
        count(&self.owner, "signing_jobs").await
    }

    async fn end(self) {
        self.owner.close().await;
        self.one.end().await;
        self.two.end().await;
        self.deployment.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_at_the_same_time_are_one_job() {
    let scene = Scene::set().await;
    scene.issue_leaves().await;
    for round in 0..6 {
        let profile = if round % 2 == 0 { "shared" } else { "single" };
        let before = scene.jobs().await;
        let key = format!("round-{round}");
        let answers = scene.race(vec![body(profile, '1'); RETRIES], &key).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        assert!(answers.iter().all(|answer| answer.body == answers[0].body), "one reply, octet for octet");
        for replica in [&scene.one, &scene.two] {
            let late = signed(&scene.signer.at(replica.api), &key, body(profile, '1')).await;
            assert_eq!(late.body, answers[0].body, "however late");
        }
        assert_eq!(scene.jobs().await, before + LEADING + 1, "{profile}");
        let path = format!("/signing-jobs/{}", job(&answers[0]));
        assert!(scene.admin.send("GET", &path, None).await.is_ok(), "it is the job on record");
    }
    let certificates = count(&scene.owner, "certificates WHERE job_id IS NOT NULL").await;
    let jobs = count(&scene.owner, "signing_jobs WHERE profile_name = 'single'").await;
    assert_eq!(certificates, jobs, "a retry leaves no certificate behind");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_request_with_the_same_key_is_refused() {
    let scene = Scene::set().await;
    let first = signed(&scene.signer, "key", body("shared", '1')).await;
    // Octet for octet: nobody has to guess which differences count.
    let mut with_more = body("shared", '1');
    with_more["member"] = json!("ignored");
    for other in [body("shared", '2'), body("single", '1'), with_more] {
        let answer = send(&scene.signer.at(scene.two.api), "key", other).await;
        refused(&answer, "was the key of another request within the last 24 hours");
    }
    assert_eq!(signed(&scene.signer, "key", body("shared", '1')).await.body, first.body);
    assert_eq!(scene.jobs().await, 1);

    // At the same time, too, one of them signs and the others are told.
    let bodies = (0..RETRIES).map(|number| body("shared", if number % 4 < 2 { '3' } else { '4' })).collect();
    scene.issue_leaves().await;
    let before = scene.jobs().await;
    let answers = scene.race(bodies, "raced").await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((good.len(), bad.len()), (RETRIES / 2, RETRIES / 2));
    assert!(good.iter().all(|answer| answer.body == good[0].body));
    for answer in bad {
        refused(answer, "was the key of another request");
    }
    assert_eq!(scene.jobs().await, before + LEADING + 1);
    scene.end().await;
}

#[tokio::test]
async fn a_key_is_its_principals_own() {
    let scene = Scene::set().await;
    let other: AccountId = scene.deployment.another_account(210_987_654_321).await;
    let stranger = scene.deployment.client_of(&other, &scene.one, Role::Signer).await;
    let strangers_admin = scene.deployment.client_of(&other, &scene.one, Role::SecurityAdmin).await;
    strangers_admin.put_profile("shared", json!({})).await;
    let permission = json!({"action": "signer:SignPayload", "principal": other, "statementId": "other"});
    let permissions = "/signing-profiles/shared/permissions";
    let added = scene.admin.send("POST", permissions, Some(permission)).await;
    assert!(added.is_ok(), "{added:?}");

    let owner = scene.deployment.account.to_string();
    let of_owner = Client::signing_body(Some(&owner), "shared", &payload(&"1".repeat(64)));
    let own = signed(&scene.signer, "key", of_owner.clone()).await;
    let theirs = signed(&stranger, "key", of_owner.clone()).await;
    assert_ne!(job(&own), job(&theirs), "another principal's key is another key");
    let elsewhere = signed(&stranger, "key", body("shared", '1')).await;
    assert_ne!(job(&elsewhere), job(&theirs), "and so is one for another account's profile");
    assert_eq!(signed(&stranger, "key", of_owner.clone()).await.body, theirs.body);
    assert_eq!(scene.jobs().await, 3);

    // A repetition is a request like any other: who may not ask any more is not told what was answered.
    let revision = added.body["revisionId"].as_str().expect("a revision");
    let path = format!("{permissions}/other?revisionId={revision}");
    assert!(scene.admin.send("DELETE", &path, None).await.is_ok());
    let denied = send(&stranger.at(scene.two.api), "key", of_owner.clone()).await;
    assert_eq!(denied.header("x-amzn-errortype"), Some("AccessDeniedException"), "{}", denied.body);
    assert!(scene.admin.send("DELETE", "/signing-profiles/shared", None).await.is_ok());
    refused(&send(&scene.signer, "key", of_owner).await, "only an Active profile signs");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_is_kept_for_a_day() {
    let time = MovingTime::new();
    let scene = Scene::set_in(Deployment::start_in(&time).await).await;
    let kept = async || count(&scene.owner, "idempotency_keys").await;
    let first = signed(&scene.signer, "key", body("shared", '1')).await;
    signed(&scene.signer, "forgotten", body("single", '1')).await;
    time.move_to(time::Duration::minutes(23 * 60 + 50));
    assert_eq!(signed(&scene.signer, "key", body("shared", '1')).await.body, first.body);
    scene.one.service().look_after().await.expect("a round");
    assert_eq!((scene.jobs().await, kept().await), (2, 2));

    time.move_to(time::Duration::minutes(24 * 60 + 10));
    let second = signed(&scene.signer, "key", body("shared", '2')).await;
    assert_ne!(job(&second), job(&first), "after a day it is another request");
    assert_eq!(signed(&scene.signer.at(scene.two.api), "key", body("shared", '2')).await.body, second.body);
    assert_eq!((scene.jobs().await, kept().await), (3, 2), "which took the place of the first");
    let broken = scene.deployment.another_account(1).await;
    scene.owner.execute("DELETE FROM ledger_heads WHERE account_id = '000000000001'").await.expect("deleted");
    let error = scene.two.service().look_after().await.expect_err("one account is broken").to_string();
    assert!(error.starts_with(&format!("replies of account {broken}: ")), "{error}");
    assert_eq!(kept().await, 1, "what nobody asked for again is gone, whatever became of the account before");
    assert_eq!(signed(&scene.signer, "key", body("shared", '2')).await.body, second.body);
    scene.end().await;
}

#[tokio::test]
async fn a_key_is_signed_well_formed_and_stands_once() {
    let scene = Scene::set().await;
    let signer = &scene.signer;
    let mut unsigned = signer.request("POST", PATH, Some(body("shared", '1')));
    unsigned.headers_mut().insert(HEADER, "key".parse().expect("a value"));
    refused(&signer.answer_to(unsigned).await, "must be among the SignedHeaders");

    let mut changed = signer.request_with("POST", PATH, Some(body("shared", '1')), &[(HEADER, "key")]);
    changed.headers_mut().insert(HEADER, "another".parse().expect("a value"));
    let answer = signer.answer_to(changed).await;
    assert_eq!(answer.header("x-amzn-errortype"), Some("InvalidSignatureException"), "{}", answer.body);

    let longest = "k".repeat(64);
    for key in ["", "a b", "a.b", "key,key", "\"key\"", &"k".repeat(65)] {
        refused(&send(signer, key, body("shared", '1')).await, "Idempotency-Key: '");
    }
    let twice = [(HEADER, "key"), (HEADER, "key")];
    let twice = signer.request_with("POST", PATH, Some(body("shared", '1')), &twice);
    refused(&signer.answer_to(twice).await, "must stand once");
    assert_eq!((scene.jobs().await, count(&scene.owner, "idempotency_keys").await), (0, 0));

    for key in ["k", "A-z_09", &longest] {
        signed(signer, key, body("shared", '1')).await;
    }
    // A request that was refused was not carried out, so its key is free.
    let mut wrong = body("shared", '1');
    wrong["payloadFormat"] = json!("text/plain");
    refused(&send(signer, "again", wrong).await, "payloadFormat");
    signed(signer, "again", body("shared", '1')).await;
    assert_eq!(scene.jobs().await, 4);
    scene.end().await;
}

#[tokio::test]
async fn without_a_key_each_request_is_another_job() {
    let scene = Scene::set().await;
    let mut jobs = Vec::new();
    for _ in 0..3 {
        let answer = scene.signer.answer("POST", PATH, Some(body("shared", '1'))).await;
        jobs.push(job(&answer));
    }
    jobs.dedup();
    assert_eq!((jobs.len(), scene.jobs().await), (3, 3));
    assert_eq!(count(&scene.owner, "idempotency_keys").await, 0);
    scene.end().await;
}
