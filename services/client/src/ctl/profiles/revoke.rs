//! `hallmarkctl profiles revoke`.

use super::{find, profile_use, status_word};
use crate::ctl::confirm::Confirmation;
use crate::ctl::context::Context;
use crate::ctl::exit::Failure;
use crate::ctl::filter::When;
use crate::ctl::page::Page;
use crate::ctl::table::Table;
use crate::ctl::text::{count_text, effective_text, time_text};
use clap::Args;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::profile::{
    GetSigningProfileOutput, ProfileName, ProfilePath, ProfileVersion, RevokeSigningProfile,
    RevokeSigningProfileBody,
};
use hallmark_api::revocation::RevocationReason;
use hallmark_api::timestamp::{DateTime, EpochSeconds};

/// Stop a profile and revoke what it signed from a time on. This is for ever; the time can only be moved earlier.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    /// The version to revoke; the current one otherwise, which is shown first.
    #[arg(long, value_name = "VERSION")]
    version: Option<ProfileVersion>,
    /// Signatures made at or after this time are revoked: 'now', or a time in the past as 2026-11-21T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    effective_time: When,
    /// Why, for whoever looks at the revocation later.
    #[arg(long, value_name = "TEXT")]
    reason: RevocationReason,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Revoke {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let (name, effective_time) = (self.name, self.effective_time.time());
        let shown = find(&service, &name, None).await?;
        let version = self.version.unwrap_or_else(|| shown.profile.profile_version.clone());
        let since = Some(DateTime(effective_time.0));
        let (found, page) = profile_use(&service, &name, Some(version.clone()), since).await?;
        let what = format!(
            "Revoking {name}: nothing is signed with it any more, for ever, and what it signed at or after {}\n\
             is not to be trusted from now on. Earlier signatures stay good.",
            effective_text(effective_time)
        );
        let facts = facts(&shown, &version, effective_time);
        context.output.say(&Page::new().line(what).table(facts).line("").page(page));
        let least = if found.counted_since.is_some() { "at least " } else { "" };
        let signatures = format!("{least}{}", count_text(found.signature_count, "signature"));
        self.confirmation.ask(&format!("Revoke the signing profile {name} and {signatures}?"))?;
        let request = Request::<RevokeSigningProfile> {
            path: ProfilePath { profile_name: name.clone() },
            query: Nothing {},
            body: RevokeSigningProfileBody { profile_version: version, reason: self.reason, effective_time },
        };
        let done = service.ask(request).await?;
        context.output.show(&done, || {
            let from = effective_text(effective_time);
            Page::new().line(format!(
                "The signing profile {name} is revoked; signatures from {from} on are not good."
            ))
        })
    }
}

fn facts(shown: &GetSigningProfileOutput, version: &ProfileVersion, effective_time: EpochSeconds) -> Table {
    let mut facts = Table::facts();
    facts.fact("profile", shown.profile.arn.to_string());
    let current = &shown.profile.profile_version;
    if version == current {
        facts.fact("version", format!("{version}, the current one"));
    } else {
        facts.fact("version", format!("{version}; the current one is {current}"));
    }
    facts.fact("status", status_word(shown.profile.status));
    let record = shown.revocation_record.as_ref();
    facts.fact_if(
        "revoked already",
        record.map(|record| format!("from {}", time_text(record.revocation_effective_from))),
    );
    facts.fact("effective time", effective_text(effective_time));
    facts
}
