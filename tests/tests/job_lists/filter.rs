//! Filters: each by itself, and some together.

use crate::history::{BEGAN, IDLE, LAMBDA, NEVER, NOTATION, OFTEN, OLD, SELDOM, artifact};
use hallmark_api::account::AccountId;
use hallmark_api::platform::PlatformId;
use hallmark_store::job::JobFilter;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use time::Duration;

/// Every filter by itself.
pub(crate) fn single_filters(accounts: [&AccountId; 2]) -> Vec<JobFilter> {
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
pub(crate) fn artifact_filters(filters: &[JobFilter], artifacts: &[u64]) -> Vec<JobFilter> {
    let others = filters.iter().filter(|filter| {
        filter.requested_by.is_some() || filter.revoked.is_some() || filter.invoker.is_some()
    });
    let pairs = others.flat_map(|filter| artifacts.iter().map(move |number| (filter, *number)));
    pairs.map(|(filter, number)| JobFilter { artifact: Some(artifact(number)), ..filter.clone() }).collect()
}

/// Two filters, or three, at once.
pub(crate) fn combined(rng: &mut StdRng, filters: &[JobFilter]) -> JobFilter {
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
