//! The command line and the environment: the one place where they are read.

mod dev;
mod issuing;
mod login;
mod settings;
mod timestamp;

pub use dev::{Database, DevConfig, RawDev};
pub use issuing::{CertifyArgs, IssuerArgs, IssuerCommand, RootCommand, RootKeyArgs};
pub use login::Login;
pub use settings::{CONNECTIONS, Config, Flags, RawConfig, TlsFiles};

use clap::{Args, Parser, Subcommand, ValueEnum};
use hallmark_api::account::{AccountId, Region};
use hallmark_api::principal::{PrincipalName, Role};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Hallmark, a signing-profile service that speaks the AWS Signer protocol.
#[derive(Debug, Parser)]
#[command(name = "hallmark", version, about, disable_help_subcommand = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole service on a private Postgres: for trying it out and for development
    Dev(RawDev),
    /// Make the files with secrets that a deployment needs; never replaces one
    Secret(SecretArgs),
    /// Bring the schema of the database up to date, as its owner
    Migrate(MigrateArgs),
    /// Make the deployment: its root, its first account and the first keys
    Init(InitArgs),
    /// Run the service
    Serve(ServeArgs),
    /// Look at everything that the service relies on, and say what is wrong
    Check(CheckArgs),
    /// Print the OpenAPI document of the API
    Openapi,
    /// Make and list accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Make principals and their access keys
    #[command(subcommand)]
    Principal(PrincipalCommand),
    /// Write certificate revocation lists to files
    #[command(subcommand)]
    Crl(CrlCommand),
    /// Take the root's key offline, and work with it from there
    #[command(subcommand)]
    Root(RootCommand),
    /// Request, take in, bring and list issuing CAs
    #[command(subcommand)]
    Issuer(IssuerCommand),
}

/// Where the settings are.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// The settings, in TOML; `HALLMARK_SECTION__SETTING` in the environment goes before them
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl SettingsArgs {
    /// The settings of the file and the environment, as they were given.
    pub fn load(&self) -> Result<RawConfig, ConfigError> {
        // sqlx, as libpq does, would take a password from there.
        if environment("PGPASSWORD").is_some() {
            return Err(ConfigError::PasswordVariable);
        }
        RawConfig::load(self.config.as_deref(), variables())
    }

    /// The settings, checked.
    pub fn checked(&self) -> Result<Config, ConfigError> {
        self.load()?.try_into()
    }
}

/// The flags of `hallmark secret`.
#[derive(Debug, Args)]
pub struct SecretArgs {
    /// Where to put a key-encryption key: 32 random octets
    #[arg(long, value_name = "FILE", required_unless_present = "password")]
    pub key_encryption_key: Option<PathBuf>,
    /// Where to put a random password; can be given more than once
    #[arg(long, value_name = "FILE")]
    pub password: Vec<PathBuf>,
}

/// The flags of `hallmark migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
    pub settings: SettingsArgs,
    /// Make the login of database.url too, with its password and its role, or bring them up to date
    #[arg(long)]
    pub create_login: bool,
}

/// The flags of `hallmark init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
    pub settings: SettingsArgs,
    /// The region in ARNs and credential scopes; never changes
    #[arg(long, value_name = "REGION")]
    pub region: Region,
    /// C of every certificate's subject, two capital letters; never changes
    #[arg(long, value_name = "CODE")]
    pub country: String,
    /// ST of every certificate's subject; never changes
    #[arg(long, value_name = "NAME")]
    pub state: String,
    /// O of every certificate's subject; never changes
    #[arg(long, value_name = "NAME")]
    pub organization: String,
    /// What the first account is called
    #[arg(long, value_name = "NAME", default_value = "first")]
    pub account_name: String,
    /// Where to put the first keys, administrator.env and operator.env
    #[arg(long, value_name = "DIR")]
    pub keys_dir: PathBuf,
}

/// The flags of `hallmark serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Where the API listens (api.listen; 127.0.0.1:8080)
    #[arg(long, value_name = "ADDRESS")]
    api_listen: Option<SocketAddr>,
    /// Where certificates are published, over plain HTTP (pki.listen; 127.0.0.1:8081)
    #[arg(long, value_name = "ADDRESS")]
    pki_listen: Option<SocketAddr>,
    /// The public URL of what is published (pki.url)
    #[arg(long, value_name = "URL")]
    pki_url: Option<String>,
    /// Where /healthz, /readyz and /metrics are (ops.listen; 127.0.0.1:8082)
    #[arg(long, value_name = "ADDRESS")]
    ops_listen: Option<SocketAddr>,
    /// Serve the API over plain HTTP even where other machines can reach it (`api.allow_plain_http`)
    #[arg(long)]
    allow_plain_http: bool,
}

impl ServeArgs {
    /// The settings with the flags over them, checked.
    pub fn checked(self) -> Result<Config, ConfigError> {
        let flags = Flags {
            api_listen: self.api_listen,
            pki_listen: self.pki_listen,
            ops_listen: self.ops_listen,
            pki_url: self.pki_url,
            allow_plain_http: self.allow_plain_http,
        };
        self.settings.load()?.over(flags).try_into()
    }
}

/// The flags of `hallmark check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
    pub settings: SettingsArgs,
    /// Ask a running replica instead, at this URL of its operations listener: `http://127.0.0.1:8082/readyz`
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    pub ready: Option<String>,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account with its issuing CA
    Create {
        #[command(flatten)]
        #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
        settings: SettingsArgs,
        /// What the account is called
        name: String,
        /// Its number, twelve digits; a random one unless given
        #[arg(long, value_name = "ACCOUNT")]
        id: Option<AccountId>,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        output: OutputFormat,
    },
    /// List the accounts, the oldest first
    List {
        #[command(flatten)]
        #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
        settings: SettingsArgs,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: OutputFormat,
    },
}

/// What can be done with principals.
#[derive(Debug, Subcommand)]
pub enum PrincipalCommand {
    /// Make a new access key, and its principal if need be; the secret is printed this once
    Create(PrincipalArgs),
}

/// The flags of `hallmark principal create`.
#[derive(Debug, Args)]
pub struct PrincipalArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
    pub settings: SettingsArgs,
    /// The principal's name
    pub name: PrincipalName,
    /// What it may do: Operator, `SecurityAdmin`, Signer, Verifier or Auditor
    #[arg(long, value_name = "ROLE")]
    pub role: Role,
    /// Its account; may be left out while there is one alone
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<AccountId>,
    /// How to print the key
    #[arg(long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// What can be done with CRLs.
#[derive(Debug, Subcommand)]
pub enum CrlCommand {
    /// Write every CRL to DIR/crl/ISSUER/SHARD.crl, the path of its address, for a host that serves files
    Export(CrlExportArgs),
}

/// The flags of `hallmark crl export`.
#[derive(Debug, Args)]
pub struct CrlExportArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a flattened comment would replace the command's help")]
    pub settings: SettingsArgs,
    /// Where to put the folder `crl`
    #[arg(long, value_name = "DIR")]
    pub directory: PathBuf,
}

/// How a command prints what it made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// `NAME=value` lines
    #[default]
    Env,
    /// JSON
    Json,
}

/// Settings that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The API would be reachable from other machines without TLS.
    #[error(
        "--api-listen {0} would serve the API over plain HTTP where other machines can reach it: \
         listen on a loopback address (127.0.0.1 or [::1]), give it a certificate or put a TLS proxy before it, \
         or say --allow-plain-http"
    )]
    PlainHttp(SocketAddr),
    /// The region is malformed.
    #[error("--region {0}")]
    Region(String),
    /// The public URL is not one that verifiers can use.
    #[error(
        "--pki-url {0}: a URL that begins with http:// is needed, because certificate and revocation clients use no other"
    )]
    PkiUrl(String),
    /// The file cannot be read, or does not hold settings.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A variable of the environment is no setting, or not a value for it.
    #[error("{variable}: {reason}")]
    Variable {
        /// The variable's name.
        variable: String,
        /// Why.
        reason: String,
    },
    /// A setting that the command needs, and its variable.
    #[error("{0} is not set: put it into the file of --config, or into {1}")]
    Missing(&'static str, &'static str),
    /// A database's URL cannot be used.
    #[error("{setting}: {reason}")]
    DatabaseUrl {
        /// The setting.
        setting: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A password stands in the environment.
    #[error(
        "PGPASSWORD is set: a password belongs into a file (database.password_file), not into the environment"
    )]
    PasswordVariable,
    /// A certificate without its key, or the other way round.
    #[error("api.certificate_file and api.key_file go together")]
    HalfTls,
    /// A replica without connections can do nothing.
    #[error("database.connections is 0")]
    NoConnections,
}

/// How the API can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Over TLS.
    Tls,
    /// Over plain HTTP, and that was said to be well.
    PlainAnywhere,
    /// Over plain HTTP.
    PlainHere,
}

impl Reach {
    fn plain(allowed: bool) -> Self {
        if allowed { Self::PlainAnywhere } else { Self::PlainHere }
    }

    /// Plain HTTP stays on this machine unless it was said otherwise.
    fn check(self, listen: SocketAddr) -> Result<(), ConfigError> {
        match self {
            Self::PlainHere if !listen.ip().is_loopback() => Err(ConfigError::PlainHttp(listen)),
            _ => Ok(()),
        }
    }
}

fn checked_pki_url(url: String) -> Result<String, ConfigError> {
    if !url.starts_with("http://") {
        return Err(ConfigError::PkiUrl(url));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// What is logged: `RUST_LOG`, or else warnings and errors.
pub fn log_filter() -> String {
    environment("RUST_LOG").and_then(|filter| filter.into_string().ok()).unwrap_or_else(|| "warn".into())
}

#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Every variable of the environment that is text.
fn variables() -> impl Iterator<Item = (String, String)> {
    let text = |word: OsString| word.into_string().ok();
    std::env::vars_os().filter_map(move |(name, value)| Some((text(name)?, text(value)?)))
}
