//! `hallmarkctl profiles show`.

use super::audience::Audience;
use super::{find, status_word};
use crate::ctl::context::Context;
use crate::ctl::exit::Failure;
use crate::ctl::page::Page;
use crate::ctl::table::Table;
use crate::ctl::text::{period_text, time_text};
use clap::Args;
use hallmark_api::account::AccountId;
use hallmark_api::profile::{GetSigningProfileOutput, ProfileName};
use hallmark_api::signing_material::CertificateArn;

/// Show a profile.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    /// The account that owns it; yours otherwise.
    #[arg(long, value_name = "ACCOUNT")]
    owner: Option<AccountId>,
}

impl Show {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let shown = find(&service, &self.name, self.owner).await?;
        context.output.show(&shown, || page(&shown))
    }
}

fn page(shown: &GetSigningProfileOutput) -> Page {
    let page = Page::from(facts(shown));
    match Audience::of(&shown.profile) {
        Some(audience) => page.table_under("Who accepts its signatures:", audience.table()),
        None => page,
    }
}

fn facts(shown: &GetSigningProfileOutput) -> Table {
    let profile = &shown.profile;
    let mut facts = Table::facts();
    facts.fact("profile", profile.profile_name.as_str());
    facts.fact("version", profile.profile_version.as_str());
    facts.fact("status", status_word(profile.status));
    if let Some(record) = &shown.revocation_record {
        facts.fact("revoked from", time_text(record.revocation_effective_from));
        facts.fact("recorded", format!("{} by {}", time_text(record.revoked_at), record.revoked_by));
    }
    facts.fact_if("reason", shown.status_reason.as_ref());
    facts.fact("arn", profile.arn.to_string());
    facts.fact("version's arn", profile.profile_version_arn.to_string());
    facts.fact("platform", profile.platform_id.as_str());
    facts.fact("validity", period_text(profile.signature_validity_period));
    let certificate = profile.signing_material.certificate_arn.as_ref();
    facts.fact_if("signs with", certificate.map(CertificateArn::as_str));
    for (key, value) in &profile.signing_parameters {
        facts.fact("parameter", format!("{key}={value}"));
    }
    for (key, value) in profile.tags.iter() {
        facts.fact("tag", format!("{key}={value}"));
    }
    facts
}
