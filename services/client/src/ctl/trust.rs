//! `hallmarkctl trust`.

use super::anchor::Anchor;
use super::context::Context;
use super::exit::{Exit, Failure};
use super::page::Page;
use super::table::Table;
use super::trusted::trusted;
use crate::environment::variable;
use crate::trust::{Change, Directory, Fingerprint, Statement, Verification};
use clap::{Args, Subcommand};
use hallmark_api::verification_plugin::VerificationPlugin;
use serde::Serialize;
use std::path::PathBuf;

/// How signatures are verified that need Hallmark's own plugin.
const OURS: Verification = Verification::Plugin(VerificationPlugin::Hallmark);

/// What verifiers need.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Write what notation needs to trust signing profiles: trust store, trust policy and plugin.
    Export(Export),
}

/// Profiles that are to be trusted, and where.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A signing profile to trust: its ARN, a version's ARN, or its name. May be repeated.
    #[arg(long = "profile", value_name = "ARN|NAME", required = true)]
    profiles: Vec<String>,
    /// A repository whose artifacts it signs, as registry.example.com/app. May be repeated.
    #[arg(long = "scope", value_name = "REPOSITORY", required = true)]
    scopes: Vec<String>,
    /// The name of the trust policy's statement and of the trust store.
    #[arg(long, default_value = "hallmark", value_parser = store_name)]
    name: String,
    /// notation's configuration directory; or `NOTATION_CONFIG`, or notation's own default.
    #[arg(long, value_name = "DIRECTORY")]
    notation_config: Option<PathBuf>,
    /// Hallmark's plugin; beside hallmarkctl otherwise.
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// Leave plugins to somebody else.
    #[arg(long, conflicts_with = "plugin")]
    no_plugin: bool,
    #[command(flatten)]
    anchor: Anchor,
}

/// The name of a trust store (Notary Project `trust-store-trust-policy.md`).
fn store_name(text: &str) -> Result<String, String> {
    let known = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
    if !text.is_empty() && text.chars().all(known) && !text.starts_with('.') {
        Ok(text.to_owned())
    } else {
        Err("letters, digits, hyphens, underscores and dots are allowed".to_owned())
    }
}

/// What was done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    root_fingerprint: String,
    trusted_identities: Vec<String>,
    files: Vec<Written>,
}

#[derive(Debug, Serialize)]
struct Written {
    file: PathBuf,
    change: &'static str,
}

impl From<Change> for Written {
    fn from(change: Change) -> Self {
        match change {
            Change::Kept(file) => Self { file, change: "kept" },
            Change::Written(file) => Self { file, change: "written" },
        }
    }
}

impl TrustCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self::Export(export) = self;
        let exported = export.run(context).await?;
        context.output.show(&exported, || page(&exported))
    }
}

impl Export {
    async fn run(self, context: &Context) -> Result<Exported, Failure> {
        let root = self.anchor.certificate(context).await?;
        let service = context.service().await?;
        let mut verifications = Vec::new();
        let mut identities = Vec::new();
        for profile in &self.profiles {
            let (verification, identity) = trusted(&service, profile).await?;
            verifications.push(verification);
            identities.push(identity);
        }
        let mut kinds: Vec<&str> =
            verifications.iter().flat_map(Verification::store_types).copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let stores = kinds.iter().map(|kind| format!("{kind}:{}", self.name)).collect();
        let statement = Statement::new(&self.name, self.scopes.clone(), stores, identities.clone())
            .map_err(Failure::unusable)?;

        let directory = Directory::new(self.directory()?);
        let policies = directory.policies_with(&statement, &root).map_err(Failure::unusable)?;
        let plugin = self.plugin(&verifications)?;
        let failed = |error| Failure::new(Exit::Machine, format!("{error}"));
        let mut files: Vec<Written> = Vec::new();
        for kind in kinds {
            files.push(directory.put_anchor(kind, &self.name, &root).map_err(failed)?.into());
        }
        if let Some(plugin) = plugin {
            files.push(
                directory.put_plugin(VerificationPlugin::Hallmark.name(), &plugin).map_err(failed)?.into(),
            );
        }
        for (path, octets) in policies {
            files.push(directory.put_policy(path, &octets).map_err(failed)?.into());
        }
        Ok(Exported {
            root_fingerprint: Fingerprint::of(&root).to_string(),
            trusted_identities: identities,
            files,
        })
    }

    fn directory(&self) -> Result<PathBuf, Failure> {
        let below = |variable_name: &str, rest: &str| {
            variable(variable_name).map(|base| PathBuf::from(base).join(rest))
        };
        self.notation_config
            .clone()
            .or_else(|| variable("NOTATION_CONFIG").map(PathBuf::from))
            .or_else(|| below("XDG_CONFIG_HOME", "notation"))
            .or_else(|| below("HOME", ".config/notation"))
            .ok_or_else(|| {
                Failure::unusable(
                    "it is not known where notation's configuration is; name it with --notation-config",
                )
            })
    }

    /// Hallmark's own plugin, where a profile needs it. AWS Signer's is not ours to give.
    fn plugin(&self, verifications: &[Verification]) -> Result<Option<PathBuf>, Failure> {
        if self.no_plugin || !verifications.contains(&OURS) {
            return Ok(None);
        }
        let beside = || Some(std::env::current_exe().ok()?.parent()?.join("notation-hallmark"));
        let found = self.plugin.clone().or_else(beside).filter(|file| file.is_file());
        found.map(Some).ok_or_else(|| {
            Failure::new(Exit::Usage, "the plugin notation-hallmark is not beside hallmarkctl")
                .next("name it with --plugin, or leave it out with --no-plugin")
        })
    }
}

fn page(exported: &Exported) -> Page {
    let mut facts = Table::facts();
    facts.fact("root", &exported.root_fingerprint);
    for identity in &exported.trusted_identities {
        facts.fact("trusted", identity);
    }
    for written in &exported.files {
        facts.fact(written.change, written.file.display().to_string());
    }
    facts.into()
}
