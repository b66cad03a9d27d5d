//! `hallmarkctl jobs status`: `GetRevocationStatus`, asked as a verifier's plugin asks it.

use super::describe;
use crate::ctl::certificates::chain;
use crate::ctl::context::{Context, Service};
use crate::ctl::exit::{Exit, Failure};
use crate::ctl::page::Page;
use crate::ctl::table::{Table, Tone, Word};
use crate::ctl::text::time_text;
use crate::revocation::judge;
use clap::Args;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::job::{DescribeSigningJobOutput, JobId};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::revocation::{
    CertificateHashes, GetRevocationStatus, GetRevocationStatusOutput, GetRevocationStatusQuery,
};
use hallmark_api::timestamp::DateTime;

/// Ask what a verifier with a plugin would be told about a job's signature: exit code 0 when nothing of it is revoked,
/// 1 when something is.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The job.
    #[arg(value_name = "JOB")]
    job_id: JobId,
}

impl Status {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let job = describe(&service, self.job_id).await?;
        let query = question(&service, &job).await?;
        let request = Request::<GetRevocationStatus> { path: Nothing {}, query, body: Nothing {} };
        let answer = service.ask(request).await?;
        let judged = judge(&answer, str::to_owned);
        let is_good = judged.is_ok();
        let verdict = judged.map_err(|_| Failure::new(Exit::No, "the signature is not to be trusted"));
        context.output.conclude(&answer, || page(&job, &answer, is_good), verdict)
    }
}

async fn question(
    service: &Service,
    job: &DescribeSigningJobOutput,
) -> Result<GetRevocationStatusQuery, Failure> {
    let arn = |resource| Arn { region: service.region().clone(), account: job.job_owner.clone(), resource };
    let version = Resource::ProfileVersion(job.profile_name.clone(), job.profile_version.clone());
    let chain = chain(service, job.serial_number.clone()).await?;
    let wrong = |error: String| Failure::new(Exit::Unanswered, format!("the certificate's chain: {error}"));
    let hashes = chain.certificates.iter().map(|certificate| certificate.summary.certificate_hash.parse());
    let hashes: Vec<_> = hashes.collect::<Result<_, _>>().map_err(|error| wrong(format!("{error}")))?;
    Ok(GetRevocationStatusQuery {
        signature_timestamp: DateTime(job.created_at.0),
        platform_id: job.platform_id.as_str().to_owned(),
        profile_version_arn: arn(version),
        job_arn: arn(Resource::SigningJob(job.job_id)),
        certificate_hashes: CertificateHashes::try_from(hashes).map_err(|error| wrong(error.to_string()))?,
    })
}

fn page(job: &DescribeSigningJobOutput, answer: &GetRevocationStatusOutput, is_good: bool) -> Page {
    let mut facts = Table::facts();
    facts.fact("job", job.job_id.to_string());
    facts.fact("signed at", time_text(job.created_at));
    if is_good {
        facts.fact("status", Word::toned("nothing of it is revoked", Tone::Good));
    }
    for entity in &answer.revoked_entities {
        facts.row([Word::revoked(true), entity.into()]);
    }
    for entity in &answer.unknown_entities {
        facts.row([Word::toned("unknown", Tone::Bad), entity.into()]);
    }
    facts.into()
}
