//! An order: one thing that one caller wants signed by one profile.

use super::leaf::Leaf;
use super::stamper::{Authority, Stamper};
use super::work::{Finished, PayloadWork, RawSignature, Work};
use super::{Bench, NotationParameters, Scheme, whole_seconds};
use crate::caller::Call;
use crate::error::ApiError;
use crate::facts::Stamped;
use crate::issuing::Standing;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use hallmark_api::account::AccountId;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::job::JobId;
use hallmark_api::verification_plugin::VerificationPlugin;
use hallmark_notary::{
    Draft, DraftParameters, Envelope, ExtendedAttribute, SignedDraft, SigningScheme, Timestamp,
};
use hallmark_pki::SerialNumber;
use hallmark_store::Epoch;
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
}

/// What an order is signed with.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) leaf: Arc<Leaf>,
    /// Who stamps the signature, where the scheme wants it stamped.
    pub(super) stamper: Option<Stamper>,
}

/// When a signature is made, in whole seconds, and when it expires.
#[derive(Clone, Copy)]
struct Times {
    signing_time: OffsetDateTime,
    expires_at: OffsetDateTime,
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
    pub fn new(call: Call, profile: Arc<Stamped<Profile>>, work: Work) -> Result<Self, ApiError> {
        let parameters = NotationParameters::try_from(&profile.fact).map_err(ApiError::internal)?;
        Ok(Self { call, profile, parameters, work })
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

    /// Whether the signature is stamped here.
    pub(super) fn is_stamped(&self) -> bool {
        self.parameters.scheme == Scheme::Timestamped && matches!(self.work, Work::Payload(..))
    }

    /// Signs, as a new job, and writes the answer. The job's id is as fine as the clock, so that lists show the jobs of one
    /// second in their order.
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
        let named = Finished {
            job: id,
            job_arn: arn(Resource::SigningJob(id)),
            profile_version_arn: arn(Resource::ProfileVersion(profile.name.clone(), profile.version.clone())),
            product: (),
        };
        let signing_time = whole_seconds(now);
        let times = Times { signing_time, expires_at: self.expiry(signing_time)? };
        let reply = match &self.work {
            Work::Payload(work, write) => {
                let envelope = self.envelope(work, bench, &tools, &named, times).await?;
                write(named.with(envelope))?
            }
            Work::Input(input, write) => {
                let signature = tools.leaf.key.sign_fixed(chance.source(), input.octets());
                let signature = signature.map_err(ApiError::internal)?.to_vec();
                let certificates = tools.leaf.chain.certificates().map(|one| one.der().to_vec()).collect();
                write(named.with(RawSignature { signature, certificates }))?
            }
        };
        let job = self.record(id, &tools.leaf, times)?;
        Ok(Signed { order: self, job, tools, reply })
    }

    /// Drafts an envelope around a payload and signs it; has it stamped where its scheme wants that.
    async fn envelope(
        &self,
        work: &PayloadWork,
        bench: &Bench,
        tools: &Tools,
        named: &Finished<()>,
        times: Times,
    ) -> Result<Envelope, ApiError> {
        let chance = &bench.parts.chance;
        let attributes = attributes(self.parameters, &named.profile_version_arn, &named.job_arn);
        let draft = Draft::new(
            work.envelope_type,
            &DraftParameters {
                payload: &work.payload,
                chain: &tools.leaf.encoded,
                scheme: scheme(self.parameters.scheme),
                signing_time: times.signing_time,
                expiry: Some(times.expires_at),
                verification_plugin: self.parameters.verification_plugin.map(VerificationPlugin::name),
                extended_attributes: &attributes,
                signing_agent: Some(concat!("hallmark/", env!("CARGO_PKG_VERSION"))),
            },
        )
        .map_err(ApiError::internal)?;
        let signature =
            tools.leaf.key.sign_fixed(chance.source(), draft.signing_input()).map_err(ApiError::internal)?;
        match (draft.sign(signature), &tools.stamper) {
            (SignedDraft::Envelope(envelope), _) => Ok(envelope),
            (SignedDraft::Unstamped(unstamped), Some(stamper)) => {
                stamper.stamp(chance, unstamped, times.signing_time).await
            }
            (SignedDraft::Unstamped(_), None) => Err(ApiError::internal("no timestamp authority to ask")),
        }
    }

    fn record(
        &self,
        id: JobId,
        leaf: &Leaf,
        Times { signing_time, expires_at }: Times,
    ) -> Result<NewJob, ApiError> {
        let payload = self.work.payload();
        let payload_sha256 = digest(&SHA256, payload.bytes());
        Ok(NewJob {
            id,
            profile_name: self.profile().name.clone(),
            profile_version: self.profile().version.clone(),
            invoker: self.call.principal().account.clone(),
            requested_by: self.call.principal().to_string(),
            payload_sha256: payload_sha256.as_ref().try_into().map_err(ApiError::internal)?,
            artifact_digest: payload.artifact_digest().to_owned(),
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
    let Some(plugin) = parameters.verification_plugin else { return Vec::new() };
    [(plugin.profile_version_attribute(), profile_version), (plugin.job_attribute(), job)]
        .map(|(name, arn)| ExtendedAttribute { key: name.to_owned(), value: arn.to_string(), critical: true })
        .to_vec()
}

impl Signed {
    /// The leaf that signed.
    pub(super) fn leaf(&self) -> &Leaf {
        &self.tools.leaf
    }

    /// The account's own timestamp authority, where it stamped.
    pub(super) fn authority(&self) -> Option<&Arc<Authority>> {
        match &self.tools.stamper {
            Some(Stamper::Own(authority)) => Some(authority),
            _ => None,
        }
    }

    /// Whether no certificate that it relies on was revoked at this epoch of its account, as far as is known.
    pub(super) fn is_good_at(&self, epoch: Epoch) -> bool {
        self.standings().all(|standing| standing.is_good_at(epoch))
    }

    /// Notes that no certificate that it relies on was revoked at this epoch of its account.
    pub(super) fn set_good_at(&self, epoch: Epoch) {
        self.standings().for_each(|standing| standing.set_good_at(epoch));
    }

    fn standings(&self) -> impl Iterator<Item = &Standing> {
        let authority = self.authority().map(|authority| authority.standing());
        std::iter::once(self.leaf().standing()).chain(authority)
    }

    /// The serial numbers of certificates whose revocation makes the signature worthless: the leaf's, its issuer's and
    /// those of the timestamp authority and its issuer.
    pub(super) fn relies_on(&self) -> impl Iterator<Item = &SerialNumber> {
        let of_authority = self.authority().into_iter().flat_map(|authority| authority.relies_on());
        self.leaf().relies_on().into_iter().chain(of_authority)
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

    /// The same, if what its client wrote of times fits the time at which it goes on record.
    pub(super) fn with_good_times(self, now: OffsetDateTime) -> Result<Self, ApiError> {
        let Order { work, profile, .. } = &self.order;
        work.check_times(&profile.fact, self.leaf().certificate(), now).map(|()| self)
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
