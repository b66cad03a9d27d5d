//! `hallmark account`: making and listing accounts.

use super::{deployment, open};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{AccountCommand, OutputFormat};
use crate::init;
use crate::issuing::issuing_ca::Maker;
use crate::say::say;
use anyhow::ensure;
use hallmark_store::account::Account;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

/// The most characters of an account's name.
const NAME_LIMIT: usize = 64;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    account: String,
    name: String,
    created_at: String,
}

impl Shown {
    fn new(account: &Account) -> anyhow::Result<Self> {
        Ok(Self {
            account: account.id.to_string(),
            name: account.name.clone(),
            created_at: account.created_at.format(&Rfc3339)?,
        })
    }
}

/// Makes or lists accounts.
pub async fn account(command: AccountCommand) -> anyhow::Result<()> {
    match command {
        AccountCommand::Create { settings, name, id, output } => {
            ensure!(
                (1..=NAME_LIMIT).contains(&name.chars().count()) && !name.chars().any(char::is_control),
                "an account's name has 1 to {NAME_LIMIT} characters, none of them a control character"
            );
            let config = settings.checked()?;
            let (store, _) = open(&config).await?;
            let deployment = deployment(&store).await?;
            let chance = Chance::default();
            let id = id.map_or_else(|| init::new_account_id(&chance), Ok)?;
            let addresses = config.addresses()?;
            let maker = Maker { deployment: &deployment, addresses: &addresses, chance: &chance };
            let now = Clock::System.now();
            let known = store.accounts_by_age().await?;
            ensure!(known.iter().all(|account| account.id != id), "the account {id} exists");
            if store.trust_anchor().await?.issuer.is_some() {
                init::account(&store, &maker, &id, &name, now).await?;
            } else {
                store.insert_account(&id, &name, now).await?;
                tracing::warn!(
                    account = %id,
                    "the root's key is offline: the account signs nothing before it has an issuing CA \
                     (`hallmark issuer request`, or `hallmark issuer bring`)"
                );
            }
            match output {
                OutputFormat::Env => say(&format!("HALLMARK_ACCOUNT={id}")),
                OutputFormat::Json => {
                    let made = Shown::new(&Account { id, name, created_at: now })?;
                    say(&serde_json::to_string_pretty(&made)?);
                }
            }
        }
        AccountCommand::List { settings, output } => {
            let (store, _) = open(&settings.checked()?).await?;
            let accounts = store.accounts_by_age().await?;
            let shown = accounts.iter().map(Shown::new).collect::<Result<Vec<_>, _>>()?;
            match output {
                OutputFormat::Env => {
                    for Shown { account, name, created_at } in shown {
                        say(&format!("{account}\t{created_at}\t{name}"));
                    }
                }
                OutputFormat::Json => say(&serde_json::to_string_pretty(&shown)?),
            }
        }
    }
    Ok(())
}
