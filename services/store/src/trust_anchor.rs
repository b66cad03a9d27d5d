//! Trust anchors: the deployment's root, and what came above issuing CAs that were brought.

use crate::error::pki;
use crate::seal::Location;
use crate::{Store, StoreError, View};
use hallmark_pki::{Certificate, CertificateHash, Issuer, SigningKey};
use sqlx::PgExecutor;

pub(crate) fn key_place(serial_number: &str) -> Location<'_> {
    Location { table: "trust_anchors", row: serial_number, column: "sealed_key" }
}

/// The root of the deployment.
#[derive(Debug)]
pub struct TrustAnchor {
    /// Its certificate.
    pub certificate: Certificate,
    /// The same with its key; none once the key was taken offline.
    pub issuer: Option<Issuer>,
}

impl Store {
    /// The deployment's root that is in use, the latest made.
    pub async fn trust_anchor(&self) -> Result<TrustAnchor, StoreError> {
        let row = sqlx::query!(
            "SELECT certificate, sealed_key FROM trust_anchors WHERE NOT brought ORDER BY created_at DESC LIMIT 1"
        )
        .fetch_one(&self.pool)
        .await?;
        let certificate =
            Certificate::from_der(&row.certificate).map_err(pki("trust_anchors.certificate"))?;
        let Some(sealed) = row.sealed_key else { return Ok(TrustAnchor { certificate, issuer: None }) };
        let key = self.kek.open(key_place(&certificate.serial_number().to_string()), &sealed)?;
        let key = SigningKey::from_pkcs8(&key).map_err(pki("trust_anchors.sealed_key"))?;
        let issuer = Issuer::new(certificate.clone(), key).map_err(pki("trust_anchors.sealed_key"))?;
        Ok(TrustAnchor { certificate, issuer: Some(issuer) })
    }
}

impl View {
    /// The certificates above a certificate that no account's issued, up to the root.
    pub(crate) async fn above(&mut self, hash: &CertificateHash) -> Result<Vec<Certificate>, StoreError> {
        let mut above = Vec::new();
        let mut next = hash.issuer().to_vec();
        loop {
            let row = sqlx::query!(
                "SELECT certificate, certificate_hash FROM trust_anchors
                 WHERE substring(certificate_hash FOR 48) = $1",
                next
            )
            .fetch_one(&mut *self.transaction)
            .await?;
            let certificate =
                Certificate::from_der(&row.certificate).map_err(pki("trust_anchors.certificate"))?;
            above.push(certificate);
            let hash = read_hash("trust_anchors.certificate_hash", row.certificate_hash)?;
            if hash.own() == hash.issuer() {
                return Ok(above);
            }
            next = hash.issuer().to_vec();
        }
    }
}

/// Puts certificates on record that stand above an issuing CA which was brought; those that are there stay.
pub(crate) async fn insert_brought(
    executor: impl PgExecutor<'_>,
    above: &[Certificate],
    now: time::OffsetDateTime,
) -> Result<(), StoreError> {
    let parents = above.iter().skip(1).chain(above.last());
    let hashes: Vec<Vec<u8>> = above
        .iter()
        .zip(parents)
        .map(|(certificate, parent)| CertificateHash::new(certificate, parent).octets().to_vec())
        .collect();
    sqlx::query!(
        "INSERT INTO trust_anchors (serial_number, certificate, certificate_hash, not_after, created_at, brought)
         SELECT given.*, $5, true FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::timestamptz[]) AS given
         ON CONFLICT DO NOTHING",
        &above.iter().map(|one| one.serial_number().as_bytes().to_vec()).collect::<Vec<_>>(),
        &above.iter().map(|one| one.der().to_vec()).collect::<Vec<_>>(),
        &hashes,
        &above.iter().map(|one| one.validity().not_after()).collect::<Vec<_>>(),
        now
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Reads a certificate's hash.
pub(crate) fn read_hash(column: &'static str, octets: Vec<u8>) -> Result<CertificateHash, StoreError> {
    let octets = octets
        .try_into()
        .map_err(|octets: Vec<u8>| StoreError::unreadable(column)(&format!("{} octets", octets.len())))?;
    Ok(CertificateHash::from_octets(octets))
}
