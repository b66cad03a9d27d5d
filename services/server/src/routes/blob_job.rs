//! Operations on signing jobs of blobs whose envelope the client writes.

use crate::answer::{self, Written};
use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::routes::payload_job::{envelope_type, sign};
use crate::signing::{BlobInput, Finished, RawSignature, Work};
use axum::body::Bytes;
use hallmark_api::base64::Base64;
use hallmark_api::blob_job::{SignBlob, SignBlobOutput};
use hallmark_api::operation::Request;
use std::sync::Arc;

/// `SignBlob`.
pub(super) async fn sign_blob(
    context: Arc<Context>,
    call: Call,
    request: Request<SignBlob>,
) -> Result<Written<SignBlobOutput>, ApiError> {
    let envelope_type = envelope_type(request.body.signature_envelope_type);
    let input = Box::new(BlobInput::read(&request.body.signing_input.0, envelope_type)?);
    sign(&context, call, &request.body.profile_name, Work::Input(input, write_signature)).await
}

fn write_signature(finished: Finished<RawSignature>) -> Result<Bytes, ApiError> {
    let metadata = finished.metadata();
    let RawSignature { signature, certificates } = finished.product;
    answer::write(&SignBlobOutput {
        job_id: finished.job,
        job_owner: finished.job_arn.account,
        signature: Base64(signature),
        certificate_chain: certificates.into_iter().map(Base64).collect(),
        metadata,
    })
}
