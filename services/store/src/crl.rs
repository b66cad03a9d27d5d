//! The CRLs of issuing CAs: what was published last of each shard, and what the next one has to list.

use crate::certificate_status::revocation;
use crate::error::{noun, pki};
use crate::transaction::{WRITE, begin};
use crate::{Store, StoreError};
use hallmark_api::account::AccountId;
use hallmark_pki::{CertificateHash, CrlEntry, SerialNumber};
use sqlx::{Postgres, Transaction};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};

/// One shard of an issuing CA's CRLs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shard {
    /// The account of the issuing CA.
    pub account: AccountId,
    /// What URLs call the issuing CA.
    pub issuer: SerialNumber,
    /// The number of the shard.
    pub number: i32,
}

/// A CRL as it was published.
#[derive(Debug, Clone)]
pub struct PublishedCrl {
    /// Its number.
    pub number: i64,
    /// When it was issued.
    pub this_update: OffsetDateTime,
    /// When the next will have been, at the latest.
    pub next_update: OffsetDateTime,
    /// The account's revocation epoch when its revocations were read.
    pub revocation_epoch: i64,
    /// The database's clock when its revocations were read.
    pub read_at: OffsetDateTime,
    /// The list in DER.
    pub der: Vec<u8>,
}

/// A CRL as it was found, and how old it is.
#[derive(Debug, Clone)]
pub struct FoundCrl {
    /// The list.
    pub crl: PublishedCrl,
    /// How long ago its revocations were read, by the database's clock; negative when that was set back.
    pub age: Duration,
}

/// The right to publish one shard, held by one replica at a time. Dropped without
/// [`publish`](CrlPublication::publish), it changes nothing.
#[derive(Debug)]
pub struct CrlPublication {
    transaction: Transaction<'static, Postgres>,
    shard: Shard,
    /// What was published last; none if nothing was.
    pub last: Option<FoundCrl>,
}

/// What a shard has to list, and the revocation epoch of the snapshot that it was read from.
#[derive(Debug)]
pub struct Listed {
    /// The revoked certificates.
    pub entries: Vec<CrlEntry>,
    /// The account's revocation epoch.
    pub revocation_epoch: i64,
    /// The database's clock at the snapshot.
    pub read_at: OffsetDateTime,
}

impl Store {
    /// The revocation epochs of accounts: each moves with every revocation. Accounts that do not exist have none.
    pub async fn revocation_epochs(
        &self,
        accounts: &[AccountId],
    ) -> Result<HashMap<AccountId, i64>, StoreError> {
        sqlx::query!(
            "SELECT account_id, revocation_epoch FROM ledger_heads WHERE account_id = ANY ($1)",
            &accounts.iter().map(ToString::to_string).collect::<Vec<_>>()
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| Ok((noun("ledger_heads.account_id", &row.account_id)?, row.revocation_epoch)))
        .collect()
    }

    /// What was published last of a shard; none if nothing was.
    pub async fn published_crl(&self, shard: &Shard) -> Result<Option<FoundCrl>, StoreError> {
        published(&self.publication, shard).await
    }

    /// Waits for the right to publish a shard.
    pub async fn crl_publication(&self, shard: &Shard) -> Result<CrlPublication, StoreError> {
        let mut transaction = begin(&self.publication, WRITE).await?;
        let turn = format!("crl {} {}", shard.issuer, shard.number);
        sqlx::query!(r#"SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text AS "turn""#, turn)
            .fetch_one(&mut *transaction)
            .await?;
        let last = published(&mut *transaction, shard).await?;
        Ok(CrlPublication { transaction, shard: shard.clone(), last })
    }
}

async fn published(
    executor: impl sqlx::PgExecutor<'_>,
    shard: &Shard,
) -> Result<Option<FoundCrl>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT crl_number, this_update, next_update, revocation_epoch, read_at, crl, clock_timestamp() AS "now!"
           FROM crls WHERE account_id = $1 AND issuer_id = $2 AND crl_shard = $3"#,
        shard.account.as_str(),
        shard.issuer.as_bytes(),
        shard.number
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| FoundCrl {
        age: row.now - row.read_at,
        crl: PublishedCrl {
            number: row.crl_number,
            this_update: row.this_update,
            next_update: row.next_update,
            revocation_epoch: row.revocation_epoch,
            read_at: row.read_at,
            der: row.crl,
        },
    }))
}

impl CrlPublication {
    /// What the shard has to list at a time, in one snapshot with the epoch. What expired before it was revoked is not
    /// listed, nor what nothing relies on any more.
    pub async fn listed(
        &mut self,
        issuer: &CertificateHash,
        now: OffsetDateTime,
    ) -> Result<Listed, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT h.revocation_epoch, statement_timestamp() AS "read_at!", c.serial_number AS "serial_number?", c.revoked_from, c.reason_code
               FROM ledger_heads h
               LEFT JOIN LATERAL (
                   SELECT serial_number, revoked_from, reason_code
                   FROM (SELECT serial_number, revoked_from, reason_code, not_after FROM issued_certificates i
                         WHERE i.account_id = h.account_id AND i.crl_shard = $3
                           AND substring(i.certificate_hash FROM 49) = $2
                           AND (i.status_until IS NULL OR i.status_until > $4) OFFSET 0) AS of_shard
                   WHERE revoked_from <= not_after) c ON true
               WHERE h.account_id = $1"#,
            self.shard.account.as_str(),
            issuer.own(),
            self.shard.number,
            now
        )
        .fetch_all(&mut *self.transaction)
        .await?;
        let (revocation_epoch, read_at) = rows
            .first()
            .map(|row| (row.revocation_epoch, row.read_at))
            .ok_or_else(|| StoreError::NoAccount(self.shard.account.to_string()))?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let (Some(octets), Some(revoked_from)) = (row.serial_number, row.revoked_from) else { continue };
            entries.push(CrlEntry {
                serial_number: SerialNumber::from_bytes(&octets)
                    .map_err(pki("certificates.serial_number"))?,
                revocation: revocation(revoked_from, row.reason_code)?,
            });
        }
        Ok(Listed { entries, revocation_epoch, read_at })
    }

    /// Publishes a list in the place of the last.
    pub async fn publish(mut self, crl: &PublishedCrl) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO crls (account_id, issuer_id, crl_shard, crl_number, this_update, next_update,
                               revocation_epoch, read_at, crl)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (account_id, issuer_id, crl_shard) DO UPDATE
             SET crl_number = excluded.crl_number, this_update = excluded.this_update,
                 next_update = excluded.next_update, revocation_epoch = excluded.revocation_epoch,
                 read_at = excluded.read_at, crl = excluded.crl",
            self.shard.account.as_str(),
            self.shard.issuer.as_bytes(),
            self.shard.number,
            crl.number,
            crl.this_update,
            crl.next_update,
            crl.revocation_epoch,
            crl.read_at,
            crl.der
        )
        .execute(&mut *self.transaction)
        .await?;
        self.transaction.commit().await?;
        Ok(())
    }
}
