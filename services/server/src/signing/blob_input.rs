//! Signing inputs of blobs: what a client wrote is signed only if it can be read as nothing else.
//!
//! The signature of a signing input is good for any envelope around it, so everything that a verifier will read is
//! checked here. Only octets that the strict reader accepts are ever signed: never a digest, nor anything that begins
//! as another protocol's messages do. No input claims the service's word for its time (scheme
//! `notary.x509.signingAuthority`), asks for a plugin or bears an attribute that one would believe, and none is about an
//! image, whose digest `SignPayload`'s rules are for. The key is this one signature's.

use super::work::{latest_expiry, written};
use super::{NotationParameters, Scheme};
use crate::error::ApiError;
use hallmark_api::profile::ProfileName;
use hallmark_notary::{EnvelopeType, Payload, SigningInput, SigningTime};
use hallmark_pki::{Certificate, SigningAlgorithm};
use hallmark_store::profile::Profile;
use time::{Duration, OffsetDateTime};

/// How long ago the signing time may be: for as long as a request's own signature is good.
const BEHIND: Duration = Duration::minutes(5);
/// How far ahead of the database's clock a client's may be.
const AHEAD: Duration = Duration::minutes(1);

/// A signing input that was read and found in order, but for its times.
#[derive(Debug)]
pub struct BlobInput {
    payload: Payload,
    signing_time: OffsetDateTime,
    expiry: OffsetDateTime,
    input: SigningInput,
}

fn refused(reason: impl std::fmt::Display) -> ApiError {
    ApiError::validation(format!("signingInput: {reason}"))
}

impl BlobInput {
    /// Reads the signing input of an envelope of this type.
    pub fn read(octets: &[u8], envelope_type: EnvelopeType) -> Result<Self, ApiError> {
        let input = SigningInput::parse(octets, envelope_type).map_err(refused)?;
        let header = input.header();
        let SigningTime::Stated(signing_time) = header.signing_time() else {
            return Err(refused("the signing scheme must be notary.x509"));
        };
        if header.algorithm() != SigningAlgorithm::Es384 {
            return Err(refused("the algorithm must be ES384 (-35 in COSE), that of the keys here"));
        }
        if header.verification_plugin().is_some() {
            return Err(refused("it must not name a verification plugin"));
        }
        if let Some(attribute) = header.attributes().first() {
            let key: String = attribute.key.chars().take(64).flat_map(char::escape_debug).collect();
            return Err(refused(format!("it must not hold extended attributes, but holds '{key}'")));
        }
        let expiry = header.expiry().ok_or_else(|| refused("it must hold an expiry"))?;
        let payload = Payload::parse(input.payload()).map_err(refused)?;
        payload.check_blob().map_err(refused)?;
        Ok(Self { payload, signing_time, expiry, input })
    }

    /// Checks that profiles with these parameters sign it: they speak for no authority, and each signature has its
    /// certificate.
    pub(super) fn check_profile(name: &ProfileName, parameters: NotationParameters) -> Result<(), ApiError> {
        let NotationParameters { scheme, verification_plugin, .. } = parameters;
        if scheme == Scheme::Timestamped && verification_plugin.is_none() {
            return Ok(());
        }
        Err(ApiError::validation(format!(
            "The signing profile {name} signs no signing inputs: that takes a profile with the signingParameters \
             verificationPlugin none and signingScheme notary.x509."
        )))
    }

    /// What is signed.
    pub(super) fn octets(&self) -> &[u8] {
        self.input.bytes()
    }

    /// The payload in it.
    pub(super) fn payload(&self) -> &Payload {
        &self.payload
    }

    /// When the signature expires.
    pub(super) fn expiry(&self) -> OffsetDateTime {
        self.expiry
    }

    /// Checks the times that the client wrote against the time at which the job goes on record.
    pub(super) fn check_times(
        &self,
        profile: &Profile,
        leaf: &Certificate,
        now: OffsetDateTime,
    ) -> Result<(), ApiError> {
        let Self { signing_time, expiry, .. } = *self;
        if signing_time < now - BEHIND || signing_time > now + AHEAD {
            return Err(refused(format!(
                "the signing time {} must be that of now, {}: at most 5 minutes before and 1 minute after",
                written(signing_time),
                written(now)
            )));
        }
        leaf.valid_at(signing_time).map_err(refused)?;
        let latest = latest_expiry(profile, signing_time)?;
        if expiry <= now || expiry > latest {
            return Err(refused(format!(
                "the expiry {} must lie ahead, and not beyond {}, which is as long as the signing profile {} lets a \
                 signature last",
                written(expiry),
                written(latest),
                profile.name
            )));
        }
        Ok(())
    }
}
