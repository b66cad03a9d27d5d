//! `hallmarkctl jobs`.

mod digests;
mod find;
mod list;
mod revoke;
mod show;
mod status;
mod sweep;
mod sweep_report;

use super::context::{Context, Service};
use super::exit::Failure;
use super::table::{Table, Word};
use super::text::{short_digest, time_text};
use clap::Subcommand;
use hallmark_api::job::{
    DescribeSigningJob, DescribeSigningJobOutput, JobId, JobPath, ListSigningJobsQuery, SigningJob,
};
use hallmark_api::operation::{Nothing, Request};

/// Signing jobs, one for every signature ever made.
#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// List jobs, the latest first.
    List(list::JobList),
    /// Show a job.
    Show(show::Show),
    /// List the jobs that signed an artifact.
    Find(find::Find),
    /// Ask what a verifier with a plugin would be told about a job's signature.
    Status(status::Status),
    /// Revoke a signature, or all signatures of many artifacts.
    Revoke(revoke::Revoke),
}

impl JobsCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(command) => command.run(context).await,
            Self::Find(command) => command.run(context).await,
            Self::Status(command) => command.run(context).await,
            Self::Revoke(command) => command.run(context).await,
        }
    }
}

/// A query for every job.
fn every_job() -> ListSigningJobsQuery {
    ListSigningJobsQuery {
        status: None,
        platform_id: None,
        requested_by: None,
        max_results: None,
        next_token: None,
        is_revoked: None,
        signature_expires_before: None,
        signature_expires_after: None,
        job_invoker: None,
        artifact_digest: None,
    }
}

async fn describe(service: &Service, job_id: JobId) -> Result<DescribeSigningJobOutput, Failure> {
    let path = JobPath { job_id };
    service.ask(Request::<DescribeSigningJob> { path, query: Nothing {}, body: Nothing {} }).await
}

/// Jobs as lists show them.
pub(crate) fn table(jobs: &[SigningJob]) -> Table {
    let mut table = Table::new(["JOB", "SIGNED AT", "PROFILE", "VERSION", "ARTIFACT", "REVOKED"]);
    for job in jobs {
        table.row([
            job.job_id.to_string().into(),
            time_text(job.created_at).into(),
            job.profile_name.as_str().into(),
            job.profile_version.as_str().into(),
            short_digest(job.artifact_digest.as_str()).into(),
            Word::revoked(job.is_revoked),
        ]);
    }
    table
}

/// What is known of a job.
fn facts(job: &DescribeSigningJobOutput) -> Table {
    let mut facts = Table::facts();
    facts.fact("job", job.job_id.to_string());
    facts.fact("profile", format!("{} version {}", job.profile_name, job.profile_version));
    facts.fact("artifact", job.artifact_digest.as_str());
    facts.fact("payload", job.payload_digest.as_str());
    facts.fact("certificate", job.serial_number.as_str());
    facts.fact("signed at", time_text(job.created_at));
    facts.fact("expires at", time_text(job.signature_expires_at));
    facts.fact("requested by", job.requested_by.as_str());
    if job.job_invoker != job.job_owner {
        facts.fact("of the account", job.job_invoker.as_str());
    }
    facts.fact("owner", job.job_owner.as_str());
    match &job.revocation_record {
        None => facts.fact("revoked", "no"),
        Some(record) => {
            facts.fact("revoked", Word::revoked(true));
            facts.fact("recorded", format!("{} by {}", time_text(record.revoked_at), record.revoked_by));
            facts.fact("reason", record.reason.as_str());
        }
    }
    for (key, value) in &job.signing_parameters {
        facts.fact("parameter", format!("{key}={value}"));
    }
    facts
}
