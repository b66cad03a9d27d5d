//! Issuing CAs whose certificates come from elsewhere: certified by a root that is offline, or brought with their keys.

use super::issuing_ca::{USED_AHEAD, subject};
use crate::chance::Chance;
use crate::signing::{IssuerChoice, NotationParameters};
use anyhow::{Context as _, ensure};
use hallmark_api::account::AccountId;
use hallmark_api::profile::ProfileName;
use hallmark_pki::{Certificate, Issuer, SerialNumber, SigningKey, SigningRequest};
use hallmark_store::deployment::Deployment;
use hallmark_store::issuer::NewIssuer;
use hallmark_store::{Change, Store, Tx};
use time::{Duration, OffsetDateTime};

/// By how much the use of one that is to issue at once begins before it comes in: by more than clocks are apart, so that
/// every replica uses it from the next signature on.
const BACKDATED: Duration = Duration::seconds(5);

/// From when on an issuing CA is to issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// At once.
    Now,
    /// Half a year before the last one lapses, so that whoever pins issuing CAs has time to learn of it; at once where
    /// there is none.
    Next,
}

/// An issuing CA that came in.
#[derive(Debug)]
pub struct Taken {
    /// What URLs call it.
    pub id: SerialNumber,
    /// Its certificate.
    pub certificate: Certificate,
    /// The one profile that it issues for; none for the whole account.
    pub profile: Option<ProfileName>,
    /// From when on it issues.
    pub used_from: OffsetDateTime,
    /// From when on another, which was there before, will issue in its place.
    pub superseded_from: Option<OffsetDateTime>,
}

/// Makes the key of an account's next issuing CA, and a request to certify it. `keep` gets the request before anything
/// commits: a key whose request was not kept does not exist.
pub async fn request(
    store: &Store,
    deployment: &Deployment,
    chance: &Chance,
    (account, profile): (&AccountId, Option<&ProfileName>),
    keep: impl FnOnce(&SigningRequest) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut tx = store.lock(account).await?;
    check_profile(&mut tx, profile).await?;
    let generation = tx.issuer_generations(profile).await? + 1;
    let key = SigningKey::generate(chance.source())?;
    let request = SigningRequest::for_issuer(&key, &subject(deployment, account, profile, generation))?;
    tx.insert_issuer_request(&key, &request, profile).await?;
    keep(&request)?;
    tx.commit(Change::Record).await?;
    Ok(())
}

/// Takes in the certificate of an issuing CA whose key waits for it, with the chain above it; what the deployment's own
/// root certified may come alone.
pub async fn install(
    store: &Store,
    chance: &Chance,
    account: &AccountId,
    mut certificates: Vec<Certificate>,
    turn: Turn,
    now: OffsetDateTime,
) -> anyhow::Result<Taken> {
    let root = store.trust_anchor().await?.certificate;
    if certificates.len() == 1 {
        certificates.push(root);
    }
    let own = certificates.first().context("there is no certificate in the file")?.clone();
    let mut tx = store.lock(account).await?;
    let waiting = tx.issuer_request(&own).await?;
    let (key, profile) = waiting.with_context(|| {
        format!("no key of the account {account} waits for the certificate of \"{}\"", own.subject_text())
    })?;
    let issuer = Issuer::brought(&certificates, key, now)?;
    let recorded = tx.recorded_issuers().await?;
    ensure!(
        recorded.iter().all(|known| known.certificate.subject_der() != own.subject_der()),
        "there is an issuing CA of the name \"{}\" already, and CRLs are found by names: make a new request",
        own.subject_text()
    );
    let used_from = match turn {
        Turn::Now => at_once(&mut tx, profile.as_ref()).await?,
        Turn::Next => {
            let standing = tx.standing_issuers(now).await?;
            let last = standing.iter().filter(|one| one.profile == profile).max_by_key(|one| one.used_from);
            last.map_or(now, |last| last.not_after - USED_AHEAD).max(tx.head_time())
        }
    };
    let taken = put(&mut tx, chance, &issuer, &certificates[1..], profile, used_from).await?;
    tx.remove_issuer_request(&own).await?;
    tx.commit(Change::Judgement).await?;
    Ok(taken)
}

/// Takes in an issuing CA with its key and the chain above it; it issues at once.
pub async fn bring(
    store: &Store,
    chance: &Chance,
    (account, profile): (&AccountId, Option<&ProfileName>),
    certificates: &[Certificate],
    key: SigningKey,
    now: OffsetDateTime,
) -> anyhow::Result<Taken> {
    let issuer = Issuer::brought(certificates, key, now)?;
    let others = store.accounts_by_issuer_key(&issuer.certificate().public_key().sha256()).await?;
    if let Some(other) = others.iter().find(|other| *other != account) {
        anyhow::bail!(
            "this key issues for the account {other}: verifiers who trust its certificate would accept both accounts"
        );
    }
    let mut tx = store.lock(account).await?;
    check_profile(&mut tx, profile).await?;
    let used_from = at_once(&mut tx, profile).await?;
    let taken = put(&mut tx, chance, &issuer, &certificates[1..], profile.cloned(), used_from).await?;
    tx.commit(Change::Judgement).await?;
    Ok(taken)
}

/// From when on one that comes in now issues at once: after all whose turn has come.
async fn at_once(tx: &mut Tx, profile: Option<&ProfileName>) -> anyhow::Result<OffsetDateTime> {
    let now = tx.head_time();
    let standing = tx.standing_issuers(now).await?;
    let turns = standing.iter().filter(|one| one.profile.as_ref() == profile && one.used_from <= now);
    Ok(turns.map(|one| one.used_from).max().map_or(now - BACKDATED, |last| last.max(now - BACKDATED)))
}

/// A profile that is to have an issuing CA of its own must be one that uses it.
async fn check_profile(tx: &mut Tx, profile: Option<&ProfileName>) -> anyhow::Result<()> {
    let Some(name) = profile else { return Ok(()) };
    let known = tx.profiles(std::slice::from_ref(name)).await?.pop();
    let known =
        known.with_context(|| format!("there is no profile {name} in the account {}", tx.account()))?;
    let own = NotationParameters::try_from(&known).is_ok_and(|read| read.issuer == IssuerChoice::Profile);
    ensure!(
        own,
        "the profile {name} uses the account's issuing CA: its signingParameters do not say issuer=profile"
    );
    Ok(())
}

async fn put(
    tx: &mut Tx,
    chance: &Chance,
    issuer: &Issuer,
    above: &[Certificate],
    profile: Option<ProfileName>,
    used_from: OffsetDateTime,
) -> anyhow::Result<Taken> {
    let certificate = issuer.certificate();
    let serial_number = certificate.serial_number();
    ensure!(
        tx.issued_certificate(serial_number).await?.is_none(),
        "a certificate with the serial number {serial_number} is on record already"
    );
    let account = tx.account().number();
    // Others give out serial numbers that lead to no account.
    let id = if serial_number.account() == Some(account) {
        serial_number.clone()
    } else {
        SerialNumber::from_parts(account, chance.octets()?)
    };
    let later =
        |one: &hallmark_store::issuer::StandingIssuer| one.profile == profile && one.used_from > used_from;
    let standing = tx.standing_issuers(used_from).await?;
    let superseded_from = standing.iter().filter(|one| later(one)).map(|one| one.used_from).min();
    tx.insert_issuer(&NewIssuer {
        id: &id,
        certificate,
        key: issuer.key(),
        above,
        profile: profile.as_ref(),
        used_from,
    })
    .await?;
    Ok(Taken { id, certificate: certificate.clone(), profile, used_from, superseded_from })
}
