//! `hallmarkctl jobs show`.

use super::{describe, table};
use crate::ctl::context::Context;
use crate::ctl::exit::Failure;
use clap::Args;
use hallmark_api::job::JobId;

/// Show a job.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The job.
    #[arg(value_name = "JOB")]
    job_id: JobId,
}

impl Show {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let job = describe(&service, self.job_id).await?;
        context.output.show(&job, || table::facts(&job).into())
    }
}
