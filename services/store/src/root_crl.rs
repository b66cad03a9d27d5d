//! The root's CRLs: which of the issuing CAs are revoked. While the key is at hand each is signed when it is due; a
//! root that goes offline signs a year of them ahead.

use crate::certificate_status::revocation;
use crate::error::pki;
use crate::transaction::{WRITE, begin};
use crate::{Store, StoreError};
use hallmark_pki::{Certificate, CertificateHash, CrlEntry, SerialNumber};
use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;

/// A CRL of the root.
#[derive(Debug, Clone)]
pub struct RootCrl {
    /// Its number.
    pub number: i64,
    /// From when on it is in force.
    pub this_update: OffsetDateTime,
    /// Until when verifiers accept it.
    pub next_update: OffsetDateTime,
    /// The list in DER.
    pub der: Vec<u8>,
}

/// The right to publish CRLs of the root, held by one at a time. Dropped without
/// [`publish`](RootCrlPublication::publish), it changes nothing.
#[derive(Debug)]
pub struct RootCrlPublication {
    transaction: Transaction<'static, Postgres>,
    /// The highest number that was ever given.
    pub last_number: i64,
}

impl Store {
    /// The root's CRL in force at a time: the one with the highest number of those that have begun.
    pub async fn root_crl(&self, now: OffsetDateTime) -> Result<Option<RootCrl>, StoreError> {
        Ok(sqlx::query_as!(
            RootCrl,
            "SELECT crl_number AS number, this_update, next_update, crl AS der FROM root_crls
             WHERE this_update <= $1 ORDER BY crl_number DESC LIMIT 1",
            now
        )
        .fetch_optional(&self.publication)
        .await?)
    }

    /// Until when the root's CRLs that are signed already reach; none if there are none.
    pub async fn root_crls_reach(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        Ok(sqlx::query_scalar!("SELECT max(next_update) FROM root_crls").fetch_one(&self.pool).await?)
    }

    /// Waits for the right to publish CRLs of the root.
    pub async fn root_crl_publication(&self) -> Result<RootCrlPublication, StoreError> {
        let mut transaction = begin(&self.publication, WRITE).await?;
        sqlx::query!(r#"SELECT pg_advisory_xact_lock(hashtextextended('root crl', 0))::text AS "turn""#)
            .fetch_one(&mut *transaction)
            .await?;
        let last_number =
            sqlx::query_scalar!(r#"SELECT coalesce(max(crl_number), 0) AS "last!" FROM root_crls"#)
                .fetch_one(&mut *transaction)
                .await?;
        Ok(RootCrlPublication { transaction, last_number })
    }
}

impl RootCrlPublication {
    /// The list in force at a time, as whoever holds this right sees it.
    pub async fn in_force(&mut self, now: OffsetDateTime) -> Result<Option<RootCrl>, StoreError> {
        Ok(sqlx::query_as!(
            RootCrl,
            "SELECT crl_number AS number, this_update, next_update, crl AS der FROM root_crls
             WHERE this_update <= $1 ORDER BY crl_number DESC LIMIT 1",
            now
        )
        .fetch_optional(&mut *self.transaction)
        .await?)
    }

    /// The issuing CAs that a root issued and that are revoked.
    pub async fn revoked_issuers(&mut self, root: &Certificate) -> Result<Vec<CrlEntry>, StoreError> {
        let root = CertificateHash::new(root, root);
        sqlx::query!(
            r#"SELECT c.serial_number AS "serial_number!", c.revoked_from AS "revoked_from!", c.reason_code
               FROM issuers i JOIN issued_certificates c USING (account_id, serial_number)
               WHERE substring(c.certificate_hash FROM 49) = $1 AND c.revoked_from IS NOT NULL"#,
            root.own()
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .into_iter()
        .map(|row| {
            let serial_number = SerialNumber::from_bytes(&row.serial_number);
            Ok(CrlEntry {
                serial_number: serial_number.map_err(pki("certificates.serial_number"))?,
                revocation: revocation(row.revoked_from, row.reason_code)?,
            })
        })
        .collect()
    }

    /// Takes the root's key offline together with what is published: from here on nothing can be signed with it.
    pub async fn take_key_offline(&mut self, root: &Certificate) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE trust_anchors SET sealed_key = NULL WHERE certificate_hash = $1 AND sealed_key IS NOT NULL",
            &CertificateHash::new(root, root).octets()
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Publishes lists; what they supersede is forgotten.
    pub async fn publish(mut self, crls: &[RootCrl], now: OffsetDateTime) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO root_crls (crl_number, this_update, next_update, crl)
             SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bytea[])",
            &crls.iter().map(|crl| crl.number).collect::<Vec<_>>(),
            &crls.iter().map(|crl| crl.this_update).collect::<Vec<_>>(),
            &crls.iter().map(|crl| crl.next_update).collect::<Vec<_>>(),
            &crls.iter().map(|crl| crl.der.clone()).collect::<Vec<_>>()
        )
        .execute(&mut *self.transaction)
        .await?;
        sqlx::query!(
            "DELETE FROM root_crls r WHERE next_update < $1
             AND EXISTS (SELECT FROM root_crls later WHERE later.crl_number > r.crl_number AND later.this_update <= $1)",
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        self.transaction.commit().await?;
        Ok(())
    }
}
