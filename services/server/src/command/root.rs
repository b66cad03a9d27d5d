//! `hallmark root`: the root's key, offline.

use super::open;
use crate::addresses::Addresses;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{CertifyArgs, RootCommand, RootKeyArgs};
use crate::issuing::root::{self, Ahead};
use crate::private_file::create_new_file;
use crate::say::say;
use anyhow::Context as _;
use hallmark_pki::{Certificate, SigningRequest};

/// Takes the root's key offline, or works with it from there.
pub async fn root(command: RootCommand) -> anyhow::Result<()> {
    match command {
        RootCommand::Export(args) => export(args).await,
        RootCommand::Crl(args) => crl(args).await,
        RootCommand::Certify(args) => certify(args).await,
    }
}

async fn export(args: RootKeyArgs) -> anyhow::Result<()> {
    let (store, _) = open(&args.settings.checked()?).await?;
    let ahead = root::export(&store, &Chance::default(), &args.key_file, Clock::System.now()).await?;
    store.close().await;
    let file = args.key_file.display();
    say(&format!(
        "The root's key is in {file} and no longer in the database.
{}
Next:
  - keep two copies of {file} where no network reaches, and remove it from this machine
  - backups of the database from before today hold the key too, sealed: destroy them as they are replaced
  - `hallmark root crl` signs the next year of CRLs; readiness asks for it 60 days before the last one ends
  - run it also whenever an issuing CA was revoked: verifiers learn of that from these lists alone
  - `hallmark issuer request`, `hallmark root certify` and `hallmark issuer install` make the next issuing CAs",
        words(ahead)
    ));
    Ok(())
}

async fn crl(args: RootKeyArgs) -> anyhow::Result<()> {
    let (store, _) = open(&args.settings.checked()?).await?;
    let ahead = root::renew_crls(&store, &Chance::default(), &args.key_file, Clock::System.now()).await?;
    store.close().await;
    say(&words(ahead));
    Ok(())
}

fn words(ahead: Ahead) -> String {
    let Ahead { lists, revoked, reach } = ahead;
    format!(
        "Signed {lists} weekly CRLs of the root, the first in force now, the last until {}; revoked issuing CAs in them: \
         {revoked}",
        reach.date()
    )
}

async fn certify(args: CertifyArgs) -> anyhow::Result<()> {
    let (certificate, addresses) = if let (Some(file), Some(url)) = (&args.root, &args.pki_url) {
        let pem = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let root = Certificate::from_pem(&pem).with_context(|| file.display().to_string())?;
        (root, Addresses::new(url).context("--pki-url")?)
    } else {
        let config = args.settings.checked()?;
        let (store, _) = open(&config).await?;
        let root = store.trust_anchor().await?.certificate;
        store.close().await;
        (root, config.addresses()?)
    };
    let pem = std::fs::read_to_string(&args.request).with_context(|| args.request.display().to_string())?;
    let request = SigningRequest::from_pem(&pem).with_context(|| args.request.display().to_string())?;
    let root = root::open(&args.key_file, &certificate)?;
    let now = Clock::System.now();
    let issued = root::certify(&root, &addresses, &Chance::default(), &request, args.account.as_ref(), now)?;
    create_new_file(&args.out, issued.to_pem().as_bytes())?;
    say(&format!(
        "Certified \"{}\" until {}: {}
Next: `hallmark issuer install` with this file",
        issued.subject_text(),
        issued.validity().not_after().date(),
        args.out.display()
    ));
    Ok(())
}
