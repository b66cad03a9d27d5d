//! Beginning transactions: the one place where it is done.

use crate::StoreError;
use sqlx::postgres::PgPool;
use sqlx::{Postgres, SqlSafeStr as _, Transaction};
use tokio::task::JoinError;

/// For reading: everything as it was at one moment.
pub(crate) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// For writing: each statement sees what is committed when it begins.
pub(crate) const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Begins a transaction with [`SNAPSHOT`] or [`WRITE`].
///
/// Once there is a connection it is begun even when whoever asks is gone meanwhile, and then rolled back. sqlx forgets a
/// transaction whose `BEGIN` is under way when it is given up (`PgTransactionManager::begin` of 0.9.0): the connection
/// goes back to the pool inside of it, and the next request to use it looks at the past.
#[expect(clippy::disallowed_methods, reason = "the one place that begins; its task ends with the BEGIN")]
pub(crate) async fn begin(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>, StoreError> {
    let connection = pool.acquire().await?;
    let begun = tokio::spawn(Transaction::begin(connection, Some(statement.into_sql_str())));
    match begun.await.map_err(JoinError::try_into_panic) {
        Ok(begun) => Ok(begun?),
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // Tasks are given up only when the runtime ends, and everything with it.
        Err(Err(_)) => std::future::pending().await,
    }
}
