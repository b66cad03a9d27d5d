//! The deployment: what all its accounts and certificates have in common, and its trust anchor.

use crate::error::{noun, pki};
use crate::seal::Location;
use crate::transaction::{WRITE, begin};
use crate::trust_anchor::key_place;
use crate::{Store, StoreError};
use hallmark_api::account::Region;
use hallmark_pki::{Certificate, CertificateHash, SigningKey};
use time::OffsetDateTime;

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

const PROOF: &[u8] = b"hallmark key-encryption key";

fn proof_place(region: &Region) -> Location<'_> {
    Location { table: "deployment", row: region.as_str(), column: "sealed_proof" }
}

impl Store {
    /// The deployment, once it is initialised; an error if this replica's key-encryption key is not the
    /// one that it was initialised with.
    pub async fn deployment(&self) -> Result<Option<Deployment>, StoreError> {
        let row = sqlx::query!("SELECT region, country, state, organization, sealed_proof FROM deployment")
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
        anchor: &Certificate,
        key: &SigningKey,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let sealed_proof = self.kek.seal(proof_place(&deployment.region), PROOF)?;
        let serial_number = anchor.serial_number();
        let key = key.to_pkcs8().map_err(pki("trust_anchors.sealed_key"))?;
        let sealed_key = self.kek.seal(key_place(&serial_number.to_string()), &key)?;
        let mut transaction = begin(&self.pool, WRITE).await?;
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
            serial_number.as_bytes(),
            anchor.der(),
            &CertificateHash::new(anchor, anchor).octets(),
            sealed_key,
            anchor.validity().not_after(),
            now,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
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
            durable: row.fsync == "on" && !matches!(row.synchronous_commit.as_str(), "off" | "local"),
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
