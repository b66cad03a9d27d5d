//! `hallmarkctl jobs list`.

use super::table;
use crate::ctl::context::Context;
use crate::ctl::exit::Failure;
use crate::ctl::filter::RevokedFilter;
use crate::ctl::limit::Limit;
use clap::Args;
use hallmark_api::account::AccountId;
use hallmark_api::digest::Digest;
use hallmark_api::job::{ListSigningJobs, ListSigningJobsQuery};
use hallmark_api::timestamp::DateTime;

/// List jobs, the latest first.
#[derive(Debug, Args)]
pub(crate) struct JobList {
    /// Only jobs that signed the artifact of this digest.
    #[arg(long, value_name = "DIGEST")]
    artifact: Option<Digest>,
    /// Only jobs that this principal (an ARN) asked for.
    #[arg(long, value_name = "ARN")]
    requested_by: Option<String>,
    /// Only jobs that this account asked for.
    #[arg(long, value_name = "ACCOUNT")]
    invoker: Option<AccountId>,
    /// Only signatures that expire before this time.
    #[arg(long, value_name = "TIME")]
    expires_before: Option<DateTime>,
    /// Only signatures that expire after this time.
    #[arg(long, value_name = "TIME")]
    expires_after: Option<DateTime>,
    #[command(flatten)]
    revoked: RevokedFilter,
    #[command(flatten)]
    limit: Limit,
}

impl JobList {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let query = ListSigningJobsQuery {
            requested_by: self.requested_by,
            is_revoked: self.revoked.wanted(),
            signature_expires_before: self.expires_before,
            signature_expires_after: self.expires_after,
            job_invoker: self.invoker,
            artifact_digest: self.artifact,
            ..ListSigningJobsQuery::default()
        };
        self.limit.list::<ListSigningJobs>(context, query, table::list).await
    }
}
