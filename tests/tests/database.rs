//! What the database itself guarantees, whatever the service above it does.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::principal::Role;
use hallmark_server::clock::Clock;
use hallmark_store::Change;
use hallmark_tests::client::payload;
use hallmark_tests::deployment::Deployment;
use serde_json::json;
use sqlx::postgres::PgPool;
use sqlx::{Connection as _, Executor as _};
use std::time::Duration;

/// Tables that belong to the deployment and not to an account.
const DEPLOYMENT_TABLES: [&str; 4] = ["_sqlx_migrations", "deployment", "root_crls", "trust_anchors"];

#[tokio::test]
async fn every_tenant_table_begins_its_key_with_the_account() {
    let deployment = Deployment::start().await;
    let owner = deployment.owner().await;
    let tables: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT c.relname::text, (SELECT a.attname::text FROM pg_index i
                                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                                  WHERE i.indrelid = c.oid AND i.indisprimary)
         FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
         ORDER BY 1",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    for (table, first) in tables.iter().filter(|(table, _)| !DEPLOYMENT_TABLES.contains(&table.as_str())) {
        assert_eq!(first.as_deref(), Some("account_id"), "{table}");
    }
    owner.close().await;
    deployment.stop().await;
}

#[tokio::test]
async fn history_is_only_added_to() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    let version = admin.put_profile("history", json!({})).await;
    assert!(signer.sign_payload("history", &payload(&"0".repeat(64))).await.is_ok());
    let body = json!({"profileVersion": version, "reason": "test", "effectiveTime": 1_700_000_000});
    assert!(admin.send("PUT", "/signing-profiles/history/revoke", Some(body)).await.is_ok());
    admin.put_profile("canceled", json!({})).await;
    assert!(admin.send("DELETE", "/signing-profiles/canceled", None).await.is_ok());

    let owner = deployment.owner().await;
    for role in ["hallmark_app", "hallmark"] {
        for statement in [
            "DELETE FROM revocations",
            "UPDATE revocations SET effective_at = now()",
            "TRUNCATE revocations",
            "DELETE FROM signing_jobs",
            "UPDATE signing_jobs SET signing_time = now() - interval '1 day'",
            "TRUNCATE signing_jobs",
            "DELETE FROM certificates",
            "UPDATE certificates SET not_after = now()",
            "UPDATE profile_versions SET profile_version = 'aaaaaaaaaa'",
            "UPDATE profiles SET canceled_at = NULL, canceled_by = NULL WHERE profile_name = 'canceled'",
            "UPDATE profiles SET canceled_at = now() WHERE profile_name = 'canceled'",
            "UPDATE profiles SET validity_value = 1",
            "UPDATE profiles SET signing_certificate_arn = 'other'",
            "DELETE FROM trust_anchors",
            "UPDATE trust_anchors SET sealed_key = '\\x00'",
            "UPDATE trust_anchors SET not_after = now()",
            "DELETE FROM crls",
            "UPDATE root_crls SET crl = '\\x00'",
            "UPDATE idempotency_keys SET reply = '\\x00'",
            "TRUNCATE idempotency_keys",
        ] {
            refused(&owner, role, statement).await;
        }
        // The partition of this year, past the table that it belongs to.
        let partition = format!("signing_jobs_{}", Clock::System.now().year());
        for statement in ["DELETE FROM", "TRUNCATE"] {
            refused(&owner, role, &format!("{statement} {partition}")).await;
        }
    }
    for statement in [
        "CREATE TABLE mine (id int)",
        "DROP TABLE revocations",
        "ALTER TABLE revocations DISABLE TRIGGER ALL",
        "DELETE FROM accounts",
        "UPDATE access_keys SET principal_name = 'Operator'",
        "UPDATE ledger_heads SET account_id = '000000000000'",
        "COPY accounts TO PROGRAM 'cat'",
        "SELECT pg_read_file('postgresql.conf')",
    ] {
        refused(&owner, "hallmark_app", statement).await;
    }
    for statement in [
        "SELECT sealed_secret FROM access_keys",
        "SELECT sealed_key FROM issuers",
        "SELECT sealed_key FROM trust_anchors",
        "SELECT sealed_key FROM issuer_requests",
        "SELECT reply FROM idempotency_keys",
    ] {
        refused(&owner, "hallmark_auditor", statement).await;
    }
    owner.close().await;
    replica.end().await;
    deployment.stop().await;
}

/// Asserts that the database refuses a statement in a role, for want of privilege.
async fn refused(owner: &PgPool, role: &str, statement: &str) {
    let mut connection = owner.acquire().await.unwrap().detach();
    connection.execute(sqlx::AssertSqlSafe(format!("SET ROLE {role}"))).await.unwrap();
    let error = connection
        .execute(sqlx::AssertSqlSafe(statement.to_owned()))
        .await
        .expect_err(&format!("{role}: {statement}"));
    let code = error.as_database_error().and_then(|error| error.code().map(|code| code.to_string()));
    assert_eq!(code.as_deref(), Some("42501"), "{role}: {statement}: {error}");
    connection.close().await.unwrap();
}

/// The head time is read once the lock is held, also when whoever held it before rolled back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_time_is_taken_after_the_wait_for_the_lock() {
    let deployment = Deployment::start().await;
    let store = deployment.store().await;
    let owner = deployment.owner().await;
    for ending in ["ROLLBACK", "COMMIT"] {
        let mut blocker = owner.acquire().await.unwrap().detach();
        blocker.execute("BEGIN").await.unwrap();
        blocker.execute("SELECT FROM ledger_heads FOR UPDATE").await.unwrap();
        let waiting = tokio::spawn({
            let (store, account) = (store.clone(), deployment.account.clone());
            async move { store.lock(&account).await.map(|tx| tx.head_time()) }
        });
        let mut looks = 0;
        while !waits_for_a_lock(&owner).await {
            looks += 1;
            assert!(looks < 1000, "nobody waits for the lock");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let before_release: time::OffsetDateTime =
            sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&owner).await.unwrap();
        blocker.execute(ending).await.unwrap();
        let head_time = waiting.await.unwrap().unwrap();
        assert!(head_time > before_release, "{ending}: {head_time} was read before {before_release}");
        blocker.close().await.unwrap();
    }
    owner.close().await;
    store.close().await;
    deployment.stop().await;
}

async fn waits_for_a_lock(owner: &PgPool) -> bool {
    sqlx::query_scalar("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        .fetch_one(owner)
        .await
        .unwrap()
}

/// Head times only grow, even when the database's clock stands still or goes back.
#[tokio::test]
async fn head_times_only_grow() {
    let deployment = Deployment::start().await;
    let store = deployment.store().await;
    let owner = deployment.owner().await;
    owner.execute("UPDATE ledger_heads SET last_recorded_at = now() + interval '1 hour'").await.unwrap();
    let mut last = None;
    for _ in 0..3 {
        let tx = store.lock(&deployment.account).await.unwrap();
        let head_time = Some(tx.head_time());
        assert!(head_time > last, "{head_time:?} after {last:?}");
        last = head_time;
        tx.commit(Change::Record).await.unwrap();
    }
    owner.close().await;
    store.close().await;
    deployment.stop().await;
}
