//! Operations on signing jobs of payloads, and what whoever signs has in common.

use crate::answer::{self, Written};
use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::facts::Stamped;
use crate::routes::profile::no_profile;
use crate::signing::{Finished, Order, PayloadWork, Work, check_active};
use axum::body::Bytes;
use hallmark_api::account::AccountId;
use hallmark_api::base64::Base64;
use hallmark_api::operation::Request;
use hallmark_api::payload_job::{SignPayload, SignPayloadBody, SignPayloadOutput, SignatureEnvelopeType};
use hallmark_api::platform::NOTATION;
use hallmark_api::profile::ProfileName;
use hallmark_notary::{Envelope, EnvelopeType, PAYLOAD_MEDIA_TYPE, Payload};
use hallmark_store::profile::Profile;
use std::sync::Arc;

/// `SignPayload`.
pub(super) async fn sign_payload(
    context: Arc<Context>,
    call: Call,
    request: Request<SignPayload>,
) -> Result<Written<SignPayloadOutput>, ApiError> {
    let work = PayloadWork {
        payload: payload(&request.body)?,
        envelope_type: envelope_type(request.body.signature_envelope_type.unwrap_or_default()),
        lasts: request.body.expiry_duration_in_seconds,
    };
    sign(&context, call, &request.body.profile_name, Work::Payload(work, write_envelope)).await
}

fn write_envelope(finished: Finished<Envelope>) -> Result<Bytes, ApiError> {
    answer::write(&SignPayloadOutput {
        job_id: finished.job,
        metadata: finished.metadata(),
        job_owner: finished.job_arn.account,
        signature: Base64(finished.product.into_bytes()),
    })
}

/// Has a profile do some work.
pub(super) async fn sign<T>(
    context: &Context,
    call: Call,
    profile: &ProfileName,
    work: Work,
) -> Result<Written<T>, ApiError> {
    let account = call.account().clone();
    match signable(context, &account, profile, &work).await {
        Ok(profile) => context.signing.sign(Order::new(call, profile, work)?).await.map(Written::new),
        Err(refusal) => {
            // A refusal says something of the account, so the caller must be entitled to it as of now.
            context.view(&call).await?;
            Err(refusal)
        }
    }
}

/// A profile that can do some work. Neither a cancellation nor a platform nor parameters ever change back, so in
/// refusing a cached fact is as good as a fresh one.
async fn signable(
    context: &Context,
    account: &AccountId,
    name: &ProfileName,
    work: &Work,
) -> Result<Arc<Stamped<Profile>>, ApiError> {
    let profile = context.facts.profile(account, name).await?.ok_or_else(|| no_profile(name))?;
    if profile.fact.platform.platform().id != NOTATION.id {
        return Err(ApiError::validation(format!(
            "The signing profile {name} is for the platform {}; profiles for {} alone sign here.",
            profile.fact.platform, NOTATION.id
        )));
    }
    work.check_profile(&profile.fact)?;
    check_active(name, profile.fact.status())?;
    Ok(profile)
}

fn payload(body: &SignPayloadBody) -> Result<Payload, ApiError> {
    if body.payload_format != PAYLOAD_MEDIA_TYPE {
        return Err(ApiError::validation(format!("payloadFormat: only {PAYLOAD_MEDIA_TYPE} is signed")));
    }
    Payload::parse(&body.payload.0).map_err(|error| ApiError::validation(error.to_string()))
}

pub(super) fn envelope_type(asked: SignatureEnvelopeType) -> EnvelopeType {
    match asked {
        SignatureEnvelopeType::Jws => EnvelopeType::Jws,
        SignatureEnvelopeType::Cose => EnvelopeType::Cose,
    }
}
