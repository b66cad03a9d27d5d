//! The use of a profile.

use super::job::entry;
use super::profile::{check_version, find};
use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use hallmark_api::operation::Request;
use hallmark_api::profile_use::{GetSigningProfileUse, GetSigningProfileUseOutput, ProfileRequester};
use hallmark_api::timestamp::EpochSeconds;
use hallmark_store::profile_use::{COUNTED, Requester, UseQuestion};
use std::sync::Arc;

/// `GetSigningProfileUse`.
pub(super) async fn show(
    context: Arc<Context>,
    call: Call,
    request: Request<GetSigningProfileUse>,
) -> Result<GetSigningProfileUseOutput, ApiError> {
    let (name, query) = (request.path.profile_name, request.query);
    let mut view = context.report(&call).await?;
    let profile = find(&mut view, &name).await?;
    if let Some(version) = &query.profile_version {
        check_version(&profile, version)?;
    }
    let question = UseQuestion {
        profile_name: name,
        profile_version: query.profile_version,
        since: query.since.map(|time| time.0),
        now: context.clock.now(),
        limit: query.max_results.unwrap_or_default().count(),
    };
    let found = view.profile_use(&question, COUNTED).await?;
    Ok(GetSigningProfileUseOutput {
        profile_name: question.profile_name,
        profile_version: question.profile_version,
        counted_since: found.counted_since.map(EpochSeconds),
        signature_count: found.signatures,
        artifact_count: found.artifacts,
        requester_count: found.requesters,
        jobs: found.jobs.into_iter().map(entry).collect::<Result<_, _>>()?,
        requesters: found.last_requesters.into_iter().map(requester).collect(),
    })
}

fn requester(requester: Requester) -> ProfileRequester {
    ProfileRequester {
        requested_by: requester.arn,
        signature_count: requester.signatures,
        last_signed_at: EpochSeconds(requester.last_signing_time),
    }
}
