//! The flags of `hallmark dev`.

use super::{ConfigError, Reach, checked_pki_url, environment};
use crate::publish::PublicTsa;
use clap::Args;
use hallmark_api::account::Region;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The flags of `hallmark dev` as they were given. None is read from the environment: a shell that has read
/// a `*.env` file knows where a service is, and must not thereby tell the next one where to be.
#[derive(Debug, Args)]
pub struct RawDev {
    /// Where keys, settings and (unless run as root) the private Postgres are kept
    #[arg(long, value_name = "DIR", default_value = ".hallmark")]
    data_dir: PathBuf,
    /// Where the API listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    api_listen: SocketAddr,
    /// Where certificates are published, over plain HTTP
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    pki_listen: SocketAddr,
    /// The public URL of what is published; the address of `--pki-listen` unless given
    #[arg(long, value_name = "URL")]
    pki_url: Option<String>,
    /// Where /healthz, /readyz and /metrics are
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8082")]
    ops_listen: SocketAddr,
    /// The region in ARNs and credential scopes; fixed once the data directory exists
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    region: String,
    /// Install the system's Postgres package when no Postgres binaries are found
    #[arg(long)]
    install_postgres: bool,
    /// Where initdb and postgres are; looked for in PATH and the usual places unless given
    #[arg(long, value_name = "DIR")]
    postgres_bin: Option<PathBuf>,
    /// An existing, empty database to use instead of a private Postgres
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Serve the API over plain HTTP even where other machines can reach it
    #[arg(long)]
    allow_plain_http: bool,
    /// Let anybody have something stamped at /tsa of `--pki-listen`
    #[arg(long)]
    public_tsa: bool,
}

/// The settings of `hallmark dev`, checked.
#[derive(Debug)]
pub struct DevConfig {
    /// Where keys, settings and (unless run as root) the private Postgres are kept.
    pub data_dir: PathBuf,
    /// Where the API listens.
    pub api_listen: SocketAddr,
    /// Where certificates are published.
    pub pki_listen: SocketAddr,
    /// The public URL of what is published.
    pub pki_url: Option<String>,
    /// Where health and metrics are.
    pub ops_listen: SocketAddr,
    /// The region.
    pub region: Region,
    /// Where the database comes from.
    pub database: Database,
    /// Whether anybody may have something stamped.
    pub public_tsa: PublicTsa,
}

/// Where the database comes from.
#[derive(Debug)]
pub enum Database {
    /// An existing one.
    Url(String),
    /// A private Postgres.
    Private {
        /// Whether the system's package may be installed.
        install: crate::postgres::Install,
        /// Where the binaries are, if that was said.
        binaries: Option<PathBuf>,
        /// `PATH`.
        path: Option<OsString>,
        /// `XDG_RUNTIME_DIR`.
        runtime_dir: Option<PathBuf>,
    },
}

impl TryFrom<RawDev> for DevConfig {
    type Error = ConfigError;

    fn try_from(raw: RawDev) -> Result<Self, ConfigError> {
        Reach::plain(raw.allow_plain_http).check(raw.api_listen)?;
        let database = raw.database_url.map_or_else(
            || Database::Private {
                install: if raw.install_postgres {
                    crate::postgres::Install::WhenMissing
                } else {
                    crate::postgres::Install::Never
                },
                binaries: raw.postgres_bin,
                path: environment("PATH"),
                runtime_dir: environment("XDG_RUNTIME_DIR").map(PathBuf::from),
            },
            Database::Url,
        );
        Ok(Self {
            data_dir: raw.data_dir,
            api_listen: raw.api_listen,
            pki_listen: raw.pki_listen,
            pki_url: raw.pki_url.map(checked_pki_url).transpose()?,
            ops_listen: raw.ops_listen,
            region: raw.region.parse().map_err(|error| ConfigError::Region(format!("{error}")))?,
            database,
            public_tsa: if raw.public_tsa { PublicTsa::On } else { PublicTsa::Off },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Command, CommandLine};
    use clap::Parser as _;

    fn dev(flags: &[&str]) -> Result<DevConfig, ConfigError> {
        let line = ["hallmark", "dev"].iter().chain(flags);
        let Command::Dev(raw) = CommandLine::parse_from(line).command else { panic!("dev") };
        DevConfig::try_from(raw)
    }

    #[test]
    fn plain_http_stays_on_loopback() {
        for address in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80"] {
            assert!(matches!(dev(&["--api-listen", address]), Err(ConfigError::PlainHttp(_))), "{address}");
            assert!(dev(&["--api-listen", address, "--allow-plain-http"]).is_ok());
        }
        assert!(dev(&["--api-listen", "[::1]:8080"]).is_ok());
    }

    #[test]
    fn the_public_url_is_plain_http() {
        assert!(dev(&["--pki-url", "https://pki.example"]).is_err());
        assert_eq!(
            dev(&["--pki-url", "http://pki.example/"]).unwrap().pki_url.unwrap(),
            "http://pki.example"
        );
    }
}
