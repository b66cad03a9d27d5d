//! Certificates: every one that was ever issued for an account.

use crate::error::{noun, pki};
use crate::trust_anchor::read_hash;
use crate::{StoreError, Tx, View};
use hallmark_api::certificate::CertificatePurpose;
use hallmark_api::job::JobId;
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_pki::{Certificate, CertificateHash, SerialNumber};
use time::OffsetDateTime;
use uuid::Uuid;

/// A certificate on record, with who issued it and what became of it.
#[derive(Debug, Clone)]
pub struct IssuedCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// Its hash under its issuer's.
    pub hash: CertificateHash,
    /// The serial number of the certificate that issued it; a root's is its own.
    pub issuer: SerialNumber,
    /// What it is for.
    pub purpose: CertificatePurpose,
    /// The profile version that signs with it; none for whatever signs no code.
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

/// A certificate to be put on record.
#[derive(Debug, Clone)]
pub struct NewCertificate<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Its hash under its issuer's.
    pub hash: CertificateHash,
    /// What it is for.
    pub purpose: CertificatePurpose,
    /// The profile version that signs with it; none for whatever signs no code.
    pub profile_version: Option<(&'a ProfileName, &'a ProfileVersion)>,
    /// The shard of its issuer's CRLs that it names; none if it names none.
    pub crl_shard: Option<i32>,
    /// The one signature that it is for: its job, and when it signs.
    pub signature: Option<(JobId, OffsetDateTime)>,
    /// Until when its revocation is listed; none: without end.
    pub status_until: Option<OffsetDateTime>,
}

impl<'a> NewCertificate<'a> {
    /// A root's, to begin with: its own issuer, for ever.
    pub fn of(certificate: &'a Certificate) -> Self {
        Self {
            certificate,
            hash: CertificateHash::new(certificate, certificate),
            purpose: CertificatePurpose::Issuer,
            profile_version: None,
            crl_shard: None,
            signature: None,
            status_until: None,
        }
    }
}

fn purpose_text(purpose: CertificatePurpose) -> &'static str {
    match purpose {
        CertificatePurpose::Issuer => "issuer",
        CertificatePurpose::CodeSigning => "code_signing",
        CertificatePurpose::OcspSigning => "ocsp_signing",
        CertificatePurpose::TimeStamping => "time_stamping",
    }
}

fn read_purpose(text: &str) -> Result<CertificatePurpose, StoreError> {
    let known = CertificatePurpose::ALL.into_iter().find(|purpose| purpose_text(*purpose) == text);
    known.ok_or_else(|| StoreError::unreadable("certificates.purpose")(&text))
}

pub(crate) struct Row {
    pub(crate) certificate: Vec<u8>,
    pub(crate) certificate_hash: Vec<u8>,
    pub(crate) profile_name: Option<String>,
    pub(crate) profile_version: Option<String>,
    pub(crate) purpose: String,
    pub(crate) issued_at: OffsetDateTime,
    pub(crate) issuer_serial_number: Vec<u8>,
    pub(crate) revoked_from: Option<OffsetDateTime>,
}

impl TryFrom<Row> for IssuedCertificate {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let profile_version = match (row.profile_name, row.profile_version) {
            (Some(name), Some(version)) => Some((
                noun("certificates.profile_name", &name)?,
                noun("certificates.profile_version", &version)?,
            )),
            _ => None,
        };
        Ok(Self {
            certificate: Certificate::from_der(&row.certificate).map_err(pki("certificates.certificate"))?,
            hash: read_hash("certificates.certificate_hash", row.certificate_hash)?,
            issuer: SerialNumber::from_bytes(&row.issuer_serial_number)
                .map_err(pki("certificates.serial_number"))?,
            purpose: read_purpose(&row.purpose)?,
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
                      c.profile_version, c.purpose AS "purpose!", c.issued_at AS "issued_at!",
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

impl View {
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
            rows.extend(
                page!(self, account, before, filter, limit,
                    from "SELECT j.serial_number FROM revocations r JOIN signing_jobs j USING (account_id, job_id)
                          WHERE r.account_id = $1 AND r.subject = 'job'"
                    of "c.serial_number = d.serial_number AND c.job_id IS NOT NULL")
                .await?,
            );
            rows
        } else {
            page!(self, account, before, filter, limit, from "SELECT" of "true").await?
        };
        let certificates = rows.into_iter().map(IssuedCertificate::try_from);
        let mut certificates = certificates.collect::<Result<Vec<_>, _>>()?;
        certificates.sort_by_cached_key(|certificate| std::cmp::Reverse(certificate.place()));
        // One that is revoked in more than one way was found as often.
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
            next = self.issuing_certificate(&known.hash).await?;
            chain.push(known);
        }
        let Some(last) = chain.last() else { return Ok(chain) };
        let above = self.above(&last.hash).await?;
        let parents = above.iter().skip(1).chain(above.last());
        for (certificate, parent) in above.iter().zip(parents) {
            chain.push(IssuedCertificate {
                hash: CertificateHash::new(certificate, parent),
                issuer: parent.serial_number().clone(),
                purpose: CertificatePurpose::Issuer,
                profile_version: None,
                issued_at: certificate.validity().not_before(),
                revoked_from: None,
                certificate: certificate.clone(),
            });
        }
        Ok(chain)
    }

    /// The certificate of the account that issued the one with this hash; none if it stands above the account.
    async fn issuing_certificate(
        &mut self,
        hash: &CertificateHash,
    ) -> Result<Option<IssuedCertificate>, StoreError> {
        let account = self.account().clone();
        let serial_number = sqlx::query_scalar!(
            "SELECT serial_number FROM certificates
             WHERE account_id = $1 AND purpose = 'issuer' AND substring(certificate_hash FOR 48) = $2",
            account.as_str(),
            hash.issuer()
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(octets) = serial_number else { return Ok(None) };
        let serial_number = SerialNumber::from_bytes(&octets).map_err(pki("certificates.serial_number"))?;
        self.issued_certificate(&serial_number).await
    }

    /// One of the account's certificates.
    pub async fn issued_certificate(
        &mut self,
        serial_number: &SerialNumber,
    ) -> Result<Option<IssuedCertificate>, StoreError> {
        let account = self.account().clone();
        let row = sqlx::query_as!(
            Row,
            r#"SELECT certificate AS "certificate!", certificate_hash AS "certificate_hash!", profile_name,
                      profile_version, purpose AS "purpose!", issued_at AS "issued_at!",
                      issuer_serial_number AS "issuer_serial_number!", revoked_from
               FROM issued_certificates WHERE account_id = $1 AND serial_number = $2"#,
            account.as_str(),
            serial_number.as_bytes()
        );
        row.fetch_optional(&mut *self.transaction).await?.map(IssuedCertificate::try_from).transpose()
    }

    /// Which of these certificates of the account are revoked by themselves, from whatever time on.
    pub async fn revoked_certificates(
        &mut self,
        serial_numbers: &[&SerialNumber],
    ) -> Result<Vec<SerialNumber>, StoreError> {
        let account = self.account().clone();
        let octets: Vec<Vec<u8>> = serial_numbers.iter().map(|one| one.as_bytes().to_vec()).collect();
        sqlx::query_scalar!(
            r#"SELECT DISTINCT serial_number AS "serial_number!" FROM revocations
               WHERE account_id = $1 AND subject = 'certificate' AND serial_number = ANY ($2)"#,
            account.as_str(),
            &octets
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .iter()
        .map(|octets| SerialNumber::from_bytes(octets).map_err(pki("revocations.serial_number")))
        .collect()
    }
}

impl Tx {
    /// Puts certificates on record, in one statement however many there are.
    pub async fn insert_certificates(&mut self, new: &[NewCertificate<'_>]) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let octets = |octets: fn(&NewCertificate<'_>) -> Vec<u8>| new.iter().map(octets).collect::<Vec<_>>();
        let texts =
            |text: fn(&NewCertificate<'_>) -> Option<String>| new.iter().map(text).collect::<Vec<_>>();
        let times = |time: fn(&NewCertificate<'_>) -> Option<OffsetDateTime>| {
            new.iter().map(time).collect::<Vec<_>>()
        };
        sqlx::query!(
            "INSERT INTO certificates (account_id, serial_number, certificate, certificate_hash, purpose, profile_name,
                                       profile_version, crl_shard, job_id, signed_at, status_until, not_before,
                                       not_after, issued_at)
             SELECT $1, new.*, $14
             FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::int[],
                         $9::uuid[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[],
                         $13::timestamptz[]) AS new",
            account.as_str(),
            &octets(|new| new.certificate.serial_number().as_bytes().to_vec()),
            &octets(|new| new.certificate.der().to_vec()),
            &octets(|new| new.hash.octets().to_vec()),
            &new.iter().map(|new| purpose_text(new.purpose).to_owned()).collect::<Vec<_>>(),
            &texts(|new| new.profile_version.map(|(name, _)| name.to_string())) as &[Option<String>],
            &texts(|new| new.profile_version.map(|(_, version)| version.to_string())) as &[Option<String>],
            &new.iter().map(|new| new.crl_shard).collect::<Vec<_>>() as &[Option<i32>],
            &new.iter().map(|new| new.signature.map(|(job, _)| job.as_uuid())).collect::<Vec<_>>()
                as &[Option<Uuid>],
            &times(|new| new.signature.map(|(_, signed_at)| signed_at)) as &[Option<OffsetDateTime>],
            &times(|new| new.status_until) as &[Option<OffsetDateTime>],
            &times(|new| Some(new.certificate.validity().not_before())) as &[Option<OffsetDateTime>],
            &times(|new| Some(new.certificate.validity().not_after())) as &[Option<OffsetDateTime>],
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
