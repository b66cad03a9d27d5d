//! `hallmarkctl jobs find`.

use super::table;
use crate::ctl::context::Context;
use crate::ctl::exit::{Exit, Failure};
use crate::ctl::filter::RevokedFilter;
use crate::ctl::limit::Limit;
use clap::Args;
use hallmark_api::digest::Digest;
use hallmark_api::job::{ListSigningJobs, ListSigningJobsQuery};

/// List the jobs that signed an artifact.
#[derive(Debug, Args)]
pub(crate) struct Find {
    /// The artifact's digest, as sha256:0123…
    #[arg(value_name = "DIGEST")]
    digest: Digest,
    #[command(flatten)]
    revoked: RevokedFilter,
    #[command(flatten)]
    limit: Limit,
}

impl Find {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let query = ListSigningJobsQuery {
            artifact_digest: Some(self.digest.clone()),
            is_revoked: self.revoked.wanted(),
            ..ListSigningJobsQuery::default()
        };
        let verdict = |count| match count {
            0 => {
                let sentence = format!("no such job signed the artifact {}", self.digest);
                Err(Failure::new(Exit::No, sentence).next(
                    "see that it is the digest of the manifest, not of a layer or a configuration, and the account \
                     is the one that signed",
                ))
            }
            _ => Ok(()),
        };
        self.limit.show::<ListSigningJobs>(context, query, table::list, verdict).await
    }
}
