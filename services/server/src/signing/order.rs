//! An order: one payload that one caller wants signed by one profile.

use super::leaf::Leaf;
use super::{Bench, NotationParameters};
use crate::caller::Call;
use crate::error::ApiError;
use crate::facts::Stamped;
use aws_lc_rs::digest::{SHA256, digest};
use hallmark_api::account::AccountId;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::job::JobId;
use hallmark_notary::{
    Draft, DraftParameters, Envelope, EnvelopeType, ExtendedAttribute, Payload, SignedDraft, SigningScheme,
};
use hallmark_store::job::NewJob;
use hallmark_store::profile::Profile;
use std::sync::Arc;
use time::OffsetDateTime;

/// What is to be signed, for whom and with what.
pub struct Order {
    call: Call,
    profile: Arc<Stamped<Profile>>,
    payload: Payload,
}

/// A signature that is on record and may leave.
#[derive(Debug)]
pub struct Finished {
    /// The job.
    pub job: JobId,
    /// ARN of the job.
    pub job_arn: Arn,
    /// ARN of the profile version that signed.
    pub profile_version_arn: Arn,
    /// The envelope.
    pub envelope: Envelope,
}

/// A signature that is not on record yet, and so must not leave.
pub(super) struct Signed {
    pub(super) order: Order,
    pub(super) job: NewJob,
    leaf: Arc<Leaf>,
    finished: Finished,
}

impl Order {
    /// An order of an authorised call.
    pub fn new(call: Call, profile: Arc<Stamped<Profile>>, payload: Payload) -> Self {
        Self { call, profile, payload }
    }

    /// The account whose profile signs and whose job it becomes.
    pub fn account(&self) -> &AccountId {
        self.call.account()
    }

    pub(super) fn call(&self) -> &Call {
        &self.call
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.profile.fact
    }

    /// The profile, with the epoch of the owner's account when it was read.
    pub(super) fn stamped_profile(&self) -> &Stamped<Profile> {
        &self.profile
    }

    /// The account that asks.
    pub(super) fn invoker(&self) -> &AccountId {
        &self.call.principal().account
    }

    /// Drafts the envelope and signs it.
    pub(super) fn sign(
        self,
        bench: &Bench,
        leaf: Arc<Leaf>,
        now: OffsetDateTime,
    ) -> Result<Signed, ApiError> {
        let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).map_err(ApiError::internal)?;
        let id = JobId::from_parts(millis, bench.chance.octets()?);
        let arn = |resource| Arn { region: bench.region.clone(), account: self.account().clone(), resource };
        let profile = self.profile();
        let job_arn = arn(Resource::SigningJob(id));
        let profile_version_arn =
            arn(Resource::ProfileVersion(profile.name.clone(), profile.version.clone()));
        let expires_at =
            profile.validity.expiry(now).ok_or_else(|| ApiError::internal("expiry out of range"))?;

        let parameters = NotationParameters::try_from(profile).map_err(ApiError::internal)?;
        let attributes = attributes(parameters, &profile_version_arn, &job_arn);
        let draft = Draft::new(
            EnvelopeType::Jws,
            &DraftParameters {
                payload: &self.payload,
                chain: &leaf.chain,
                scheme: SigningScheme::X509SigningAuthority,
                signing_time: now,
                expiry: Some(expires_at),
                verification_plugin: parameters.verification_plugin.name(),
                extended_attributes: &attributes,
                signing_agent: Some(concat!("hallmark/", env!("CARGO_PKG_VERSION"))),
            },
        )
        .map_err(ApiError::internal)?;
        let signature =
            leaf.key.sign_fixed(bench.chance.source(), draft.signing_input()).map_err(ApiError::internal)?;
        let SignedDraft::Envelope(envelope) = draft.sign(signature) else {
            return Err(ApiError::internal("no timestamp authority to ask"));
        };

        let job = self.record(id, &leaf, now, expires_at)?;
        let finished = Finished { job: id, job_arn, profile_version_arn, envelope };
        Ok(Signed { order: self, job, leaf, finished })
    }

    fn record(
        &self,
        id: JobId,
        leaf: &Leaf,
        signing_time: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<NewJob, ApiError> {
        let payload_sha256 = digest(&SHA256, self.payload.bytes());
        Ok(NewJob {
            id,
            profile_name: self.profile().name.clone(),
            profile_version: self.profile().version.clone(),
            invoker: self.call.principal().account.clone(),
            requested_by: self.call.principal().to_string(),
            payload_sha256: payload_sha256.as_ref().try_into().map_err(ApiError::internal)?,
            artifact_digest: self.payload.artifact_digest().to_owned(),
            serial_number: leaf.serial_number.as_bytes().to_vec(),
            signing_time,
            expires_at,
        })
    }
}

/// The attributes that a plugin reads, all of them critical; without a plugin there are none.
fn attributes(parameters: NotationParameters, profile_version: &Arn, job: &Arn) -> Vec<ExtendedAttribute> {
    let Some(prefix) = parameters.verification_plugin.attribute_prefix() else { return Vec::new() };
    [("signingProfileVersion", profile_version), ("signingJob", job)]
        .map(|(name, arn)| ExtendedAttribute {
            key: format!("{prefix}.{name}"),
            value: arn.to_string(),
            critical: true,
        })
        .to_vec()
}

impl Signed {
    /// Signs the same order again, at another time and as another job.
    pub(super) fn again(self, bench: &Bench, now: OffsetDateTime) -> Result<Self, ApiError> {
        self.order.sign(bench, self.leaf, now)
    }

    /// What may leave, now that the job is on record.
    pub(super) fn finish(self) -> Finished {
        self.finished
    }
}
