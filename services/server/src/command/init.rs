//! `hallmark init`: a deployment, its first account and its first keys.
//!
//! Each step looks first whether it was done, so an init that was cut short is completed by the next.

use super::{open, place};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::InitArgs;
use crate::env_file::EnvFile;
use crate::init;
use crate::issuing::issuing_ca::Maker;
use crate::made::Made;
use crate::private_file::create_private_dir;
use crate::say::say;
use anyhow::ensure;
use hallmark_api::account::AccountId;
use hallmark_api::principal::Role;
use hallmark_store::Store;
use hallmark_store::deployment::Deployment;

/// The first principals and the files of their keys.
const PRINCIPALS: [(Role, &str); 2] = [(Role::SecurityAdmin, "administrator"), (Role::Operator, "operator")];

/// Makes whatever of the deployment is not there yet, and says what was.
pub async fn init(args: InitArgs) -> anyhow::Result<()> {
    let config = args.settings.checked()?;
    create_private_dir(&args.keys_dir)?;
    let wanted = Deployment {
        region: args.region,
        country: args.country,
        state: args.state,
        organization: args.organization,
    };
    let (store, _) = open(&config).await?;
    let (chance, clock) = (Chance::default(), Clock::System);
    let turn = store.turn().await?;
    let mut made = root(&store, &wanted, &chance, &clock).await?;
    let addresses = config.addresses()?;
    let maker = Maker { deployment: &wanted, addresses: &addresses, chance: &chance };
    let (account, account_made) = first_account(&store, &maker, &args.account_name, &clock).await?;
    made = made.or(account_made);
    let place = place(&config, &wanted);
    for (role, name) in PRINCIPALS {
        let file = EnvFile::new(&args.keys_dir, name);
        let keep = |key: &init::AccessKey| file.write(&place, &account, key, &[]);
        let key_made = init::first_access_key(&store, &account, &name.parse()?, role, &chance, keep).await?;
        match key_made {
            Made::Now => {
                say(&format!("The key of {name} ({}) is in {}", role.as_str(), file.path().display()));
            }
            Made::Before => say(&format!("{name} ({}) has a key already", role.as_str())),
        }
        made = made.or(key_made);
    }
    drop(turn);
    if made == Made::Before {
        say("The deployment was complete; nothing was changed");
    }
    store.close().await;
    Ok(())
}

async fn root(store: &Store, wanted: &Deployment, chance: &Chance, clock: &Clock) -> anyhow::Result<Made> {
    let Some(known) = store.deployment().await? else {
        init::deployment(store, wanted, chance, clock.now()).await?;
        say(&format!(
            "Issued the root certificate of {} for the region {}",
            wanted.organization, wanted.region
        ));
        return Ok(Made::Now);
    };
    ensure!(
        known == *wanted,
        "the deployment is that of C={}, ST={}, O={} in the region {}, which never changes",
        known.country,
        known.state,
        known.organization,
        known.region
    );
    say(&format!("The root certificate of {} is there already", known.organization));
    Ok(Made::Before)
}

async fn first_account(
    store: &Store,
    maker: &Maker<'_>,
    name: &str,
    clock: &Clock,
) -> anyhow::Result<(AccountId, Made)> {
    if let Some(first) = store.accounts_by_age().await?.into_iter().next() {
        maker.ensure(store, &first.id, clock.now()).await?;
        say(&format!("The account {} ({}) is there already", first.id, first.name));
        return Ok((first.id, Made::Before));
    }
    let account = init::new_account_id(maker.chance)?;
    init::account(store, maker, &account, name, clock.now()).await?;
    say(&format!("Made the account {account} ({name}) and its issuing CA"));
    Ok((account, Made::Now))
}
