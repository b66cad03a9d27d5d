//! Bringing a deployment, its accounts and its principals into being.

use crate::chance::Chance;
use hallmark_api::access_key::AccessKeyId;
use hallmark_api::account::AccountId;
use hallmark_api::principal::{PrincipalName, Role};
use hallmark_pki::{CertificateHash, SerialNumber, SigningKey, Subject, Validity, self_signed_root};
use hallmark_store::deployment::Deployment;
use hallmark_store::{Change, Store};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// How long the root is valid.
const ROOT_LIFETIME: Duration = Duration::days(20 * 365);
/// How long an issuing CA is valid.
const ISSUER_LIFETIME: Duration = Duration::days(5 * 365);
/// By how much the root's validity begins before its making.
const ROOT_BACKDATED: Duration = Duration::hours(2);
/// By how much an issuing CA's does: after the root's, before any leaf's.
const ISSUER_BACKDATED: Duration = Duration::hours(1);

fn subject(deployment: &Deployment, account: Option<&AccountId>, common_name: &str) -> Subject {
    Subject {
        country: deployment.country.clone(),
        state: deployment.state.clone(),
        organization: deployment.organization.clone(),
        organizational_unit: account.map(ToString::to_string),
        common_name: common_name.to_owned(),
        serial_number: None,
    }
}

/// Initialises the deployment with a new root.
pub async fn deployment(
    store: &Store,
    deployment: &Deployment,
    chance: &Chance,
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    let key = SigningKey::generate(chance.source())?;
    let validity = Validity::new(now - ROOT_BACKDATED, now + ROOT_LIFETIME)?;
    let serial_number = SerialNumber::from_parts(0, chance.octets()?);
    let subject = subject(deployment, None, "Hallmark Root CA");
    let certificate = self_signed_root(&key, &subject, &serial_number, &validity)?;
    store.initialise(deployment, &certificate, &key, now).await?;
    Ok(())
}

/// A number for a new account: twelve digits that do not begin with a zero, so that nothing on the way
/// takes them for a number and shortens them.
pub fn new_account_id(chance: &Chance) -> anyhow::Result<AccountId> {
    let number = 100_000_000_000 + u64::from_be_bytes(chance.octets()?) % 900_000_000_000;
    AccountId::from_number(number).ok_or_else(|| anyhow::anyhow!("{number} has twelve digits"))
}

/// Makes an account with its issuing CA.
pub async fn account(
    store: &Store,
    deployment: &Deployment,
    account: &AccountId,
    name: &str,
    chance: &Chance,
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    store.insert_account(account, name, now).await?;
    issuer(store, deployment, account, chance).await
}

/// Gives an account an issuing CA, if it has none.
pub async fn issuer(
    store: &Store,
    deployment: &Deployment,
    account: &AccountId,
    chance: &Chance,
) -> anyhow::Result<()> {
    // Before the lock: whoever holds it must not wait for another connection.
    let root = store.trust_anchor().await?;
    let mut tx = store.lock(account).await?;
    if tx.issuer().await?.is_some() {
        return Ok(());
    }
    let now = tx.head_time();
    let key = SigningKey::generate(chance.source())?;
    let not_after = (now + ISSUER_LIFETIME).min(root.certificate().validity().not_after());
    let validity = Validity::new(now - ISSUER_BACKDATED, not_after)?;
    let serial_number = SerialNumber::from_parts(account.number(), chance.octets()?);
    let subject = subject(deployment, Some(account), "Hallmark Issuing CA");
    let certificate = root.issue_issuer(&key, &subject, &serial_number, &validity)?;
    let hash = CertificateHash::new(&certificate, root.certificate());
    tx.insert_certificate(&certificate, &hash, None).await?;
    tx.insert_issuer(&certificate, &key).await?;
    tx.commit(Change::Record).await?;
    Ok(())
}

/// An access key, with its secret in clear for the one moment in which it is handed over.
pub struct AccessKey {
    /// The public half.
    pub id: AccessKeyId,
    /// The secret half.
    pub secret: Zeroizing<String>,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessKey({})", self.id)
    }
}

/// Makes a new access key for a principal, and the principal if need be.
pub async fn access_key(
    store: &Store,
    account: &AccountId,
    principal: &PrincipalName,
    role: Role,
    chance: &Chance,
) -> anyhow::Result<AccessKey> {
    let mut tx = store.lock(account).await?;
    match tx.role(principal).await? {
        None => tx.insert_principal(principal, role).await?,
        Some(known) if known == role => {}
        Some(known) => anyhow::bail!("{principal} exists and is {}, not {}", known.as_str(), role.as_str()),
    }
    let key = new_access_key(account, chance)?;
    tx.insert_access_key(&key.id, principal, &key.secret).await?;
    tx.commit(Change::Judgement).await?;
    Ok(key)
}

/// Makes a principal with its first access key, unless there is such a principal; says which.
///
/// The key is handed to `keep` before anything commits: a key that was not kept does not exist.
pub async fn first_access_key(
    store: &Store,
    account: &AccountId,
    principal: &PrincipalName,
    role: Role,
    chance: &Chance,
    keep: impl FnOnce(&AccessKey) -> anyhow::Result<()>,
) -> anyhow::Result<Made> {
    let mut tx = store.lock(account).await?;
    if tx.role(principal).await?.is_some() {
        return Ok(Made::Before);
    }
    let key = new_access_key(account, chance)?;
    tx.insert_principal(principal, role).await?;
    tx.insert_access_key(&key.id, principal, &key.secret).await?;
    keep(&key)?;
    tx.commit(Change::Judgement).await?;
    Ok(Made::Now)
}

fn new_access_key(account: &AccountId, chance: &Chance) -> anyhow::Result<AccessKey> {
    Ok(AccessKey { id: AccessKeyId::from_parts(account, chance.octets()?), secret: chance.secret()? })
}

/// Whether something was made just now or stood there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// By this very call.
    Now,
    /// By an earlier one.
    Before,
}

impl Made {
    /// Of two things, whether either was made just now.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::Now { self } else { other }
    }
}
