//! Operations on signing platforms.

use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use hallmark_api::operation::Request;
use hallmark_api::platform::{
    GetSigningPlatform, ListSigningPlatforms, ListSigningPlatformsOutput, PlatformId, SigningPlatform,
};
use std::sync::Arc;

/// `ListSigningPlatforms`.
pub(super) async fn list(
    context: Arc<Context>,
    call: Call,
    request: Request<ListSigningPlatforms>,
) -> Result<ListSigningPlatformsOutput, ApiError> {
    let query = request.query;
    let filters = (&query.category, &query.partner, &query.target);
    let scope = format!("ListSigningPlatforms {} {filters:?}", call.principal());
    let after = context.paging.read(&scope, query.next_token.as_deref())?.unwrap_or_default();
    let count = query.max_results.unwrap_or_default().count();

    // The table is no secret of any account, but the judgement has to hold all the same.
    context.view(&call).await?;
    let mut platforms: Vec<_> = query.matches().filter(|platform| platform.id > after.as_str()).collect();
    let more = platforms.len() > count;
    platforms.truncate(count);
    let last = platforms.last().filter(|_| more);
    let next_token = last.map(|last| context.paging.token(&scope, last.id)).transpose()?;
    Ok(ListSigningPlatformsOutput { platforms, next_token })
}

/// `GetSigningPlatform`.
pub(super) async fn show(
    context: Arc<Context>,
    call: Call,
    request: Request<GetSigningPlatform>,
) -> Result<SigningPlatform, ApiError> {
    context.view(&call).await?;
    let known: Result<PlatformId, _> = request.path.platform_id.parse();
    known.map(|id| *id.platform()).map_err(|error| ApiError::not_found(error.to_string()))
}
