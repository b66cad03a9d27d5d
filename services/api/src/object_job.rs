//! `StartSigningJob`: a job on an object in an object store.

use crate::account::AccountId;
use crate::job::JobId;
use crate::object::Object;
use crate::operation::{Effect, Nothing, Operation, Request, Target};
use crate::profile::{ProfileName, own_profile};
use http::Method;
use serde::{Deserialize, Serialize};

/// `StartSigningJob`. Without an object store to read from it answers that it is not served.
#[derive(Debug)]
pub struct StartSigningJob;

/// Body of [`StartSigningJob`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartSigningJobBody {
    /// What to sign.
    pub source: Object<Source>,
    /// Where the signed object goes.
    pub destination: Object<Destination>,
    /// The profile to sign with.
    pub profile_name: ProfileName,
    /// The same token makes the same job.
    pub client_request_token: String,
    /// The account that owns the profile; the caller's when absent.
    pub profile_owner: Option<AccountId>,
}

/// Where an object is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// In S3.
    pub s3: Option<Object<S3Source>>,
}

/// A version of an object in S3.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Source {
    /// The bucket.
    pub bucket_name: String,
    /// The object's key.
    pub key: String,
    /// Its version.
    pub version: String,
}

/// Where an object is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Destination {
    /// In S3.
    pub s3: Option<Object<S3Destination>>,
}

/// A place in S3.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Destination {
    /// The bucket.
    pub bucket_name: Option<String>,
    /// What the key begins with.
    pub prefix: Option<String>,
}

/// Answer of [`StartSigningJob`].
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    type Path = Nothing;
    type Query = Nothing;
    type Body = StartSigningJobBody;
    type Output = StartSigningJobOutput;

    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target> {
        own_profile(&request.body.profile_name, request.body.profile_owner.as_ref().unwrap_or(caller))
    }
}
