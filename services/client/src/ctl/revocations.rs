//! `hallmarkctl revocations`.

use super::context::Context;
use super::exit::Failure;
use super::limit::Limit;
use super::table::Table;
use super::text::time_text;
use clap::{Args, Subcommand, ValueEnum};
use hallmark_api::certificate::SerialNumber;
use hallmark_api::job::JobId;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_api::revocation::RevocationReason;
use hallmark_api::revocation_record::{
    GetRevocation, ListRevocations, ListRevocationsQuery, RevocationId, RevocationPath, RevocationRecord,
    RevocationSubjectType,
};
use hallmark_api::timestamp::DateTime;

/// What was revoked, when, why and by whom.
#[derive(Debug, Subcommand)]
pub(crate) enum RevocationsCommand {
    /// List revocations, the last recorded first.
    List(Box<RevocationList>),
    /// Show a revocation.
    Show(Show),
}

/// List revocations, the last recorded first.
#[derive(Debug, Args)]
pub(crate) struct RevocationList {
    /// Only revocations of this kind of thing.
    #[arg(long, value_enum, value_name = "TYPE")]
    subject_type: Option<SubjectType>,
    /// Only revocations that concern this profile.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<ProfileName>,
    /// Only revocations that concern this version of the profile.
    #[arg(long, value_name = "VERSION", requires = "profile")]
    version: Option<ProfileVersion>,
    /// Only the revocation of this very job.
    #[arg(long, value_name = "JOB")]
    job: Option<JobId>,
    /// Only revocations of this very certificate.
    #[arg(long, value_name = "SERIAL")]
    certificate: Option<SerialNumber>,
    /// Only revocations recorded before this time.
    #[arg(long, value_name = "TIME")]
    revoked_before: Option<DateTime>,
    /// Only revocations recorded after this time.
    #[arg(long, value_name = "TIME")]
    revoked_after: Option<DateTime>,
    /// Only revocations that take effect before this time.
    #[arg(long, value_name = "TIME")]
    effective_before: Option<DateTime>,
    /// Only revocations that take effect after this time.
    #[arg(long, value_name = "TIME")]
    effective_after: Option<DateTime>,
    /// Only revocations whose reason holds this text.
    #[arg(long, value_name = "TEXT")]
    reason_contains: Option<RevocationReason>,
    /// Only revocations by this principal (an ARN).
    #[arg(long, value_name = "ARN")]
    revoked_by: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SubjectType {
    /// Profile versions.
    ProfileVersion,
    /// Signing jobs.
    SigningJob,
    /// Certificates.
    Certificate,
}

impl From<SubjectType> for RevocationSubjectType {
    fn from(subject: SubjectType) -> Self {
        match subject {
            SubjectType::ProfileVersion => Self::ProfileVersion,
            SubjectType::SigningJob => Self::SigningJob,
            SubjectType::Certificate => Self::Certificate,
        }
    }
}

/// Show a revocation.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The revocation.
    #[arg(value_name = "REVOCATION")]
    revocation_id: RevocationId,
}

impl RevocationsCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(Show { revocation_id }) => {
                let service = context.service().await?;
                let path = RevocationPath { revocation_id };
                let request = Request::<GetRevocation> { path, query: Nothing {}, body: Nothing {} };
                let record = service.ask(request).await?;
                context.output.show(&record, || facts(&record).into())
            }
        }
    }
}

impl RevocationList {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let query = ListRevocationsQuery {
            subject_type: self.subject_type.map(Into::into),
            profile_name: self.profile,
            profile_version: self.version,
            job_id: self.job,
            serial_number: self.certificate,
            revoked_before: self.revoked_before,
            revoked_after: self.revoked_after,
            effective_before: self.effective_before,
            effective_after: self.effective_after,
            reason_contains: self.reason_contains,
            revoked_by: self.revoked_by,
            max_results: None,
            next_token: None,
        };
        self.limit.list::<ListRevocations>(context, query, table).await
    }
}

/// What is revoked, by the name that people know it by.
fn subject(record: &RevocationRecord) -> String {
    match record.subject_type {
        RevocationSubjectType::SigningJob => record.job_id.map(|job| job.to_string()),
        RevocationSubjectType::Certificate => record.serial_number.as_ref().map(ToString::to_string),
        RevocationSubjectType::ProfileVersion => record
            .profile_name
            .as_ref()
            .zip(record.profile_version.as_ref())
            .map(|(name, version)| format!("{name}/{version}")),
    }
    .unwrap_or_default()
}

fn table(records: &[RevocationRecord]) -> Table {
    let mut table = Table::new(["REVOCATION", "RECORDED AT", "EFFECTIVE FROM", "TYPE", "SUBJECT", "REASON"]);
    for record in records {
        table.row([
            record.revocation_id.as_str().into(),
            time_text(record.revoked_at).into(),
            time_text(record.effective_time).into(),
            format!("{:?}", record.subject_type).into(),
            subject(record).into(),
            record.reason.as_str().into(),
        ]);
    }
    table
}

fn facts(record: &RevocationRecord) -> Table {
    let mut facts = Table::facts();
    facts.fact("revocation", record.revocation_id.as_str());
    facts.fact("type", format!("{:?}", record.subject_type));
    facts.fact("subject", subject(record));
    facts.fact_if("arn", record.subject_arn.as_ref().map(ToString::to_string));
    if let (Some(name), Some(version)) = (&record.profile_name, &record.profile_version) {
        facts.fact("profile", format!("{name} version {version}"));
    }
    facts.fact("effective from", time_text(record.effective_time));
    facts.fact("recorded", format!("{} by {}", time_text(record.revoked_at), record.revoked_by));
    facts.fact("reason", record.reason.as_str());
    facts
}
