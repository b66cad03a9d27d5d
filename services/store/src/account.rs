//! Accounts and the heads of their histories.

use crate::error::noun;
use crate::transaction::{WRITE, begin};
use crate::{Store, StoreError};
use hallmark_api::account::AccountId;
use time::OffsetDateTime;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// What it is called; for people alone.
    pub name: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

impl Store {
    /// The accounts there are, the first made first.
    pub async fn accounts_by_age(&self) -> Result<Vec<Account>, StoreError> {
        sqlx::query!(
            "SELECT account_id, account_name, created_at FROM accounts ORDER BY created_at, account_id"
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| {
            let id = noun("accounts.account_id", &row.account_id)?;
            Ok(Account { id, name: row.account_name, created_at: row.created_at })
        })
        .collect()
    }

    /// Makes an account with its ledger head; whatever else it has follows through [`Store::lock`].
    pub async fn insert_account(
        &self,
        account: &AccountId,
        name: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = begin(&self.pool, WRITE).await?;
        sqlx::query!(
            "INSERT INTO accounts (account_id, account_name, created_at) VALUES ($1, $2, $3)",
            account.as_str(),
            name,
            now
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO ledger_heads (account_id, last_recorded_at) VALUES ($1, $2)",
            account.as_str(),
            now
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The accounts there are, in the order of their ids.
    pub async fn accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        sqlx::query_scalar!("SELECT account_id FROM accounts ORDER BY account_id")
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(|text| noun("accounts.account_id", text))
            .collect()
    }
}
