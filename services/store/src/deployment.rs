//! The deployment: what all its accounts and certificates have in common, and its trust anchor.

use crate::error::noun;
use crate::seal::{KeyEncryptionKey, Location};
use crate::{Store, StoreError};
use hallmark_api::account::Region;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// What every certificate and ARN of the deployment has in common; never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The one region of the deployment.
    pub region: Region,
    /// `C` of every subject.
    pub country: String,
    /// `ST` of every subject.
    pub state: String,
    /// `O` of every subject.
    pub organization: String,
}

/// The root certificate and, while it is online, its key.
#[derive(Debug)]
pub struct TrustAnchorRow {
    /// The serial number's octets.
    pub serial_number: Vec<u8>,
    /// DER.
    pub certificate: Vec<u8>,
    /// SHA-384 of the TBS part, twice.
    pub certificate_hash: Vec<u8>,
    /// PKCS#8.
    pub key: Zeroizing<Vec<u8>>,
    /// When the root lapses.
    pub not_after: OffsetDateTime,
}

const PROOF: &[u8] = b"hallmark key-encryption key";

fn proof_place(region: &Region) -> Location<'_> {
    Location {
        table: "deployment",
        row: region.as_str(),
        column: "sealed_proof",
    }
}

fn anchor_place(serial_number: &str) -> Location<'_> {
    Location {
        table: "trust_anchors",
        row: serial_number,
        column: "sealed_key",
    }
}

impl Store {
    /// The deployment, once it is initialised; an error if this replica's key-encryption key is not the
    /// one that it was initialised with.
    pub async fn deployment(&self) -> Result<Option<Deployment>, StoreError> {
        let row = sqlx::query!(
            "SELECT region, country, state, organization, sealed_proof FROM deployment"
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let region: Region = noun("deployment.region", &row.region)?;
        self.kek.open(proof_place(&region), &row.sealed_proof)?;
        Ok(Some(Deployment {
            region,
            country: row.country,
            state: row.state,
            organization: row.organization,
        }))
    }

    /// Initialises the deployment and its trust anchor in one transaction; an error when one exists.
    pub async fn initialise(
        &self,
        deployment: &Deployment,
        anchor: &TrustAnchorRow,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let sealed_proof = self.kek.seal(proof_place(&deployment.region), PROOF)?;
        let sealed_key = seal_anchor(&self.kek, anchor)?;
        let mut transaction = self.pool.begin().await?;
        sqlx::query!(
            "INSERT INTO deployment (region, country, state, organization, sealed_proof, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            deployment.region.as_str(),
            deployment.country,
            deployment.state,
            deployment.organization,
            sealed_proof,
            now,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO trust_anchors (serial_number, certificate, certificate_hash, sealed_key, not_after, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            anchor.serial_number,
            anchor.certificate,
            anchor.certificate_hash,
            sealed_key,
            anchor.not_after,
            now,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The trust anchor that is in use: the latest made.
    pub async fn trust_anchor(&self) -> Result<TrustAnchorRow, StoreError> {
        let row = sqlx::query!(
            "SELECT serial_number, certificate, certificate_hash, sealed_key, not_after
             FROM trust_anchors ORDER BY created_at DESC LIMIT 1"
        )
        .fetch_one(&self.pool)
        .await?;
        let key = self
            .kek
            .open(anchor_place(&hex(&row.serial_number)), &row.sealed_key)?;
        Ok(TrustAnchorRow {
            serial_number: row.serial_number,
            certificate: row.certificate,
            certificate_hash: row.certificate_hash,
            key,
            not_after: row.not_after,
        })
    }

    /// The database's clock, and whether it makes commits durable before it acknowledges them.
    pub async fn durability(&self) -> Result<Durability, StoreError> {
        let row = sqlx::query!(
            r#"SELECT clock_timestamp() AS "clock!", current_setting('fsync') AS "fsync!",
                      current_setting('synchronous_commit') AS "synchronous_commit!""#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Durability {
            clock: row.clock,
            durable: row.fsync == "on"
                && !matches!(row.synchronous_commit.as_str(), "off" | "local"),
        })
    }
}

/// What readiness asks of the database.
#[derive(Debug, Clone, Copy)]
pub struct Durability {
    /// The database's clock.
    pub clock: OffsetDateTime,
    /// Whether an acknowledged commit survives a crash: `fsync` and `synchronous_commit` are on.
    pub durable: bool,
}

fn seal_anchor(kek: &KeyEncryptionKey, anchor: &TrustAnchorRow) -> Result<Vec<u8>, StoreError> {
    kek.seal(anchor_place(&hex(&anchor.serial_number)), &anchor.key)
}

pub(crate) fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
