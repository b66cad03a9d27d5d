//! What revoking many signatures will affect, and what came of it.

use super::table;
use crate::ctl::page::Page;
use crate::ctl::table::{Table, Tone, Word};
use hallmark_api::digest::Digest;
use hallmark_api::job::{JobId, SigningJob};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many jobs and artifacts are shown before the question.
const SAMPLE: usize = 10;

/// What is on record about the artifacts.
#[derive(Debug)]
pub(super) struct Found {
    /// How many artifacts there are.
    pub(super) digests: usize,
    /// The jobs to revoke, the latest first.
    pub(super) jobs: Vec<SigningJob>,
    pub(super) already_revoked: Vec<JobId>,
    /// Artifacts that no job signed.
    pub(super) unknown_digests: Vec<Digest>,
}

impl Found {
    pub(super) fn new(digests: usize, of_digests: Vec<(Digest, Vec<SigningJob>)>) -> Self {
        let mut found =
            Self { digests, jobs: Vec::new(), already_revoked: Vec::new(), unknown_digests: Vec::new() };
        for (digest, jobs) in of_digests {
            if jobs.is_empty() {
                found.unknown_digests.push(digest);
            }
            let (revoked, good): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.is_revoked);
            found.already_revoked.extend(revoked.iter().map(|job| job.job_id));
            found.jobs.extend(good);
        }
        // Ids of jobs sort by the time of signing.
        found.jobs.sort_by_key(|job| std::cmp::Reverse(job.job_id));
        found
    }

    /// What will be affected, counted and sampled.
    pub(super) fn page(&self) -> Page {
        let mut facts = Table::facts();
        facts.fact("artifacts", self.digests.to_string());
        facts.fact("signatures to revoke", self.jobs.len().to_string());
        facts.fact("revoked already", self.already_revoked.len().to_string());
        facts.fact("artifacts never signed", self.unknown_digests.len().to_string());
        let mut profiles = BTreeMap::<_, u64>::new();
        for job in &self.jobs {
            *profiles.entry((job.profile_name.as_str(), job.profile_version.as_str())).or_default() += 1;
        }
        let mut by_profile = Table::new(["PROFILE", "VERSION", "SIGNATURES"]);
        for ((name, version), count) in profiles {
            by_profile.row([name.into(), version.into(), count.to_string().into()]);
        }
        let sample = &self.jobs[..self.jobs.len().min(SAMPLE)];
        Page::new()
            .line("Revoking all signatures of these artifacts: none is to be trusted any more, for ever.")
            .table(facts)
            .table_under("By profile:", by_profile)
            .table_under(
                &sampled("To revoke, the latest first", sample.len(), self.jobs.len()),
                table::list(sample),
            )
            .page(never_signed(&self.unknown_digests, SAMPLE))
    }
}

fn sampled(what: &str, shown: usize, all: usize) -> String {
    if shown < all { format!("{what}, {shown} of {all}:") } else { format!("{what}:") }
}

fn never_signed(digests: &[Digest], limit: usize) -> Page {
    let shown = &digests[..digests.len().min(limit)];
    let mut table = Table::facts();
    for digest in shown {
        table.row([digest.as_str().into()]);
    }
    Page::new().table_under(&sampled("Never signed by this account", shown.len(), digests.len()), table)
}

/// A job whose signature was not revoked, and why.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refusal {
    pub(super) job_id: JobId,
    pub(super) artifact_digest: Digest,
    pub(super) error: String,
}

/// What came of it: these members are the answer for scripts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    /// How many artifacts there were.
    pub(super) digests: usize,
    /// Jobs revoked now.
    pub(super) revoked: Vec<JobId>,
    /// Jobs that were revoked before.
    pub(super) already_revoked: Vec<JobId>,
    /// Artifacts that no job signed.
    pub(super) unknown_digests: Vec<Digest>,
    /// Jobs that the service would not revoke.
    pub(super) failed: Vec<Refusal>,
    /// Jobs that were left when it was clear that all would fail.
    pub(super) not_tried: Vec<JobId>,
}

impl Outcome {
    pub(super) fn page(&self) -> Page {
        let mut facts = Table::facts();
        facts.fact("revoked", self.revoked.len().to_string());
        facts.fact("revoked already", self.already_revoked.len().to_string());
        facts.fact("never signed", self.unknown_digests.len().to_string());
        let bad =
            |count: usize| Word::toned(count.to_string(), if count == 0 { Tone::Plain } else { Tone::Bad });
        facts.fact("failed", bad(self.failed.len()));
        facts.fact("not tried", bad(self.not_tried.len()));
        let mut failed = Table::new(["JOB", "ARTIFACT", "WHY"]);
        for refusal in &self.failed {
            failed.row([
                refusal.job_id.to_string().into(),
                refusal.artifact_digest.as_str().into(),
                refusal.error.as_str().into(),
            ]);
        }
        let mut not_tried = Table::facts();
        for job in &self.not_tried {
            not_tried.row([job.to_string().into()]);
        }
        Page::from(facts)
            .page(never_signed(&self.unknown_digests, usize::MAX))
            .table_under("Failed:", failed)
            .table_under("Not tried:", not_tried)
    }
}
