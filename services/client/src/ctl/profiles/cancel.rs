//! `hallmarkctl profiles cancel`.

use super::{find, profile_use};
use crate::ctl::confirm::Confirmation;
use crate::ctl::context::Context;
use crate::ctl::exit::{Exit, Failure};
use crate::ctl::page::Page;
use clap::Args;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::profile::{CancelSigningProfile, ProfileName, ProfilePath, SigningProfileStatus};

/// Stop a profile: it signs no more; what it signed stays good.
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Cancel {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let name = self.name;
        match find(&service, &name, None).await?.profile.status {
            SigningProfileStatus::Active => {}
            SigningProfileStatus::Canceled => {
                return context.output.show(&Nothing {}, || {
                    Page::new().line(format!("The signing profile {name} is canceled already."))
                });
            }
            SigningProfileStatus::Revoked => {
                let sentence = format!("the signing profile {name} is revoked, which is more than canceled");
                return Err(Failure::new(Exit::Refused, sentence));
            }
        }
        let (_, found) = profile_use(&service, &name, None, None).await?;
        let what = format!(
            "Canceling {name}: nothing is signed with it any more, for ever, and its name stays taken.\n\
             What it signed stays good:"
        );
        context.output.say(&Page::new().line(what).page(found));
        self.confirmation.ask(&format!("Cancel the signing profile {name}?"))?;
        let path = ProfilePath { profile_name: name.clone() };
        let done = service
            .ask(Request::<CancelSigningProfile> { path, query: Nothing {}, body: Nothing {} })
            .await?;
        context.output.show(&done, || Page::new().line(format!("The signing profile {name} is canceled.")))
    }
}
