//! Lists of jobs hold what passes their filter, all of it, once; and a page looks at few jobs, however many there are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make history with SQL of their own")]

mod filter;
mod history;

use filter::{artifact_filters, combined, single_filters};
use hallmark_api::account::AccountId;
use hallmark_api::job::JobId;
use hallmark_store::Store;
use hallmark_store::job::{JobFilter, LOOKED_AT};
use hallmark_tests::deployment::Deployment;
use history::{
    BEGAN, History, OFTEN, OLD, SELDOM, Signed, insert, insert_profiles, revoke_jobs, revoke_profile, sign,
};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::postgres::PgPool;
use std::collections::{HashMap, HashSet};
use std::time::Duration as StdDuration;
use time::Duration;
use uuid::Uuid;

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
