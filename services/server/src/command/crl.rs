//! `hallmark crl export`: every CRL as a file, for a host that serves files and nothing else.

use super::{deployment, open};
use crate::addresses::ROOT_SHARD;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{CrlCommand, CrlExportArgs};
use crate::publish::list::List;
use crate::publish::root_crl::RootList;
use crate::publish::shard::Shards;
use crate::say::say;
use anyhow::Context as _;
use hallmark_pki::SerialNumber;
use hallmark_store::Store;
use hallmark_store::crl::Shard;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Exports CRLs.
pub async fn crl(command: CrlCommand) -> anyhow::Result<()> {
    match command {
        CrlCommand::Export(args) => export(&args).await,
    }
}

/// Lists that are due are made first, as the listener makes them. Nothing is put in its place before everything is
/// there.
async fn export(args: &CrlExportArgs) -> anyhow::Result<()> {
    let config = args.settings.checked()?;
    let (store, _) = open(&config).await?;
    deployment(&store).await?;
    let (chance, now) = (Chance::default(), Clock::System.now());
    let mut export = Export { directory: args.directory.clone(), written: Vec::new() };

    let root = store.trust_anchor().await?.certificate;
    let list = RootList::new(store.clone(), chance.clone()).list(now).await.context("the root's CRL")?;
    let list = list.context("the root's CRLs that were signed ahead are over: sign more")?;
    export.write(root.serial_number(), ROOT_SHARD, &list)?;

    let shards = Shards::new(store.clone(), config.addresses()?, chance);
    for shard in given_out(&store).await? {
        let list = shards.list(&shard, now).await;
        let list = list.with_context(|| format!("the CRL {} of {}", shard.number, shard.issuer))?;
        export.write(&shard.issuer, shard.number, &list)?;
    }
    export.put_in_place()?;
    store.close().await;
    Ok(())
}

/// Every shard of every issuing CA that certificates may name.
async fn given_out(store: &Store) -> anyhow::Result<Vec<Shard>> {
    let mut shards = Vec::new();
    for account in store.accounts().await? {
        let mut view = store.report(&account).await?;
        for issuer in view.issuer_ids().await? {
            let count = view.shards(&issuer).await?.context("an issuing CA has no CRLs")?;
            let shard = |number| Shard { account: account.clone(), issuer: issuer.clone(), number };
            shards.extend((0..count).map(shard));
        }
    }
    Ok(shards)
}

/// Files that are written beside their places, and removed again unless all of them are put there.
struct Export {
    directory: PathBuf,
    written: Vec<Written>,
}

struct Written {
    beside: PathBuf,
    place: PathBuf,
    about: String,
}

impl Export {
    /// Writes a list beside its place, which is called as in its address.
    fn write(&mut self, issuer: &SerialNumber, shard: i32, list: &List) -> anyhow::Result<()> {
        let folder = self.directory.join("crl").join(issuer.to_string());
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let place = folder.join(format!("{shard}.crl"));
        let beside = folder.join(format!(".{shard}.crl.{}", std::process::id()));
        // In whole seconds, as the list says them.
        let text = |time: OffsetDateTime| anyhow::Ok(time.replace_nanosecond(0)?.format(&Rfc3339)?);
        let (this_update, next_update) = (text(list.this_update())?, text(list.next_update())?);
        let about = format!("{}: {this_update} until {next_update}", place.display());
        self.written.push(Written { beside: beside.clone(), place, about });
        write(&beside, list.der()).with_context(|| beside.display().to_string())
    }

    fn put_in_place(mut self) -> anyhow::Result<()> {
        self.written.reverse();
        while let Some(Written { beside, place, about }) = self.written.last() {
            fs::rename(beside, place).with_context(|| place.display().to_string())?;
            say(about);
            self.written.pop();
        }
        Ok(())
    }
}

fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

impl Drop for Export {
    fn drop(&mut self) {
        for written in &self.written {
            // What cannot be removed is not served: its name begins with a dot.
            let _ = fs::remove_file(&written.beside);
        }
    }
}
