//! Principals and their access keys.

use crate::error::noun;
use crate::seal::{KeyEncryptionKey, Location};
use crate::{Epoch, Store, StoreError, Tx, View};
use hallmark_api::access_key::AccessKeyId;
use hallmark_api::principal::{PrincipalArn, PrincipalName, Role};
use sqlx::PgExecutor;
use zeroize::Zeroizing;

/// What an access key stands for: the principal, what it may do, and the secret it signs with.
#[derive(Clone)]
pub struct Credential {
    /// The key.
    pub access_key_id: AccessKeyId,
    /// Whose it is.
    pub principal: PrincipalArn,
    /// What the principal may do.
    pub role: Role,
    /// What requests are signed with.
    pub secret: Zeroizing<String>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("access_key_id", &self.access_key_id)
            .field("principal", &self.principal)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

fn secret_place(access_key_id: &str) -> Location<'_> {
    Location { table: "access_keys", row: access_key_id, column: "sealed_secret" }
}

/// The credentials that stand behind these keys, each with its account's epoch; keys that do not exist are
/// left out. One statement, however many keys and accounts.
async fn select_credentials(
    executor: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    keys: &[AccessKeyId],
) -> Result<Vec<(Credential, Epoch)>, StoreError> {
    let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let accounts: Vec<String> = keys
        .iter()
        .map(|key| key.account().map_or_else(String::new, |account| account.to_string()))
        .collect();
    let rows = sqlx::query!(
        "SELECT k.account_id, k.access_key_id, k.principal_name, p.role, k.sealed_secret, h.epoch
         FROM unnest($1::text[], $2::text[]) AS asked (account_id, access_key_id)
         JOIN access_keys k USING (account_id, access_key_id)
         JOIN principals p USING (account_id, principal_name)
         JOIN ledger_heads h USING (account_id)",
        &accounts,
        &texts
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| {
            let secret = kek.open(secret_place(&row.access_key_id), &row.sealed_secret)?;
            let secret = std::str::from_utf8(&secret)
                .map_err(|error| StoreError::unreadable("access_keys.sealed_secret")(&error))?;
            let credential = Credential {
                access_key_id: noun("access_keys.access_key_id", &row.access_key_id)?,
                principal: PrincipalArn {
                    account: noun("access_keys.account_id", &row.account_id)?,
                    name: noun("access_keys.principal_name", &row.principal_name)?,
                },
                role: noun("principals.role", &row.role)?,
                secret: Zeroizing::new(secret.to_owned()),
            };
            Ok((credential, Epoch(row.epoch)))
        })
        .collect()
}

impl Store {
    /// The credentials behind these keys as they are now.
    pub async fn credentials(&self, keys: &[AccessKeyId]) -> Result<Vec<(Credential, Epoch)>, StoreError> {
        select_credentials(&self.pool, &self.kek, keys).await
    }
}

impl View {
    /// The credentials behind these keys, of whatever account, as this view sees them.
    pub async fn credentials(
        &mut self,
        keys: &[AccessKeyId],
    ) -> Result<Vec<(Credential, Epoch)>, StoreError> {
        let kek = self.kek.clone();
        select_credentials(&mut *self.transaction, &kek, keys).await
    }
}

impl View {
    /// The role of a principal of this account; none when there is no such principal.
    pub async fn role(&mut self, name: &PrincipalName) -> Result<Option<Role>, StoreError> {
        let account = self.account().clone();
        let role = sqlx::query_scalar!(
            "SELECT role FROM principals WHERE account_id = $1 AND principal_name = $2",
            account.as_str(),
            name.as_str()
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        role.map(|role| noun("principals.role", &role)).transpose()
    }
}

impl Tx {
    /// Adds a principal.
    pub async fn insert_principal(&mut self, name: &PrincipalName, role: Role) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        sqlx::query!(
            "INSERT INTO principals (account_id, principal_name, role, created_at) VALUES ($1, $2, $3, $4)",
            account.as_str(),
            name.as_str(),
            role.as_str(),
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Adds an access key of a principal; its secret is sealed.
    pub async fn insert_access_key(
        &mut self,
        key: &AccessKeyId,
        principal: &PrincipalName,
        secret: &str,
    ) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let sealed_secret = self.kek.seal(secret_place(key.as_str()), secret.as_bytes())?;
        sqlx::query!(
            "INSERT INTO access_keys (account_id, access_key_id, principal_name, sealed_secret, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            account.as_str(),
            key.as_str(),
            principal.as_str(),
            sealed_secret,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
