//! Work: what there is to sign, and until when the signature is to last.

use crate::error::ApiError;
use hallmark_api::expiry_duration::ExpiryDuration;
use hallmark_notary::{EnvelopeType, Payload};
use hallmark_store::profile::Profile;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A payload, to be signed in an envelope that is drafted here.
#[derive(Debug)]
pub struct Work {
    /// What is signed.
    pub payload: Payload,
    /// How the envelope is written.
    pub envelope_type: EnvelopeType,
    /// How long the signature lasts; as long as the profile lets it if nobody says.
    pub lasts: Option<ExpiryDuration>,
}

impl Work {
    /// When a signature that is made at this time expires. No later than the profile lets it.
    pub(super) fn expiry(
        &self,
        profile: &Profile,
        signing_time: OffsetDateTime,
    ) -> Result<OffsetDateTime, ApiError> {
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
fn latest_expiry(profile: &Profile, signing_time: OffsetDateTime) -> Result<OffsetDateTime, ApiError> {
    profile.validity.expiry(signing_time).ok_or_else(|| ApiError::internal("expiry out of range"))
}

fn written(time: OffsetDateTime) -> String {
    // A time that is read from a clock can be written.
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}
