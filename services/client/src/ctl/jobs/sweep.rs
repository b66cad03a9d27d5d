//! `hallmarkctl jobs revoke --digests`: every signature of many artifacts.

use super::sweep_report::{Found, Outcome, Refusal};
use crate::ctl::confirm::Confirmation;
use crate::ctl::context::{Context, Service};
use crate::ctl::exit::{Exit, Failure, stops_all};
use crate::ctl::progress::Progress;
use crate::ctl::text::count_text;
use crate::error::ClientError;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hallmark_api::digest::Digest;
use hallmark_api::job::{
    JobPath, ListSigningJobs, ListSigningJobsQuery, RevokeSignature, RevokeSignatureBody, SigningJob,
};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::revocation::RevocationReason;
use std::cell::Cell;

/// How many requests are under way at a time. Revocations of one account wait for each other anyway.
const AT_A_TIME: usize = 8;

/// The revocation of many signatures.
#[derive(Debug)]
pub(super) struct Sweep {
    pub(super) reason: RevocationReason,
    /// Whether artifacts that were never signed are no failure.
    pub(super) allow_unknown: bool,
    pub(super) confirmation: Confirmation,
}

/// What became of one job.
enum Step {
    Revoked,
    Refused(ClientError),
    NotTried,
}

impl Sweep {
    pub(super) async fn run(self, context: &Context, digests: Vec<Digest>) -> Result<(), Failure> {
        let service = context.service().await?;
        let found = find(&service, digests).await?;
        context.output.say(&found.page());
        if !found.jobs.is_empty() {
            let signatures = count_text(found.jobs.len() as u64, "signature");
            self.confirmation.ask(&format!("Revoke {signatures}?"))?;
        }
        let outcome = self.revoke(&service, found).await;
        context.output.conclude(&outcome, || outcome.page(), self.judge(&outcome))
    }

    fn judge(&self, outcome: &Outcome) -> Result<(), Failure> {
        let left = outcome.failed.len() + outcome.not_tried.len();
        if left > 0 {
            let revoked = count_text(outcome.revoked.len() as u64, "signature");
            let sentence = format!("{revoked} revoked, {left} not");
            return Err(Failure::new(Exit::Partly, sentence).next(
                "see to what is listed, then give the same command again: what is revoked is skipped",
            ));
        }
        if self.allow_unknown || outcome.unknown_digests.is_empty() {
            return Ok(());
        }
        let artifacts = count_text(outcome.unknown_digests.len() as u64, "artifact");
        Err(Failure::new(Exit::No, format!("{artifacts} never signed by this account, see the list"))
            .next("--allow-unknown if that is as it should be"))
    }

    async fn revoke(&self, service: &Service, found: Found) -> Outcome {
        let progress = Progress::steps("revoking signatures", found.jobs.len());
        let stopped = Cell::new(false);
        let steps = stream::iter(found.jobs).map(|job| {
            let (progress, stopped) = (&progress, &stopped);
            async move {
                let step = self.step(service, &job, stopped).await;
                progress.advance(1);
                (job, step)
            }
        });
        let steps: Vec<_> = progress.during(steps.buffered(AT_A_TIME).collect()).await;
        let mut outcome = Outcome {
            digests: found.digests,
            revoked: Vec::new(),
            already_revoked: found.already_revoked,
            unknown_digests: found.unknown_digests,
            failed: Vec::new(),
            not_tried: Vec::new(),
        };
        for (job, step) in steps {
            match step {
                Step::Revoked => outcome.revoked.push(job.job_id),
                Step::NotTried => outcome.not_tried.push(job.job_id),
                Step::Refused(error) => outcome.failed.push(Refusal {
                    job_id: job.job_id,
                    artifact_digest: job.artifact_digest,
                    error: error.to_string(),
                }),
            }
        }
        outcome
    }

    /// One revocation; none once it is known that they would all fail.
    async fn step(&self, service: &Service, job: &SigningJob, stopped: &Cell<bool>) -> Step {
        if stopped.get() {
            return Step::NotTried;
        }
        let request = Request::<RevokeSignature> {
            path: JobPath { job_id: job.job_id },
            query: Nothing {},
            body: RevokeSignatureBody { job_owner: Some(job.job_owner.clone()), reason: self.reason.clone() },
        };
        match service.send(&request).await {
            Ok(Nothing {}) => Step::Revoked,
            Err(error) => {
                stopped.set(stopped.get() || stops_all(&error));
                Step::Refused(error)
            }
        }
    }
}

/// Finds the jobs of all artifacts, or nothing: what is shown before the question is what will be affected.
async fn find(service: &Service, digests: Vec<Digest>) -> Result<Found, Failure> {
    let progress = Progress::steps("finding signatures", digests.len());
    let count = digests.len();
    let found = stream::iter(digests).map(|digest| {
        let progress = &progress;
        async move {
            let query = ListSigningJobsQuery {
                artifact_digest: Some(digest.clone()),
                ..ListSigningJobsQuery::default()
            };
            let silent = Progress::new("");
            let (jobs, _) = service.entries::<ListSigningJobs>(query, None, &silent).await?;
            progress.advance(1);
            Ok::<_, ClientError>((digest, jobs))
        }
    });
    let found = progress.during(found.buffered(AT_A_TIME).try_collect::<Vec<_>>()).await;
    let found = found.map_err(|error| Failure::of::<ListSigningJobs>(&error))?;
    Ok(Found::new(count, found))
}
