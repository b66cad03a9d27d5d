//! The command line's table of contents.

use super::certificates::CertificatesCommand;
use super::completions::Completions;
use super::exit;
use super::global::Global;
use super::inspect::Inspect;
use super::issuers::IssuersCommand;
use super::jobs::JobsCommand;
use super::permissions::PermissionsCommand;
use super::platforms::PlatformsCommand;
use super::profiles::ProfilesCommand;
use super::revocations::RevocationsCommand;
use super::trust::TrustCommand;
use super::verify::Verify;
use clap::{Parser, Subcommand};

/// Signing profiles, what they signed, and what of it is revoked.
///
#[derive(Debug, Parser)]
#[command(name = "hallmarkctl", version, arg_required_else_help = true, long_about = ABOUT, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const ABOUT: &str = "\
Signing profiles, what they signed, and what of it is revoked.

Where the service is and who asks is looked up where AWS's own tools look (AWS_REGION, AWS_PROFILE, access keys, the \
shared files) and in HALLMARK_URL, HALLMARK_CA_FILE, HALLMARK_TIMEOUT and HALLMARK_PLAIN_HTTP; flags come first.";

const AFTER_HELP: &str = "hallmarkctl exit-codes says what each exit code means.";

/// A command, by the noun that it is about.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Signing profiles: put them, look at them, stop them.
    #[command(subcommand, visible_alias = "profile")]
    Profiles(ProfilesCommand),
    /// Who of other accounts may use a signing profile.
    #[command(subcommand, visible_alias = "permission")]
    Permissions(PermissionsCommand),
    /// Signing jobs, one for every signature ever made.
    #[command(subcommand, visible_alias = "job")]
    Jobs(JobsCommand),
    /// Certificates, every one that was ever issued.
    #[command(subcommand, visible_alias = "certificate")]
    Certificates(CertificatesCommand),
    /// The account's issuing CAs.
    #[command(subcommand, visible_alias = "issuer")]
    Issuers(IssuersCommand),
    /// What was revoked, when, why and by whom.
    #[command(subcommand, visible_alias = "revocation")]
    Revocations(RevocationsCommand),
    /// What profiles can be put for.
    #[command(subcommand, visible_alias = "platform")]
    Platforms(PlatformsCommand),
    /// Verify a signature: an envelope in a file, or all that an artifact in an OCI layout has.
    Verify(Verify),
    /// Show what a signature says, without verifying it.
    Inspect(Inspect),
    /// What verifiers need to trust signing profiles.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Write a shell's completions to the standard output.
    Completions(Completions),
    /// What each exit code means.
    #[command(long_about = exit::HELP)]
    ExitCodes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// What destroys trust, and no other command, can be told to go ahead unasked.
    #[test]
    fn what_destroys_trust_asks() {
        fn asking(command: &clap::Command, path: &str, found: &mut Vec<String>) {
            for sub in command.get_subcommands() {
                let path = format!("{path} {}", sub.get_name());
                if sub.get_arguments().any(|argument| argument.get_long() == Some("yes")) {
                    found.push(path.trim_start().to_owned());
                }
                asking(sub, &path, found);
            }
        }
        let mut found = Vec::new();
        asking(&Cli::command(), "", &mut found);
        assert_eq!(found, ["profiles cancel", "profiles revoke", "jobs revoke", "certificates revoke"]);
    }
}
