//! The binary `hallmark`.

use clap::Parser as _;
use hallmark_server::command;
use hallmark_server::config::{Command, CommandLine, DevConfig, log_filter};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = CommandLine::parse().command;
    // A core file would hold every key in memory.
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let cores = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::new(log_filter()))
        .init();
    if let Err(error) = cores {
        tracing::warn!(%error, "core files could not be switched off");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hallmark: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Dev(raw) => hallmark_server::dev::run(DevConfig::try_from(raw)?).await,
        Command::Secret(args) => command::secret(&args),
        Command::Migrate(args) => command::migrate(&args).await,
        Command::Init(args) => command::init(args).await,
        Command::Serve(args) => command::serve(args.checked()?).await,
        Command::Check(args) => command::check(&args).await,
        Command::Openapi => command::openapi(),
        Command::Account(account) => command::account(account).await,
        Command::Principal(principal) => command::principal(principal).await,
        Command::Crl(crl) => command::crl(crl).await,
        Command::Root(root) => command::root(root).await,
        Command::Issuer(issuer) => command::issuer(issuer).await,
    }
}
