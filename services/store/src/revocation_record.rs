//! Revocations as they were recorded, for whoever looks into them.

use crate::error::{noun, pki};
use crate::{StoreError, View};
use hallmark_api::job::JobId;
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_api::revocation_record::{RevocationId, RevocationSubjectType};
use hallmark_pki::SerialNumber;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a recorded revocation revokes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// The profile version that the record concerns.
    ProfileVersion,
    /// One signature.
    Job(JobId),
    /// One certificate.
    Certificate(SerialNumber),
}

/// One revocation as it was recorded.
#[derive(Debug, Clone)]
pub struct RevocationRecord {
    /// Its id.
    pub id: RevocationId,
    /// What it revokes.
    pub revoked: Revoked,
    /// The profile version that it concerns: the revoked one, or the one that the revoked job or certificate
    /// signed with. None for an issuing CA.
    pub profile_version: Option<(ProfileName, ProfileVersion)>,
    /// From when on.
    pub effective_at: OffsetDateTime,
    /// When it was recorded.
    pub recorded_at: OffsetDateTime,
    /// ARN of the principal that recorded it.
    pub recorded_by: String,
    /// Why.
    pub reason: String,
}

impl RevocationRecord {
    /// Where it stands in the order of lists.
    pub fn place(&self) -> Place {
        Place { recorded_at: self.recorded_at, id: self.id.clone() }
    }
}

/// Where a revocation stands in the order of lists. Later ones are recorded later, so a list that goes on below a
/// place neither repeats nor skips any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When the revocation was recorded.
    pub recorded_at: OffsetDateTime,
    /// Its id.
    pub id: RevocationId,
}

/// Which revocations a list shows.
#[derive(Debug, Clone, Default)]
pub struct RevocationFilter {
    /// Only of this kind of thing.
    pub subject: Option<RevocationSubjectType>,
    /// Only those that concern this profile.
    pub profile_name: Option<ProfileName>,
    /// Only those that concern this version.
    pub profile_version: Option<ProfileVersion>,
    /// Only of this job.
    pub job: Option<JobId>,
    /// Only of the certificate of this serial number.
    pub certificate: Option<SerialNumber>,
    /// Only those recorded before this time.
    pub recorded_before: Option<OffsetDateTime>,
    /// Only those recorded after this time.
    pub recorded_after: Option<OffsetDateTime>,
    /// Only those effective before this time.
    pub effective_before: Option<OffsetDateTime>,
    /// Only those effective after this time.
    pub effective_after: Option<OffsetDateTime>,
    /// Only those whose reason holds this text, in letters of either case.
    pub reason_contains: Option<String>,
    /// Only those that this principal recorded.
    pub recorded_by: Option<String>,
}

struct Row {
    revocation_id: Uuid,
    subject: String,
    concerns_profile_name: Option<String>,
    concerns_profile_version: Option<String>,
    job_id: Option<Uuid>,
    serial_number: Option<Vec<u8>>,
    effective_at: OffsetDateTime,
    recorded_at: OffsetDateTime,
    recorded_by: String,
    reason: String,
}

fn subject_text(subject: RevocationSubjectType) -> &'static str {
    match subject {
        RevocationSubjectType::ProfileVersion => "profile_version",
        RevocationSubjectType::SigningJob => "job",
        RevocationSubjectType::Certificate => "certificate",
    }
}

impl TryFrom<Row> for RevocationRecord {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let revoked = match (row.subject.as_str(), row.job_id, row.serial_number) {
            ("profile_version", None, None) => Revoked::ProfileVersion,
            ("job", Some(job), None) => Revoked::Job(JobId::from(job)),
            ("certificate", None, Some(octets)) => Revoked::Certificate(
                SerialNumber::from_bytes(&octets).map_err(pki("revocations.serial_number"))?,
            ),
            (other, ..) => return Err(StoreError::unreadable("revocations.subject")(&other)),
        };
        let profile_version = match (row.concerns_profile_name, row.concerns_profile_version) {
            (Some(name), Some(version)) => Some((
                noun("revocations.concerns_profile_name", &name)?,
                noun("revocations.concerns_profile_version", &version)?,
            )),
            _ => None,
        };
        Ok(Self {
            id: noun("revocations.revocation_id", &row.revocation_id.to_string())?,
            revoked,
            profile_version,
            effective_at: row.effective_at,
            recorded_at: row.recorded_at,
            recorded_by: row.recorded_by,
            reason: row.reason,
        })
    }
}

impl View {
    /// One revocation of the account.
    pub async fn revocation(&mut self, id: &RevocationId) -> Result<Option<RevocationRecord>, StoreError> {
        let account = self.account().clone();
        let row = sqlx::query_as!(
            Row,
            "SELECT revocation_id, subject, concerns_profile_name, concerns_profile_version, job_id, serial_number,
                    effective_at, recorded_at, recorded_by, reason
             FROM revocations WHERE account_id = $1 AND revocation_id = $2::text::uuid",
            account.as_str(),
            id.as_str()
        );
        row.fetch_optional(&mut *self.transaction).await?.map(RevocationRecord::try_from).transpose()
    }

    /// Up to `limit` revocations of the account that pass the filter and come before `before`, the last recorded
    /// first.
    pub async fn revocations_before(
        &mut self,
        before: Option<&Place>,
        filter: &RevocationFilter,
        limit: usize,
    ) -> Result<Vec<RevocationRecord>, StoreError> {
        let account = self.account().clone();
        sqlx::query_as!(
            Row,
            "SELECT revocation_id, subject, concerns_profile_name, concerns_profile_version, job_id, serial_number,
                    effective_at, recorded_at, recorded_by, reason
             FROM revocations
             WHERE account_id = $1
               AND ($2::timestamptz IS NULL OR (recorded_at, revocation_id) < ($2, $3::text::uuid))
               AND ($4::text IS NULL OR subject = $4)
               AND ($5::text IS NULL OR concerns_profile_name = $5)
               AND ($6::text IS NULL OR concerns_profile_version = $6)
               AND ($7::uuid IS NULL OR (job_id = $7 AND subject = 'job'))
               AND ($8::bytea IS NULL OR (serial_number = $8 AND subject = 'certificate'))
               AND ($9::timestamptz IS NULL OR recorded_at < $9)
               AND ($10::timestamptz IS NULL OR recorded_at > $10)
               AND ($11::timestamptz IS NULL OR effective_at < $11)
               AND ($12::timestamptz IS NULL OR effective_at > $12)
               AND ($13::text IS NULL OR strpos(lower(reason), lower($13)) > 0)
               AND ($14::text IS NULL OR recorded_by = $14)
             ORDER BY recorded_at DESC, revocation_id DESC LIMIT $15",
            account.as_str(),
            before.map(|place| place.recorded_at),
            before.map(|place| place.id.as_str()),
            filter.subject.map(subject_text),
            filter.profile_name.as_ref().map(ProfileName::as_str),
            filter.profile_version.as_ref().map(ProfileVersion::as_str),
            filter.job.map(JobId::as_uuid),
            filter.certificate.as_ref().map(SerialNumber::as_bytes),
            filter.recorded_before,
            filter.recorded_after,
            filter.effective_before,
            filter.effective_after,
            filter.reason_contains,
            filter.recorded_by,
            i64::try_from(limit).unwrap_or(i64::MAX)
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .into_iter()
        .map(RevocationRecord::try_from)
        .collect()
    }
}
