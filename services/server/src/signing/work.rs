//! Work: what there is to sign, and until when the signature is to last.

use super::{BlobInput, NotationParameters};
use crate::error::ApiError;
use axum::body::Bytes;
use hallmark_api::arn::Arn;
use hallmark_api::expiry_duration::ExpiryDuration;
use hallmark_api::job::JobId;
use hallmark_api::verification_plugin::VerificationPlugin;
use hallmark_notary::{Envelope, EnvelopeType, Payload};
use hallmark_pki::Certificate;
use hallmark_store::profile::Profile;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is to be signed, and how the answer is written.
#[derive(Debug)]
pub enum Work {
    /// A payload, in an envelope that is drafted here.
    Payload(PayloadWork, WriteReply<Envelope>),
    /// A signing input that was written elsewhere.
    Input(Box<BlobInput>, WriteReply<RawSignature>),
}

/// Writes the body of an answer. It is written before the job commits, because the two are kept together.
pub type WriteReply<P> = fn(Finished<P>) -> Result<Bytes, ApiError>;

/// A signature with what an answer says of it.
#[derive(Debug)]
pub struct Finished<P> {
    /// The job.
    pub job: JobId,
    /// ARN of the job.
    pub job_arn: Arn,
    /// ARN of the profile version that signed.
    pub profile_version_arn: Arn,
    /// What was made.
    pub product: P,
}

impl<P> Finished<P> {
    /// The same of another product.
    pub(super) fn with<Q>(self, product: Q) -> Finished<Q> {
        let Self { job, job_arn, profile_version_arn, .. } = self;
        Finished { job, job_arn, profile_version_arn, product }
    }

    /// What every answer says of the signature besides.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        let plugin = VerificationPlugin::Hallmark;
        BTreeMap::from([
            (plugin.job_attribute().to_owned(), self.job_arn.to_string()),
            (plugin.profile_version_attribute().to_owned(), self.profile_version_arn.to_string()),
        ])
    }
}

/// A signature without envelope.
#[derive(Debug)]
pub struct RawSignature {
    /// r and s.
    pub signature: Vec<u8>,
    /// The certificates in DER, from the one that signed to the root.
    pub certificates: Vec<Vec<u8>>,
}

/// A payload, to be signed in an envelope that is drafted here.
#[derive(Debug)]
pub struct PayloadWork {
    /// What is signed.
    pub payload: Payload,
    /// How the envelope is written.
    pub envelope_type: EnvelopeType,
    /// How long the signature lasts; as long as the profile lets it if nobody says.
    pub lasts: Option<ExpiryDuration>,
}

impl Work {
    /// The payload, wherever it stands.
    pub(super) fn payload(&self) -> &Payload {
        match self {
            Self::Payload(work, _) => &work.payload,
            Self::Input(input, _) => input.payload(),
        }
    }

    /// Checks that profiles with these parameters do it.
    pub fn check_profile(&self, profile: &Profile) -> Result<(), ApiError> {
        match self {
            Self::Payload(..) => Ok(()),
            Self::Input(..) => BlobInput::check_profile(
                &profile.name,
                NotationParameters::try_from(profile).map_err(ApiError::internal)?,
            ),
        }
    }

    /// When a signature that is made at this time expires.
    pub(super) fn expiry(
        &self,
        profile: &Profile,
        signing_time: OffsetDateTime,
    ) -> Result<OffsetDateTime, ApiError> {
        match self {
            Self::Payload(work, _) => work.expiry(profile, signing_time),
            Self::Input(input, _) => Ok(input.expiry()),
        }
    }

    /// Checks whatever was written elsewhere of times against the time at which it goes on record.
    pub(super) fn check_times(
        &self,
        profile: &Profile,
        leaf: &Certificate,
        now: OffsetDateTime,
    ) -> Result<(), ApiError> {
        match self {
            Self::Payload(..) => Ok(()),
            Self::Input(input, _) => input.check_times(profile, leaf, now),
        }
    }
}

impl PayloadWork {
    /// No later than the profile lets it.
    fn expiry(&self, profile: &Profile, signing_time: OffsetDateTime) -> Result<OffsetDateTime, ApiError> {
        let latest = latest_expiry(profile, signing_time)?;
        let Some(lasts) = self.lasts else { return Ok(latest) };
        let expiry = signing_time.checked_add(lasts.duration());
        expiry.filter(|expiry| *expiry <= latest).ok_or_else(|| {
            ApiError::validation(format!(
                "expiryDurationInSeconds: {} seconds are more than the signing profile {} allows; a signature that is \
                 made now expires on {} at the latest, after {} seconds.",
                lasts.duration().whole_seconds(),
                profile.name,
                written(latest),
                (latest - signing_time).whole_seconds()
            ))
        })
    }
}

/// The latest time at which a signature of a profile may expire.
pub(super) fn latest_expiry(
    profile: &Profile,
    signing_time: OffsetDateTime,
) -> Result<OffsetDateTime, ApiError> {
    profile.validity.expiry(signing_time).ok_or_else(|| ApiError::internal("expiry out of range"))
}

/// A time as callers are told it.
pub(super) fn written(time: OffsetDateTime) -> String {
    // A time that is read from a clock can be written.
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}
