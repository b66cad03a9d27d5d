//! `hallmarkctl profiles`.

mod audience;
mod cancel;
mod create;
mod list;
mod revoke;
mod show;
mod tags;
mod usage;

use super::context::{Context, Service};
use super::exit::Failure;
use super::table::{Tone, Word};
use clap::{Args, Subcommand};
use hallmark_api::account::AccountId;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::profile::{
    GetSigningProfile, GetSigningProfileOutput, GetSigningProfileQuery, ProfileName, ProfilePath,
    SigningProfileStatus,
};

pub(crate) use usage::profile_use;

/// Signing profiles: put them, look at them, stop them.
#[derive(Debug, Subcommand)]
pub(crate) enum ProfilesCommand {
    /// Put a profile, and show who will and will not accept its signatures.
    #[command(visible_alias = "put")]
    Create(create::Create),
    /// Show a profile.
    Show(show::Show),
    /// List profiles: the active ones, unless others are asked for.
    List(list::ProfileList),
    /// Show what a profile signed that is still good, and who signs with it.
    Use(usage::Use),
    /// Stop a profile: it signs no more; what it signed stays good.
    Cancel(cancel::Cancel),
    /// Stop a profile and revoke what it signed from a time on.
    Revoke(revoke::Revoke),
    /// Show a profile's tags.
    Tags(ProfileOnly),
    /// Add tags to a profile, or change their values.
    Tag(tags::Tag),
    /// Remove tags from a profile.
    Untag(tags::Untag),
}

/// A profile of the caller's account.
#[derive(Debug, Args)]
pub(crate) struct ProfileOnly {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
}

impl ProfilesCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Create(command) => command.run(context).await,
            Self::Show(command) => command.run(context).await,
            Self::List(command) => command.run(context).await,
            Self::Use(command) => command.run(context).await,
            Self::Cancel(command) => command.run(context).await,
            Self::Revoke(command) => command.run(context).await,
            Self::Tags(ProfileOnly { name }) => tags::list(context, name).await,
            Self::Tag(command) => command.run(context).await,
            Self::Untag(command) => command.run(context).await,
        }
    }
}

/// A profile as it is.
pub(crate) async fn find(
    service: &Service,
    name: &ProfileName,
    owner: Option<AccountId>,
) -> Result<GetSigningProfileOutput, Failure> {
    let request = Request::<GetSigningProfile> {
        path: ProfilePath { profile_name: name.clone() },
        query: GetSigningProfileQuery { profile_owner: owner },
        body: Nothing {},
    };
    service.ask(request).await
}

fn status_word(status: SigningProfileStatus) -> Word {
    let tone = match status {
        SigningProfileStatus::Active => Tone::Good,
        SigningProfileStatus::Canceled => Tone::Notable,
        SigningProfileStatus::Revoked => Tone::Bad,
    };
    Word::toned(status.as_str(), tone)
}
