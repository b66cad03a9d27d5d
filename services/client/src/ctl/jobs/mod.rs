//! `hallmarkctl jobs`.

mod digests;
mod find;
mod list;
mod revoke;
mod show;
mod status;
mod sweep;
mod sweep_report;
pub(crate) mod table;

use super::context::{Context, Service};
use super::exit::Failure;
use clap::Subcommand;
use hallmark_api::job::{DescribeSigningJob, DescribeSigningJobOutput, JobId, JobPath};
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

async fn describe(service: &Service, job_id: JobId) -> Result<DescribeSigningJobOutput, Failure> {
    let path = JobPath { job_id };
    service.ask(Request::<DescribeSigningJob> { path, query: Nothing {}, body: Nothing {} }).await
}
