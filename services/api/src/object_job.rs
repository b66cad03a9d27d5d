//! `StartSigningJob`: a job on an object in an object store.

use crate::account::AccountId;
use crate::exception::Exception;
use crate::job::JobId;
use crate::object;
use crate::operation::{Effect, Nothing, Operation, Request, Target};
use crate::profile::{ProfileName, own_profile};
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `StartSigningJob`. Without an object store to read from it answers that it is not served.
#[derive(Debug, ToSchema)]
pub struct StartSigningJob;

/// Body of [`StartSigningJob`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartSigningJobBody {
    /// What to sign.
    #[serde(deserialize_with = "object::required")]
    pub source: Source,
    /// Where the signed object goes.
    #[serde(deserialize_with = "object::required")]
    pub destination: Destination,
    /// The profile to sign with.
    pub profile_name: ProfileName,
    /// The same token makes the same job.
    #[schema(example = "5b1f0a4c-6b43-4b3a-8d2e-6f0e9c1d2b3a")]
    pub client_request_token: String,
    /// The account that owns the profile; the caller's when absent.
    pub profile_owner: Option<AccountId>,
}

/// Where an object is read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// In S3.
    #[serde(default, deserialize_with = "object::optional")]
    pub s3: Option<S3Source>,
}

/// A version of an object in S3.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3Source {
    /// The bucket.
    #[schema(example = "unsigned-code")]
    pub bucket_name: String,
    /// The object's key.
    #[schema(example = "function.zip")]
    pub key: String,
    /// Its version.
    #[schema(example = "PNyFaUTgsQh5ZdMCcoCe6pT1gOpgB_M4")]
    pub version: String,
}

/// Where an object is written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Destination {
    /// In S3.
    #[serde(default, deserialize_with = "object::optional")]
    pub s3: Option<S3Destination>,
}

/// A place in S3.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3Destination {
    /// The bucket.
    #[schema(example = "signed-code")]
    pub bucket_name: Option<String>,
    /// What the key begins with.
    #[schema(example = "signed-")]
    pub prefix: Option<String>,
}

/// Answer of [`StartSigningJob`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartSigningJobOutput {
    /// The job.
    pub job_id: JobId,
    /// The account that owns it.
    pub job_owner: AccountId,
}

impl Operation for StartSigningJob {
    const ACTION: &'static str = "signer:StartSigningJob";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/signing-jobs";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = Nothing;
    type Query = Nothing;
    type Body = StartSigningJobBody;
    type Output = StartSigningJobOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.body.profile_name, request.body.profile_owner.as_ref().unwrap_or(caller))
    }
}
