//! `hallmark issuer`: issuing CAs that come from elsewhere, and a list of all.

use super::{deployment, open, which};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{IssuerArgs, IssuerCommand, OutputFormat};
use crate::issuing::intake::{self, Taken, Turn};
use crate::private_file::{create_new_file, require_private_file};
use crate::say::say;
use anyhow::Context as _;
use hallmark_api::account::AccountId;
use hallmark_api::profile::ProfileName;
use hallmark_pki::{Certificate, SerialNumber, SigningKey};
use hallmark_store::Store;
use hallmark_store::issuer::RecordedIssuer;
use serde::Serialize;
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Requests, takes in or lists issuing CAs.
pub async fn issuer(command: IssuerCommand) -> anyhow::Result<()> {
    let chance = Chance::default();
    match command {
        IssuerCommand::Request { of, profile, out } => {
            let (store, account) = place(&of).await?;
            let deployment = deployment(&store).await?;
            let keep = |request: &hallmark_pki::SigningRequest| {
                create_new_file(&out, request.to_pem().as_bytes())?;
                say(&format!("A request for \"{}\" is in {}", request.subject_text(), out.display()));
                Ok(())
            };
            intake::request(&store, &deployment, &chance, (&account, profile.as_ref()), keep).await?;
            say("Its key waits in the database. Next: `hallmark root certify`, where the root's key is");
            store.close().await;
        }
        IssuerCommand::Install { of, certificate, use_now } => {
            let certificates = read_chain(&certificate)?;
            let (store, account) = place(&of).await?;
            let turn = if use_now { Turn::Now } else { Turn::Next };
            let now = Clock::System.now();
            let taken = intake::install(&store, &chance, &account, certificates, turn, now).await?;
            tell(&taken, now);
            store.close().await;
        }
        IssuerCommand::Bring { of, profile, certificate, key } => {
            let certificates = read_chain(&certificate)?;
            let key = read_key(&key)?;
            let (store, account) = place(&of).await?;
            let (of, now) = ((&account, profile.as_ref()), Clock::System.now());
            let taken = intake::bring(&store, &chance, of, &certificates, key, now).await?;
            tell(&taken, now);
            store.close().await;
        }
        IssuerCommand::List { of, output } => {
            let (store, account) = place(&of).await?;
            list(&store, &account, output, Clock::System.now()).await?;
            store.close().await;
        }
    }
    Ok(())
}

async fn place(of: &IssuerArgs) -> anyhow::Result<(Store, AccountId)> {
    let (store, _) = open(&of.settings.checked()?).await?;
    let account = which(&store, of.account.clone()).await?;
    Ok((store, account))
}

fn read_chain(file: &Path) -> anyhow::Result<Vec<Certificate>> {
    let pem = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Certificate::all_from_pem(&pem).with_context(|| file.display().to_string())
}

fn read_key(file: &Path) -> anyhow::Result<SigningKey> {
    let pem = require_private_file(file)?;
    let pem = std::str::from_utf8(&pem).with_context(|| format!("{} is not text", file.display()))?;
    SigningKey::from_pem(pem).with_context(|| file.display().to_string())
}

fn tell(taken: &Taken, now: OffsetDateTime) {
    let of =
        taken.profile.as_ref().map_or_else(|| "the account".to_owned(), |name| format!("the profile {name}"));
    let from = if taken.used_from <= now {
        "from now on".to_owned()
    } else {
        format!("from {} on", taken.used_from.date())
    };
    say(&format!("\"{}\" issues for {of} {from}", taken.certificate.subject_text()));
    say(&format!("It is published at /chain/{}.pem", taken.id));
    if let Some(from) = taken.superseded_from {
        say(&format!(
            "Mind that an issuing CA that was made before will take its place on {}: revoke that one to prevent it",
            from.date()
        ));
    }
}

/// An issuing CA as it is listed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    issuer: String,
    serial_number: String,
    subject: String,
    profile: Option<ProfileName>,
    state: State,
    not_after: String,
    used_from: String,
}

/// What an issuing CA does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Revoked,
    Lapsed,
    InUse,
    Next,
    Former,
}

impl State {
    fn of(issuer: &RecordedIssuer, in_use: &[SerialNumber], now: OffsetDateTime) -> Self {
        match issuer {
            RecordedIssuer { revoked_from: Some(_), .. } => Self::Revoked,
            RecordedIssuer { certificate, .. } if certificate.validity().not_after() < now => Self::Lapsed,
            RecordedIssuer { id, .. } if in_use.contains(id) => Self::InUse,
            RecordedIssuer { used_from, .. } if *used_from > now => Self::Next,
            _ => Self::Former,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Lapsed => "lapsed",
            Self::InUse => "in-use",
            Self::Next => "next",
            Self::Former => "former",
        }
    }
}

async fn list(
    store: &Store,
    account: &AccountId,
    output: OutputFormat,
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    let mut view = store.view(account).await?;
    let recorded = view.recorded_issuers().await?;
    let mut in_use = Vec::new();
    for place in recorded.iter().map(|one| one.profile.as_ref()).collect::<std::collections::HashSet<_>>() {
        in_use.extend(view.issuer(place, now).await?.map(|known| known.id));
    }
    let waiting = view.issuer_requests().await?;
    let shown = |one: &RecordedIssuer| -> anyhow::Result<Shown> {
        Ok(Shown {
            issuer: one.id.to_string(),
            serial_number: one.certificate.serial_number().to_string(),
            subject: one.certificate.subject_text().to_owned(),
            profile: one.profile.clone(),
            state: State::of(one, &in_use, now),
            not_after: one.certificate.validity().not_after().format(&Rfc3339)?,
            used_from: one.used_from.format(&Rfc3339)?,
        })
    };
    let shown = recorded.iter().map(shown).collect::<anyhow::Result<Vec<_>>>()?;
    let waiting: Vec<&str> = waiting.iter().map(|waiting| waiting.request.subject_text()).collect();
    match output {
        OutputFormat::Env => {
            for Shown { issuer, subject, state, not_after, used_from, .. } in shown {
                say(&format!("{issuer}\t{}\t{used_from}\t{not_after}\t{subject}", state.as_str()));
            }
            for subject in waiting {
                say(&format!("-\trequested\t-\t-\t{subject}"));
            }
        }
        OutputFormat::Json => {
            say(&serde_json::to_string_pretty(&serde_json::json!({"issuers": shown, "requests": waiting}))?);
        }
    }
    Ok(())
}
