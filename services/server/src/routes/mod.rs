//! The table of contents: every operation of the API and the function that answers it.

mod blob_job;
mod certificate;
mod document;
mod effect;
mod filter;
mod issuer;
mod job;
mod payload_job;
mod permission;
mod platform;
mod profile;
mod profile_use;
mod revocation;
mod revocation_record;
mod sts;
mod tag;

use crate::context::Context;
use crate::error::ApiError;
use crate::serve::{Operations, identify};
use axum::Router;
use hallmark_api::{
    blob_job as blob_job_api, certificate as certificate_api, issuer as issuer_api, job as job_api,
    object_job as object_job_api, payload_job as payload_job_api, permission as permission_api,
    platform as platform_api, profile as profile_api, profile_use as profile_use_api,
    revocation as revocation_api, revocation_record as revocation_record_api, tag as tag_api,
};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// Every operation and the function that answers it.
pub fn operations() -> Operations {
    Operations::default()
        .serve::<profile_api::PutSigningProfile, _, _>(profile::put)
        .serve::<profile_api::GetSigningProfile, _, _>(profile::show)
        .serve::<profile_api::ListSigningProfiles, _, _>(profile::list)
        .serve::<profile_api::CancelSigningProfile, _, _>(profile::cancel)
        .serve::<profile_api::RevokeSigningProfile, _, _>(profile::revoke)
        .serve::<permission_api::AddProfilePermission, _, _>(permission::add)
        .serve::<permission_api::ListProfilePermissions, _, _>(permission::list)
        .serve::<permission_api::RemoveProfilePermission, _, _>(permission::remove)
        .serve::<payload_job_api::SignPayload, _, _>(payload_job::sign_payload)
        .serve::<blob_job_api::SignBlob, _, _>(blob_job::sign_blob)
        .serve::<object_job_api::StartSigningJob, _, _>(job::start)
        .serve::<job_api::DescribeSigningJob, _, _>(job::describe)
        .serve::<job_api::ListSigningJobs, _, _>(job::list)
        .serve::<job_api::RevokeSignature, _, _>(job::revoke_signature)
        .serve::<revocation_api::GetRevocationStatus, _, _>(revocation::status)
        .serve::<platform_api::ListSigningPlatforms, _, _>(platform::list)
        .serve::<platform_api::GetSigningPlatform, _, _>(platform::show)
        .serve::<tag_api::TagResource, _, _>(tag::add)
        .serve::<tag_api::UntagResource, _, _>(tag::remove)
        .serve::<tag_api::ListTagsForResource, _, _>(tag::list)
        .serve::<issuer_api::ListIssuers, _, _>(issuer::list)
        .serve::<certificate_api::ListCertificates, _, _>(certificate::list)
        .serve::<certificate_api::GetCertificateChain, _, _>(certificate::chain)
        .serve::<certificate_api::RevokeCertificate, _, _>(certificate::revoke)
        .serve::<revocation_record_api::ListRevocations, _, _>(revocation_record::list)
        .serve::<revocation_record_api::GetRevocation, _, _>(revocation_record::show)
        .serve::<profile_use_api::GetSigningProfileUse, _, _>(profile_use::show)
}

/// The API.
pub fn api(context: Arc<Context>) -> Router {
    operations()
        .router()
        .route("/", axum::routing::get(sts::sts).post(sts::sts))
        .merge(document::routes())
        .fallback(async || ApiError::UnknownOperation)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn_with_state(context.clone(), identify))
        .with_state(context)
}

/// A panic is a fault of ours like any other: logged, answered, and never the end of the replica.
#[expect(clippy::needless_pass_by_value, reason = "the shape that CatchPanicLayer asks for")]
fn panicked(cause: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let cause = cause.downcast_ref::<&str>().copied().unwrap_or("a panic without words");
    tracing::error!(cause, "a handler panicked");
    axum::response::IntoResponse::into_response(ApiError::internal(cause))
}
