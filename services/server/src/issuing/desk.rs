//! Desks: an issuing CA in use, with its key open and with places in its CRLs to give out.

use super::Standing;
use super::issuing_ca::Maker;
use crate::addresses::Addresses;
use crate::chance::Chance;
use crate::error::ApiError;
use hallmark_api::account::AccountId;
use hallmark_api::certificate::CertificatePurpose;
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_pki::{Certificate, CertificateHash, IssuingChain, SerialNumber, SigningKey, Subject, Validity};
use hallmark_store::certificate::NewCertificate;
use hallmark_store::deployment::Deployment;
use hallmark_store::issuer::{KnownIssuer, shard};
use hallmark_store::{Change, Store, Tx};
use moka::future::Cache;
use std::ops::Range;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

/// By how much the validity of end entities begins before their making, for verifiers whose clocks run behind.
const BACKDATED: Duration = Duration::minutes(5);
/// How many places in its CRLs a desk takes at a time, for certificates that are not issued under the lock.
const PLACES: i64 = 250;
/// How long a desk stands before the database is asked again which issuing CA is in use.
const STANDS: Duration = Duration::seconds(60);
/// How many desks a replica keeps.
const KEPT: u64 = 10_000;

/// An issuing CA in use.
pub struct Desk {
    known: KnownIssuer,
    chain: IssuingChain,
    places: Arc<Places>,
    standing: Arc<Standing>,
}

/// The places that a replica took for itself and did not give out yet.
type Places = Mutex<Range<i64>>;

/// What an end entity is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To sign code.
    CodeSigning,
    /// To answer for its issuing CA.
    OcspSigning,
    /// To stamp the time.
    TimeStamping,
}

impl From<Purpose> for CertificatePurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::CodeSigning => Self::CodeSigning,
            Purpose::OcspSigning => Self::OcspSigning,
            Purpose::TimeStamping => Self::TimeStamping,
        }
    }
}

/// An end entity to be certified.
#[derive(Debug, Clone, Copy)]
pub struct EndEntity<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// Its key.
    pub key: &'a SigningKey,
    /// CN of its subject.
    pub common_name: &'a str,
    /// SERIALNUMBER of its subject.
    pub serial_number: Option<&'a str>,
    /// For how long it is certified, at the most.
    pub lifetime: Duration,
    /// The profile version that signs with it; none for whatever signs no code.
    pub profile_version: Option<(&'a ProfileName, &'a ProfileVersion)>,
    /// Until when its status is published; none: without end.
    pub status_until: Option<OffsetDateTime>,
}

impl Desk {
    fn new(known: KnownIssuer, places: Arc<Places>) -> Result<Self, ApiError> {
        let own = known.issuer.certificate().clone();
        let chain = std::iter::once(own).chain(known.above.iter().cloned()).collect();
        let chain = IssuingChain::new(chain).map_err(ApiError::internal)?;
        Ok(Self { known, chain, places, standing: Arc::default() })
    }

    /// The issuing CA.
    pub fn issuer(&self) -> &KnownIssuer {
        &self.known
    }

    /// Its chain.
    pub fn chain(&self) -> &IssuingChain {
        &self.chain
    }

    /// Its serial number.
    pub fn serial_number(&self) -> &SerialNumber {
        self.known.issuer.certificate().serial_number()
    }

    /// Whether it is known not to be revoked.
    pub fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// The hash of a certificate that it issued.
    pub fn hash(&self, certificate: &Certificate) -> CertificateHash {
        CertificateHash::new(certificate, self.known.issuer.certificate())
    }

    /// Certifies an end entity. `crl_shard` is the CRL that will list it; what nobody asks the status of has none.
    pub fn certify(
        &self,
        addresses: &Addresses,
        chance: &Chance,
        entity: &EndEntity<'_>,
        crl_shard: i32,
        now: OffsetDateTime,
    ) -> Result<Certificate, ApiError> {
        let issuer = &self.known.issuer;
        let subject = Subject {
            organizational_unit: Some(self.known.account.to_string()),
            common_name: entity.common_name.to_owned(),
            serial_number: entity.serial_number.map(ToOwned::to_owned),
            ..issuer.certificate().subject().map_err(ApiError::internal)?
        };
        let serial_number = SerialNumber::from_parts(self.known.account.number(), chance.octets()?);
        let own = issuer.certificate().validity();
        let not_before = (now - BACKDATED).max(own.not_before());
        let not_after = (now + entity.lifetime).min(own.not_after());
        let validity = Validity::new(not_before, not_after).map_err(ApiError::internal)?;
        let publication = addresses.of_end_entity(&self.known.id, crl_shard).map_err(ApiError::internal)?;
        let publishing = issuer.publishing(&publication);
        let certificate = match entity.purpose {
            Purpose::CodeSigning => publishing.issue_leaf(entity.key, &subject, &serial_number, &validity),
            Purpose::OcspSigning => {
                issuer.issue_ocsp_responder(entity.key, &subject, &serial_number, &validity)
            }
            Purpose::TimeStamping => {
                publishing.issue_timestamp_authority(entity.key, &subject, &serial_number, &validity)
            }
        };
        certificate.map_err(ApiError::internal)
    }

    /// The shard of the next place, for a certificate that goes on record together with what it signs.
    pub async fn next_shard(&self, store: &Store) -> Result<i32, ApiError> {
        let mut places = self.places.lock().await;
        if let Some(place) = places.next() {
            return Ok(shard(place));
        }
        let mut tx = store.lock(&self.known.account).await?;
        let taken = tx.take_places(&self.known.id, PLACES).await?;
        tx.commit(Change::Record).await?;
        *places = taken;
        places.next().map(shard).ok_or_else(|| ApiError::internal("no places were given out"))
    }

    /// Certifies an end entity and puts it on record, under the lock of `tx`. None when the issuing CA was revoked.
    pub async fn issue(
        &self,
        tx: &mut Tx,
        addresses: &Addresses,
        chance: &Chance,
        entity: &EndEntity<'_>,
    ) -> Result<Option<Certificate>, ApiError> {
        if !tx.revoked_certificates(&[self.serial_number()]).await?.is_empty() {
            return Ok(None);
        }
        let crl_shard = match entity.purpose {
            Purpose::OcspSigning => None,
            Purpose::CodeSigning | Purpose::TimeStamping => {
                Some(shard(tx.take_places(&self.known.id, 1).await?.start))
            }
        };
        let now = tx.head_time();
        let certificate = self.certify(addresses, chance, entity, crl_shard.unwrap_or_default(), now)?;
        let new = NewCertificate {
            hash: self.hash(&certificate),
            purpose: entity.purpose.into(),
            profile_version: entity.profile_version,
            crl_shard,
            status_until: entity.status_until,
            ..NewCertificate::of(&certificate)
        };
        tx.insert_certificates(&[new]).await?;
        Ok(Some(certificate))
    }

    /// Certifies a key that answers for the issuing CA, and puts the certificate on record, under the lock of `tx`.
    /// A revoked issuing CA, too, is asked about what it issued. Nobody asks about the certificate itself.
    pub async fn issue_responder(
        &self,
        tx: &mut Tx,
        addresses: &Addresses,
        chance: &Chance,
        entity: &EndEntity<'_>,
        now: OffsetDateTime,
    ) -> Result<Certificate, ApiError> {
        let certificate = self.certify(addresses, chance, entity, 0, now)?;
        let new = NewCertificate {
            hash: self.hash(&certificate),
            purpose: entity.purpose.into(),
            status_until: entity.status_until,
            ..NewCertificate::of(&certificate)
        };
        tx.insert_certificates(&[new]).await?;
        Ok(certificate)
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Desk").field(&self.known.issuer).finish()
    }
}

/// An account, and the profile whose own issuing CA is meant (none: the account's).
type Place = (AccountId, Option<ProfileName>);

/// The desks of one replica.
#[derive(Debug)]
pub struct Desks {
    store: Store,
    deployment: Deployment,
    addresses: Arc<Addresses>,
    chance: Chance,
    /// With the time at which the database was asked.
    known: Cache<Place, (OffsetDateTime, Arc<Desk>)>,
    /// By issuing CA; they outlast its desk.
    places: Cache<SerialNumber, Arc<Places>>,
}

impl Desks {
    /// No desks yet; each comes with its first use.
    pub fn new(store: Store, deployment: Deployment, addresses: Arc<Addresses>, chance: Chance) -> Self {
        Self { store, deployment, addresses, chance, known: Cache::new(KEPT), places: Cache::new(KEPT) }
    }

    /// Where certificates are published.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The desk of an account, or of one of its profiles.
    pub async fn desk(
        &self,
        account: &AccountId,
        profile: Option<&ProfileName>,
        now: OffsetDateTime,
    ) -> Result<Arc<Desk>, ApiError> {
        let place = (account.clone(), profile.cloned());
        let stands = |(seen_at, desk): &(OffsetDateTime, Arc<Desk>)| {
            (now - *seen_at).abs() < STANDS && desk.known.issuer.certificate().valid_at(now).is_ok()
        };
        if let Some((_, desk)) = self.known.get(&place).await.filter(stands) {
            return Ok(desk);
        }
        let known = self.issuer_in_use(account, profile, now).await?;
        let desk = Arc::new(self.of(known).await?);
        self.known.insert(place, (now, desk.clone())).await;
        Ok(desk)
    }

    /// The desk of any issuing CA, whether it is in use or not.
    pub async fn of(&self, known: KnownIssuer) -> Result<Desk, ApiError> {
        let places = self.places.get_with(known.id.clone(), async { Arc::new(Mutex::new(0..0)) }).await;
        Desk::new(known, places)
    }

    /// Forgets a desk whose issuing CA was found revoked.
    pub async fn forget(&self, account: &AccountId, profile: Option<&ProfileName>) {
        self.known.invalidate(&(account.clone(), profile.cloned())).await;
    }

    async fn issuer_in_use(
        &self,
        account: &AccountId,
        profile: Option<&ProfileName>,
        now: OffsetDateTime,
    ) -> Result<KnownIssuer, ApiError> {
        if let Some(known) = self.store.view(account).await?.issuer(profile, now).await? {
            return Ok(known);
        }
        // All that there were have lapsed or are revoked.
        let root = self.store.trust_anchor().await?.issuer;
        let mut tx = self.store.lock(account).await?;
        if let Some(known) = tx.issuer(profile, now).await? {
            return Ok(known);
        }
        let root = root.ok_or_else(|| {
            ApiError::internal("the account has no issuing CA that stands, and the root's key is offline")
        })?;
        self.maker().make(&mut tx, &root, profile, now, now).await.map_err(ApiError::internal)?;
        let known = tx.issuer(profile, now).await?;
        tx.commit(Change::Record).await?;
        known.ok_or_else(|| ApiError::internal("the issuing CA that was made is not there"))
    }

    /// What issuing CAs are made with.
    pub fn maker(&self) -> Maker<'_> {
        Maker { deployment: &self.deployment, addresses: &self.addresses, chance: &self.chance }
    }
}
