//! Leaf keys, kept in memory and nowhere else: one for a profile version, certified for 72 hours and renewed before it
//! ends, or one for a single signature.

use super::check_active;
use super::parameters::{CertificateUse, IssuerChoice, NotationParameters};
use crate::chance::Chance;
use crate::error::ApiError;
use crate::facts::Stamped;
use crate::issuing::{Desk, Desks, EndEntity, Ends, Purpose, Renewing, Standing};
use hallmark_api::account::AccountId;
use hallmark_api::certificate::CertificatePurpose;
use hallmark_api::job::JobId;
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_notary::EncodedChain;
use hallmark_pki::{Certificate, CertificateHash, Chain, SerialNumber, SigningKey};
use hallmark_store::certificate::NewCertificate;
use hallmark_store::profile::Profile;
use hallmark_store::{Change, Store};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// A key with the chain that certifies it, ready to sign.
pub(super) struct Leaf {
    pub(super) key: SigningKey,
    pub(super) chain: Chain,
    pub(super) encoded: EncodedChain,
    issuer: SerialNumber,
    hash: CertificateHash,
    standing: Arc<Standing>,
    /// The CRL that a certificate names which goes on record with its one signature; none once it is on record.
    unrecorded: Option<i32>,
}

impl Leaf {
    /// A leaf that is on record.
    fn shared(key: SigningKey, chain: Chain, desk: &Desk) -> Self {
        Self::new(key, chain, desk, None, Arc::default())
    }

    /// A leaf that goes on record with its one signature. Only its issuer can be revoked by then, so that what is known
    /// of that holds for it.
    fn single(key: SigningKey, chain: Chain, desk: &Desk, crl_shard: i32) -> Self {
        Self::new(key, chain, desk, Some(crl_shard), desk.standing().clone())
    }

    fn new(
        key: SigningKey,
        chain: Chain,
        desk: &Desk,
        unrecorded: Option<i32>,
        standing: Arc<Standing>,
    ) -> Self {
        Self {
            key,
            encoded: EncodedChain::new(&chain),
            issuer: desk.serial_number().clone(),
            hash: desk.hash(chain.leaf()),
            chain,
            standing,
            unrecorded,
        }
    }

    pub(super) fn certificate(&self) -> &Certificate {
        self.chain.leaf()
    }

    pub(super) fn serial_number(&self) -> &SerialNumber {
        self.certificate().serial_number()
    }

    /// The serial number of its issuer's certificate.
    pub(super) fn issuer(&self) -> &SerialNumber {
        &self.issuer
    }

    /// The serial numbers whose revocation keeps it from signing: its own and its issuer's.
    pub(super) fn relies_on(&self) -> [&SerialNumber; 2] {
        [self.serial_number(), &self.issuer]
    }

    /// Whether neither its certificate nor its issuer's is known to be revoked.
    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What goes on record together with the one signature that it is for; none for a leaf that is on record.
    pub(super) fn to_record<'a>(
        &'a self,
        profile: &'a Profile,
        job: JobId,
        signed_at: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Option<NewCertificate<'a>> {
        Some(NewCertificate {
            certificate: self.certificate(),
            hash: self.hash,
            purpose: CertificatePurpose::CodeSigning,
            profile_version: Some((&profile.name, &profile.version)),
            crl_shard: Some(self.unrecorded?),
            signature: Some((job, signed_at)),
            status_until: Some(expires_at + STATUS_AFTER_EXPIRY),
        })
    }
}

impl Ends for Leaf {
    fn not_after(&self) -> OffsetDateTime {
        self.certificate().validity().not_after()
    }
}

/// How long a leaf is valid.
const LIFETIME: Duration = Duration::hours(72);
/// How long after the last signature's expiry its certificate's status is published: six months.
const STATUS_AFTER_EXPIRY: Duration = Duration::days(184);
/// How often an issuing CA is asked for a leaf, when it turns out to be revoked.
const ATTEMPTS: usize = 2;
/// How many leaves a replica keeps; the least recently used goes first.
const KEPT: u64 = 10_000;

type Place = (AccountId, ProfileName, ProfileVersion);

/// The leaves of one replica.
pub(super) struct Leaves {
    maker: Maker,
    known: Renewing<Place, Leaf>,
}

impl Leaves {
    pub(super) fn new(store: Store, chance: Chance, desks: Arc<Desks>) -> Self {
        Self { maker: Maker { store, chance, desks }, known: Renewing::new(KEPT) }
    }

    /// The leaf that shall sign: the profile version's, or a new one.
    pub(super) async fn leaf(
        &self,
        account: &AccountId,
        profile: &Arc<Stamped<Profile>>,
        parameters: NotationParameters,
        now: OffsetDateTime,
    ) -> Result<Arc<Leaf>, ApiError> {
        if parameters.certificate == CertificateUse::PerSignature {
            return self.maker.single(account, &profile.fact, parameters, now).await.map(Arc::new);
        }
        let place = place(account, &profile.fact);
        let (maker, owner, profile) = (self.maker.clone(), account.clone(), profile.clone());
        let make = move || async move { maker.shared(&owner, &profile, parameters, now).await };
        self.known.get(place, now, make).await
    }

    /// Forgets the leaf of a profile version, and its issuing CA, because one of them is revoked.
    pub(super) async fn forget(
        &self,
        account: &AccountId,
        profile: &Profile,
        parameters: NotationParameters,
    ) {
        self.known.forget(&place(account, profile)).await;
        self.maker.desks.forget(account, own_issuer(profile, parameters)).await;
    }
}

fn place(account: &AccountId, profile: &Profile) -> Place {
    (account.clone(), profile.name.clone(), profile.version.clone())
}

/// The profile whose own issuing CA certifies its keys; none when it is the account's.
pub(super) fn own_issuer(profile: &Profile, parameters: NotationParameters) -> Option<&ProfileName> {
    (parameters.issuer == IssuerChoice::Profile).then_some(&profile.name)
}

#[derive(Clone)]
struct Maker {
    store: Store,
    chance: Chance,
    desks: Arc<Desks>,
}

impl Maker {
    async fn desk(
        &self,
        account: &AccountId,
        profile: &Profile,
        parameters: NotationParameters,
        now: OffsetDateTime,
    ) -> Result<Arc<Desk>, ApiError> {
        self.desks.desk(account, own_issuer(profile, parameters), now).await
    }

    fn entity<'a>(key: &'a SigningKey, profile: &'a Profile, now: OffsetDateTime) -> EndEntity<'a> {
        // Its last signature is made no later than its end.
        let last_expiry = profile.validity.expiry(now + LIFETIME + Duration::DAY);
        EndEntity {
            purpose: Purpose::CodeSigning,
            key,
            common_name: profile.name.as_str(),
            serial_number: Some(profile.version.as_str()),
            lifetime: LIFETIME,
            profile_version: Some((&profile.name, &profile.version)),
            status_until: last_expiry.map(|expiry| expiry + STATUS_AFTER_EXPIRY),
        }
    }

    /// Makes a leaf for one signature. Its certificate goes on record together with the job.
    async fn single(
        &self,
        account: &AccountId,
        profile: &Profile,
        parameters: NotationParameters,
        now: OffsetDateTime,
    ) -> Result<Leaf, ApiError> {
        let desk = self.desk(account, profile, parameters, now).await?;
        let crl_shard = desk.next_shard(&self.store).await?;
        let key = SigningKey::generate(self.chance.source()).map_err(ApiError::internal)?;
        let entity = Self::entity(&key, profile, now);
        let certificate = desk.certify(self.desks.addresses(), &self.chance, &entity, crl_shard, now)?;
        let chain = desk.chain().chain(certificate).map_err(ApiError::internal)?;
        Ok(Leaf::single(key, chain, &desk, crl_shard))
    }

    /// Makes a leaf for a profile version that is active under the lock.
    async fn shared(
        &self,
        account: &AccountId,
        profile: &Stamped<Profile>,
        parameters: NotationParameters,
        now: OffsetDateTime,
    ) -> Result<Leaf, ApiError> {
        for _ in 0..ATTEMPTS {
            let desk = self.desk(account, &profile.fact, parameters, now).await?;
            if let Some(leaf) = self.issued(account, profile, &desk, now).await? {
                return Ok(leaf);
            }
            // It was revoked after the desk was set up; there is another, or one is made.
            self.desks.forget(account, own_issuer(&profile.fact, parameters)).await;
        }
        Err(ApiError::internal("the issuing CA was revoked a moment ago"))
    }

    /// Has a leaf issued. Its certificate is on record before its key signs anything that leaves. None when the issuing
    /// CA is revoked.
    async fn issued(
        &self,
        account: &AccountId,
        profile: &Stamped<Profile>,
        desk: &Desk,
        now: OffsetDateTime,
    ) -> Result<Option<Leaf>, ApiError> {
        let mut tx = self.store.lock(account).await?;
        if tx.epoch() != profile.epoch {
            let names = std::slice::from_ref(&profile.fact.name);
            let status = tx.profiles(names).await?.pop().map(|fresh| fresh.status());
            let status = status.ok_or_else(|| ApiError::internal("a profile that was there is gone"))?;
            check_active(&profile.fact.name, status)?;
        }
        let profile = &profile.fact;
        let key = SigningKey::generate(self.chance.source()).map_err(ApiError::internal)?;
        let entity = Self::entity(&key, profile, now);
        let issued = desk.issue(&mut tx, self.desks.addresses(), &self.chance, &entity).await?;
        let Some(certificate) = issued else { return Ok(None) };
        let chain = desk.chain().chain(certificate).map_err(ApiError::internal)?;
        self.prove(&key, &chain)?;
        tx.commit(Change::Record).await?;
        let leaf = Leaf::shared(key, chain, desk);
        tracing::info!(%account, profile = %profile.name, serial = %leaf.serial_number(), "issued a leaf");
        Ok(Some(leaf))
    }

    /// Proves by a trial signature that the key is the one that was certified.
    fn prove(&self, key: &SigningKey, chain: &Chain) -> Result<(), ApiError> {
        const TRIAL: &[u8] = b"hallmark trial signature";
        let signature = key.sign_fixed(self.chance.source(), TRIAL).map_err(ApiError::internal)?;
        chain.leaf().verify_fixed(TRIAL, &signature).map_err(ApiError::internal)
    }
}
