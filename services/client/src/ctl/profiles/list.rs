//! `hallmarkctl profiles list`.

use super::audience::Audience;
use super::status_word;
use crate::ctl::context::Context;
use crate::ctl::exit::Failure;
use crate::ctl::limit::Limit;
use crate::ctl::table::Table;
use crate::ctl::text::period_text;
use clap::{Args, ValueEnum};
use hallmark_api::platform::PlatformId;
use hallmark_api::profile::{
    ListSigningProfiles, ListSigningProfilesQuery, SigningProfile, SigningProfileStatus,
};

/// List profiles: the active ones, unless others are asked for.
#[derive(Debug, Args)]
pub(crate) struct ProfileList {
    /// Only profiles in this state; once for each.
    #[arg(long = "status", value_enum, value_name = "STATUS")]
    statuses: Vec<Status>,
    /// Profiles in every state.
    #[arg(long, conflicts_with = "statuses")]
    all: bool,
    /// Only profiles of this platform.
    #[arg(long, value_name = "ID")]
    platform: Option<PlatformId>,
    #[command(flatten)]
    limit: Limit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    /// It signs.
    Active,
    /// It no longer signs; what it signed stays good.
    Canceled,
    /// It no longer signs, and what it signed from a time on is revoked.
    Revoked,
}

impl From<&Status> for SigningProfileStatus {
    fn from(status: &Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::Canceled => Self::Canceled,
            Status::Revoked => Self::Revoked,
        }
    }
}

impl ProfileList {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let wanted = if self.all { Status::value_variants() } else { &self.statuses };
        let query = ListSigningProfilesQuery {
            include_canceled: false,
            max_results: None,
            next_token: None,
            platform_id: self.platform,
            statuses: wanted.iter().map(SigningProfileStatus::from).collect(),
        };
        self.limit.list::<ListSigningProfiles>(context, query, table).await
    }
}

fn table(profiles: &[SigningProfile]) -> Table {
    let mut table = Table::new(["PROFILE", "VERSION", "STATUS", "VALIDITY", "FOR", "PLATFORM"]);
    for profile in profiles {
        table.row([
            profile.profile_name.as_str().into(),
            profile.profile_version.as_str().into(),
            status_word(profile.status),
            period_text(profile.signature_validity_period).into(),
            Audience::of(profile).map_or_else(String::new, Audience::name).into(),
            profile.platform_id.as_str().into(),
        ]);
    }
    table
}
