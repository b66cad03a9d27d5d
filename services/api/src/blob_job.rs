//! Signing jobs of blobs whose envelope the client writes: notation wants the signature alone then.

use crate::account::AccountId;
use crate::base64::Base64;
use crate::exception::Exception;
use crate::job::JobId;
use crate::operation::{Effect, Nothing, Operation, Request, Target};
use crate::payload_job::SignatureEnvelopeType;
use crate::profile::{ProfileName, own_profile};
use http::Method;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `SignBlob`: signs a signing input that the client wrote, and answers with the signature alone.
///
/// What is signed is read strictly and must be about a blob: an envelope of the scheme `notary.x509` without plugin and
/// extended attributes, with an expiry and a signing time of now, whose digest is a SHA-384. For profiles with
/// `verificationPlugin` `none` and `signingScheme` `notary.x509`.
#[derive(Debug, ToSchema)]
pub struct SignBlob;

/// Body of [`SignBlob`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignBlobBody {
    /// The profile to sign with.
    pub profile_name: ProfileName,
    /// The account that owns it; the caller's when absent.
    pub profile_owner: Option<AccountId>,
    /// What to sign, exactly these octets: in JWS the protected header and the payload in base64url with a dot between
    /// (RFC 7515 section 5.1), in COSE a `Sig_structure` (RFC 9052 section 4.4).
    #[schema(
        value_type = String,
        content_encoding = "base64",
        min_length = 4,
        example = "ZXlKaGJHY2lPaUpGVXpNNE5DSjkuZXlKMFlYSm5aWFJCY25ScFptRmpkQ0k2ZTMxOQ=="
    )]
    pub signing_input: Base64,
    /// The type of envelope that it belongs in.
    pub signature_envelope_type: SignatureEnvelopeType,
}

/// Answer of [`SignBlob`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignBlobOutput {
    /// The job that this signature is.
    pub job_id: JobId,
    /// The account that owns the job: the profile's.
    pub job_owner: AccountId,
    /// The signature, ECDSA on P-384 with SHA-384: r and s, 48 octets each (RFC 7518 section 3.4).
    #[schema(value_type = String, content_encoding = "base64", min_length = 128, max_length = 128, example = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f")]
    pub signature: Base64,
    /// The certificates in DER: the one for this signature first, the root last.
    pub certificate_chain: Vec<Base64>,
    /// Which profile version and which job signed.
    #[schema(example = json!({
        "io.hallmark.signingJob": "arn:aws:signer:us-east-1:123456789012:/signing-jobs/0197f7a0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
        "io.hallmark.signingProfileVersion": "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release_images/awUPb84ibN"
    }))]
    pub metadata: BTreeMap<String, String>,
}

impl Operation for SignBlob {
    const ACTION: &'static str = "hallmark:SignBlob";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/hallmark/signing-jobs/with-signing-input";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    const PERMITTED_AS: &'static str = "signer:SignPayload";
    const TAKES_IDEMPOTENCY_KEY: bool = true;
    type Path = Nothing;
    type Query = Nothing;
    type Body = SignBlobBody;
    type Output = SignBlobOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.body.profile_name, request.body.profile_owner.as_ref().unwrap_or(caller))
    }
}
