//! Operations on the tags of signing profiles.
//!
//! No built-in role reads tags, so changing them changes no judgement ([`Change::Record`]).

use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::routes::profile::{find, no_profile, too_many_tags};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::tag::{
    ListTagsForResource, ListTagsForResourceOutput, PROFILE_LIMIT, ProfileArn, TagResource, UntagResource,
};
use hallmark_store::profile::Profile;
use hallmark_store::{Change, View};
use std::sync::Arc;

/// The profile that an ARN names; a profile of another region does not exist here.
async fn tagged(context: &Context, view: &mut View, arn: &ProfileArn) -> Result<Profile, ApiError> {
    if arn.region != context.deployment.region {
        return Err(no_profile(&arn.name));
    }
    find(view, &arn.name).await
}

/// The same, while its tags may still change.
async fn taggable(context: &Context, view: &mut View, arn: &ProfileArn) -> Result<Profile, ApiError> {
    let profile = tagged(context, view, arn).await?;
    if profile.canceled.is_some() {
        return Err(ApiError::validation(format!(
            "Signing Profile {} is canceled; the tags of a canceled profile do not change.",
            arn.name
        )));
    }
    Ok(profile)
}

/// `TagResource`.
pub(super) async fn add(
    context: Arc<Context>,
    call: Call,
    request: Request<TagResource>,
) -> Result<Nothing, ApiError> {
    let tags = request.body.tags.tags();
    let mut tx = context.lock(&call).await?;
    let profile = taggable(&context, &mut tx, &request.path.resource_arn).await?;
    if profile.tags.count_with(tags) > PROFILE_LIMIT {
        return Err(too_many_tags());
    }
    tx.put_tags(&profile.name, tags).await?;
    tx.commit(Change::Record).await?;
    Ok(Nothing {})
}

/// `UntagResource`. Removing what is not there is no error.
pub(super) async fn remove(
    context: Arc<Context>,
    call: Call,
    request: Request<UntagResource>,
) -> Result<Nothing, ApiError> {
    let mut tx = context.lock(&call).await?;
    let profile = taggable(&context, &mut tx, &request.path.resource_arn).await?;
    tx.delete_tags(&profile.name, request.query.tag_keys.as_slice()).await?;
    tx.commit(Change::Record).await?;
    Ok(Nothing {})
}

/// `ListTagsForResource`.
pub(super) async fn list(
    context: Arc<Context>,
    call: Call,
    request: Request<ListTagsForResource>,
) -> Result<ListTagsForResourceOutput, ApiError> {
    let mut view = context.view(&call).await?;
    let profile = tagged(&context, &mut view, &request.path.resource_arn).await?;
    Ok(ListTagsForResourceOutput { tags: profile.tags })
}
