//! Signing jobs: one immutable row per signature.

mod list;

pub use list::{JobFilter, JobPage, LOOKED_AT};

use crate::error::{noun, pki};
use crate::{StoreError, Tx, View};
use hallmark_api::account::AccountId;
use hallmark_api::digest::Digest;
use hallmark_api::job::JobId;
use hallmark_api::platform::PlatformId;
use hallmark_api::profile::{ProfileName, ProfileVersion, SigningParameters};
use hallmark_pki::SerialNumber;
use list::{Sources, Span};
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
    /// The digest that the payload names.
    pub artifact_digest: Digest,
    /// SHA-256 of the payload.
    pub payload_digest: Digest,
    /// Serial number of the certificate that signed.
    pub serial_number: SerialNumber,
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

/// A row of `judged_jobs`.
pub(crate) struct Row {
    pub(crate) account_id: String,
    pub(crate) job_id: Uuid,
    pub(crate) profile_name: String,
    pub(crate) profile_version: String,
    pub(crate) platform_id: String,
    pub(crate) signing_parameters: serde_json::Value,
    pub(crate) invoker_account_id: String,
    pub(crate) requested_by: String,
    pub(crate) signing_time: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) artifact_digest: String,
    pub(crate) payload_digest: String,
    pub(crate) serial_number: Vec<u8>,
    pub(crate) revocation_reason: Option<String>,
    pub(crate) revoked_at: Option<OffsetDateTime>,
    pub(crate) revoked_by: Option<String>,
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
            artifact_digest: noun("signing_jobs.artifact_digest", &row.artifact_digest)?,
            payload_digest: noun("signing_jobs.payload_sha256", &row.payload_digest)?,
            serial_number: SerialNumber::from_bytes(&row.serial_number)
                .map_err(pki("signing_jobs.serial_number"))?,
            revocation: match (row.revocation_reason, row.revoked_at, row.revoked_by) {
                (Some(reason), Some(recorded_at), Some(recorded_by)) => {
                    Some(JobRevocation { reason, recorded_at, recorded_by })
                }
                _ => None,
            },
        })
    }
}

impl View {
    /// One job that this account owns or asked for.
    pub async fn job(&mut self, id: JobId) -> Result<Option<Job>, StoreError> {
        let filter = JobFilter::default();
        let sources = Sources::new(self.account(), &filter);
        match self.own_jobs(&sources, Span::of(id), 1).await?.pop() {
            Some(own) => Ok(Some(own)),
            None => Ok(self.named_jobs(&sources, Span::of(id), 1).await?.pop()),
        }
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
        let invoked: Vec<&NewJob> = jobs.iter().copied().filter(|job| job.invoker != account).collect();
        if invoked.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO invoked_jobs (account_id, job_id, owner_account_id, requested_by, artifact_digest)
             SELECT invoked.account_id, invoked.job_id, $5, invoked.requested_by, invoked.artifact_digest
             FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[])
                  AS invoked (account_id, job_id, requested_by, artifact_digest)",
            &invoked.iter().map(|job| job.invoker.to_string()).collect::<Vec<_>>(),
            &invoked.iter().map(|job| job.id.as_uuid()).collect::<Vec<_>>(),
            &invoked.iter().map(|job| job.requested_by.clone()).collect::<Vec<_>>(),
            &invoked.iter().map(|job| job.artifact_digest.clone()).collect::<Vec<_>>(),
            account.as_str()
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
