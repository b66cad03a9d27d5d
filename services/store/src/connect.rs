//! The connection pool and the schema.

use crate::StoreError;
use crate::seal::KeyEncryptionKey;
use crate::transaction::{WRITE, begin};
use sqlx::migrate::{Migrate as _, MigrateError};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Postgres, Transaction};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// The database, and the key that opens what is sealed in it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    /// A few connections of their own for what reads at length, so that lists never keep a signature waiting.
    pub(crate) reports: PgPool,
    /// A few more, so that lists keep no CRL waiting either.
    pub(crate) publication: PgPool,
    pub(crate) kek: Arc<KeyEncryptionKey>,
}

/// Brings the schema of the database at `url` up to date; does nothing when it is.
///
/// Concurrent callers wait for each other (an advisory lock). A schema newer than this binary is an error.
pub async fn migrate(url: &str) -> Result<(), StoreError> {
    let pool = owner(url).await?;
    let outcome = MIGRATIONS.run(&pool).await;
    pool.close().await;
    outcome.map_err(|error| match error {
        MigrateError::VersionMissing(version) => StoreError::SchemaNewer(version),
        MigrateError::VersionMismatch(version) => StoreError::SchemaDiffers(version),
        error => error.into(),
    })
}

/// The version of the schema that this binary knows: the number of its last migration.
pub fn schema_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Lets a login work in the role that the service works in, and makes the login if it is missing.
///
/// `url` is the schema owner's. `verifier` replaces what the login's password is checked against
/// (`SCRAM-SHA-256$…`, as `pg_authid.rolpassword` holds it); the password itself never comes here.
pub async fn create_login(url: &str, login: &str, verifier: Option<&str>) -> Result<(), StoreError> {
    let pool = owner(url).await?;
    let mut transaction = begin(&pool, WRITE).await?;
    take_turn(&mut transaction).await?;
    // A DO block takes no parameters, so they come by way of settings that end with the transaction.
    sqlx::query!(
        "SELECT set_config('hallmark.login', $1, true) AS login, set_config('hallmark.verifier', $2, true) AS verifier",
        login,
        verifier.unwrap_or_default()
    )
    .fetch_one(&mut *transaction)
    .await?;
    sqlx::query!(
        "DO $$
         DECLARE
             login constant text := current_setting('hallmark.login');
             verifier constant text := current_setting('hallmark.verifier');
         BEGIN
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
                 EXECUTE format('CREATE ROLE %I LOGIN', login);
             END IF;
             IF NOT pg_has_role(login, 'hallmark_app', 'MEMBER') THEN
                 EXECUTE format('GRANT hallmark_app TO %I', login);
             END IF;
             IF verifier <> '' THEN
                 EXECUTE format('ALTER ROLE %I PASSWORD %L', login, verifier);
             END IF;
         END
         $$"
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    pool.close().await;
    Ok(())
}

async fn owner(url: &str) -> Result<PgPool, StoreError> {
    let options = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
    Ok(options.connect_with(PgConnectOptions::from_str(url)?).await?)
}

/// Waits until no other session of this database is inside the same; ends with the transaction.
async fn take_turn(transaction: &mut Transaction<'static, Postgres>) -> Result<(), StoreError> {
    sqlx::query!(r#"SELECT pg_advisory_xact_lock($1)::text AS "turn""#, TURN)
        .fetch_one(&mut **transaction)
        .await?;
    Ok(())
}

/// The advisory lock of those who bring a deployment into being ("hallmark").
const TURN: i64 = 0x6861_6c6c_6d61_726b;

/// The right to bring a deployment into being, held by one at a time. Given up when dropped.
#[derive(Debug)]
pub struct Turn {
    _transaction: Transaction<'static, Postgres>,
}

/// How long a request waits for a connection before the service says that it is overloaded.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// What every session is set to, whatever the environment or the server's defaults say.
const SESSION: [(&str, &str); 6] = [
    // May read and add, but not change history.
    ("role", "hallmark_app"),
    ("timezone", "UTC"),
    // An acknowledged act survives a crash.
    ("synchronous_commit", "on"),
    // A replica that hangs must not hold an account's lock for ever.
    ("statement_timeout", "10s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
];

/// How many lists are read at a time.
const REPORT_CONNECTIONS: u32 = 4;
/// How many CRLs are read or made at a time.
const PUBLICATION_CONNECTIONS: u32 = 2;

impl Store {
    /// Connects to a migrated database. Every connection works in the role `hallmark_app`.
    pub async fn connect(url: &str, connections: u32, kek: KeyEncryptionKey) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("hallmark").options(SESSION);
        let sized =
            |connections| PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
        let pool = sized(connections).connect_with(options.clone()).await?;
        // Which index answers a list depends on its filters: one plan for all of them would read the whole table.
        let planned = options.options([("plan_cache_mode", "force_custom_plan")]);
        let reports = sized(REPORT_CONNECTIONS).connect_lazy_with(planned.clone());
        let publication = sized(PUBLICATION_CONNECTIONS).connect_lazy_with(planned);
        Ok(Self { pool, reports, publication, kek: Arc::new(kek) })
    }

    /// Waits for the right to bring a deployment into being.
    pub async fn turn(&self) -> Result<Turn, StoreError> {
        let mut transaction = begin(&self.pool, WRITE).await?;
        take_turn(&mut transaction).await?;
        Ok(Turn { _transaction: transaction })
    }

    /// Whether the schema is the one that this binary knows, migration by migration.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        let applied = match connection.list_applied_migrations(&MIGRATIONS.table_name).await {
            Ok(applied) => applied,
            // No such table, or one that a schema from before this check does not let the service read.
            Err(MigrateError::Execute(sqlx::Error::Database(error)))
                if matches!(error.code().as_deref(), Some("42P01" | "42501")) =>
            {
                return Err(StoreError::SchemaOlder);
            }
            Err(error) => return Err(error.into()),
        };
        for migration in &applied {
            match MIGRATIONS.iter().find(|known| known.version == migration.version) {
                None => return Err(StoreError::SchemaNewer(migration.version)),
                Some(known) if known.checksum != migration.checksum => {
                    return Err(StoreError::SchemaDiffers(migration.version));
                }
                Some(_) => {}
            }
        }
        if applied.len() < MIGRATIONS.iter().count() {
            return Err(StoreError::SchemaOlder);
        }
        Ok(())
    }

    /// Ends every connection, after the statements under way.
    pub async fn close(&self) {
        self.pool.close().await;
        self.reports.close().await;
        self.publication.close().await;
    }
}
