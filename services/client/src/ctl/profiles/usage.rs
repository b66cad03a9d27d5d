//! `hallmarkctl profiles use`, and the same before a profile is stopped.

use crate::ctl::context::{Context, Service};
use crate::ctl::exit::Failure;
use crate::ctl::jobs::table as job_table;
use crate::ctl::page::Page;
use crate::ctl::table::Table;
use crate::ctl::text::{count_text, time_text};
use clap::Args;
use hallmark_api::operation::{MaxResults, Nothing, Request};
use hallmark_api::profile::{ProfileName, ProfilePath, ProfileVersion};
use hallmark_api::profile_use::{
    GetSigningProfileUse, GetSigningProfileUseOutput, GetSigningProfileUseQuery,
};
use hallmark_api::timestamp::DateTime;

/// Show what a profile signed that is still good, and who signs with it.
#[derive(Debug, Args)]
pub(crate) struct Use {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    /// Only signatures of this version.
    #[arg(long, value_name = "VERSION")]
    version: Option<ProfileVersion>,
    /// Only signatures made at or after this time.
    #[arg(long, value_name = "TIME")]
    since: Option<DateTime>,
    /// How many jobs and requesters are shown at most: 1 to 25.
    #[arg(long, value_name = "COUNT", value_parser = sample_size)]
    sample: Option<MaxResults>,
}

/// How many jobs and requesters are shown before a question.
const SAMPLE: u32 = 5;

fn sample_size(text: &str) -> Result<MaxResults, String> {
    let count: u32 = text.parse().map_err(|_| "write a number".to_owned())?;
    MaxResults::try_from(count).map_err(str::to_owned)
}

impl Use {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let query = GetSigningProfileUseQuery {
            profile_version: self.version,
            since: self.since,
            max_results: self.sample,
        };
        let found = ask(&service, &self.name, query).await?;
        context.output.show(&found, || page(&found))
    }
}

async fn ask(
    service: &Service,
    name: &ProfileName,
    query: GetSigningProfileUseQuery,
) -> Result<GetSigningProfileUseOutput, Failure> {
    let path = ProfilePath { profile_name: name.clone() };
    service.ask(Request::<GetSigningProfileUse> { path, query, body: Nothing {} }).await
}

/// What stopping a profile would touch, counted and sampled.
pub(crate) async fn profile_use(
    service: &Service,
    name: &ProfileName,
    version: Option<ProfileVersion>,
    since: Option<DateTime>,
) -> Result<(GetSigningProfileUseOutput, Page), Failure> {
    let max_results = MaxResults::try_from(SAMPLE).ok();
    let query = GetSigningProfileUseQuery { profile_version: version, since, max_results };
    let found = ask(service, name, query).await?;
    let page = page(&found);
    Ok((found, page))
}

fn page(found: &GetSigningProfileUseOutput) -> Page {
    let mut facts = Table::facts();
    let signatures = count_text(found.signature_count, "signature");
    facts.fact("good signatures", format!("{signatures}, neither revoked nor expired"));
    if let Some(since) = found.counted_since {
        facts.fact("counted since", format!("{}; there may be earlier ones", time_text(since)));
    }
    facts.fact("artifacts", found.artifact_count.to_string());
    facts.fact("requesters", found.requester_count.to_string());
    let mut requesters = Table::new(["REQUESTED BY", "SIGNATURES", "LAST SIGNED AT"]);
    for requester in &found.requesters {
        requesters.row([
            requester.requested_by.as_str().into(),
            requester.signature_count.to_string().into(),
            time_text(requester.last_signed_at).into(),
        ]);
    }
    let shown = |kind: &str, shown: usize, all: u64| match u64::try_from(shown) {
        Ok(shown) if shown < all => format!("{kind}, {shown} of {all}:"),
        _ => format!("{kind}:"),
    };
    let who =
        shown("Who asked for them, the most recent first", found.requesters.len(), found.requester_count);
    let jobs = shown("The jobs that made them, the latest first", found.jobs.len(), found.signature_count);
    Page::from(facts).table_under(&who, requesters).table_under(&jobs, job_table::list(&found.jobs))
}
