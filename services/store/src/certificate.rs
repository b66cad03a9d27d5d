//! Issuers and the certificates that they issued.

use crate::deployment::hex;
use crate::seal::Location;
use crate::{StoreError, Tx, View};
use hallmark_api::profile::{ProfileName, ProfileVersion};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// An issuing CA of an account: its certificate and its key.
#[derive(Debug)]
pub struct IssuerRow {
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS#8.
    pub key: Zeroizing<Vec<u8>>,
}

/// A certificate to be put on record.
#[derive(Debug)]
pub struct NewCertificate<'a> {
    /// The serial number's octets.
    pub serial_number: &'a [u8],
    /// The profile version it was issued for; none for an issuing CA.
    pub profile_version: Option<(&'a ProfileName, &'a ProfileVersion)>,
    /// DER.
    pub certificate: &'a [u8],
    /// SHA-384 of its TBS part and of its issuer's.
    pub certificate_hash: &'a [u8],
    /// From when it is valid.
    pub not_before: OffsetDateTime,
    /// Until when it is valid.
    pub not_after: OffsetDateTime,
}

fn key_place(serial_number: &str) -> Location<'_> {
    Location {
        table: "issuers",
        row: serial_number,
        column: "sealed_key",
    }
}

impl View {
    /// The account's issuing CA that is in use: the one that lapses last. None before the account has one.
    pub async fn issuer(&mut self) -> Result<Option<IssuerRow>, StoreError> {
        let account = self.account().clone();
        let row = sqlx::query!(
            "SELECT i.serial_number, i.sealed_key, c.certificate
             FROM issuers i JOIN certificates c USING (account_id, serial_number)
             WHERE i.account_id = $1 ORDER BY i.not_after DESC, i.created_at DESC LIMIT 1",
            account.as_str()
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        row.map(|row| {
            let key = self
                .kek
                .open(key_place(&hex(&row.serial_number)), &row.sealed_key)?;
            Ok(IssuerRow {
                certificate: row.certificate,
                key,
            })
        })
        .transpose()
    }

    /// The certificate of one of the account's issuers, in DER; none for any other serial number.
    pub async fn issuer_certificate(
        &mut self,
        serial_number: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let account = self.account().clone();
        Ok(sqlx::query_scalar!(
            "SELECT c.certificate FROM issuers i JOIN certificates c USING (account_id, serial_number)
             WHERE i.account_id = $1 AND i.serial_number = $2",
            account.as_str(),
            serial_number
        )
        .fetch_optional(&mut *self.transaction)
        .await?)
    }
}

impl Tx {
    /// Puts a certificate on record.
    pub async fn insert_certificate(
        &mut self,
        certificate: &NewCertificate<'_>,
    ) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let (name, version) = certificate.profile_version.unzip();
        sqlx::query!(
            "INSERT INTO certificates (account_id, serial_number, profile_name, profile_version, certificate,
                                       certificate_hash, not_before, not_after, issued_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            account.as_str(),
            certificate.serial_number,
            name.map(ProfileName::as_str),
            version.map(ProfileVersion::as_str),
            certificate.certificate,
            certificate.certificate_hash,
            certificate.not_before,
            certificate.not_after,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Makes a recorded certificate an issuing CA by adding its key, sealed.
    pub async fn insert_issuer(
        &mut self,
        serial_number: &[u8],
        key: &[u8],
        not_after: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let sealed_key = self.kek.seal(key_place(&hex(serial_number)), key)?;
        sqlx::query!(
            "INSERT INTO issuers (account_id, serial_number, sealed_key, not_after, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            account.as_str(),
            serial_number,
            sealed_key,
            not_after,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
