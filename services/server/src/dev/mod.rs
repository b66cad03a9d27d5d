//! `hallmark dev`: one command from nothing to a service that signs.

mod env_file;
mod files;
mod seed;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{Database, DevConfig};
use crate::lifecycle::signalled;
use crate::paging::Paging;
use crate::postgres::{self, Postgres};
use crate::service::{Listeners, Service};
use anyhow::Context as _;
use env_file::Place;
use hallmark_store::Store;
use hallmark_store::seal::KeyEncryptionKey;
use std::io::Write as _;

/// Connections of a replica to its database.
const CONNECTIONS: u32 = 16;

/// Says what is being done, on standard output, while it is being done.
fn say(line: &str) {
    // Whoever started us may have stopped listening; the service goes on all the same.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Runs the service until a signal ends it.
pub async fn run(config: DevConfig) -> anyhow::Result<()> {
    let chance = Chance::default();
    files::create_private_dir(&config.data_dir)?;
    let listeners = Listeners::bind(config.api_listen, config.pki_listen, config.ops_listen).await?;
    let mut database = database(&config, &chance).await?;
    let outcome = serve(&config, &chance, listeners, &mut database).await;
    if let Source::Private(postgres) = database {
        say("Stopping the private Postgres");
        postgres.stop().await?;
    }
    outcome
}

/// Where this run's data is kept.
enum Source {
    Private(Box<Postgres>),
    Url(String),
}

impl Source {
    fn url(&self) -> &str {
        match self {
            Self::Private(postgres) => postgres.url(),
            Self::Url(url) => url,
        }
    }

    /// Resolves when the private Postgres is gone, with the reason; never for a database that is not ours.
    async fn gone(&mut self) -> anyhow::Error {
        match self {
            Self::Private(postgres) => postgres.exited().await.into(),
            Self::Url(_) => std::future::pending().await,
        }
    }
}

async fn database(config: &DevConfig, chance: &Chance) -> anyhow::Result<Source> {
    match &config.database {
        Database::Url(url) => Ok(Source::Url(url.clone())),
        Database::Private { install, binaries, path, runtime_dir } => {
            let options = postgres::Options {
                data_dir: config.data_dir.clone(),
                binaries: binaries.clone(),
                path: path.clone(),
                runtime_dir: runtime_dir.clone(),
                install: *install,
                new_cluster_id: chance.octets()?,
            };
            Ok(Source::Private(Box::new(postgres::start(&options, &say).await?)))
        }
    }
}

async fn serve(
    config: &DevConfig,
    chance: &Chance,
    listeners: Listeners,
    database: &mut Source,
) -> anyhow::Result<()> {
    say("Bringing the schema up to date");
    hallmark_store::connect::migrate(database.url())
        .await
        .context("the schema could not be brought up to date")?;
    let kek = files::key_encryption_key(&config.data_dir, chance)?;
    let paging = Paging::new(KeyEncryptionKey::derive(&kek, "page tokens")?);
    let store = Store::connect(database.url(), CONNECTIONS, KeyEncryptionKey::new(&kek)?).await?;
    let clock = Clock::System;
    let place = Place::new(config, &listeners, database.url())?;
    let seeded = seed::seed(&store, config, chance, &clock, &place).await?;
    let service = Service::start(store, paging, listeners, clock).await?;
    say(&seeded.greeting(&place));

    let outcome = tokio::select! {
        () = signalled() => {
            say("\nStopping: requests under way are finished first; a second signal stops at once");
            Ok(())
        }
        reason = database.gone() => Err(reason.context("the private Postgres ended by itself")),
    };
    if !service.end().await {
        say("Some requests did not finish in time");
    }
    outcome
}
