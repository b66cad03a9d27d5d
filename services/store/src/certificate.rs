//! Issuers and the certificates that they issued.

use crate::error::pki;
use crate::seal::Location;
use crate::{Store, StoreError, Tx, View};
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_pki::{Certificate, CertificateHash, Issuer, SerialNumber, SigningKey};
use time::OffsetDateTime;

fn key_place(serial_number: &str) -> Location<'_> {
    Location { table: "issuers", row: serial_number, column: "sealed_key" }
}

impl Store {
    /// When the first account will be left without a valid issuing CA; none while there are no issuers.
    pub async fn first_issuer_lapse(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT min(last) FROM (SELECT max(not_after) AS last FROM issuers GROUP BY account_id) AS lapses"
        )
        .fetch_one(&self.pool)
        .await?)
    }
}

impl View {
    /// The account's issuing CA that is in use: the one that lapses last. None before the account has one.
    pub async fn issuer(&mut self) -> Result<Option<Issuer>, StoreError> {
        let account = self.account().clone();
        let row = sqlx::query!(
            "SELECT i.sealed_key, c.certificate
             FROM issuers i JOIN certificates c USING (account_id, serial_number)
             WHERE i.account_id = $1 ORDER BY i.not_after DESC, i.created_at DESC LIMIT 1",
            account.as_str()
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let certificate = Certificate::from_der(&row.certificate).map_err(pki("certificates.certificate"))?;
        let serial_number = certificate.serial_number().to_string();
        let key = self.kek.open(key_place(&serial_number), &row.sealed_key)?;
        let key = SigningKey::from_pkcs8(&key).map_err(pki("issuers.sealed_key"))?;
        Issuer::new(certificate, key).map(Some).map_err(pki("issuers.sealed_key"))
    }

    /// The certificate of one of the account's issuers; none for any other serial number.
    pub async fn issuer_certificate(
        &mut self,
        serial_number: &SerialNumber,
    ) -> Result<Option<Certificate>, StoreError> {
        let account = self.account().clone();
        let der = sqlx::query_scalar!(
            "SELECT c.certificate FROM issuers i JOIN certificates c USING (account_id, serial_number)
             WHERE i.account_id = $1 AND i.serial_number = $2",
            account.as_str(),
            serial_number.as_bytes()
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        der.map(|der| Certificate::from_der(&der).map_err(pki("certificates.certificate"))).transpose()
    }
}

impl Tx {
    /// Puts a certificate on record: a leaf of a profile version, or an issuing CA, which has none.
    pub async fn insert_certificate(
        &mut self,
        certificate: &Certificate,
        hash: &CertificateHash,
        profile_version: Option<(&ProfileName, &ProfileVersion)>,
    ) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let (name, version) = profile_version.unzip();
        sqlx::query!(
            "INSERT INTO certificates (account_id, serial_number, profile_name, profile_version, certificate,
                                       certificate_hash, not_before, not_after, issued_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            account.as_str(),
            certificate.serial_number().as_bytes(),
            name.map(ProfileName::as_str),
            version.map(ProfileVersion::as_str),
            certificate.der(),
            &hash.octets(),
            certificate.validity().not_before(),
            certificate.validity().not_after(),
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Makes a recorded certificate an issuing CA by adding its key, sealed.
    pub async fn insert_issuer(
        &mut self,
        certificate: &Certificate,
        key: &SigningKey,
    ) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let serial_number = certificate.serial_number();
        let key = key.to_pkcs8().map_err(pki("issuers.sealed_key"))?;
        let sealed_key = self.kek.seal(key_place(&serial_number.to_string()), &key)?;
        sqlx::query!(
            "INSERT INTO issuers (account_id, serial_number, sealed_key, not_after, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            account.as_str(),
            serial_number.as_bytes(),
            sealed_key,
            certificate.validity().not_after(),
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
