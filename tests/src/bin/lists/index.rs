//! What indexes cost whoever signs.

use sqlx::{Executor as _, PgPool};
use std::time::{Duration, Instant};

/// Of 16 jobs each.
const BATCHES: usize = 2000;

/// Brings the planner's statistics up to date, and the visibility map, as autovacuum does in time.
pub(crate) async fn analyze(owner: &PgPool) {
    for table in ["signing_jobs", "invoked_jobs", "revocations", "profiles"] {
        owner.execute(sqlx::AssertSqlSafe(format!("VACUUM ANALYZE {table}"))).await.expect("statistics");
    }
}

/// How many times as long inserting a batch of jobs takes with the indexes by requester, artifact and profile. It does
/// not wait for the disk,
/// which takes as long with them as without.
pub(crate) async fn cost(owner: &PgPool) -> f64 {
    let mut connection = owner.acquire().await.expect("a connection");
    for statement in [
        "SET synchronous_commit = off",
        "CREATE TABLE batch AS SELECT (row_number() OVER () - 1) / 16 AS batch, job.*
         FROM (SELECT * FROM signing_jobs ORDER BY account_id, job_id DESC LIMIT 32000) AS job",
        "CREATE INDEX ON batch (batch)",
        "CREATE TABLE plain (LIKE signing_jobs INCLUDING CONSTRAINTS, PRIMARY KEY (account_id, job_id))",
        "CREATE TABLE indexed (LIKE plain INCLUDING ALL)",
        "CREATE INDEX ON indexed (account_id, requested_by, job_id)",
        "CREATE INDEX ON indexed (account_id, artifact_digest, job_id)",
        "CREATE INDEX ON indexed (account_id, profile_name, signing_time, job_id)",
        "ANALYZE batch",
    ] {
        connection.execute(statement).await.expect("tables to compare");
    }
    let mut taken = [Duration::ZERO; 2];
    for batch in 0..BATCHES {
        for (table, taken) in ["plain", "indexed"].into_iter().zip(&mut taken) {
            let row = "account_id, job_id, profile_name, profile_version, invoker_account_id, requested_by,
                       payload_sha256, artifact_digest, serial_number, signing_time, expires_at, recorded_at";
            let insert = format!("INSERT INTO {table} ({row}) SELECT {row} FROM batch WHERE batch = {batch}");
            let began = Instant::now();
            connection.execute(sqlx::AssertSqlSafe(insert)).await.expect("a batch");
            *taken += began.elapsed();
        }
    }
    taken[1].as_secs_f64() / taken[0].as_secs_f64()
}
