//! Leaf keys: made on first use, certified for 72 hours, kept in memory and nowhere else.

use super::check_active;
use crate::chance::Chance;
use crate::error::ApiError;
use crate::facts::Stamped;
use hallmark_api::account::AccountId;
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_notary::EncodedChain;
use hallmark_pki::{
    Certificate, CertificateHash, Chain, Issuer, SerialNumber, SigningKey, Subject, Validity,
};
use hallmark_store::profile::Profile;
use hallmark_store::{Change, Store};
use moka::Entry;
use moka::future::Cache;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// A key with the chain that certifies it, ready to sign.
pub(super) struct Leaf {
    pub(super) key: SigningKey,
    pub(super) chain: EncodedChain,
    pub(super) serial_number: SerialNumber,
    not_after: OffsetDateTime,
}

/// How long a leaf is valid.
const LIFETIME: Duration = Duration::hours(72);
/// By how much its validity begins before its making, for verifiers whose clocks run behind.
const BACKDATED: Duration = Duration::minutes(5);
/// A leaf this close to its end is not taken up any more.
const MARGIN: Duration = Duration::hours(1);
/// How many leaves a replica keeps; the least recently used goes first.
const KEPT: u64 = 10_000;

type Place = (AccountId, ProfileName, ProfileVersion);

/// The leaves of one replica.
pub(super) struct Leaves {
    store: Store,
    chance: Chance,
    trust_anchor: Certificate,
    known: Cache<Place, Arc<Leaf>>,
}

impl Leaves {
    pub(super) fn new(store: Store, chance: Chance, trust_anchor: Certificate) -> Self {
        let known = Cache::builder()
            .max_capacity(KEPT)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(LIFETIME.unsigned_abs())
            .build();
        Self { store, chance, trust_anchor, known }
    }

    /// The profile version's leaf; issues one when there is none, or none that lasts. Requests that wait
    /// for the same leaf wait for one issue.
    pub(super) async fn leaf(
        &self,
        account: &AccountId,
        profile: &Stamped<Profile>,
        now: OffsetDateTime,
    ) -> Result<Arc<Leaf>, ApiError> {
        let place = (account.clone(), profile.fact.name.clone(), profile.fact.version.clone());
        let lasts = |leaf: &Arc<Leaf>| now + MARGIN < leaf.not_after;
        if let Some(leaf) = self.known.get(&place).await.filter(lasts) {
            return Ok(leaf);
        }
        let known = self.known.entry(place).and_try_compute_with(async |known| match known {
            // Whoever was before us issued it while we waited.
            Some(known) if lasts(known.value()) => Ok(Op::Nop),
            _ => self.issue(account, profile).await.map(Op::Put),
        });
        let leaf = known.await?.into_entry().map(Entry::into_value);
        leaf.filter(lasts)
            .ok_or_else(|| ApiError::internal("the account's issuing certificate is about to lapse"))
    }

    /// Issues a leaf, to a profile that is active under the lock. Its certificate is on record before its key
    /// signs anything that leaves.
    async fn issue(&self, account: &AccountId, profile: &Stamped<Profile>) -> Result<Arc<Leaf>, ApiError> {
        let mut tx = self.store.lock(account).await?;
        if tx.epoch() != profile.epoch {
            let names = std::slice::from_ref(&profile.fact.name);
            let status = tx.profiles(names).await?.pop().map(|fresh| fresh.status());
            let status = status.ok_or_else(|| ApiError::internal("a profile that was there is gone"))?;
            check_active(&profile.fact.name, status)?;
        }
        let profile = &profile.fact;
        let issuer = tx.issuer().await?.ok_or_else(|| ApiError::internal("the account has no issuer"))?;
        let key = SigningKey::generate(self.chance.source()).map_err(ApiError::internal)?;
        let certificate = self.certify(&issuer, account, profile, &key, tx.head_time())?;
        let chain = vec![certificate, issuer.certificate().clone(), self.trust_anchor.clone()];
        let chain = Chain::new(chain).map_err(ApiError::internal)?;
        let leaf = self.prove(key, &chain)?;

        let hash = CertificateHash::new(chain.leaf(), issuer.certificate());
        tx.insert_certificate(chain.leaf(), &hash, Some((&profile.name, &profile.version))).await?;
        tx.commit(Change::Record).await?;
        tracing::info!(%account, profile = %profile.name, serial = %leaf.serial_number, "issued a leaf");
        Ok(Arc::new(leaf))
    }

    fn certify(
        &self,
        issuer: &Issuer,
        account: &AccountId,
        profile: &Profile,
        key: &SigningKey,
        now: OffsetDateTime,
    ) -> Result<Certificate, ApiError> {
        let subject = Subject {
            organizational_unit: Some(account.to_string()),
            common_name: profile.name.to_string(),
            serial_number: Some(profile.version.to_string()),
            ..issuer.certificate().subject().map_err(ApiError::internal)?
        };
        let serial_number = SerialNumber::from_parts(account.number(), self.chance.octets()?);
        let not_after = (now + LIFETIME).min(issuer.certificate().validity().not_after());
        let validity = Validity::new(now - BACKDATED, not_after).map_err(ApiError::internal)?;
        issuer.issue_leaf(key, &subject, &serial_number, &validity).map_err(ApiError::internal)
    }

    /// Proves by a trial signature that the key is the one that was certified.
    fn prove(&self, key: SigningKey, chain: &Chain) -> Result<Leaf, ApiError> {
        const TRIAL: &[u8] = b"hallmark trial signature";
        let signature = key.sign_fixed(self.chance.source(), TRIAL).map_err(ApiError::internal)?;
        chain.leaf().verify_fixed(TRIAL, &signature).map_err(ApiError::internal)?;
        Ok(Leaf {
            key,
            chain: EncodedChain::new(chain),
            serial_number: chain.leaf().serial_number().clone(),
            not_after: chain.leaf().validity().not_after(),
        })
    }
}
