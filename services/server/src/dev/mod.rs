//! `hallmark dev`: one command from nothing to a service that signs.

mod seed;

use crate::addresses::Addresses;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{CONNECTIONS, Database, DevConfig};
use crate::env_file::Place;
use crate::lifecycle::signalled;
use crate::paging::Paging;
use crate::postgres::{self, Lock, Postgres};
use crate::private_file::{create_key, create_private_dir, read_key};
use crate::say::say;
use crate::service::{Listeners, Service, Settings};
use crate::signing::Stamping;
use anyhow::Context as _;
use hallmark_store::Store;
use hallmark_store::seal::KeyEncryptionKey;
use std::pin::{Pin, pin};
use std::sync::Arc;

/// Runs the service until a signal ends it.
pub async fn run(config: DevConfig) -> anyhow::Result<()> {
    let chance = Chance::default();
    create_private_dir(&config.data_dir)?;
    let mut stop = pin!(signalled());
    let listeners = Listeners::bind(config.api_listen, config.pki_listen, config.ops_listen).await?;
    // Dropped half started, Postgres is told to end; the next start completes what is there.
    let mut database = tokio::select! {
        started = database(&config, &chance) => started?,
        () = stop.as_mut() => return Ok(()),
    };
    let outcome = serve(&config, &chance, listeners, &mut database, stop).await;
    if let Source::Private(postgres) = database {
        say("Stopping the private Postgres");
        // What ended the service matters more than how its database then ended.
        let stopped = postgres.stop().await;
        outcome?;
        return Ok(stopped?);
    }
    outcome
}

/// Where this run's data is kept.
enum Source {
    Private(Box<Postgres>),
    /// An existing database; the lock keeps a second run off the data directory, as a private Postgres does.
    Url {
        url: String,
        _lock: Lock,
    },
}

impl Source {
    fn url(&self) -> &str {
        match self {
            Self::Private(postgres) => postgres.url(),
            Self::Url { url, .. } => url,
        }
    }

    /// Resolves when the private Postgres is gone, with the reason; never for a database that is not ours.
    async fn gone(&mut self) -> anyhow::Error {
        match self {
            Self::Private(postgres) => postgres.exited().await.into(),
            Self::Url { .. } => std::future::pending().await,
        }
    }
}

async fn database(config: &DevConfig, chance: &Chance) -> anyhow::Result<Source> {
    match &config.database {
        Database::Url(url) => {
            Ok(Source::Url { url: url.clone(), _lock: Lock::through_file(&config.data_dir)? })
        }
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

/// Where this run can be reached.
fn place(config: &DevConfig, listeners: &Listeners) -> anyhow::Result<Place> {
    let pki_url = match &config.pki_url {
        Some(url) => url.clone(),
        None => format!("http://{}", listeners.pki.local_addr()?),
    };
    Ok(Place {
        api_url: format!("http://{}", listeners.api.local_addr()?),
        pki_url: Some(pki_url),
        region: config.region.clone(),
    })
}

async fn serve(
    config: &DevConfig,
    chance: &Chance,
    listeners: Listeners,
    database: &mut Source,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) -> anyhow::Result<()> {
    let (service, greeting) = tokio::select! {
        started = start(config, chance, listeners, database.url()) => started?,
        () = stop.as_mut() => return Ok(()),
    };
    say(&greeting);
    let outcome = tokio::select! {
        () = stop => {
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

/// Puts everything in place and starts the service; answers also with what to say then.
async fn start(
    config: &DevConfig,
    chance: &Chance,
    listeners: Listeners,
    database_url: &str,
) -> anyhow::Result<(Service, String)> {
    say("Bringing the schema up to date");
    hallmark_store::connect::migrate(database_url)
        .await
        .context("the schema could not be brought up to date")?;
    let key_file = config.data_dir.join("key-encryption.key");
    create_key(&key_file, chance)?;
    let kek = read_key(&key_file)?;
    let paging = Paging::new(KeyEncryptionKey::derive(&kek, "page tokens")?);
    let store = Store::connect(database_url, CONNECTIONS, KeyEncryptionKey::new(&kek)?).await?;
    let clock = Clock::System;
    let place = place(config, &listeners)?;
    let addresses = Addresses::new(place.pki_url.as_deref().unwrap_or_default())?;
    let seeded = seed::seed(&store, config, chance, &clock, &place, &addresses, database_url).await?;
    let ops = listeners.ops.local_addr()?;
    let settings = Settings { addresses, stamping: Stamping::Own, public_tsa: config.public_tsa };
    let service = Service::start(store, paging, listeners, settings, Arc::new(clock)).await?;
    let greeting = seeded.greeting(&place, ops, &config.data_dir);
    Ok((service, greeting))
}
