//! Bringing a deployment, its accounts and its principals into being.

use crate::chance::Chance;
use crate::issuing::issuing_ca::Maker;
use crate::made::Made;
use hallmark_api::access_key::AccessKeyId;
use hallmark_api::account::AccountId;
use hallmark_api::principal::{PrincipalName, Role};
use hallmark_pki::{SerialNumber, SigningKey, Subject, Validity, self_signed_root};
use hallmark_store::deployment::Deployment;
use hallmark_store::{Change, Store};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// How long the root is valid.
const ROOT_LIFETIME: Duration = Duration::days(20 * 365);
/// By how much the root's validity begins before its making.
const ROOT_BACKDATED: Duration = Duration::hours(2);
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
    let subject = Subject {
        country: deployment.country.clone(),
        state: deployment.state.clone(),
        organization: deployment.organization.clone(),
        organizational_unit: None,
        common_name: "Hallmark Root CA".to_owned(),
        serial_number: None,
    };
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
    maker: &Maker<'_>,
    account: &AccountId,
    name: &str,
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    store.insert_account(account, name, now).await?;
    maker.ensure(store, account, now).await?;
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
