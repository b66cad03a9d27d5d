//! Issuers and the certificates that they issued.

use crate::error::{noun, pki};
use crate::seal::Location;
use crate::{Store, StoreError, Tx, View};
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_pki::{Certificate, CertificateHash, Issuer, SerialNumber, SigningKey};
use time::OffsetDateTime;

fn key_place(serial_number: &str) -> Location<'_> {
    Location { table: "issuers", row: serial_number, column: "sealed_key" }
}

/// A certificate on record, with who issued it and what became of it.
#[derive(Debug, Clone)]
pub struct IssuedCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// Its hash under its issuer's.
    pub hash: CertificateHash,
    /// The serial number of the certificate that issued it; a root's is its own.
    pub issuer: SerialNumber,
    /// The profile version that signs with it; none for an issuing CA and the root.
    pub profile_version: Option<(ProfileName, ProfileVersion)>,
    /// When it was put on record.
    pub issued_at: OffsetDateTime,
    /// From when on what it signed is revoked, if it is.
    pub revoked_from: Option<OffsetDateTime>,
}

impl IssuedCertificate {
    /// Where it stands in the order of lists.
    pub fn place(&self) -> Place {
        Place { issued_at: self.issued_at, serial_number: self.certificate.serial_number().clone() }
    }
}

/// Where a certificate stands in the order of lists. Later ones are issued later, so a list that goes on below a
/// place neither repeats nor skips any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the certificate was put on record.
    pub issued_at: OffsetDateTime,
    /// Its serial number.
    pub serial_number: SerialNumber,
}

/// Which certificates a list shows.
#[derive(Debug, Clone, Default)]
pub struct CertificateFilter {
    /// Only of this profile.
    pub profile_name: Option<ProfileName>,
    /// Only of this version.
    pub profile_version: Option<ProfileVersion>,
    /// Only issued by the certificate of this serial number.
    pub issuer: Option<SerialNumber>,
    /// Only those that are, or are not, revoked.
    pub revoked: Option<bool>,
    /// Only those whose validity ends before this time.
    pub expires_before: Option<OffsetDateTime>,
    /// Only those whose validity ends after this time.
    pub expires_after: Option<OffsetDateTime>,
}

struct Row {
    certificate: Vec<u8>,
    certificate_hash: Vec<u8>,
    profile_name: Option<String>,
    profile_version: Option<String>,
    issued_at: OffsetDateTime,
    issuer_serial_number: Vec<u8>,
    revoked_from: Option<OffsetDateTime>,
}

impl TryFrom<Row> for IssuedCertificate {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let hash = row.certificate_hash.try_into().map_err(|octets: Vec<u8>| {
            StoreError::unreadable("certificates.certificate_hash")(&format!("{} octets", octets.len()))
        })?;
        let profile_version = match (row.profile_name, row.profile_version) {
            (Some(name), Some(version)) => Some((
                noun("certificates.profile_name", &name)?,
                noun("certificates.profile_version", &version)?,
            )),
            _ => None,
        };
        Ok(Self {
            certificate: Certificate::from_der(&row.certificate).map_err(pki("certificates.certificate"))?,
            hash: CertificateHash::from_octets(hash),
            issuer: SerialNumber::from_bytes(&row.issuer_serial_number)
                .map_err(pki("certificates.serial_number"))?,
            profile_version,
            issued_at: row.issued_at,
            revoked_from: row.revoked_from,
        })
    }
}

/// One page of certificates, taken from those that belong to each row of `$from` (by `$of`), the last issued first.
/// A page of all certificates has one row there. Each row gives no more than a page, so that the cost does not grow
/// with the table; nothing is issued a day after its end (`certificates_issued_in_time`), so what ended before a
/// time is not looked for above that.
macro_rules! page {
    ($view:ident, $account:ident, $before:ident, $filter:ident, $limit:ident, from $from:literal of $of:literal) => {
        sqlx::query_as!(
            Row,
            r#"SELECT c.certificate AS "certificate!", c.certificate_hash AS "certificate_hash!", c.profile_name,
                      c.profile_version, c.issued_at AS "issued_at!",
                      c.issuer_serial_number AS "issuer_serial_number!", c.revoked_from
               FROM ("# + $from + r#") AS d CROSS JOIN LATERAL (
                   SELECT * FROM issued_certificates c
                   WHERE c.account_id = $1 AND ("# + $of + r#")
                     AND ($2::timestamptz IS NULL OR (c.issued_at, c.serial_number) < ($2, $3::bytea))
                     AND ($4::text IS NULL OR c.profile_name = $4)
                     AND ($5::text IS NULL OR c.profile_version = $5)
                     AND ($6::bytea IS NULL OR substring(c.certificate_hash FROM 49) = coalesce(
                         (SELECT substring(certificate_hash FOR 48) FROM certificates
                          WHERE account_id = $1 AND serial_number = $6),
                         (SELECT substring(certificate_hash FOR 48) FROM trust_anchors WHERE serial_number = $6)))
                     AND ($7::bool IS NULL OR (c.revoked_from IS NOT NULL) = $7)
                     AND ($8::timestamptz IS NULL
                          OR (c.not_after < $8 AND c.issued_at < $8 + interval '24 hours'))
                     AND ($9::timestamptz IS NULL OR c.not_after > $9)
                   ORDER BY c.issued_at DESC, c.serial_number DESC LIMIT $10) AS c
               ORDER BY c.issued_at DESC, c.serial_number DESC LIMIT $10"#,
            $account.as_str(),
            $before.map(|place| place.issued_at),
            $before.map(|place| place.serial_number.as_bytes()),
            $filter.profile_name.as_ref().map(ProfileName::as_str),
            $filter.profile_version.as_ref().map(ProfileVersion::as_str),
            $filter.issuer.as_ref().map(SerialNumber::as_bytes),
            $filter.revoked,
            $filter.expires_before,
            $filter.expires_after,
            i64::try_from($limit).unwrap_or(i64::MAX)
        )
        .fetch_all(&mut *$view.transaction)
    };
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

    /// Up to `limit` of the account's issuing CAs that come before `before`, the last made first.
    pub async fn issuers_before(
        &mut self,
        before: Option<&Place>,
        limit: usize,
    ) -> Result<Vec<IssuedCertificate>, StoreError> {
        let account = self.account().clone();
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT c.certificate AS "certificate!", c.certificate_hash AS "certificate_hash!", c.profile_name,
                      c.profile_version, i.created_at AS issued_at,
                      c.issuer_serial_number AS "issuer_serial_number!", c.revoked_from
               FROM issuers i JOIN issued_certificates c USING (account_id, serial_number)
               WHERE i.account_id = $1
                 AND ($2::timestamptz IS NULL OR (i.created_at, i.serial_number) < ($2, $3::bytea))
               ORDER BY i.created_at DESC, i.serial_number DESC LIMIT $4"#,
            account.as_str(),
            before.map(|place| place.issued_at),
            before.map(|place| place.serial_number.as_bytes()),
            i64::try_from(limit).unwrap_or(i64::MAX)
        );
        rows.fetch_all(&mut *self.transaction).await?.into_iter().map(IssuedCertificate::try_from).collect()
    }

    /// Up to `limit` of the account's certificates that pass the filter and come before `before`, the last issued
    /// first.
    pub async fn certificates_before(
        &mut self,
        before: Option<&Place>,
        filter: &CertificateFilter,
        limit: usize,
    ) -> Result<Vec<IssuedCertificate>, StoreError> {
        let account = self.account().clone();
        let rows = if filter.revoked == Some(true) {
            // Found through what revokes them, because most certificates are not.
            let mut rows = page!(self, account, before, filter, limit,
                from "SELECT DISTINCT profile_name, profile_version FROM revocations
                      WHERE account_id = $1 AND subject = 'profile_version'"
                of "c.profile_name = d.profile_name AND c.profile_version = d.profile_version")
            .await?;
            rows.extend(
                page!(self, account, before, filter, limit,
                    from "SELECT DISTINCT serial_number FROM revocations
                          WHERE account_id = $1 AND subject = 'certificate'"
                    of "c.serial_number = d.serial_number")
                .await?,
            );
            rows
        } else {
            page!(self, account, before, filter, limit, from "SELECT" of "true").await?
        };
        let certificates = rows.into_iter().map(IssuedCertificate::try_from);
        let mut certificates = certificates.collect::<Result<Vec<_>, _>>()?;
        certificates.sort_by_cached_key(|certificate| std::cmp::Reverse(certificate.place()));
        // One that is revoked by itself and with its profile version was found twice.
        certificates.dedup_by_key(|certificate| certificate.place());
        certificates.truncate(limit);
        Ok(certificates)
    }

    /// One of the account's certificates, then each one's issuer, the root last; empty if there is no such
    /// certificate. An error if the chain does not end in a root.
    pub async fn certificate_chain(
        &mut self,
        serial_number: &SerialNumber,
    ) -> Result<Vec<IssuedCertificate>, StoreError> {
        let mut chain = Vec::new();
        let mut next = self.issued_certificate(serial_number).await?;
        while let Some(known) = next {
            next = self.issued_certificate(&known.issuer).await?;
            chain.push(known);
        }
        if let Some(last) = chain.last() {
            chain.push(self.issued_root(&last.issuer).await?);
        }
        Ok(chain)
    }

    async fn issued_certificate(
        &mut self,
        serial_number: &SerialNumber,
    ) -> Result<Option<IssuedCertificate>, StoreError> {
        let account = self.account().clone();
        let row = sqlx::query_as!(
            Row,
            r#"SELECT certificate AS "certificate!", certificate_hash AS "certificate_hash!", profile_name,
                      profile_version, issued_at AS "issued_at!",
                      issuer_serial_number AS "issuer_serial_number!", revoked_from
               FROM issued_certificates WHERE account_id = $1 AND serial_number = $2"#,
            account.as_str(),
            serial_number.as_bytes()
        );
        row.fetch_optional(&mut *self.transaction).await?.map(IssuedCertificate::try_from).transpose()
    }

    async fn issued_root(&mut self, serial_number: &SerialNumber) -> Result<IssuedCertificate, StoreError> {
        sqlx::query_as!(
            Row,
            r#"SELECT certificate, certificate_hash, NULL AS profile_name, NULL AS profile_version,
                      created_at AS issued_at, serial_number AS issuer_serial_number,
                      NULL::timestamptz AS revoked_from
               FROM trust_anchors WHERE serial_number = $1"#,
            serial_number.as_bytes()
        )
        .fetch_one(&mut *self.transaction)
        .await?
        .try_into()
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
