//! The flags of `hallmark root` and `hallmark issuer`.

use super::{OutputFormat, SettingsArgs};
use clap::{Args, Subcommand};
use hallmark_api::account::AccountId;
use hallmark_api::profile::ProfileName;
use std::path::PathBuf;

/// What can be done with the root.
#[derive(Debug, Subcommand)]
pub enum RootCommand {
    /// Take the root's key offline: sign a year of CRLs, put the key into a file, and remove it from the database
    Export(RootKeyArgs),
    /// Sign the next year of CRLs with the key that is offline; at any time, and whenever an issuing CA was revoked
    Crl(RootKeyArgs),
    /// Certify an issuing CA with the key that is offline; needs no database where --root and --pki-url are given
    Certify(CertifyArgs),
}

/// The settings and the root's key.
#[derive(Debug, Args)]
pub struct RootKeyArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
    pub settings: SettingsArgs,
    /// The file of the root's private key, in PEM
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
}

/// The flags of `hallmark root certify`.
#[derive(Debug, Args)]
pub struct CertifyArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
    pub settings: SettingsArgs,
    /// The root's certificate, in PEM, where there is no database
    #[arg(long, value_name = "FILE", requires = "pki_url", conflicts_with = "config")]
    pub root: Option<PathBuf>,
    /// The public URL of what is published (pki.url), where there is no database
    #[arg(long, value_name = "URL", requires = "root")]
    pub pki_url: Option<String>,
    /// The file of the root's private key, in PEM
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
    /// The request, in PEM, as `hallmark issuer request` wrote it
    #[arg(long = "in", value_name = "FILE")]
    pub request: PathBuf,
    /// Where to put the certificate, in PEM
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The account that the request has to be of
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<AccountId>,
}

/// What can be done with issuing CAs.
#[derive(Debug, Subcommand)]
pub enum IssuerCommand {
    /// Make the key of an account's next issuing CA, and a request to certify it
    Request {
        #[command(flatten)]
        #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
        of: IssuerArgs,
        /// The one profile that it shall issue for
        #[arg(long, value_name = "NAME")]
        profile: Option<ProfileName>,
        /// Where to put the request, in PEM
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Take in the certificate that answers a request
    Install {
        #[command(flatten)]
        #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
        of: IssuerArgs,
        /// The certificate, in PEM; another root than the deployment's follows it with all that stands between
        certificate: PathBuf,
        /// Issue with it at once, and not half a year before the last one lapses
        #[arg(long)]
        use_now: bool,
    },
    /// Take in an issuing CA of your own, with its key; it issues at once
    Bring {
        #[command(flatten)]
        #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
        of: IssuerArgs,
        /// The one profile that it shall issue for
        #[arg(long, value_name = "NAME")]
        profile: Option<ProfileName>,
        /// Its certificate and those above it up to their root, in PEM
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        /// Its private key: PKCS #8 in PEM, unencrypted, on P-384
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// List an account's issuing CAs, the last made first, and the requests that wait for their certificates
    List {
        #[command(flatten)]
        #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
        of: IssuerArgs,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: OutputFormat,
    },
}

/// The settings and an account.
#[derive(Debug, Args)]
pub struct IssuerArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
    pub settings: SettingsArgs,
    /// The account; may be left out while there is one alone
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<AccountId>,
}
