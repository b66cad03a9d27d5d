//! What the binary does besides [`crate::dev`]: a deployment on a Postgres that is somebody's own.

mod account;
mod check;
mod crl;
mod init;
mod issuer;
mod principal;
mod root;
mod serve;

pub use account::account;
pub use check::check;
pub use crl::crl;
pub use init::init;
pub use issuer::issuer;
pub use principal::principal;
pub use root::root;
pub use serve::serve;

use crate::chance::Chance;
use crate::config::{Config, MigrateArgs, SecretArgs};
use crate::env_file::Place;
use crate::made::Made;
use crate::paging::Paging;
use crate::private_file::{create_key, create_private_file, read_key};
use crate::routes;
use crate::say::say;
use crate::scram;
use anyhow::{Context as _, bail, ensure};
use hallmark_api::account::AccountId;
use hallmark_store::deployment::Deployment;
use hallmark_store::seal::KeyEncryptionKey;
use hallmark_store::{Store, connect};
use std::path::Path;

/// `hallmark secret`: the files with secrets that a deployment needs.
pub fn secret(args: &SecretArgs) -> anyhow::Result<()> {
    let chance = Chance::default();
    if let Some(path) = &args.key_encryption_key {
        report(path, create_key(path, &chance)?);
    }
    for path in &args.password {
        let password = hex::encode(chance.octets::<24>()?);
        report(path, create_private_file(path, password.as_bytes())?);
    }
    Ok(())
}

fn report(path: &Path, made: Made) {
    match made {
        Made::Now => say(&format!("{}: made", path.display())),
        Made::Before => say(&format!("{}: there already, unchanged", path.display())),
    }
}

/// `hallmark openapi`: the OpenAPI document, from the operations as they are compiled in.
pub fn openapi() -> anyhow::Result<()> {
    say(routes::operations().document()?.trim_end());
    Ok(())
}

/// `hallmark migrate`: the schema, brought up to date as its owner.
pub async fn migrate(args: &MigrateArgs) -> anyhow::Result<()> {
    let config = args.settings.checked()?;
    let owner = config.owner()?;
    let url = owner.url()?;
    connect::migrate(&url).await.context("the schema could not be brought up to date")?;
    say(&format!("The schema is at version {}", connect::schema_version()));
    if args.create_login {
        let login = config.database()?;
        let name = login.name();
        ensure!(!name.is_empty(), "database.url names no login");
        ensure!(
            name != owner.name(),
            "database.url and owner.url name the same login, {name}: the service must not own its schema"
        );
        let password = login.password()?;
        let salt = Chance::default().octets::<{ scram::SALT }>()?;
        let verifier = password.map(|password| scram::verifier(&password, &salt));
        connect::create_login(&url, &name, verifier.as_deref())
            .await
            .with_context(|| format!("the login {name} could not be made or changed"))?;
        say(&format!("The login {name} may work in the role of the service"));
    }
    Ok(())
}

/// The database as the service sees it, with a schema that this binary knows.
async fn open(config: &Config) -> anyhow::Result<(Store, Paging)> {
    let (store, paging) = connect(config).await?;
    store.check_schema().await?;
    Ok((store, paging))
}

/// The database as the service sees it, whatever its schema.
async fn connect(config: &Config) -> anyhow::Result<(Store, Paging)> {
    let kek = read_key(config.key_encryption_key_file()?).context("keys.key_encryption_key_file")?;
    let paging = Paging::new(KeyEncryptionKey::derive(&kek, "page tokens")?);
    let url = config.database()?.url().context("database.password_file")?;
    let store = Store::connect(&url, config.connections, KeyEncryptionKey::new(&kek)?)
        .await
        .context("the database does not let the service in")?;
    Ok((store, paging))
}

/// The deployment, which has to be there.
async fn deployment(store: &Store) -> anyhow::Result<Deployment> {
    store.deployment().await?.context("the database is not initialised: run `hallmark init`")
}

/// The account that was named, or the only one there is.
async fn which(store: &Store, named: Option<AccountId>) -> anyhow::Result<AccountId> {
    let mut accounts = store.accounts().await?;
    if let Some(named) = named {
        ensure!(accounts.contains(&named), "the account {named} does not exist");
        return Ok(named);
    }
    if accounts.len() > 1 {
        bail!("there are {} accounts: name one with --account", accounts.len());
    }
    accounts.pop().context("there is no account: run `hallmark init`")
}

fn place(config: &Config, deployment: &Deployment) -> Place {
    Place {
        api_url: config.api_url.clone(),
        pki_url: config.known_pki_url().map(ToOwned::to_owned),
        region: deployment.region.clone(),
    }
}
