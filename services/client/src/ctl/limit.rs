//! Lists as commands show them: to their end, or to a limit.

use super::context::Context;
use super::exit::Failure;
use super::list::List;
use super::page::Page;
use super::table::Table;
use clap::Args;
use serde::de::DeserializeOwned;

/// How much of a list is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Limit {
    /// Only the first so many; all of them otherwise.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

impl Limit {
    /// Shows a list, or says that nothing is on it.
    pub(crate) async fn list<O>(
        self,
        context: &Context,
        query: O::Query,
        table: impl FnOnce(&[O::Entry]) -> Table,
    ) -> Result<(), Failure>
    where
        O: List,
        O::Output: DeserializeOwned,
    {
        self.show::<O>(context, query, table, |_| Ok(())).await
    }

    /// Shows a list; the verdict is of how many entries it has.
    pub(crate) async fn show<O>(
        self,
        context: &Context,
        query: O::Query,
        table: impl FnOnce(&[O::Entry]) -> Table,
        verdict: impl FnOnce(usize) -> Result<(), Failure>,
    ) -> Result<(), Failure>
    where
        O: List,
        O::Output: DeserializeOwned,
    {
        let service = context.service().await?;
        let limit = self.limit.map(|limit| limit as usize);
        let (entries, more) = service.list::<O>(query, limit, O::NOUN).await?;
        let count = entries.len();
        let table = if count == 0 { Table::facts() } else { table(&entries) };
        context.output.conclude(&O::whole(entries), || table.into(), verdict(count))?;
        if count == 0 && !context.output.is_json() {
            context.output.say(&Page::new().line(format!("There are no such {}.", O::NOUN)));
        }
        if more {
            context.output.say(&Page::new().line(format!("There are more {} than these {count}.", O::NOUN)));
        }
        Ok(())
    }
}
