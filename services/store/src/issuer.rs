//! Issuing CAs: their keys, sealed, and the places in the CRLs that their certificates name.

use crate::certificate::{IssuedCertificate, NewCertificate, Place, Row};
use crate::error::{noun, pki};
use crate::seal::Location;
use crate::trust_anchor::{insert_brought, read_hash};
use crate::{Store, StoreError, Tx, View};
use hallmark_api::account::AccountId;
use hallmark_api::certificate::CertificatePurpose;
use hallmark_api::profile::ProfileName;
use hallmark_pki::{Certificate, CertificateHash, Issuer, SerialNumber, SigningKey};
use std::ops::Range;
use time::OffsetDateTime;

fn key_place(serial_number: &str) -> Location<'_> {
    Location { table: "issuers", row: serial_number, column: "sealed_key" }
}

/// How many certificates share a CRL. A CRL of as many entries is smaller than 1 MiB.
pub const SHARD_SIZE: i64 = 10_000;

/// An issuing CA on record, with its key.
#[derive(Debug)]
pub struct KnownIssuer {
    /// What URLs call it.
    pub id: SerialNumber,
    /// The account that it issues for.
    pub account: AccountId,
    /// Its certificate and key.
    pub issuer: Issuer,
    /// Its certificate's hash.
    pub hash: CertificateHash,
    /// The certificates above it, the root last.
    pub above: Vec<Certificate>,
}

/// An issuing CA to be put on record.
#[derive(Debug)]
pub struct NewIssuer<'a> {
    /// What URLs shall call it.
    pub id: &'a SerialNumber,
    /// Its certificate.
    pub certificate: &'a Certificate,
    /// Its key.
    pub key: &'a SigningKey,
    /// The certificates above it, the root last.
    pub above: &'a [Certificate],
    /// The one profile that it issues for; none for the whole account.
    pub profile: Option<&'a ProfileName>,
    /// From when on it issues.
    pub used_from: OffsetDateTime,
}

/// An issuing CA that is neither lapsed nor revoked.
#[derive(Debug, Clone)]
pub struct StandingIssuer {
    /// The one profile that it issues for; none for the whole account.
    pub profile: Option<ProfileName>,
    /// The end of its validity.
    pub not_after: OffsetDateTime,
    /// From when on it issues.
    pub used_from: OffsetDateTime,
    /// Whether it stands below a root that is not the deployment's.
    pub brought: bool,
}

/// An issuing CA as it stands on record, without its key.
#[derive(Debug, Clone)]
pub struct RecordedIssuer {
    /// What URLs call it.
    pub id: SerialNumber,
    /// Its certificate.
    pub certificate: Certificate,
    /// The one profile that it issues for; none for the whole account.
    pub profile: Option<ProfileName>,
    /// From when on it issues.
    pub used_from: OffsetDateTime,
    /// From when on it is revoked; none if it is not.
    pub revoked_from: Option<OffsetDateTime>,
}

struct KeyRow {
    account_id: String,
    issuer_id: Vec<u8>,
    sealed_key: Vec<u8>,
    certificate: Vec<u8>,
    certificate_hash: Vec<u8>,
}

impl View {
    /// The issuing CA that is in use, for the account or for one profile alone: of those that are valid and not
    /// revoked the one whose turn came last, or will come first. None when there is none.
    pub async fn issuer(
        &mut self,
        profile: Option<&ProfileName>,
        now: OffsetDateTime,
    ) -> Result<Option<KnownIssuer>, StoreError> {
        let account = self.account().clone();
        let row = sqlx::query_as!(
            KeyRow,
            r#"SELECT i.account_id, i.issuer_id, i.sealed_key, c.certificate AS "certificate!",
                      c.certificate_hash AS "certificate_hash!"
               FROM issuers i JOIN issued_certificates c USING (account_id, serial_number)
               WHERE i.account_id = $1 AND i.profile_name IS NOT DISTINCT FROM $2 AND i.not_after > $3
                 AND c.revoked_from IS NULL
               ORDER BY i.used_from > $3, CASE WHEN i.used_from <= $3 THEN i.used_from END DESC, i.used_from,
                        i.created_at DESC
               LIMIT 1"#,
            account.as_str(),
            profile.map(ProfileName::as_str),
            now
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        match row {
            Some(row) => self.open_issuer(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The issuing CAs of the account whose key has this hash (SHA-1 or SHA-256, by its length), lapsed and revoked
    /// ones included.
    pub async fn issuers_by_key(&mut self, key_hash: &[u8]) -> Result<Vec<KnownIssuer>, StoreError> {
        let account = self.account().clone();
        let rows = sqlx::query_as!(
            KeyRow,
            r#"SELECT i.account_id, i.issuer_id, i.sealed_key, c.certificate, c.certificate_hash
               FROM issuers i JOIN certificates c USING (account_id, serial_number)
               WHERE i.account_id = $1 AND (i.key_sha1 = $2 OR i.key_sha256 = $2)"#,
            account.as_str(),
            key_hash
        )
        .fetch_all(&mut *self.transaction)
        .await?;
        let mut issuers = Vec::with_capacity(rows.len());
        for row in rows {
            issuers.push(self.open_issuer(row).await?);
        }
        Ok(issuers)
    }

    /// The issuing CA that URLs call by this id; none for any other id.
    pub async fn issuer_by_id(&mut self, id: &SerialNumber) -> Result<Option<KnownIssuer>, StoreError> {
        let account = self.account().clone();
        let row = sqlx::query_as!(
            KeyRow,
            r#"SELECT i.account_id, i.issuer_id, i.sealed_key, c.certificate, c.certificate_hash
               FROM issuers i JOIN certificates c USING (account_id, serial_number)
               WHERE i.account_id = $1 AND i.issuer_id = $2"#,
            account.as_str(),
            id.as_bytes()
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        match row {
            Some(row) => self.open_issuer(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn open_issuer(&mut self, row: KeyRow) -> Result<KnownIssuer, StoreError> {
        let certificate = Certificate::from_der(&row.certificate).map_err(pki("certificates.certificate"))?;
        let serial_number = certificate.serial_number().to_string();
        let key = self.kek.open(key_place(&serial_number), &row.sealed_key)?;
        let key = SigningKey::from_pkcs8(&key).map_err(pki("issuers.sealed_key"))?;
        let issuer = Issuer::new(certificate, key).map_err(pki("issuers.sealed_key"))?;
        let hash = read_hash("certificates.certificate_hash", row.certificate_hash)?;
        let above = self.above(&hash).await?;
        let id = SerialNumber::from_bytes(&row.issuer_id).map_err(pki("issuers.issuer_id"))?;
        let account = noun("issuers.account_id", &row.account_id)?;
        Ok(KnownIssuer { id, account, issuer, hash, above })
    }

    /// How many shards the CRLs of an issuing CA have so far; none for any other id.
    pub async fn shards(&mut self, id: &SerialNumber) -> Result<Option<i32>, StoreError> {
        let account = self.account().clone();
        let places = sqlx::query_scalar!(
            "SELECT places FROM issuers WHERE account_id = $1 AND issuer_id = $2",
            account.as_str(),
            id.as_bytes()
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        // What was issued before there were places is listed in the first.
        Ok(places.map(|places| shard(places + SHARD_SIZE - 1).max(1)))
    }

    /// The ids of all issuing CAs of the account, the last made first.
    pub async fn issuer_ids(&mut self) -> Result<Vec<SerialNumber>, StoreError> {
        let account = self.account().clone();
        sqlx::query_scalar!(
            "SELECT issuer_id FROM issuers WHERE account_id = $1 ORDER BY created_at DESC, serial_number DESC",
            account.as_str()
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .iter()
        .map(|id| SerialNumber::from_bytes(id).map_err(pki("issuers.issuer_id")))
        .collect()
    }

    /// The issuing CAs of the account that are neither lapsed nor revoked, those of its profiles included unless they
    /// are canceled.
    pub async fn standing_issuers(&mut self, now: OffsetDateTime) -> Result<Vec<StandingIssuer>, StoreError> {
        let account = self.account().clone();
        sqlx::query!(
            r#"SELECT i.profile_name, i.not_after AS "not_after!", i.used_from AS "used_from!",
                      EXISTS (SELECT FROM trust_anchors a WHERE a.brought
                              AND substring(a.certificate_hash FOR 48) = substring(c.certificate_hash FROM 49))
                          AS "brought!"
               FROM issuers i JOIN issued_certificates c USING (account_id, serial_number)
               WHERE i.account_id = $1 AND i.not_after > $2 AND c.revoked_from IS NULL
                 AND NOT EXISTS (SELECT FROM profiles p WHERE p.account_id = i.account_id
                                 AND p.profile_name = i.profile_name AND p.canceled_at IS NOT NULL)"#,
            account.as_str(),
            now
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .into_iter()
        .map(|row| {
            let profile = row.profile_name.map(|name| noun("issuers.profile_name", &name)).transpose()?;
            Ok(StandingIssuer {
                profile,
                not_after: row.not_after,
                used_from: row.used_from,
                brought: row.brought,
            })
        })
        .collect()
    }

    /// All issuing CAs of the account, the last made first.
    pub async fn recorded_issuers(&mut self) -> Result<Vec<RecordedIssuer>, StoreError> {
        let account = self.account().clone();
        sqlx::query!(
            r#"SELECT i.issuer_id, i.profile_name, i.used_from, c.certificate AS "certificate!", c.revoked_from
               FROM issuers i JOIN issued_certificates c USING (account_id, serial_number)
               WHERE i.account_id = $1 ORDER BY i.created_at DESC, i.serial_number DESC"#,
            account.as_str()
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .into_iter()
        .map(|row| {
            Ok(RecordedIssuer {
                id: SerialNumber::from_bytes(&row.issuer_id).map_err(pki("issuers.issuer_id"))?,
                certificate: Certificate::from_der(&row.certificate)
                    .map_err(pki("certificates.certificate"))?,
                profile: row.profile_name.map(|name| noun("issuers.profile_name", &name)).transpose()?,
                used_from: row.used_from,
                revoked_from: row.revoked_from,
            })
        })
        .collect()
    }

    /// How many issuing CAs the account, or one of its profiles alone, ever had, those included whose keys wait for
    /// their certificates.
    pub async fn issuer_generations(&mut self, profile: Option<&ProfileName>) -> Result<i64, StoreError> {
        let account = self.account().clone();
        Ok(sqlx::query_scalar!(
            r#"SELECT (SELECT count(*) FROM issuers
                       WHERE account_id = $1 AND profile_name IS NOT DISTINCT FROM $2)
                    + (SELECT count(*) FROM issuer_requests
                       WHERE account_id = $1 AND profile_name IS NOT DISTINCT FROM $2) AS "count!""#,
            account.as_str(),
            profile.map(ProfileName::as_str)
        )
        .fetch_one(&mut *self.transaction)
        .await?)
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
                      c.profile_version, c.purpose AS "purpose!", i.created_at AS "issued_at!",
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
}

/// The shard of a place.
pub fn shard(place: i64) -> i32 {
    i32::try_from(place / SHARD_SIZE).unwrap_or(i32::MAX)
}

impl Tx {
    /// Puts an issuing CA on record, with its certificate and what stands above it.
    pub async fn insert_issuer(&mut self, new: &NewIssuer<'_>) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let parent = new.above.first().unwrap_or(new.certificate);
        let hash = CertificateHash::new(new.certificate, parent);
        insert_brought(&mut *self.transaction, new.above, now).await?;
        let certificate = NewCertificate {
            hash,
            purpose: CertificatePurpose::Issuer,
            ..NewCertificate::of(new.certificate)
        };
        self.insert_certificates(&[certificate]).await?;
        let serial_number = new.certificate.serial_number();
        let key = new.key.to_pkcs8().map_err(pki("issuers.sealed_key"))?;
        let sealed_key = self.kek.seal(key_place(&serial_number.to_string()), &key)?;
        sqlx::query!(
            "INSERT INTO issuers (account_id, serial_number, issuer_id, profile_name, sealed_key, key_sha1, key_sha256,
                                  not_after, used_from, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            account.as_str(),
            serial_number.as_bytes(),
            new.id.as_bytes(),
            new.profile.map(ProfileName::as_str),
            sealed_key,
            new.certificate.public_key().key_identifier(),
            new.certificate.public_key().sha256(),
            new.certificate.validity().not_after(),
            new.used_from,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Gives out this many places in the CRLs of an issuing CA. Each certificate takes one, which says in which CRL it
    /// will be listed when it is revoked; places that are never taken cost nothing.
    pub async fn take_places(&mut self, id: &SerialNumber, count: i64) -> Result<Range<i64>, StoreError> {
        let account = self.account().clone();
        let end = sqlx::query_scalar!(
            "UPDATE issuers SET places = places + $3 WHERE account_id = $1 AND issuer_id = $2 RETURNING places",
            account.as_str(),
            id.as_bytes(),
            count
        )
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok(end - count..end)
    }
}

impl Store {
    /// The accounts that have an issuing CA whose key has this hash (SHA-1 or SHA-256, by its length).
    pub async fn accounts_by_issuer_key(&self, key_hash: &[u8]) -> Result<Vec<AccountId>, StoreError> {
        sqlx::query_scalar!(
            r#"SELECT account_id AS "account_id!" FROM issuers WHERE key_sha1 = $1
               UNION SELECT account_id FROM issuers WHERE key_sha256 = $1"#,
            key_hash
        )
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(|account| noun("issuers.account_id", account))
        .collect()
    }

    /// When the first of the issuing CAs will lapse that nothing follows yet: of each account, and of each profile that
    /// has its own and is not canceled, the one whose turn comes last. None while there are none.
    pub async fn first_issuer_lapse(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT min(not_after) FROM (
                 SELECT DISTINCT ON (account_id, profile_name) not_after FROM issuers i
                 WHERE NOT EXISTS (SELECT FROM revocations r WHERE r.account_id = i.account_id
                                   AND r.serial_number = i.serial_number AND r.subject = 'certificate')
                   AND NOT EXISTS (SELECT FROM profiles p WHERE p.account_id = i.account_id
                                   AND p.profile_name = i.profile_name AND p.canceled_at IS NOT NULL)
                 ORDER BY account_id, profile_name, used_from DESC, created_at DESC) AS last"
        )
        .fetch_one(&self.pool)
        .await?)
    }
}
