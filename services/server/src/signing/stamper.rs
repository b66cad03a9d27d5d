//! Timestamps for signatures of the scheme `notary.x509`: by an authority of the account's own, or by one outside.

use crate::chance::Chance;
use crate::error::ApiError;
use crate::issuing::{Desk, Desks, EndEntity, Ends, Purpose, Renewing, Standing};
use crate::timestamp_client::TimestampClient;
use hallmark_api::account::AccountId;
use hallmark_notary::{Envelope, Unstamped};
use hallmark_pki::{
    Certificate, DigestAlgorithm, Imprint, SerialNumber, SigningKey, TimestampAuthority, TimestampPolicy,
};
use hallmark_store::{Change, Store};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// How long the certificate of an authority is valid. Its tokens are good for as long as anything relies on them.
const LIFETIME: Duration = Duration::days(30);
/// For how long after its end the status of an authority's certificate is published: longer than any signature that it
/// stamped is valid (135 months), and six months.
const STATUS_AFTER_END: Duration = Duration::days(4107 + 184);
/// How often an issuing CA is asked for an authority's certificate, when it turns out to be revoked.
const ATTEMPTS: usize = 2;
/// How many authorities a replica keeps; the least recently used goes first.
const KEPT: u64 = 1_000;
/// The policy under which it stamps: tokens of the accuracy of two seconds, and nothing beyond. Hallmark has no arc of its
/// own, so it stands below the one that RFC 5612 sets aside for whoever has none; verifiers do not look at it.
const POLICY: &str = "1.3.6.1.4.1.32473.1";
const COMMON_NAME: &str = "Hallmark Timestamp Authority";

/// A timestamp authority in use.
pub struct Authority {
    tsa: TimestampAuthority,
    account: AccountId,
    standing: Standing,
}

impl Ends for Authority {
    fn not_after(&self) -> OffsetDateTime {
        self.tsa.certificates().first().map_or(OffsetDateTime::UNIX_EPOCH, end)
    }
}

fn end(certificate: &Certificate) -> OffsetDateTime {
    certificate.validity().not_after()
}

impl Authority {
    /// The authority itself.
    pub fn authority(&self) -> &TimestampAuthority {
        &self.tsa
    }

    /// Whose it is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Whether its certificate and those above it are known not to be revoked.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// A number that no other token bears.
    pub fn serial_number(&self, chance: &Chance) -> Result<SerialNumber, ApiError> {
        Ok(SerialNumber::from_parts(self.account.number(), chance.octets()?))
    }

    /// The serial numbers whose revocation keeps it from stamping: its own and those of the issuers above it.
    pub fn relies_on(&self) -> impl Iterator<Item = &SerialNumber> {
        self.tsa.certificates().iter().map(Certificate::serial_number)
    }

    fn stamp(
        &self,
        chance: &Chance,
        unstamped: Unstamped,
        now: OffsetDateTime,
    ) -> Result<Envelope, ApiError> {
        let imprint = imprint(&unstamped)?;
        let serial_number = self.serial_number(chance)?;
        let token = self.tsa.stamp(chance.source(), &imprint, &serial_number, now);
        unstamped.stamp(token.map_err(ApiError::internal)?.der()).map_err(ApiError::internal)
    }
}

fn imprint(unstamped: &Unstamped) -> Result<Imprint, ApiError> {
    Imprint::of(DigestAlgorithm::Sha384, unstamped.signature()).map_err(ApiError::internal)
}

/// The authorities of one replica, one for each account.
pub struct Authorities {
    maker: Maker,
    known: Renewing<AccountId, Authority>,
}

impl std::fmt::Debug for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorities")
    }
}

#[derive(Clone)]
struct Maker {
    store: Store,
    chance: Chance,
    desks: Arc<Desks>,
}

impl Authorities {
    /// No authorities yet; each comes with its first use.
    pub fn new(store: Store, chance: Chance, desks: Arc<Desks>) -> Self {
        Self { maker: Maker { store, chance, desks }, known: Renewing::new(KEPT) }
    }

    /// The authority of an account.
    pub async fn authority(
        &self,
        account: &AccountId,
        now: OffsetDateTime,
    ) -> Result<Arc<Authority>, ApiError> {
        let (maker, owner) = (self.maker.clone(), account.clone());
        self.known.get(account.clone(), now, move || async move { maker.make(&owner, now).await }).await
    }

    /// Forgets an authority that is revoked, unless another has taken its place.
    pub async fn forget(&self, revoked: &Arc<Authority>) {
        self.known.forget_this(revoked.account().clone(), revoked).await;
    }
}

impl Maker {
    async fn make(&self, account: &AccountId, now: OffsetDateTime) -> Result<Authority, ApiError> {
        for _ in 0..ATTEMPTS {
            let desk = self.desks.desk(account, None, now).await?;
            if let Some(authority) = self.made(account, &desk, now).await? {
                return Ok(authority);
            }
            // It was revoked after the desk was set up; there is another, or one is made.
            self.desks.forget(account, None).await;
        }
        Err(ApiError::internal("the issuing CA was revoked a moment ago"))
    }

    /// Makes an authority. None when the issuing CA is revoked.
    async fn made(
        &self,
        account: &AccountId,
        desk: &Desk,
        now: OffsetDateTime,
    ) -> Result<Option<Authority>, ApiError> {
        let key = SigningKey::generate(self.chance.source()).map_err(ApiError::internal)?;
        let entity = EndEntity {
            purpose: Purpose::TimeStamping,
            key: &key,
            common_name: COMMON_NAME,
            serial_number: None,
            lifetime: LIFETIME,
            profile_version: None,
            status_until: Some(now + LIFETIME + STATUS_AFTER_END),
        };
        let mut tx = self.store.lock(account).await?;
        let issued = desk.issue(&mut tx, self.desks.addresses(), &self.chance, &entity).await?;
        let Some(certificate) = issued else { return Ok(None) };
        let policy: TimestampPolicy = POLICY.parse().map_err(ApiError::internal)?;
        // The root is left out: who verifies has it.
        let issuers = desk.chain().certificates().split_last().map_or(&[][..], |(_, issuers)| issuers);
        let certificates = std::iter::once(certificate).chain(issuers.iter().cloned()).collect();
        let tsa = TimestampAuthority::new(certificates, key, policy).map_err(ApiError::internal)?;
        tx.commit(Change::Record).await?;
        Ok(Some(Authority { tsa, account: account.clone(), standing: Standing::default() }))
    }
}

/// Who stamps signatures.
#[derive(Debug, Clone)]
pub enum Stamping {
    /// An authority of the account's own.
    Own,
    /// An authority outside.
    Outside(Arc<TimestampClient>),
}

/// Who stamps one signature, at hand.
#[derive(Clone)]
pub(super) enum Stamper {
    Own(Arc<Authority>),
    Outside(Arc<TimestampClient>),
}

impl Stamper {
    pub(super) async fn stamp(
        &self,
        chance: &Chance,
        unstamped: Unstamped,
        now: OffsetDateTime,
    ) -> Result<Envelope, ApiError> {
        match self {
            Self::Own(authority) => authority.stamp(chance, unstamped, now),
            Self::Outside(client) => {
                let token = client.stamp(chance, &imprint(&unstamped)?, now).await?;
                unstamped.stamp(token.der()).map_err(ApiError::internal)
            }
        }
    }
}
