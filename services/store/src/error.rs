//! What can go wrong between Hallmark and its database.

/// A failure of the store. None of these is the caller's fault, and none of their texts reaches a caller.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused, failed or was not there.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema lacks migrations that this binary relies on.
    #[error("the schema of the database is older than this binary: run `hallmark migrate`")]
    SchemaOlder,
    /// The schema has a migration that this binary does not know.
    #[error(
        "the schema of the database is newer than this binary, which does not know migration {0}: use the newer binary"
    )]
    SchemaNewer(i64),
    /// The schema was made by another edition of a migration.
    #[error("the schema of the database is not this binary's: its migration {0} reads otherwise")]
    SchemaDiffers(i64),
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row does not hold what its column promises.
    #[error("column {column} holds a value that cannot be read: {reason}")]
    Unreadable {
        /// Table and column.
        column: &'static str,
        /// Why it cannot be read.
        reason: String,
    },
    /// A sealed value does not open: wrong key-encryption key, or the value was moved or altered.
    #[error("the sealed value in {0} does not open under this key-encryption key")]
    Sealed(&'static str),
    /// The key-encryption key is not 32 octets.
    #[error("a key-encryption key is exactly 32 octets")]
    KeyEncryptionKey,
    /// The account has no ledger head: it does not exist.
    #[error("account {0} does not exist")]
    NoAccount(String),
}

impl StoreError {
    /// Whether a constraint of this name refused the statement.
    pub fn violates(&self, constraint: &str) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.constraint() == Some(constraint))
    }

    /// Whether the database was merely too busy: no connection came free in time.
    pub fn is_overload(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::PoolTimedOut))
    }

    pub(crate) fn unreadable(column: &'static str) -> impl FnOnce(&dyn std::fmt::Display) -> Self {
        move |reason| Self::Unreadable { column, reason: reason.to_string() }
    }
}

/// Reads a column's text back into its noun.
pub(crate) fn noun<T: std::str::FromStr>(column: &'static str, text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| StoreError::unreadable(column)(&error))
}

/// What the certificates of a column are not.
pub(crate) fn pki(column: &'static str) -> impl FnOnce(hallmark_pki::PkiError) -> StoreError {
    move |error| StoreError::unreadable(column)(&error)
}
