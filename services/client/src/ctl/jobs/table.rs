//! Tables of jobs.

use crate::ctl::table::{Table, Word};
use crate::ctl::text::{short_digest, time_text};
use hallmark_api::job::{DescribeSigningJobOutput, SigningJob};

/// Jobs as lists show them.
pub(crate) fn list(jobs: &[SigningJob]) -> Table {
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
pub(super) fn facts(job: &DescribeSigningJobOutput) -> Table {
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
