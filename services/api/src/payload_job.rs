//! Signing jobs of payloads: the service writes the envelope.

use crate::account::AccountId;
use crate::base64::Base64;
use crate::exception::Exception;
use crate::expiry_duration::ExpiryDuration;
use crate::job::JobId;
use crate::operation::{Effect, Nothing, Operation, Request, Target};
use crate::profile::{ProfileName, own_profile};
use http::Method;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `SignPayload`: signs a payload and answers with the envelope.
#[derive(Debug, ToSchema)]
pub struct SignPayload;

/// Body of [`SignPayload`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignPayloadBody {
    /// The profile to sign with.
    pub profile_name: ProfileName,
    /// The account that owns it; the caller's when absent.
    pub profile_owner: Option<AccountId>,
    /// What to sign: exactly these octets.
    #[schema(
        value_type = String,
        content_encoding = "base64",
        min_length = 4,
        max_length = 5464,
        example = "eyJ0YXJnZXRBcnRpZmFjdCI6eyJtZWRpYVR5cGUiOiJhcHBsaWNhdGlvbi92bmQub2NpLmltYWdlLm1hbmlmZXN0LnYxK2pzb24iLCJkaWdlc3QiOiJzaGEyNTY6ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NSIsInNpemUiOjUyOH19"
    )]
    pub payload: Base64,
    /// The media type of the payload.
    #[schema(example = "application/vnd.cncf.notary.payload.v1+json")]
    pub payload_format: String,
    /// How the signature is written; JWS when absent (a member of Hallmark's own; AWS clients never send it).
    pub signature_envelope_type: Option<SignatureEnvelopeType>,
    /// In how many seconds after its signing time the signature expires; as late as the profile lets it when absent (a
    /// member of Hallmark's own, which never extends what the profile allows).
    pub expiry_duration_in_seconds: Option<ExpiryDuration>,
}

/// How a signature is written (Notary Project `signature-specification.md`, signature envelope), by its media type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum SignatureEnvelopeType {
    /// JWS.
    #[default]
    #[serde(rename = "application/jose+json")]
    Jws,
    /// COSE.
    #[serde(rename = "application/cose")]
    Cose,
}

/// Answer of [`SignPayload`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignPayloadOutput {
    /// The job that this signature is.
    pub job_id: JobId,
    /// The account that owns the job: the profile's.
    pub job_owner: AccountId,
    /// Which profile version and which job signed; clients write it beside the signature.
    #[schema(example = json!({
        "io.hallmark.signingJob": "arn:aws:signer:us-east-1:123456789012:/signing-jobs/0197f7a0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
        "io.hallmark.signingProfileVersion": "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release_images/awUPb84ibN"
    }))]
    pub metadata: BTreeMap<String, String>,
    /// The envelope.
    pub signature: Base64,
}

impl Operation for SignPayload {
    const ACTION: &'static str = "signer:SignPayload";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/signing-jobs/with-payload";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    const TAKES_IDEMPOTENCY_KEY: bool = true;
    type Path = Nothing;
    type Query = Nothing;
    type Body = SignPayloadBody;
    type Output = SignPayloadOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.body.profile_name, request.body.profile_owner.as_ref().unwrap_or(caller))
    }
}
