//! The use of a profile counts exactly what `GetRevocationStatus` would let pass and has not expired.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make history with SQL of their own")]

use hallmark_api::account::AccountId;
use hallmark_api::job::JobId;
use hallmark_store::Store;
use hallmark_store::profile_use::{COUNTED, ProfileUse, Requester, UseQuestion};
use hallmark_store::revocation::{Question, Standing};
use hallmark_tests::deployment::Deployment;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use sqlx::postgres::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const BEGAN: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);
const VERSION: &str = "aaaaaaaaaa";
const PROFILES: [&str; 2] = ["main", "second"];

fn at(second: i64) -> OffsetDateTime {
    BEGAN + Duration::seconds(second)
}

/// A job as a count without a database would know it.
#[derive(Debug, Clone)]
struct Signed {
    owner: AccountId,
    id: JobId,
    profile: &'static str,
    requested_by: String,
    artifact: u8,
    /// Which of its profile's certificates signed.
    leaf: u8,
    signing_time: OffsetDateTime,
    expires_at: OffsetDateTime,
}

/// Few different times, so that all kinds of times meet.
fn sign(rng: &mut StdRng, owner: &AccountId) -> Signed {
    let signing_time = at(rng.random_range(0..60));
    let millis = u64::try_from(signing_time.unix_timestamp()).unwrap() * 1000 + rng.random_range(0..1000);
    Signed {
        owner: owner.clone(),
        id: JobId::from_parts(millis, rng.random()),
        profile: PROFILES.choose(rng).unwrap(),
        requested_by: format!("arn:aws:iam::{owner}:user/ci-{}", rng.random_range(0..5)),
        artifact: rng.random_range(0..40),
        leaf: rng.random_range(0..3),
        signing_time,
        expires_at: signing_time + Duration::seconds(rng.random_range(20..80)),
    }
}

/// The hash of one certificate's own half, and its serial number.
fn name(owner: &AccountId, what: &str) -> (String, Vec<u8>) {
    let name = format!("{owner} {what}");
    (format!("{name:-<48}"), name.bytes().take(18).map(|octet| octet & 0x7f).collect())
}

fn leaf(job: &Signed) -> (String, Vec<u8>) {
    // The profile's letter and the leaf's number stand where serial numbers still reach.
    name(&job.owner, &format!("{}{}", &job.profile[..1], job.leaf))
}

async fn insert_certificate(
    pool: &PgPool,
    owner: &AccountId,
    (own, serial): &(String, Vec<u8>),
    issuer: &str,
    profile: Option<&str>,
) {
    sqlx::query(
        "INSERT INTO certificates (account_id, serial_number, profile_name, profile_version, certificate,
                                   certificate_hash, not_before, not_after, issued_at, purpose)
         VALUES ($1, $2, $3, CASE WHEN $3 IS NOT NULL THEN $4 END, ''::bytea, $5::bytea, $6,
                 $6 + interval '1 year', $6, CASE WHEN $3 IS NULL THEN 'issuer' ELSE 'code_signing' END)",
    )
    .bind(owner.as_str())
    .bind(serial)
    .bind(profile)
    .bind(VERSION)
    .bind(format!("{own}{issuer}"))
    .bind(BEGAN)
    .execute(pool)
    .await
    .unwrap();
}

/// Two profiles with three leaves each, the third of another issuing CA than the others.
async fn insert_profiles(pool: &PgPool, owner: &AccountId) {
    let (root, _) = name(owner, "R");
    for issuer in ["I", "J"] {
        insert_certificate(pool, owner, &name(owner, issuer), &root, None).await;
    }
    for profile in PROFILES {
        sqlx::query(
            "WITH profile AS (
                 INSERT INTO profiles (account_id, profile_name, platform_id, validity_value, validity_unit,
                                       signing_parameters, created_at, created_by)
                 VALUES ($1, $2, 'Notation-OCI-SHA384-ECDSA', 135, 'MONTHS', '{}', now(), 'test'))
             INSERT INTO profile_versions VALUES ($1, $2, $3, now())",
        )
        .bind(owner.as_str())
        .bind(profile)
        .bind(VERSION)
        .execute(pool)
        .await
        .unwrap();
        for number in 0..3 {
            let issuer = name(owner, if number == 2 { "J" } else { "I" }).0;
            let leaf = name(owner, &format!("{}{number}", &profile[..1]));
            insert_certificate(pool, owner, &leaf, &issuer, Some(profile)).await;
        }
    }
}

async fn insert(pool: &PgPool, jobs: &[Signed]) {
    let texts = |text: fn(&Signed) -> String| jobs.iter().map(text).collect::<Vec<_>>();
    sqlx::query(
        "INSERT INTO signing_jobs
         SELECT owner, id, profile, $9, owner, requester, sha256(artifact::bytea), artifact, serial, signed, expires,
                signed
         FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::timestamptz[],
                     $8::timestamptz[]) AS job (owner, id, profile, requester, artifact, serial, signed, expires)",
    )
    .bind(texts(|job| job.owner.to_string()))
    .bind(jobs.iter().map(|job| job.id.as_uuid()).collect::<Vec<_>>())
    .bind(texts(|job| job.profile.to_owned()))
    .bind(texts(|job| job.requested_by.clone()))
    .bind(texts(|job| format!("sha256:{:064x}", job.artifact)))
    .bind(jobs.iter().map(|job| leaf(job).1).collect::<Vec<_>>())
    .bind(jobs.iter().map(|job| job.signing_time).collect::<Vec<_>>())
    .bind(jobs.iter().map(|job| job.expires_at).collect::<Vec<_>>())
    .bind(VERSION)
    .execute(pool)
    .await
    .unwrap();
}

/// What is revoked: a job, a profile, or the certificate of a serial number.
enum Subject<'a> {
    Job(JobId),
    Profile(&'a str),
    Certificate(Vec<u8>),
}

async fn revoke(pool: &PgPool, owner: &AccountId, subject: Subject<'_>, from: OffsetDateTime) {
    let (kind, job, profile, serial) = match subject {
        Subject::Job(id) => ("job", Some(id.as_uuid()), None, None),
        Subject::Profile(profile) => ("profile_version", None, Some(profile), None),
        Subject::Certificate(serial) => ("certificate", None, None, Some(serial)),
    };
    sqlx::query(
        "INSERT INTO revocations (account_id, revocation_id, subject, job_id, profile_name, profile_version,
                                  serial_number, effective_at, recorded_at, reason, recorded_by)
         VALUES ($1, gen_random_uuid(), $2, $3, $4, CASE WHEN $4 IS NOT NULL THEN $5 END, $6, $7, now(), 'test',
                 'test')",
    )
    .bind(owner.as_str())
    .bind(kind)
    .bind(job)
    .bind(profile)
    .bind(VERSION)
    .bind(serial)
    .bind(from)
    .execute(pool)
    .await
    .unwrap();
}

/// Whether `GetRevocationStatus` finds nothing against each of the jobs.
async fn good(store: &Store, jobs: &[Signed]) -> Vec<bool> {
    let questions: Vec<Question> = jobs
        .iter()
        .map(|job| {
            let issuer = name(&job.owner, if job.leaf == 2 { "J" } else { "I" }).0;
            let root = name(&job.owner, "R").0;
            Question {
                profile_account: job.owner.clone(),
                profile_name: job.profile.parse().unwrap(),
                profile_version: VERSION.parse().unwrap(),
                job_account: job.owner.clone(),
                job: job.id,
                signing_time: job.signing_time,
                certificate_hashes: vec![
                    format!("{}{issuer}", leaf(job).0).into_bytes(),
                    format!("{issuer}{root}").into_bytes(),
                ],
            }
        })
        .collect();
    let answers = store.revocation_status(&[], &questions).await.unwrap().answers;
    let standing = |answer: &hallmark_store::revocation::Answer| {
        let all = [&[answer.profile_version, answer.job], answer.certificates.as_slice()].concat();
        assert!(!all.contains(&Standing::Unknown), "the judge knows all that signed");
        !all.contains(&Standing::Revoked)
    };
    answers.iter().map(standing).collect()
}

/// What the answer should be: signatures, artifacts, requesters, jobs and who asked.
fn expected(
    good: &[Signed],
    question: &UseQuestion,
    since: Option<OffsetDateTime>,
) -> (u64, u64, u64, Vec<JobId>, Vec<Requester>) {
    let mut left: Vec<&Signed> = good
        .iter()
        .filter(|job| job.profile == question.profile_name.as_str() && job.expires_at > question.now)
        .filter(|job| since.is_none_or(|since| since <= job.signing_time))
        .collect();
    left.sort_by_key(|job| std::cmp::Reverse((job.signing_time, job.id)));
    let mut requesters = BTreeMap::<&str, Requester>::new();
    for job in &left {
        let requester = requesters.entry(&job.requested_by).or_insert_with(|| Requester {
            arn: job.requested_by.clone(),
            signatures: 0,
            last_signing_time: job.signing_time,
        });
        requester.signatures += 1;
    }
    let artifacts: BTreeSet<u8> = left.iter().map(|job| job.artifact).collect();
    let mut last: Vec<Requester> = requesters.into_values().collect();
    last.sort_by_key(|one| (std::cmp::Reverse(one.last_signing_time), one.arn.clone()));
    let requesters = u64::try_from(last.len()).unwrap();
    last.truncate(question.limit);
    (
        u64::try_from(left.len()).unwrap(),
        u64::try_from(artifacts.len()).unwrap(),
        requesters,
        left.iter().take(question.limit).map(|job| job.id).collect(),
        last,
    )
}

fn found(answer: ProfileUse) -> (u64, u64, u64, Vec<JobId>, Vec<Requester>) {
    let jobs = answer.jobs.iter().map(|job| job.id).collect();
    (answer.signatures, answer.artifacts, answer.requesters, jobs, answer.last_requesters)
}

/// The last time at which the profile has more than `most` signatures later than it, or as late, is passed over.
fn counted_since(jobs: &[Signed], question: &UseQuestion, most: usize) -> Option<OffsetDateTime> {
    let mut times: Vec<_> = jobs
        .iter()
        .filter(|job| job.profile == question.profile_name.as_str())
        .map(|job| job.signing_time)
        .filter(|time| question.since.is_none_or(|since| since <= *time))
        .collect();
    times.sort_unstable();
    times.iter().rev().nth(most).map(|time| *time + Duration::SECOND)
}

async fn check(store: &Store, account: &AccountId, jobs: &[Signed], rng: &mut StdRng) {
    let judged = good(store, jobs).await;
    let left: Vec<Signed> =
        jobs.iter().zip(judged).filter(|(_, good)| *good).map(|(job, _)| job.clone()).collect();
    for profile in PROFILES {
        for since in [None, Some(0), Some(30), Some(59), Some(60)] {
            let question = UseQuestion {
                profile_name: profile.parse().unwrap(),
                profile_version: [None, Some(VERSION.parse().unwrap())].choose(rng).unwrap().clone(),
                since: since.map(at),
                now: at(*[0, 40, 60, 80, 120, 200].choose(rng).unwrap()),
                limit: *[1, 3, 25].choose(rng).unwrap(),
            };
            let answer = store.report(account).await.unwrap().profile_use(&question, COUNTED).await.unwrap();
            assert_eq!(answer.counted_since, None);
            assert_eq!(found(answer), expected(&left, &question, question.since), "{account} {question:?}");
            let most = rng.random_range(0..jobs.len());
            let answer = store.report(account).await.unwrap().profile_use(&question, most).await.unwrap();
            let since = counted_since(jobs, &question, most);
            assert_eq!(answer.counted_since, since, "{question:?} {most}");
            let since = since.or(question.since);
            assert_eq!(found(answer), expected(&left, &question, since), "{account} {question:?} {most}");
        }
    }
    let other = UseQuestion {
        profile_name: "main".parse().unwrap(),
        profile_version: Some("bbbbbbbbbb".parse().unwrap()),
        since: None,
        now: BEGAN,
        limit: 25,
    };
    let answer = store.report(account).await.unwrap().profile_use(&other, COUNTED).await.unwrap();
    assert_eq!(found(answer), (0, 0, 0, vec![], vec![]));
}

/// Two accounts whose profiles have the same names, in which the same kinds of things happen at other times.
#[tokio::test]
async fn what_is_left_of_a_profile_is_counted_exactly() {
    let deployment = Deployment::start().await;
    let (store, pool) = (deployment.store().await, deployment.owner().await);
    let accounts = [deployment.account.clone(), deployment.another_account(210_987_654_321).await];
    let mut rng = StdRng::seed_from_u64(7);
    let mut signed: [Vec<Signed>; 2] = [Vec::new(), Vec::new()];
    for (account, jobs) in accounts.iter().zip(&mut signed) {
        insert_profiles(&pool, account).await;
        jobs.extend((0..400).map(|_| sign(&mut rng, account)));
        insert(&pool, jobs).await;
    }
    for stage in 0..6 {
        for (account, jobs) in accounts.iter().zip(&signed) {
            check(&store, account, jobs, &mut rng).await;
            let from = at(*[50, 30, 59].choose(&mut rng).unwrap());
            match stage {
                0 => {
                    for job in jobs.iter().step_by(7) {
                        revoke(&pool, account, Subject::Job(job.id), job.signing_time).await;
                    }
                }
                1 => revoke(&pool, account, Subject::Profile("main"), from).await,
                // Moved earlier.
                2 => revoke(&pool, account, Subject::Profile("main"), from - Duration::seconds(10)).await,
                3 => revoke(&pool, account, Subject::Certificate(name(account, "s0").1), from).await,
                4 => revoke(&pool, account, Subject::Certificate(name(account, "J").1), from).await,
                // Too late for any signature.
                _ => revoke(&pool, account, Subject::Profile("second"), at(60)).await,
            }
        }
    }
    for (account, jobs) in accounts.iter().zip(&signed) {
        check(&store, account, jobs, &mut rng).await;
    }
    store.close().await;
    pool.close().await;
    deployment.stop().await;
}
