//! Signing jobs: one immutable row per signature.

use crate::error::noun;
use crate::{StoreError, Tx, View};
use hallmark_api::account::AccountId;
use hallmark_api::job::JobId;
use hallmark_api::platform::PlatformId;
use hallmark_api::profile::{ProfileName, ProfileVersion, SigningParameters};
use time::OffsetDateTime;
use uuid::Uuid;

/// A job to be put on record.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// The profile that signs.
    pub profile_name: ProfileName,
    /// Its version.
    pub profile_version: ProfileVersion,
    /// The account that asks.
    pub invoker: AccountId,
    /// ARN of the principal that asks.
    pub requested_by: String,
    /// SHA-256 of the payload.
    pub payload_sha256: [u8; 32],
    /// The digest that the payload names, `algorithm:hex`.
    pub artifact_digest: String,
    /// Serial number of the certificate that signs.
    pub serial_number: Vec<u8>,
    /// When it is signed, in whole seconds.
    pub signing_time: OffsetDateTime,
    /// When the signature expires.
    pub expires_at: OffsetDateTime,
}

/// A job on record, with what is known of its revocation.
#[derive(Debug, Clone)]
pub struct Job {
    /// The account whose profile signed.
    pub owner: AccountId,
    /// Its id.
    pub id: JobId,
    /// The profile that signed.
    pub profile_name: ProfileName,
    /// Its version.
    pub profile_version: ProfileVersion,
    /// The profile's platform.
    pub platform: PlatformId,
    /// The profile's parameters.
    pub parameters: SigningParameters,
    /// The account that asked.
    pub invoker: AccountId,
    /// ARN of the principal that asked.
    pub requested_by: String,
    /// When it was signed.
    pub signing_time: OffsetDateTime,
    /// When the signature expires.
    pub expires_at: OffsetDateTime,
    /// What revoked it first, if anything did.
    pub revocation: Option<JobRevocation>,
}

/// What revoked a signature: its own revocation or its profile version's.
#[derive(Debug, Clone)]
pub struct JobRevocation {
    /// Why.
    pub reason: String,
    /// When that was recorded.
    pub recorded_at: OffsetDateTime,
    /// ARN of the principal that recorded it.
    pub recorded_by: String,
}

/// Which jobs a list shows.
#[derive(Debug, Clone)]
pub struct JobFilter {
    /// Whether jobs that succeeded are among them; there are no others on record.
    pub succeeded: bool,
    /// Only of this platform.
    pub platform: Option<PlatformId>,
    /// Only asked for by this principal.
    pub requested_by: Option<String>,
    /// Only those whose signature is, or is not, revoked.
    pub revoked: Option<bool>,
    /// Only those that expire before this time.
    pub expires_before: Option<OffsetDateTime>,
    /// Only those that expire after this time.
    pub expires_after: Option<OffsetDateTime>,
    /// Only asked for by this account.
    pub invoker: Option<AccountId>,
}

impl Default for JobFilter {
    fn default() -> Self {
        Self {
            succeeded: true,
            platform: None,
            requested_by: None,
            revoked: None,
            expires_before: None,
            expires_after: None,
            invoker: None,
        }
    }
}

struct Row {
    account_id: String,
    job_id: Uuid,
    profile_name: String,
    profile_version: String,
    platform_id: String,
    signing_parameters: serde_json::Value,
    invoker_account_id: String,
    requested_by: String,
    signing_time: OffsetDateTime,
    expires_at: OffsetDateTime,
    reason: Option<String>,
    recorded_at: Option<OffsetDateTime>,
    recorded_by: Option<String>,
}

impl TryFrom<Row> for Job {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            owner: noun("signing_jobs.account_id", &row.account_id)?,
            id: JobId::from(row.job_id),
            profile_name: noun("signing_jobs.profile_name", &row.profile_name)?,
            profile_version: noun("signing_jobs.profile_version", &row.profile_version)?,
            platform: noun("profiles.platform_id", &row.platform_id)?,
            parameters: serde_json::from_value(row.signing_parameters)
                .map_err(|error| StoreError::unreadable("profiles.signing_parameters")(&error))?,
            invoker: noun("signing_jobs.invoker_account_id", &row.invoker_account_id)?,
            requested_by: row.requested_by,
            signing_time: row.signing_time,
            expires_at: row.expires_at,
            revocation: match (row.reason, row.recorded_at, row.recorded_by) {
                (Some(reason), Some(recorded_at), Some(recorded_by)) => {
                    Some(JobRevocation { reason, recorded_at, recorded_by })
                }
                _ => None,
            },
        })
    }
}

/// Where an account's view of a job comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The account's own profile signed.
    Owner,
    /// The account asked another one's profile to sign.
    Invoker,
}

impl View {
    /// One job that this account owns or asked for.
    pub async fn job(&mut self, id: JobId) -> Result<Option<Job>, StoreError> {
        let filter = JobFilter::default();
        match self.select_jobs(Side::Owner, Some(id), None, &filter, 1).await?.pop() {
            Some(own) => Ok(Some(own)),
            None => Ok(self.select_jobs(Side::Invoker, Some(id), None, &filter, 1).await?.pop()),
        }
    }

    /// Up to `limit` jobs that this account owns or asked for, that pass the filter and come before
    /// `before`, latest first.
    pub async fn jobs_before(
        &mut self,
        before: Option<JobId>,
        filter: &JobFilter,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        if !filter.succeeded {
            return Ok(Vec::new());
        }
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut jobs = self.select_jobs(Side::Owner, None, before, filter, most).await?;
        jobs.extend(self.select_jobs(Side::Invoker, None, before, filter, most).await?);
        jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
        jobs.truncate(limit);
        Ok(jobs)
    }

    async fn select_jobs(
        &mut self,
        side: Side,
        id: Option<JobId>,
        before: Option<JobId>,
        filter: &JobFilter,
        limit: i64,
    ) -> Result<Vec<Job>, StoreError> {
        let account = self.account().clone();
        sqlx::query_as!(
            Row,
            r#"SELECT j.account_id, j.job_id, j.profile_name, j.profile_version, p.platform_id, p.signing_parameters,
                      j.invoker_account_id, j.requested_by, j.signing_time, j.expires_at,
                      r.reason AS "reason?", r.recorded_at AS "recorded_at?", r.recorded_by AS "recorded_by?"
               FROM (SELECT account_id, job_id FROM signing_jobs WHERE account_id = $1 AND NOT $11
                     UNION ALL
                     SELECT owner_account_id, job_id FROM invoked_jobs WHERE account_id = $1 AND $11) AS seen
               JOIN signing_jobs j USING (account_id, job_id)
               JOIN profiles p USING (account_id, profile_name)
               LEFT JOIN LATERAL (
                   SELECT reason, recorded_at, recorded_by FROM (
                       SELECT reason, recorded_at, recorded_by FROM revocations
                       WHERE account_id = j.account_id AND job_id = j.job_id AND subject = 'job'
                       UNION ALL
                       SELECT reason, recorded_at, recorded_by FROM revocations
                       WHERE account_id = j.account_id AND profile_name = j.profile_name
                         AND profile_version = j.profile_version AND subject = 'profile_version'
                         AND effective_at <= j.signing_time) either
                   ORDER BY recorded_at LIMIT 1) r ON true
               WHERE ($2::uuid IS NULL OR j.job_id = $2) AND ($3::uuid IS NULL OR j.job_id < $3)
                 AND ($5::text IS NULL OR p.platform_id = $5)
                 AND ($6::text IS NULL OR j.requested_by = $6)
                 AND ($7::bool IS NULL OR (r.recorded_at IS NOT NULL) = $7)
                 AND ($8::timestamptz IS NULL OR j.expires_at < $8)
                 AND ($9::timestamptz IS NULL OR j.expires_at > $9)
                 AND ($10::text IS NULL OR j.invoker_account_id = $10)
               ORDER BY j.job_id DESC LIMIT $4"#,
            account.as_str(),
            id.map(JobId::as_uuid),
            before.map(JobId::as_uuid),
            limit,
            filter.platform.map(PlatformId::as_str),
            filter.requested_by,
            filter.revoked,
            filter.expires_before,
            filter.expires_after,
            filter.invoker.as_ref().map(AccountId::as_str),
            side == Side::Invoker
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .into_iter()
        .map(Job::try_from)
        .collect()
    }
}

impl Tx {
    /// Puts jobs on record, in one statement however many there are.
    pub async fn insert_jobs(&mut self, jobs: &[&NewJob]) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let column = |text: fn(&NewJob) -> String| jobs.iter().copied().map(text).collect::<Vec<_>>();
        let octets = |octets: fn(&NewJob) -> Vec<u8>| jobs.iter().copied().map(octets).collect::<Vec<_>>();
        let times = |time: fn(&NewJob) -> OffsetDateTime| jobs.iter().copied().map(time).collect::<Vec<_>>();
        sqlx::query!(
            "INSERT INTO signing_jobs (account_id, job_id, profile_name, profile_version, invoker_account_id,
                                       requested_by, payload_sha256, artifact_digest, serial_number,
                                       signing_time, expires_at, recorded_at)
             SELECT $1, job.*, $12
             FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[],
                         $9::bytea[], $10::timestamptz[], $11::timestamptz[]) AS job",
            account.as_str(),
            &jobs.iter().map(|job| job.id.as_uuid()).collect::<Vec<_>>(),
            &column(|job| job.profile_name.to_string()),
            &column(|job| job.profile_version.to_string()),
            &column(|job| job.invoker.to_string()),
            &column(|job| job.requested_by.clone()),
            &octets(|job| job.payload_sha256.to_vec()),
            &column(|job| job.artifact_digest.clone()),
            &octets(|job| job.serial_number.clone()),
            &times(|job| job.signing_time),
            &times(|job| job.expires_at),
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        self.insert_invoked(jobs).await
    }

    /// Lets accounts that signed with this one's profiles find their jobs.
    async fn insert_invoked(&mut self, jobs: &[&NewJob]) -> Result<(), StoreError> {
        let account = self.account().clone();
        let (invokers, ids): (Vec<String>, Vec<Uuid>) = jobs
            .iter()
            .filter(|job| job.invoker != account)
            .map(|job| (job.invoker.to_string(), job.id.as_uuid()))
            .unzip();
        if ids.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO invoked_jobs (account_id, job_id, owner_account_id)
             SELECT invoked.account_id, invoked.job_id, $3
             FROM unnest($1::text[], $2::uuid[]) AS invoked (account_id, job_id)",
            &invokers,
            &ids,
            account.as_str()
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
