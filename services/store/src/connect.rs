//! The connection pool and the schema.

use crate::StoreError;
use crate::seal::KeyEncryptionKey;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// The database, and the key that opens what is sealed in it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    pub(crate) kek: Arc<KeyEncryptionKey>,
}

/// Brings the schema of the database at `url` up to date; does nothing when it is.
///
/// Concurrent callers wait for each other (an advisory lock). A schema newer than this binary is an error.
pub async fn migrate(url: &str) -> Result<(), StoreError> {
    let options = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
    let pool = options.connect_with(PgConnectOptions::from_str(url)?).await?;
    let outcome = MIGRATIONS.run(&pool).await;
    pool.close().await;
    Ok(outcome?)
}

/// How long a request waits for a connection before the service says that it is overloaded.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// The role that the service works in: it may read and add, but not change history.
const APP_ROLE: &str = "hallmark_app";

impl Store {
    /// Connects to a migrated database. Every connection works in the role `hallmark_app`.
    pub async fn connect(url: &str, connections: u32, kek: KeyEncryptionKey) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("hallmark").options([
            ("role", APP_ROLE),
            ("timezone", "UTC"),
            ("statement_timeout", "10s"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?;
        Ok(Self { pool, kek: Arc::new(kek) })
    }

    /// Ends every connection, after the statements under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
