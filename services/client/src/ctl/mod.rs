//! The command line `hallmarkctl`: what security administrators and auditors do with a service, in words.
//!
//! [`arguments`] is the table of contents; each noun of it has a file of its own. Answers go to the standard output,
//! as tables or as JSON; questions, progress and errors go to the standard error.

mod anchor;
mod arguments;
mod certificates;
mod completions;
mod confirm;
mod context;
mod exit;
mod filter;
mod global;
mod inspect;
mod issuers;
mod jobs;
mod limit;
mod list;
mod output;
mod page;
mod permissions;
mod platforms;
mod profiles;
mod progress;
mod revocations;
mod source;
mod table;
mod text;
mod trust;
mod trusted;
mod verify;

use arguments::{Cli, Command};
use clap::{CommandFactory, Parser};
use context::Context;
use exit::{Exit, Failure};
use std::process::ExitCode;

/// Reads the command line, does what it says and tells how that went.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody is left to be told that this could not be printed.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let context = Context::new(&cli.global);
    match carry_out(cli.command, &context) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            context.output.complain(&failure);
            failure.exit.into()
        }
    }
}

fn carry_out(command: Command, context: &Context) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Machine, error.to_string()))?;
    runtime.block_on(run(command, context))
}

async fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Profiles(command) => command.run(context).await,
        Command::Permissions(command) => command.run(context).await,
        Command::Jobs(command) => command.run(context).await,
        Command::Certificates(command) => command.run(context).await,
        Command::Issuers(command) => command.run(context).await,
        Command::Revocations(command) => command.run(context).await,
        Command::Platforms(command) => command.run(context).await,
        Command::Verify(command) => command.run(context).await,
        Command::Inspect(command) => command.run(context),
        Command::Trust(command) => command.run(context).await,
        Command::Completions(command) => command.run(context, Cli::command()),
        Command::ExitCodes => context.output.print(exit::HELP),
    }
}
