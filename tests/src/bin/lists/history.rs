//! What there is to list: accounts with few jobs and with many.

use hallmark_api::account::AccountId;
use hallmark_api::job::JobId;
use hallmark_tests::deployment::Deployment;
use sqlx::PgPool;
use uuid::Uuid;

/// How many jobs the small accounts have.
pub(crate) const FEW: i64 = 10_000;

/// The accounts that are listed, with the same history but for its length.
#[derive(Debug, Clone)]
pub(crate) struct Accounts {
    /// Signs with its own profiles.
    pub(crate) own: AccountId,
    /// Asks the hub for all its signatures.
    pub(crate) build: AccountId,
    /// Signs for the build account alone.
    pub(crate) hub: AccountId,
    /// A job of each in the middle of its history.
    pub(crate) middle: [JobId; 3],
}

/// Account numbers are made of this and of the history's length.
pub(crate) async fn accounts(deployment: &Deployment, owner: &PgPool, number: u64, jobs: i64) -> Accounts {
    let own = deployment.another_account(number).await;
    let build = deployment.another_account(number + 1).await;
    let hub = deployment.another_account(number + 2).await;
    sign(owner, &own, &own, jobs).await;
    sign(owner, &hub, &build, jobs).await;
    let (alone, asked) = (middle(owner, &own, jobs).await, middle(owner, &hub, jobs).await);
    Accounts { own, build, hub, middle: [alone, asked, asked] }
}

/// A signature a second, its profiles `main` and, for one in a thousand, `other`. The oldest three are unlike all that
/// came later: in their profile, platform, requester, artifact and expiry. A quarter of the latest nine thousand are over
/// one artifact, however long the history is: more than a page looks at. All else is an artifact of its own.
#[expect(clippy::disallowed_methods, reason = "history is made with SQL of its own")]
async fn sign(pool: &PgPool, owner: &AccountId, invoker: &AccountId, jobs: i64) {
    let profiles = "WITH profile AS (
             INSERT INTO profiles (account_id, profile_name, platform_id, validity_value, validity_unit,
                                   signing_parameters, created_at, created_by)
             SELECT $1, name, platform, 135, 'MONTHS', '{}', now(), 'benchmark'
             FROM (VALUES ('main', 'Notation-OCI-SHA384-ECDSA'), ('other', 'Notation-OCI-SHA384-ECDSA'),
                          ('old', 'AWSLambda-SHA384-ECDSA'), ('idle', 'AmazonFreeRTOS-Default')) AS p (name, platform)
             RETURNING profile_name)
         INSERT INTO profile_versions SELECT $1, profile_name, 'aaaaaaaaaa', now() FROM profile";
    sqlx::query(profiles).bind(owner.as_str()).execute(pool).await.expect("profiles");
    sqlx::query(
        "INSERT INTO signing_jobs
         SELECT $1, (lpad(to_hex((extract(epoch FROM signed) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3)
                     || '8' || substr(hash, 4, 15))::uuid,
                CASE WHEN i <= 3 THEN 'old' WHEN i % 1000 = 7 THEN 'other' ELSE 'main' END, 'aaaaaaaaaa', $2,
                CASE WHEN i <= 3 THEN 'old' ELSE 'ci-' || i % 10 END, sha256(hash::bytea),
                'sha256:' || CASE WHEN i <= 3 THEN repeat('0', 64) WHEN i > $3 - 9000 AND i % 4 = 2 THEN repeat('1', 64)
                                  ELSE encode(sha256(hash::bytea), 'hex') END,
                '\\x01' || substring(sha256(hash::bytea) FOR 17), signed,
                signed + CASE WHEN i <= 3 THEN interval '1 day' ELSE interval '135 months' END, signed
         FROM (SELECT i, md5($1 || i) AS hash, timestamptz '2026-06-01Z' - ($3 - i) * interval '1 second' AS signed
               FROM generate_series(1, $3) AS i) AS job",
    )
    .bind(owner.as_str())
    .bind(invoker.as_str())
    .bind(jobs)
    .execute(pool)
    .await
    .expect("jobs");
    sqlx::query(
        "INSERT INTO invoked_jobs (account_id, job_id, owner_account_id, requested_by, artifact_digest)
         SELECT $2, job_id, $1, requested_by, artifact_digest FROM signing_jobs WHERE account_id = $1 AND $1 <> $2",
    )
    .bind(owner.as_str())
    .bind(invoker.as_str())
    .execute(pool)
    .await
    .expect("invoked jobs");
}

#[expect(clippy::disallowed_methods, reason = "it looks at the history with SQL of its own")]
async fn middle(pool: &PgPool, account: &AccountId, jobs: i64) -> JobId {
    let middle: Uuid = sqlx::query_scalar(
        "SELECT job_id FROM signing_jobs WHERE account_id = $1 ORDER BY job_id OFFSET $2 LIMIT 1",
    )
    .bind(account.as_str())
    .bind(jobs / 2)
    .fetch_one(pool)
    .await
    .expect("a job in the middle");
    JobId::from(middle)
}

/// What becomes of an account's signatures, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    NothingRevoked,
    OldestThreeRevoked,
    NewestTenthRevoked,
    MainRevokedFromTheStart,
}

impl Stage {
    pub(crate) const ALL: [Self; 4] = [
        Self::NothingRevoked,
        Self::OldestThreeRevoked,
        Self::NewestTenthRevoked,
        Self::MainRevokedFromTheStart,
    ];

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NothingRevoked => "nothing revoked",
            Self::OldestThreeRevoked => "oldest 3 revoked",
            Self::NewestTenthRevoked => "newest tenth revoked",
            Self::MainRevokedFromTheStart => "profile of 99.9% revoked",
        }
    }

    /// Brings it about.
    #[expect(clippy::disallowed_methods, reason = "history is made with SQL of its own")]
    pub(crate) async fn begin(self, pool: &PgPool, account: &AccountId, jobs: i64) {
        let (revoked, count) = match self {
            Self::NothingRevoked => return,
            Self::OldestThreeRevoked => (
                "SELECT 'job', NULL, NULL, job_id FROM signing_jobs WHERE account_id = $1 ORDER BY job_id LIMIT $2",
                3,
            ),
            Self::NewestTenthRevoked => (
                "SELECT 'job', NULL, NULL, job_id FROM signing_jobs WHERE account_id = $1 ORDER BY job_id DESC LIMIT $2",
                jobs / 10,
            ),
            Self::MainRevokedFromTheStart => {
                ("SELECT 'profile_version', 'main', 'aaaaaaaaaa', NULL::uuid LIMIT $2", 1)
            }
        };
        let statement = format!(
            "INSERT INTO revocations (account_id, revocation_id, subject, profile_name, profile_version, job_id,
                                      effective_at, recorded_at, reason, recorded_by)
             SELECT $1, gen_random_uuid(), r.*, timestamptz '2020-01-01Z', now(), 'benchmark', 'benchmark'
             FROM ({revoked}) AS r"
        );
        let insert = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(account.as_str()).bind(count);
        insert.execute(pool).await.expect("revocations");
    }
}
