//! `hallmarkctl jobs revoke`.

use super::digests;
use super::sweep::Sweep;
use super::{describe, table};
use crate::ctl::confirm::Confirmation;
use crate::ctl::context::{Context, Service};
use crate::ctl::exit::{Exit, Failure};
use crate::ctl::page::Page;
use clap::Args;
use hallmark_api::account::AccountId;
use hallmark_api::job::{DescribeSigningJobOutput, JobId, JobPath, RevokeSignature, RevokeSignatureBody};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::revocation::RevocationReason;
use std::path::PathBuf;

/// Revoke a signature, or all signatures of many artifacts. This is for ever.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The job whose signature is revoked.
    #[arg(value_name = "JOB", required_unless_present = "digests", conflicts_with = "digests")]
    job_id: Option<JobId>,
    /// Revoke every signature of these artifacts: a file with a digest on each line; '#' begins a comment, '-' is the
    /// standard input. What is revoked already is skipped, so the same command can be given again.
    #[arg(long, value_name = "FILE")]
    digests: Option<PathBuf>,
    /// Artifacts that were never signed are no failure.
    #[arg(long, requires = "digests")]
    allow_unknown: bool,
    /// Why, for whoever looks at the revocation later.
    #[arg(long, value_name = "TEXT")]
    reason: RevocationReason,
    /// The account that owns the job; yours otherwise.
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "digests")]
    owner: Option<AccountId>,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Revoke {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if let Some(file) = &self.digests {
            let digests = digests::read(file)?;
            let sweep = Sweep {
                reason: self.reason,
                allow_unknown: self.allow_unknown,
                confirmation: self.confirmation,
            };
            return sweep.run(context, digests).await;
        }
        let Some(job_id) = self.job_id else {
            return Err(Failure::new(Exit::Usage, "a job or --digests is needed"));
        };
        let service = context.service().await?;
        let known = look(&service, job_id, self.owner.as_ref()).await?;
        if known.as_ref().is_some_and(|job| job.revocation_record.is_some()) {
            let line = format!("The signature of the job {job_id} is revoked already.");
            return context.output.show(&Nothing {}, || Page::new().line(line));
        }
        let what = Page::new().line("Revoking one signature: it is not to be trusted any more, for ever.");
        context.output.say(&match &known {
            Some(job) => what.table(table::facts(job)),
            None => {
                what.line(format!("Nothing more is known here about the job {job_id} of another account."))
            }
        });
        self.confirmation.ask(&format!("Revoke the signature of the job {job_id}?"))?;
        let request = Request::<RevokeSignature> {
            path: JobPath { job_id },
            query: Nothing {},
            body: RevokeSignatureBody { job_owner: self.owner, reason: self.reason },
        };
        let done = service.ask(request).await?;
        context
            .output
            .show(&done, || Page::new().line(format!("The signature of the job {job_id} is revoked.")))
    }
}

/// What is known of the job. One of another account is described to whoever asked for the signature, and to nobody
/// else outside.
async fn look(
    service: &Service,
    job_id: JobId,
    owner: Option<&AccountId>,
) -> Result<Option<DescribeSigningJobOutput>, Failure> {
    match describe(service, job_id).await {
        Ok(job) => Ok(Some(job)),
        Err(failure) if failure.exit == Exit::No && owner.is_some() => Ok(None),
        Err(failure) => Err(failure),
    }
}
