//! The one lock: each account's ledger head, which every write to the account takes first.

use crate::error::noun;
use crate::transaction::{SNAPSHOT, WRITE, begin};
use crate::{Store, StoreError};
use hallmark_api::account::AccountId;
use sqlx::postgres::PgPool;
use sqlx::{Postgres, Transaction};
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use time::OffsetDateTime;

use crate::seal::KeyEncryptionKey;

/// Counts the changes of an account that can change a judgement. Facts are stamped with the epoch they
/// were read at; while it stands they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub i64);

/// What a write may have changed, and so which epochs it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing that a judgement or a revocation answer relies on: a job, a certificate.
    Record,
    /// What callers may do or what profiles are.
    Judgement,
    /// What is revoked, and with it what profiles are.
    Revocation,
}

/// One snapshot of the database, as one account sees it.
///
/// Everything read through a view, the epoch included, was true at one and the same moment.
#[derive(Debug)]
pub struct View {
    pub(crate) transaction: Transaction<'static, Postgres>,
    pub(crate) kek: Arc<KeyEncryptionKey>,
    account: AccountId,
    epoch: Epoch,
}

impl View {
    /// The account whose view this is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The account's epoch in this snapshot.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The epochs of other accounts, as this view sees them.
    pub async fn epochs(&mut self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Epoch>, StoreError> {
        if accounts.is_empty() {
            return Ok(HashMap::new());
        }
        let texts: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let rows =
            sqlx::query!("SELECT account_id, epoch FROM ledger_heads WHERE account_id = ANY ($1)", &texts)
                .fetch_all(&mut *self.transaction)
                .await?;
        rows.into_iter()
            .map(|row| Ok((noun("ledger_heads.account_id", &row.account_id)?, Epoch(row.epoch))))
            .collect()
    }
}

/// A write to one account, made while its ledger head is locked. Dropped without
/// [`commit`](Tx::commit), it changes nothing.
#[derive(Debug)]
pub struct Tx {
    view: View,
    head_time: OffsetDateTime,
}

impl Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut View {
        &mut self.view
    }
}

impl Store {
    /// A snapshot for reading.
    pub async fn view(&self, account: &AccountId) -> Result<View, StoreError> {
        self.snapshot(&self.pool, account).await
    }

    /// A snapshot for reading at length. It takes none of the connections that signing works with.
    pub async fn report(&self, account: &AccountId) -> Result<View, StoreError> {
        self.snapshot(&self.reports, account).await
    }

    async fn snapshot(&self, pool: &PgPool, account: &AccountId) -> Result<View, StoreError> {
        let mut transaction = begin(pool, SNAPSHOT).await?;
        let epoch =
            sqlx::query_scalar!("SELECT epoch FROM ledger_heads WHERE account_id = $1", account.as_str())
                .fetch_optional(&mut *transaction)
                .await?
                .ok_or_else(|| StoreError::NoAccount(account.to_string()))?;
        Ok(View { transaction, kek: self.kek.clone(), account: account.clone(), epoch: Epoch(epoch) })
    }

    /// A snapshot for reading, if there is such an account.
    pub async fn view_if_exists(&self, account: &AccountId) -> Result<Option<View>, StoreError> {
        match self.view(account).await {
            Ok(view) => Ok(Some(view)),
            Err(StoreError::NoAccount(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes the account's lock and with it the head time: the database's clock, read once the lock is
    /// held, and later than any head time before.
    ///
    /// The lock sits in a sub-query because in `SELECT clock_timestamp() … FOR UPDATE` the clock is read
    /// below the lock, before the wait.
    pub async fn lock(&self, account: &AccountId) -> Result<Tx, StoreError> {
        let mut transaction = begin(&self.pool, WRITE).await?;
        let head = sqlx::query!(
            r#"SELECT epoch, greatest(clock_timestamp(), last_recorded_at + interval '1 microsecond') AS "head_time!"
               FROM (SELECT epoch, last_recorded_at FROM ledger_heads WHERE account_id = $1 FOR UPDATE) AS head"#,
            account.as_str()
        )
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or_else(|| StoreError::NoAccount(account.to_string()))?;
        let view =
            View { transaction, kek: self.kek.clone(), account: account.clone(), epoch: Epoch(head.epoch) };
        Ok(Tx { view, head_time: head.head_time })
    }
}

impl Tx {
    /// The moment of this write in the account's history.
    pub fn head_time(&self) -> OffsetDateTime {
        self.head_time
    }

    /// Moves the epochs that the change moves, and commits. Once this returns, the write is durable.
    pub async fn commit(mut self, change: Change) -> Result<(), StoreError> {
        let epochs = i64::from(change != Change::Record);
        let revocation_epochs = i64::from(change == Change::Revocation);
        sqlx::query!(
            "UPDATE ledger_heads SET last_recorded_at = $2, epoch = epoch + $3, revocation_epoch = revocation_epoch + $4
             WHERE account_id = $1",
            self.view.account.as_str(),
            self.head_time,
            epochs,
            revocation_epochs,
        )
        .execute(&mut *self.view.transaction)
        .await?;
        self.view.transaction.commit().await?;
        Ok(())
    }
}
