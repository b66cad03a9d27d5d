//! What a data directory begins with: a deployment, an account, a key for each role, a sample profile.
//!
//! Each step looks first whether it was done, so a start that was cut short is completed by the next.

use crate::addresses::Addresses;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::DevConfig;
use crate::env_file::{EnvFile, Place};
use crate::init::{self, AccessKey};
use crate::issuing::issuing_ca::Maker;
use crate::say::say;
use anyhow::ensure;
use hallmark_api::account::AccountId;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::platform::PlatformId;
use hallmark_api::principal::Role;
use hallmark_api::profile::{ProfileName, ProfileVersion, SigningParameters};
use hallmark_api::tag::Tags;
use hallmark_store::deployment::Deployment;
use hallmark_store::profile::NewProfile;
use hallmark_store::{Change, Store};
use std::net::SocketAddr;
use std::path::Path;

/// Each role's principal and the file that holds its key.
const PRINCIPALS: [(Role, &str, &str); 5] = [
    (Role::SecurityAdmin, "administrator", "dev"),
    (Role::Signer, "signer", "signer"),
    (Role::Verifier, "verifier", "verifier"),
    (Role::Auditor, "auditor", "auditor"),
    (Role::Operator, "operator", "operator"),
];

/// The sample profile's name.
const SAMPLE_PROFILE: &str = "sample_profile";

/// What there is once everything is in place.
pub(super) struct Seeded {
    account: AccountId,
    profile_arn: Arn,
}

/// Puts everything in place that is not.
pub(super) async fn seed(
    store: &Store,
    config: &DevConfig,
    chance: &Chance,
    clock: &Clock,
    place: &Place,
    addresses: &Addresses,
    database_url: &str,
) -> anyhow::Result<Seeded> {
    let deployment = deployment(store, config, chance, clock).await?;
    let maker = Maker { deployment: &deployment, addresses, chance };
    let account = account(store, &maker, clock).await?;
    let profile = sample_profile(store, &account, chance).await?;
    let profile_arn = Arn {
        region: deployment.region,
        account: account.clone(),
        resource: Resource::SigningProfile(profile),
    };
    for (role, principal, file) in PRINCIPALS {
        let file = EnvFile::new(&config.data_dir, file);
        let key = match standing_key(store, &file, &account, principal, role).await? {
            Some(key) => key,
            None => init::access_key(store, &account, &principal.parse()?, role, chance).await?,
        };
        let arn = profile_arn.to_string();
        let mut more = vec![("HALLMARK_PROFILE_ARN", arn.as_str())];
        if role == Role::SecurityAdmin {
            // It may hold the password of the schema's owner, and the other files are there to be handed out.
            more.push(("HALLMARK_DATABASE_URL", database_url));
        }
        file.write(place, &account, &key, &more)?;
    }
    Ok(Seeded { account, profile_arn })
}

async fn deployment(
    store: &Store,
    config: &DevConfig,
    chance: &Chance,
    clock: &Clock,
) -> anyhow::Result<Deployment> {
    if let Some(known) = store.deployment().await? {
        ensure!(
            known.region == config.region,
            "this data directory is for the region {}, not {}: say --region {}, or choose another --data-dir",
            known.region,
            config.region,
            known.region
        );
        return Ok(known);
    }
    let keys = config.data_dir.join("dev.env");
    ensure!(
        !keys.exists(),
        "{} holds keys of a database that is not there any more: restore that database, or choose another --data-dir",
        config.data_dir.display()
    );
    say("Issuing the root certificate");
    let new = Deployment {
        region: config.region.clone(),
        country: "US".into(),
        state: "WA".into(),
        organization: "Hallmark Development".into(),
    };
    init::deployment(store, &new, chance, clock.now()).await?;
    Ok(new)
}

async fn account(store: &Store, maker: &Maker<'_>, clock: &Clock) -> anyhow::Result<AccountId> {
    if let Some(account) = store.accounts().await?.into_iter().next() {
        maker.ensure(store, &account, clock.now()).await?;
        return Ok(account);
    }
    let account = init::new_account_id(maker.chance)?;
    say(&format!("Making the account {account} and its issuing CA"));
    init::account(store, maker, &account, "dev", clock.now()).await?;
    Ok(account)
}

async fn sample_profile(store: &Store, account: &AccountId, chance: &Chance) -> anyhow::Result<ProfileName> {
    let name: ProfileName = SAMPLE_PROFILE.parse()?;
    let mut tx = store.lock(account).await?;
    if tx.profiles(std::slice::from_ref(&name)).await?.is_empty() {
        let platform: PlatformId = hallmark_api::platform::NOTATION.id.parse()?;
        tx.insert_profile(&NewProfile {
            name: &name,
            version: &ProfileVersion::from_random(chance.octets()?),
            platform,
            validity: hallmark_api::validity::SignatureValidityPeriod::default(),
            signing_material: None,
            overrides: None,
            parameters: &SigningParameters::new(),
            tags: &Tags::default(),
            created_by: "hallmark dev",
        })
        .await?;
        tx.commit(Change::Judgement).await?;
    }
    Ok(name)
}

/// The key that a file names, if the database knows it with this very secret as this principal's.
async fn standing_key(
    store: &Store,
    file: &EnvFile,
    account: &AccountId,
    principal: &str,
    role: Role,
) -> anyhow::Result<Option<AccessKey>> {
    let Some(key) = file.access_key()? else { return Ok(None) };
    let known = store.credentials(std::slice::from_ref(&key.id)).await?.pop();
    let stands = known.is_some_and(|(known, _)| {
        *known.secret == *key.secret
            && known.role == role
            && known.principal.account == *account
            && known.principal.name.as_str() == principal
    });
    Ok(stands.then_some(key))
}

impl Seeded {
    /// What is there and what to type next.
    pub(super) fn greeting(&self, place: &Place, ops: SocketAddr, data_dir: &Path) -> String {
        let api_url = &place.api_url;
        let pki_url = place.pki_url.as_deref().unwrap_or_default();
        let dir = data_dir.display();
        let (account, profile) = (&self.account, &self.profile_arn);
        format!(
            "
Hallmark is ready.
  API            {api_url}
  certificates   {pki_url}/root.pem
  health         http://{ops}/readyz
  account        {account}
  profile        {profile}
  keys           {dir}/dev.env (administrator), signer.env, verifier.env, auditor.env, operator.env

In another terminal:
  set -a; . {dir}/dev.env; set +a
  aws signer list-signing-profiles

The README shows how to sign an image with notation. Ctrl-C stops everything."
        )
    }
}
