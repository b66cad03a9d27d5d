//! History: jobs and revocations as a list without a database would know them, and the rows that they are in one.

use hallmark_api::account::AccountId;
use hallmark_api::digest::Digest;
use hallmark_api::job::JobId;
use hallmark_store::job::JobFilter;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use sqlx::postgres::PgPool;
use std::collections::{HashMap, HashSet};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(crate) const BEGAN: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);
pub(crate) const NOTATION: &str = "Notation-OCI-SHA384-ECDSA";
pub(crate) const LAMBDA: &str = "AWSLambda-SHA384-ECDSA";
/// A platform that has a profile, which never signed.
pub(crate) const IDLE: &str = "AWSIoTDeviceManagement-SHA256-ECDSA";

/// A job as a list without a database would know it.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) owner: AccountId,
    pub(crate) id: JobId,
    pub(crate) profile: &'static str,
    pub(crate) invoker: AccountId,
    pub(crate) requested_by: String,
    pub(crate) artifact: Digest,
    pub(crate) signing_time: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
}

/// All that was signed and revoked.
pub(crate) struct History {
    pub(crate) signed: Vec<Signed>,
    pub(crate) revoked: HashSet<JobId>,
    /// From when on a profile is revoked.
    pub(crate) revoked_from: HashMap<(AccountId, &'static str), OffsetDateTime>,
}

impl History {
    fn is_revoked(&self, job: &Signed) -> bool {
        let from = self.revoked_from.get(&(job.owner.clone(), job.profile));
        self.revoked.contains(&job.id) || from.is_some_and(|from| *from <= job.signing_time)
    }

    /// What a list should show, newest first.
    pub(crate) fn list(&self, account: &AccountId, filter: &JobFilter) -> Vec<JobId> {
        let passes = |job: &&Signed| {
            (job.owner == *account || job.invoker == *account)
                && filter.platform.is_none_or(|platform| platform.as_str() == platform_of(job.profile))
                && filter.requested_by.as_ref().is_none_or(|requester| *requester == job.requested_by)
                && filter.revoked.is_none_or(|revoked| revoked == self.is_revoked(job))
                && filter.expires_before.is_none_or(|time| job.expires_at < time)
                && filter.expires_after.is_none_or(|time| job.expires_at > time)
                && filter.invoker.as_ref().is_none_or(|invoker| *invoker == job.invoker)
                && filter.artifact.as_ref().is_none_or(|artifact| *artifact == job.artifact)
        };
        let mut ids: Vec<JobId> = self.signed.iter().filter(passes).map(|job| job.id).collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids
    }
}

pub(crate) fn platform_of(profile: &str) -> &'static str {
    match profile {
        "lambda" => LAMBDA,
        "idle" => IDLE,
        _ => NOTATION,
    }
}

/// The digest of one of the artifacts.
pub(crate) fn artifact(number: u64) -> Digest {
    format!("sha256:{number:064x}").parse().unwrap()
}

/// What was signed in the first minutes; much; a little; and never.
pub(crate) const OLD: u64 = 0;
pub(crate) const OFTEN: u64 = 1;
pub(crate) const SELDOM: u64 = 2;
pub(crate) const NEVER: u64 = 3;

/// A job of the `minute`-th minute.
pub(crate) fn sign(rng: &mut StdRng, owner: &AccountId, invoker: &AccountId, minute: i64) -> Signed {
    let signing_time = BEGAN + Duration::minutes(minute);
    let millis = u64::try_from(signing_time.unix_timestamp()).unwrap() * 1000;
    // What was signed in the first minutes is unlike all that came later.
    let old = minute < 5;
    let profile =
        if old { "lambda" } else { *["main", "main", "main", "second", "lost"].choose(rng).unwrap() };
    let requester = if old { "old".to_owned() } else { format!("ci-{}", rng.random_range(0..3)) };
    let artifact = artifact(match rng.random_range(0..200) {
        _ if old => OLD,
        0..100 => OFTEN,
        100 => SELDOM,
        _ => rng.random_range(1_000..u64::MAX),
    });
    Signed {
        owner: owner.clone(),
        id: JobId::from_parts(millis, rng.random()),
        profile,
        invoker: invoker.clone(),
        requested_by: format!("arn:aws:iam::{invoker}:user/{requester}"),
        artifact,
        signing_time,
        expires_at: signing_time + Duration::days(if old { 1 } else { 4000 }),
    }
}

pub(crate) async fn insert_profiles(owner: &PgPool, account: &AccountId) {
    for profile in ["main", "second", "lost", "lambda", "idle"] {
        sqlx::query(
            "WITH profile AS (
                 INSERT INTO profiles (account_id, profile_name, platform_id, validity_value, validity_unit,
                                       signing_parameters, created_at, created_by)
                 VALUES ($1, $2, $3, 135, 'MONTHS', '{}', now(), 'test'))
             INSERT INTO profile_versions VALUES ($1, $2, 'aaaaaaaaaa', now())",
        )
        .bind(account.as_str())
        .bind(profile)
        .bind(platform_of(profile))
        .execute(owner)
        .await
        .unwrap();
    }
}

pub(crate) async fn insert(owner: &PgPool, jobs: &[Signed]) {
    for jobs in jobs.chunks(5000) {
        let texts = |text: fn(&Signed) -> String| jobs.iter().map(text).collect::<Vec<_>>();
        sqlx::query(
            "WITH job AS (
                 SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                     $7::timestamptz[], $8::text[])
                     AS job (owner, id, profile, invoker, requester, signed, expires, artifact)),
             invoked AS (
                 INSERT INTO invoked_jobs SELECT invoker, id, owner, requester, artifact FROM job
                 WHERE invoker <> owner)
             INSERT INTO signing_jobs SELECT owner, id, profile, 'aaaaaaaaaa', invoker, requester,
                 sha256(artifact::bytea), artifact, '\\x01'::bytea, signed, expires, signed FROM job",
        )
        .bind(texts(|job| job.owner.to_string()))
        .bind(jobs.iter().map(|job| job.id.as_uuid()).collect::<Vec<_>>())
        .bind(texts(|job| job.profile.to_owned()))
        .bind(texts(|job| job.invoker.to_string()))
        .bind(texts(|job| job.requested_by.clone()))
        .bind(jobs.iter().map(|job| job.signing_time).collect::<Vec<_>>())
        .bind(jobs.iter().map(|job| job.expires_at).collect::<Vec<_>>())
        .bind(texts(|job| job.artifact.to_string()))
        .execute(owner)
        .await
        .unwrap();
    }
}

pub(crate) async fn revoke_jobs(owner: &PgPool, jobs: &[&Signed]) {
    sqlx::query(
        "INSERT INTO revocations (account_id, revocation_id, subject, job_id, effective_at, recorded_at, reason,
                                  recorded_by)
         SELECT account, gen_random_uuid(), 'job', id, now(), now(), 'test', 'test'
         FROM unnest($1::text[], $2::uuid[]) AS job (account, id)",
    )
    .bind(jobs.iter().map(|job| job.owner.to_string()).collect::<Vec<_>>())
    .bind(jobs.iter().map(|job| job.id.as_uuid()).collect::<Vec<_>>())
    .execute(owner)
    .await
    .unwrap();
}

pub(crate) async fn revoke_profile(owner: &PgPool, account: &AccountId, profile: &str, from: OffsetDateTime) {
    sqlx::query(
        "INSERT INTO revocations (account_id, revocation_id, subject, profile_name, profile_version, effective_at,
                                  recorded_at, reason, recorded_by)
         VALUES ($1, gen_random_uuid(), 'profile_version', $2, 'aaaaaaaaaa', $3, now(), 'test', 'test')",
    )
    .bind(account.as_str())
    .bind(profile)
    .bind(from)
    .execute(owner)
    .await
    .unwrap();
}
