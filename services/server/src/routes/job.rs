//! Operations on signing jobs.

use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::routes::certificate::serial_number_text;
use hallmark_api::job::{
    DescribeSigningJob, DescribeSigningJobOutput, JobId, ListSigningJobs, ListSigningJobsOutput,
    ListSigningJobsQuery, RevokeSignature, SigningJob, SigningJobRevocationRecord, SigningStatus,
};
use hallmark_api::object_job::{StartSigningJob, StartSigningJobOutput};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::signing_material::ShownSigningMaterial;
use hallmark_api::timestamp::EpochSeconds;
use hallmark_store::job::{Job, JobFilter};
use hallmark_store::revocation::{NewRevocation, Subject};
use hallmark_store::{Change, View};
use std::sync::Arc;

/// `StartSigningJob`.
pub(super) async fn start(
    _: Arc<Context>,
    _: Call,
    _: Request<StartSigningJob>,
) -> Result<StartSigningJobOutput, ApiError> {
    Err(ApiError::validation(
        "StartSigningJob is not served: this service has no object store to read from. \
         Sign container artifacts with SignPayload.",
    ))
}

fn no_job(id: JobId) -> ApiError {
    ApiError::not_found(format!("Signing job {id} does not exist."))
}

async fn find(view: &mut View, id: JobId) -> Result<Job, ApiError> {
    view.job(id).await?.ok_or_else(|| no_job(id))
}

/// `DescribeSigningJob`.
pub(super) async fn describe(
    context: Arc<Context>,
    call: Call,
    request: Request<DescribeSigningJob>,
) -> Result<DescribeSigningJobOutput, ApiError> {
    let mut view = context.view(&call).await?;
    let job = find(&mut view, request.path.job_id).await?;
    Ok(DescribeSigningJobOutput {
        job_id: job.id,
        signing_material: ShownSigningMaterial::default(),
        platform_id: job.platform,
        platform_display_name: job.platform.platform().display_name.into(),
        profile_name: job.profile_name,
        profile_version: job.profile_version,
        signing_parameters: job.parameters,
        created_at: EpochSeconds(job.signing_time),
        completed_at: EpochSeconds(job.signing_time),
        signature_expires_at: EpochSeconds(job.expires_at),
        requested_by: job.requested_by,
        status: SigningStatus::Succeeded,
        status_reason: "Signing Succeeded".into(),
        revocation_record: job.revocation.map(|revocation| SigningJobRevocationRecord {
            reason: revocation.reason,
            revoked_at: EpochSeconds(revocation.recorded_at),
            revoked_by: revocation.recorded_by,
        }),
        job_owner: job.owner,
        job_invoker: job.invoker,
        artifact_digest: job.artifact_digest,
        payload_digest: job.payload_digest,
        serial_number: serial_number_text(&job.serial_number)?,
    })
}

/// `ListSigningJobs`.
pub(super) async fn list(
    context: Arc<Context>,
    call: Call,
    request: Request<ListSigningJobs>,
) -> Result<ListSigningJobsOutput, ApiError> {
    let query = request.query;
    let scope = scope(&call, &query);
    let before = context.paging.read(&scope, query.next_token.as_deref())?;
    let before: Option<JobId> = before.map(|last| last.parse()).transpose().map_err(ApiError::internal)?;
    let count = query.max_results.unwrap_or_default().count();

    let mut view = context.report(&call).await?;
    let page = view.jobs_before(before, &filter(&query), count).await?;
    let next_token = page.next.map(|last| context.paging.token(&scope, &last.to_string())).transpose()?;
    let jobs = page.jobs.into_iter().map(entry).collect::<Result<_, _>>()?;
    Ok(ListSigningJobsOutput { jobs, next_token })
}

fn filter(query: &ListSigningJobsQuery) -> JobFilter {
    JobFilter {
        succeeded: query.status.is_none_or(|status| status == SigningStatus::Succeeded),
        platform: query.platform_id,
        requested_by: query.requested_by.clone(),
        revoked: query.is_revoked,
        expires_before: query.signature_expires_before.map(|time| time.0),
        expires_after: query.signature_expires_after.map(|time| time.0),
        invoker: query.job_invoker.clone(),
        artifact: query.artifact_digest.clone(),
    }
}

/// What a page token of this list is bound to: the caller and every filter.
fn scope(call: &Call, query: &ListSigningJobsQuery) -> String {
    format!("ListSigningJobs {} {:?} {:?}", call.principal(), query.status, filter(query))
}

/// A job as lists show it.
pub(super) fn entry(job: Job) -> Result<SigningJob, ApiError> {
    Ok(SigningJob {
        job_id: job.id,
        signing_material: ShownSigningMaterial::default(),
        created_at: EpochSeconds(job.signing_time),
        status: SigningStatus::Succeeded,
        is_revoked: job.revocation.is_some(),
        profile_name: job.profile_name,
        profile_version: job.profile_version,
        platform_id: job.platform,
        platform_display_name: job.platform.platform().display_name.into(),
        signature_expires_at: EpochSeconds(job.expires_at),
        job_owner: job.owner,
        job_invoker: job.invoker,
        artifact_digest: job.artifact_digest,
        payload_digest: job.payload_digest,
        serial_number: serial_number_text(&job.serial_number)?,
    })
}

/// `RevokeSignature`. Revoking twice is no error and keeps the first record.
pub(super) async fn revoke_signature(
    context: Arc<Context>,
    call: Call,
    request: Request<RevokeSignature>,
) -> Result<Nothing, ApiError> {
    let mut tx = context.lock(&call).await?;
    let job = find(&mut tx, request.path.job_id).await?;
    if job.owner != *tx.account() {
        return Err(no_job(job.id));
    }
    if tx.job_is_revoked(job.id).await? {
        return Ok(Nothing {});
    }
    tx.insert_revocation(&NewRevocation {
        id: uuid::Builder::from_random_bytes(context.chance.octets()?).into_uuid(),
        subject: Subject::Job(job.id),
        effective_at: job.signing_time,
        reason: request.body.reason.as_str(),
        recorded_by: &call.principal().to_string(),
    })
    .await?;
    tx.commit(Change::Revocation).await?;
    Ok(Nothing {})
}
