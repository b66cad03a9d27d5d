//! Who signs OCSP answers: for each issuing CA and replica a key of its own, in memory alone, with a certificate that
//! is on record before it signs.

use crate::chance::Chance;
use crate::clock::Clock;
use crate::error::ApiError;
use crate::issuing::{Desk, Desks, EndEntity, Ends, Purpose, Renewing};
use hallmark_pki::{OcspResponder, SerialNumber, SigningKey};
use hallmark_store::{Change, Store};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// How long the certificate of a responder is valid: it cannot be revoked, so not for long.
const LIFETIME: Duration = Duration::hours(72);
/// How long before its issuing CA lapses none is made any more: it would hardly outlast the answers that it signs.
const LAST: Duration = Duration::hours(2);
/// How many responders a replica keeps; the least recently used goes first.
const KEPT: u64 = 10_000;
const COMMON_NAME: &str = "Hallmark OCSP Responder";

/// A responder, and until when it is used.
pub(super) struct Responder {
    responder: OcspResponder,
    not_after: OffsetDateTime,
}

impl Responder {
    pub(super) fn responder(&self) -> &OcspResponder {
        &self.responder
    }

    /// Until when an answer may be kept that is given at this time: no longer than its signature can be verified.
    pub(super) fn next_update(&self, this_update: OffsetDateTime) -> OffsetDateTime {
        (this_update + Duration::HOUR).min(self.not_after)
    }
}

impl Ends for Responder {
    fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }
}

/// The responders of one replica, by their issuing CAs.
pub(super) struct Responders {
    maker: Maker,
    known: Renewing<SerialNumber, Responder>,
}

#[derive(Clone)]
struct Maker {
    store: Store,
    desks: Arc<Desks>,
    chance: Chance,
    clock: Arc<Clock>,
}

impl Responders {
    pub(super) fn new(store: Store, desks: Arc<Desks>, chance: Chance, clock: Arc<Clock>) -> Self {
        Self { maker: Maker { store, desks, chance, clock }, known: Renewing::new(KEPT) }
    }

    /// The responder for an issuing CA.
    pub(super) async fn of(&self, desk: &Arc<Desk>, now: OffsetDateTime) -> Result<Arc<Responder>, ApiError> {
        let (maker, of) = (self.maker.clone(), desk.clone());
        let id = desk.issuer().id.clone();
        self.known.get(id, now, move || async move { maker.make(&of).await }).await
    }
}

impl Maker {
    async fn make(&self, desk: &Desk) -> Result<Responder, ApiError> {
        let now = self.clock.now();
        let issuer = &desk.issuer().issuer;
        if issuer.certificate().validity().not_after() <= now + LAST {
            // What it issued is asked about long after it has lapsed, and nobody below it could answer then.
            let responder = OcspResponder::lapsed(issuer).map_err(ApiError::internal)?;
            return Ok(Responder { responder, not_after: now + LIFETIME });
        }
        let key = SigningKey::generate(self.chance.source()).map_err(ApiError::internal)?;
        let entity = EndEntity {
            purpose: Purpose::OcspSigning,
            key: &key,
            common_name: COMMON_NAME,
            serial_number: None,
            lifetime: LIFETIME,
            profile_version: None,
            status_until: Some(now + LIFETIME),
        };
        let mut tx = self.store.lock(&desk.issuer().account).await?;
        let addresses = self.desks.addresses();
        let certificate = desk.issue_responder(&mut tx, addresses, &self.chance, &entity, now).await?;
        let not_after = certificate.validity().not_after();
        let responder =
            OcspResponder::new(certificate, key, issuer.certificate()).map_err(ApiError::internal)?;
        tx.commit(Change::Record).await?;
        Ok(Responder { responder, not_after })
    }
}
