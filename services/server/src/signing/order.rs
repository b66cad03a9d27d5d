//! An order: one payload that one caller wants signed by one profile.

use super::leaf::Leaf;
use super::stamper::Stamper;
use super::{Bench, NotationParameters, Scheme, Work};
use crate::caller::Call;
use crate::error::ApiError;
use crate::facts::Stamped;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use hallmark_api::account::AccountId;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::job::JobId;
use hallmark_notary::{
    Draft, DraftParameters, Envelope, ExtendedAttribute, SignedDraft, SigningScheme, Timestamp,
};
use hallmark_pki::SerialNumber;
use hallmark_store::certificate::NewCertificate;
use hallmark_store::idempotency::ReplyKey;
use hallmark_store::job::NewJob;
use hallmark_store::profile::Profile;
use std::sync::Arc;
use time::OffsetDateTime;

/// What is to be signed, for whom and with what.
pub struct Order {
    call: Call,
    profile: Arc<Stamped<Profile>>,
    parameters: NotationParameters,
    work: Work,
    write: WriteReply,
}

/// Writes the body of the answer. It is written before the job commits, because the two are kept together.
pub type WriteReply = fn(Finished) -> Result<Bytes, ApiError>;

/// What an order is signed with.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) leaf: Arc<Leaf>,
    /// Who stamps the signature, where the scheme wants it stamped.
    pub(super) stamper: Option<Stamper>,
}

/// A signature with what an answer says of it.
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
    tools: Tools,
    reply: Bytes,
}

impl Order {
    /// An order of an authorised call; an error if the profile's parameters are not ones that it could have been put
    /// with.
    pub fn new(
        call: Call,
        profile: Arc<Stamped<Profile>>,
        work: Work,
        write: WriteReply,
    ) -> Result<Self, ApiError> {
        let parameters = NotationParameters::try_from(&profile.fact).map_err(ApiError::internal)?;
        Ok(Self { call, profile, parameters, work, write })
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
    pub(super) fn stamped_profile(&self) -> &Arc<Stamped<Profile>> {
        &self.profile
    }

    pub(super) fn parameters(&self) -> NotationParameters {
        self.parameters
    }

    /// The account that asks.
    pub(super) fn invoker(&self) -> &AccountId {
        &self.call.principal().account
    }

    /// When the signature expires if it is made at this time; an error if it must not last so long.
    pub(super) fn expiry(&self, signing_time: OffsetDateTime) -> Result<OffsetDateTime, ApiError> {
        self.work.expiry(self.profile(), signing_time)
    }

    /// Drafts the envelope and signs it; has it stamped where its scheme wants that.
    pub(super) async fn sign(
        self,
        bench: &Bench,
        tools: Tools,
        now: OffsetDateTime,
    ) -> Result<Signed, ApiError> {
        let chance = &bench.parts.chance;
        let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).map_err(ApiError::internal)?;
        let id = JobId::from_parts(millis, chance.octets()?);
        let arn =
            |resource| Arn { region: bench.parts.region.clone(), account: self.account().clone(), resource };
        let profile = self.profile();
        let job_arn = arn(Resource::SigningJob(id));
        let profile_version_arn =
            arn(Resource::ProfileVersion(profile.name.clone(), profile.version.clone()));
        let expires_at = self.expiry(now)?;

        let attributes = attributes(self.parameters, &profile_version_arn, &job_arn);
        let draft = Draft::new(
            self.work.envelope_type,
            &DraftParameters {
                payload: &self.work.payload,
                chain: &tools.leaf.chain,
                scheme: scheme(self.parameters.scheme),
                signing_time: now,
                expiry: Some(expires_at),
                verification_plugin: self.parameters.verification_plugin.name(),
                extended_attributes: &attributes,
                signing_agent: Some(concat!("hallmark/", env!("CARGO_PKG_VERSION"))),
            },
        )
        .map_err(ApiError::internal)?;
        let signature =
            tools.leaf.key.sign_fixed(chance.source(), draft.signing_input()).map_err(ApiError::internal)?;
        let envelope = match (draft.sign(signature), &tools.stamper) {
            (SignedDraft::Envelope(envelope), _) => envelope,
            (SignedDraft::Unstamped(unstamped), Some(stamper)) => {
                stamper.stamp(chance, unstamped, now).await?
            }
            (SignedDraft::Unstamped(_), None) => {
                return Err(ApiError::internal("no timestamp authority to ask"));
            }
        };

        let job = self.record(id, &tools.leaf, now, expires_at)?;
        let reply = (self.write)(Finished { job: id, job_arn, profile_version_arn, envelope })?;
        Ok(Signed { order: self, job, tools, reply })
    }

    fn record(
        &self,
        id: JobId,
        leaf: &Leaf,
        signing_time: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<NewJob, ApiError> {
        let payload_sha256 = digest(&SHA256, self.work.payload.bytes());
        Ok(NewJob {
            id,
            profile_name: self.profile().name.clone(),
            profile_version: self.profile().version.clone(),
            invoker: self.call.principal().account.clone(),
            requested_by: self.call.principal().to_string(),
            payload_sha256: payload_sha256.as_ref().try_into().map_err(ApiError::internal)?,
            artifact_digest: self.work.payload.artifact_digest().to_owned(),
            serial_number: leaf.serial_number().as_bytes().to_vec(),
            signing_time,
            expires_at,
        })
    }
}

/// The scheme as envelopes know it. Whoever signs with `notary.x509` wants verifiers to accept the signature after its
/// certificates have lapsed, so it is always stamped.
fn scheme(scheme: Scheme) -> SigningScheme {
    match scheme {
        Scheme::SigningAuthority => SigningScheme::X509SigningAuthority,
        Scheme::Timestamped => SigningScheme::X509(Timestamp::Required),
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
    /// The leaf that signed.
    pub(super) fn leaf(&self) -> &Leaf {
        &self.tools.leaf
    }

    /// The serial numbers of certificates whose revocation makes the signature worthless: the leaf's, its issuer's and
    /// those of the timestamp authority and its issuer.
    pub(super) fn relies_on(&self) -> impl Iterator<Item = &SerialNumber> {
        let authority = match &self.tools.stamper {
            Some(Stamper::Own(authority)) => Some(authority),
            _ => None,
        };
        self.leaf()
            .relies_on()
            .into_iter()
            .chain(authority.into_iter().flat_map(|authority| authority.relies_on()))
    }

    /// The certificate that goes on record with the job; none when it is on record.
    pub(super) fn certificate(&self) -> Option<NewCertificate<'_>> {
        let NewJob { id, signing_time, expires_at, .. } = self.job;
        self.tools.leaf.to_record(self.order.profile(), id, signing_time, expires_at)
    }

    /// Signs the same order again, at another time and as another job. None where that could take long: whoever holds
    /// the account's lock does not wait for an authority outside.
    pub(super) async fn again(self, bench: &Bench, now: OffsetDateTime) -> Result<Self, Unsigned> {
        if matches!(self.tools.stamper, Some(Stamper::Outside(_))) {
            return Err(Unsigned::Order(Box::new(self.order)));
        }
        self.order.sign(bench, self.tools, now).await.map_err(Unsigned::Error)
    }

    /// By what its reply is found when the same is asked for again; none if it is another request every time.
    pub(super) fn reply_key(&self) -> Option<ReplyKey> {
        let key = self.order.call.idempotency()?.key.clone();
        Some(ReplyKey { requested_by: self.job.requested_by.clone(), key })
    }

    /// What may leave once the job is on record.
    pub(super) fn reply(&self) -> &Bytes {
        &self.reply
    }
}

/// Why an order was not signed again.
pub(super) enum Unsigned {
    /// It has to be signed from the beginning.
    Order(Box<Order>),
    /// It cannot be.
    Error(ApiError),
}
