//! `hallmarkctl issuers`.

use super::certificates::table;
use super::context::Context;
use super::exit::Failure;
use super::limit::Limit;
use clap::Subcommand;
use hallmark_api::issuer::{ListIssuers, ListIssuersQuery};

/// The account's issuing CAs.
#[derive(Debug, Subcommand)]
pub(crate) enum IssuersCommand {
    /// List issuing CAs, the last made first.
    List(Limit),
}

impl IssuersCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self::List(limit) = self;
        let query = ListIssuersQuery::default();
        let listed = limit.list::<ListIssuers>(context, query, |issuers| {
            table(issuers.iter().map(|issuer| &issuer.summary))
        });
        listed.await
    }
}
