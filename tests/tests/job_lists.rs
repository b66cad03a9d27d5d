//! Lists of jobs hold what passes their filter, all of it, once; and a page looks at few jobs, however many there are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make history with SQL of their own")]

use hallmark_api::account::AccountId;
use hallmark_api::digest::Digest;
use hallmark_api::job::JobId;
use hallmark_api::platform::PlatformId;
use hallmark_store::Store;
use hallmark_store::job::{JobFilter, LOOKED_AT};
use hallmark_tests::deployment::Deployment;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use sqlx::postgres::PgPool;
use std::collections::{HashMap, HashSet};
use std::time::Duration as StdDuration;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const BEGAN: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);
const NOTATION: &str = "Notation-OCI-SHA384-ECDSA";
const LAMBDA: &str = "AWSLambda-SHA384-ECDSA";
/// A platform that has a profile, which never signed.
const IDLE: &str = "AWSIoTDeviceManagement-SHA256-ECDSA";

/// A job as a list without a database would know it.
#[derive(Debug, Clone)]
struct Signed {
    owner: AccountId,
    id: JobId,
    profile: &'static str,
    invoker: AccountId,
    requested_by: String,
    artifact: Digest,
    signing_time: OffsetDateTime,
    expires_at: OffsetDateTime,
}

/// All that was signed and revoked.
struct History {
    signed: Vec<Signed>,
    revoked: HashSet<JobId>,
    /// From when on a profile is revoked.
    revoked_from: HashMap<(AccountId, &'static str), OffsetDateTime>,
}

impl History {
    fn is_revoked(&self, job: &Signed) -> bool {
        let from = self.revoked_from.get(&(job.owner.clone(), job.profile));
        self.revoked.contains(&job.id) || from.is_some_and(|from| *from <= job.signing_time)
    }

    /// What a list should show, newest first.
    fn list(&self, account: &AccountId, filter: &JobFilter) -> Vec<JobId> {
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

fn platform_of(profile: &str) -> &'static str {
    match profile {
        "lambda" => LAMBDA,
        "idle" => IDLE,
        _ => NOTATION,
    }
}

/// The digest of one of the artifacts.
fn artifact(number: u64) -> Digest {
    format!("sha256:{number:064x}").parse().unwrap()
}

/// What was signed in the first minutes; much; a little; and never.
const OLD: u64 = 0;
const OFTEN: u64 = 1;
const SELDOM: u64 = 2;
const NEVER: u64 = 3;

/// A job of the `minute`-th minute.
fn sign(rng: &mut StdRng, owner: &AccountId, invoker: &AccountId, minute: i64) -> Signed {
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

async fn insert_profiles(owner: &PgPool, account: &AccountId) {
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

async fn insert(owner: &PgPool, jobs: &[Signed]) {
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

async fn revoke_jobs(owner: &PgPool, jobs: &[&Signed]) {
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

async fn revoke_profile(owner: &PgPool, account: &AccountId, profile: &str, from: OffsetDateTime) {
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

/// Every filter by itself.
fn single_filters(accounts: [&AccountId; 2]) -> Vec<JobFilter> {
    let none = JobFilter::default;
    let mut filters = vec![none()];
    for platform in [NOTATION, LAMBDA, IDLE, "AmazonFreeRTOS-Default"] {
        let platform: Option<PlatformId> = Some(platform.parse().unwrap());
        filters.push(JobFilter { platform, ..none() });
    }
    for account in accounts {
        filters.push(JobFilter { invoker: Some(account.clone()), ..none() });
        for name in ["ci-1", "old", "never"] {
            let requested_by = Some(format!("arn:aws:iam::{account}:user/{name}"));
            filters.push(JobFilter { requested_by, ..none() });
        }
    }
    for revoked in [Some(true), Some(false)] {
        filters.push(JobFilter { revoked, ..none() });
    }
    for days in [-1, 3, 4003, 5000] {
        let time = Some(BEGAN + Duration::days(days));
        filters.push(JobFilter { expires_before: time, ..none() });
        filters.push(JobFilter { expires_after: time, ..none() });
    }
    for number in [OLD, OFTEN, SELDOM, NEVER] {
        filters.push(JobFilter { artifact: Some(artifact(number)), ..none() });
    }
    filters
}

/// An artifact, and who asked or whether it is revoked.
fn artifact_filters(filters: &[JobFilter], artifacts: &[u64]) -> Vec<JobFilter> {
    let others = filters.iter().filter(|filter| {
        filter.requested_by.is_some() || filter.revoked.is_some() || filter.invoker.is_some()
    });
    let pairs = others.flat_map(|filter| artifacts.iter().map(move |number| (filter, *number)));
    pairs.map(|(filter, number)| JobFilter { artifact: Some(artifact(number)), ..filter.clone() }).collect()
}

/// Two filters, or three, at once.
fn combined(rng: &mut StdRng, filters: &[JobFilter]) -> JobFilter {
    let mut combined = JobFilter::default();
    for _ in 0..rng.random_range(2..4) {
        let one = filters.choose(rng).unwrap().clone();
        combined.platform = combined.platform.or(one.platform);
        combined.requested_by = combined.requested_by.or(one.requested_by);
        combined.revoked = combined.revoked.or(one.revoked);
        combined.expires_before = combined.expires_before.or(one.expires_before);
        combined.expires_after = combined.expires_after.or(one.expires_after);
        combined.invoker = combined.invoker.or(one.invoker);
        combined.artifact = combined.artifact.or(one.artifact);
    }
    combined
}

/// Reads a list to its end, and signs between its pages: now, and with a clock that is behind.
async fn read_on(
    (store, owner): (&Store, &PgPool),
    account: &AccountId,
    filter: &JobFilter,
    limit: usize,
    rng: &mut StdRng,
) -> (Vec<JobId>, usize) {
    let (mut ids, mut pages, mut before) = (Vec::new(), 0, None);
    loop {
        let page = store.report(account).await.unwrap().jobs_before(before, filter, limit).await.unwrap();
        assert!(page.jobs.len() <= limit, "{filter:?}");
        ids.extend(page.jobs.iter().map(|job| job.id));
        pages += 1;
        let Some(next) = page.next else { return (ids, pages) };
        assert!(before.is_none_or(|before| next < before), "{filter:?}: the list stands still");
        before = Some(next);
        let late = [20_000, rng.random_range(5..9_000)].map(|minute| sign(rng, account, account, minute));
        insert(owner, &late).await;
    }
}

#[tokio::test]
async fn pages_hold_what_passes_while_more_is_signed() {
    let deployment = Deployment::start().await;
    let (store, owner) = (deployment.store().await, deployment.owner().await);
    let (us, them) = (deployment.account.clone(), deployment.another_account(210_987_654_321).await);
    let mut rng = StdRng::seed_from_u64(7);
    let mut signed = Vec::new();
    for minute in 0..8_000 {
        let (job_owner, invoker) = match rng.random_range(0..20) {
            0..10 => (&us, &us),
            10 => (&us, &them),
            _ => (&them, &us),
        };
        signed.push(sign(&mut rng, job_owner, invoker, minute));
    }
    insert_profiles(&owner, &us).await;
    insert_profiles(&owner, &them).await;
    insert(&owner, &signed).await;
    let revoked: Vec<&Signed> = (signed.iter().take(3)).chain(signed.iter().rev().take(400)).collect();
    revoke_jobs(&owner, &revoked).await;
    let mut revoked_from = HashMap::new();
    for (account, profile, minute) in [(&us, "lost", 1000), (&us, "lost", 500), (&them, "main", 6000)] {
        let from = BEGAN + Duration::minutes(minute);
        revoke_profile(&owner, account, profile, from).await;
        revoked_from.insert((account.clone(), profile), from);
    }
    let revoked = revoked.iter().map(|job| job.id).collect();
    let history = History { signed, revoked, revoked_from };
    let known: HashSet<JobId> = history.signed.iter().map(|job| job.id).collect();

    let mut filters = single_filters([&us, &them]);
    let combinations: Vec<JobFilter> = (0..30).map(|_| combined(&mut rng, &filters)).collect();
    filters.extend(artifact_filters(&filters, &[OLD, OFTEN, SELDOM]));
    filters.extend(combinations);
    for (account, filter) in
        [&us, &them].iter().flat_map(|account| filters.iter().map(move |f| (*account, f)))
    {
        let expected = history.list(account, filter);
        let limit = if expected.len() < 200 { 25 } else { 500 };
        let (ids, pages) = read_on((&store, &owner), account, filter, limit, &mut rng).await;
        let once: HashSet<JobId> = ids.iter().copied().collect();
        assert_eq!(once.len(), ids.len(), "{account} {filter:?}: a job is listed twice");
        let found: Vec<JobId> = ids.into_iter().filter(|id| known.contains(id)).collect();
        assert!(found == expected, "{account} {filter:?}: {} instead of {}", found.len(), expected.len());
        let most = expected.len() / limit + 3 * (known.len() / LOOKED_AT) + 2;
        assert!(pages <= most, "{account} {filter:?}: {pages} pages");
    }
    store.close().await;
    owner.close().await;
    deployment.stop().await;
}

#[tokio::test]
async fn one_job_is_found_from_either_side() {
    let deployment = Deployment::start().await;
    let (store, owner) = (deployment.store().await, deployment.owner().await);
    let (us, them) = (deployment.account.clone(), deployment.another_account(210_987_654_321).await);
    let stranger = deployment.another_account(111_111_111_111).await;
    let mut rng = StdRng::seed_from_u64(7);
    insert_profiles(&owner, &us).await;
    let job = sign(&mut rng, &us, &them, 100);
    insert(&owner, &[job.clone(), sign(&mut rng, &us, &us, 101)]).await;
    for (account, sees) in [(&us, true), (&them, true), (&stranger, false)] {
        let found = store.view(account).await.unwrap().job(job.id).await.unwrap();
        assert_eq!(found.map(|found| found.id), sees.then_some(job.id), "{account}");
    }
    let other = JobId::from(Uuid::from_u128(job.id.as_uuid().as_u128() ^ 1));
    assert!(store.view(&us).await.unwrap().job(other).await.unwrap().is_none());
    store.close().await;
    owner.close().await;
    deployment.stop().await;
}

/// A replica that does not know what stands beside the jobs of other accounts puts them on record all the same.
#[tokio::test]
async fn an_older_replicas_jobs_are_found_by_artifact() {
    let deployment = Deployment::start().await;
    let (store, owner) = (deployment.store().await, deployment.owner().await);
    let (us, them) = (deployment.account.clone(), deployment.another_account(210_987_654_321).await);
    insert_profiles(&owner, &us).await;
    let job = Signed { invoker: us.clone(), ..sign(&mut StdRng::seed_from_u64(7), &us, &us, 100) };
    insert(&owner, std::slice::from_ref(&job)).await;
    sqlx::query("INSERT INTO invoked_jobs (account_id, job_id, owner_account_id) VALUES ($1, $2, $3)")
        .bind(them.as_str())
        .bind(job.id.as_uuid())
        .bind(us.as_str())
        .execute(&owner)
        .await
        .unwrap();
    let filter = JobFilter { artifact: Some(job.artifact.clone()), ..JobFilter::default() };
    let found = store.report(&them).await.unwrap().jobs_before(None, &filter, 25).await.unwrap();
    assert_eq!(found.jobs.iter().map(|found| found.id).collect::<Vec<_>>(), [job.id]);
    store.close().await;
    owner.close().await;
    deployment.stop().await;
}

/// Rows and index entries that the database looked at, in all sessions that have ended.
async fn looked_at(owner: &PgPool) -> i64 {
    while sqlx::query_scalar("SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'hallmark'")
        .fetch_one(owner)
        .await
        .unwrap()
    {
        tokio::time::sleep(StdDuration::from_millis(2)).await;
    }
    sqlx::query_scalar(
        "SELECT ((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)
                 + (SELECT sum(seq_tup_read) FROM pg_stat_user_tables))::bigint",
    )
    .fetch_one(owner)
    .await
    .unwrap()
}

/// What one page of 25 looks at, from the newest job on and from the middle.
async fn page_looks_at(
    deployment: &Deployment,
    owner: &PgPool,
    account: &AccountId,
    filter: &JobFilter,
) -> i64 {
    let mut most = 0;
    let middle = sign(&mut StdRng::seed_from_u64(1), account, account, 12_000).id;
    for before in [None, Some(middle)] {
        let began = looked_at(owner).await;
        let store = deployment.store().await;
        store.report(account).await.unwrap().jobs_before(before, filter, 25).await.unwrap();
        store.close().await;
        most = most.max(looked_at(owner).await - began);
    }
    most
}

#[tokio::test]
async fn a_page_looks_at_few_jobs() {
    let deployment = Deployment::start().await;
    let owner = deployment.owner().await;
    let (us, them) = (deployment.account.clone(), deployment.another_account(210_987_654_321).await);
    let mut rng = StdRng::seed_from_u64(7);
    let signed: Vec<Signed> = (0..25_000).map(|minute| sign(&mut rng, &us, &us, minute)).collect();
    let invoked: Vec<Signed> = (0..25_000).map(|minute| sign(&mut rng, &us, &them, minute)).collect();
    insert_profiles(&owner, &us).await;
    insert_profiles(&owner, &them).await;
    insert(&owner, &signed).await;
    insert(&owner, &invoked).await;
    let mut filters = single_filters([&us, &them]);
    filters.extend(artifact_filters(&filters, &[OFTEN]));
    // What an index decides costs next to nothing; nothing else costs more than its candidates and what belongs to
    // each of them.
    let (index, window) = (500, 10 * i64::try_from(LOOKED_AT).unwrap());
    for stage in ["nothing is known of the tables", "analyzed", "some are revoked", "nearly all are revoked"]
    {
        match stage {
            "analyzed" => drop(sqlx::query("ANALYZE").execute(&owner).await.unwrap()),
            "some are revoked" => revoke_jobs(&owner, &signed.iter().take(3).collect::<Vec<_>>()).await,
            "nearly all are revoked" => {
                revoke_profile(&owner, &us, "main", BEGAN).await;
                revoke_profile(&owner, &us, "second", BEGAN).await;
                revoke_profile(&owner, &us, "lost", BEGAN).await;
            }
            _ => {}
        }
        for (account, filter) in [&us, &them].iter().flat_map(|a| filters.iter().map(move |f| (*a, f))) {
            // An artifact's jobs are looked at one by one where anything else is asked for too.
            let by_artifact = filter.artifact.is_some()
                && (filter.requested_by.is_some() || filter.revoked.is_some() || filter.invoker.is_some());
            let by_index = !by_artifact
                && filter.expires_before.is_none()
                && filter.expires_after.is_none()
                && filter
                    .platform
                    .is_none_or(|platform| platform.as_str() == "AmazonFreeRTOS-Default" && account == &us)
                && filter
                    .revoked
                    .is_none_or(|revoked| revoked && account == &us && stage != "nearly all are revoked")
                && filter.invoker.as_ref().is_none_or(|invoker| invoker != account);
            let most = if by_index { index } else { window };
            let looked_at = page_looks_at(&deployment, &owner, account, filter).await;
            assert!(looked_at <= most, "{stage}: {account} {filter:?}: a page looked at {looked_at}");
        }
    }
    owner.close().await;
    deployment.stop().await;
}
