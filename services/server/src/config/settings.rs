//! The settings of a deployment: a TOML file, over it the environment, over both the command line.

use super::login::Login;
use super::timestamp::RawTimestamp;
use super::{ConfigError, Reach, checked_pki_url};
use crate::addresses::Addresses;
use crate::service::Settings;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Connections of a replica to its database, unless the settings say otherwise.
pub const CONNECTIONS: u32 = 16;

/// The settings as they were given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    database: RawDatabase,
    owner: RawOwner,
    keys: RawKeys,
    api: RawApi,
    pki: RawPki,
    ops: RawOps,
    timestamp: RawTimestamp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDatabase {
    url: Option<String>,
    password_file: Option<PathBuf>,
    connections: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOwner {
    url: Option<String>,
    password_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawKeys {
    key_encryption_key_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawApi {
    listen: Option<SocketAddr>,
    url: Option<String>,
    certificate_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    allow_plain_http: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawPki {
    listen: Option<SocketAddr>,
    url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOps {
    listen: Option<SocketAddr>,
}

/// What the environment's variables begin with.
const PREFIX: &str = "HALLMARK_";
/// What stands in a variable between the section and the setting. Variables without it, such as those of
/// the `*.env` files, which tell clients where a service is, are no settings.
const SEPARATOR: &str = "__";

impl RawConfig {
    /// Reads the file, if there is one, and lays the environment over it.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| ConfigError::File { path: path.to_owned(), reason: error.to_string() })?,
            None => String::new(),
        };
        let place = file.unwrap_or(Path::new(""));
        let malformed = |error: &toml::de::Error| malformed(place, &text, error);
        let mut config: Self = toml::from_str(&text).map_err(|error| malformed(&error))?;
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| malformed(&error))?;
        for (variable, value) in environment {
            let Some((section, setting)) =
                variable.strip_prefix(PREFIX).and_then(|name| name.split_once(SEPARATOR))
            else {
                continue;
            };
            let section = table
                .entry(section.to_lowercase())
                .or_insert_with(|| toml::Value::Table(toml::Table::new()))
                .as_table_mut();
            if let Some(section) = section {
                section.insert(setting.to_lowercase(), scalar(&value));
            }
            config = Self::deserialize(table.clone())
                .map_err(|error| ConfigError::Variable { variable, reason: error.message().to_owned() })?;
        }
        Ok(config)
    }

    /// Lays the command line over the rest.
    #[must_use]
    pub fn over(mut self, flags: Flags) -> Self {
        self.api.listen = flags.api_listen.or(self.api.listen);
        self.pki.listen = flags.pki_listen.or(self.pki.listen);
        self.ops.listen = flags.ops_listen.or(self.ops.listen);
        self.pki.url = flags.pki_url.or(self.pki.url);
        self.api.allow_plain_http |= flags.allow_plain_http;
        self
    }
}

/// The flags that settings can be given by.
#[derive(Debug, Default)]
pub struct Flags {
    /// `--api-listen`.
    pub api_listen: Option<SocketAddr>,
    /// `--pki-listen`.
    pub pki_listen: Option<SocketAddr>,
    /// `--ops-listen`.
    pub ops_listen: Option<SocketAddr>,
    /// `--pki-url`.
    pub pki_url: Option<String>,
    /// `--allow-plain-http`.
    pub allow_plain_http: bool,
}

/// The fault and its line, without the line itself: it may hold what was put there by mistake.
fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError::File { path: path.to_owned(), reason: format!("line {line}: {}", error.message()) }
}

fn scalar(text: &str) -> toml::Value {
    if let Ok(value) = text.parse() {
        return toml::Value::Boolean(value);
    }
    text.parse().map_or_else(|_| toml::Value::String(text.to_owned()), toml::Value::Integer)
}

/// The files of a TLS certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, leaf first, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// The settings, checked. What only some commands need may be missing.
#[derive(Debug)]
pub struct Config {
    database: Option<Login>,
    owner: Option<Login>,
    key_encryption_key_file: Option<PathBuf>,
    pki_url: Option<String>,
    timestamp: RawTimestamp,
    /// Connections of a replica to its database.
    pub connections: u32,
    /// Where the API listens.
    pub api_listen: SocketAddr,
    /// The API's certificate; plain HTTP without one.
    pub api_tls: Option<TlsFiles>,
    /// Where clients find the API.
    pub api_url: String,
    /// Where certificates are published.
    pub pki_listen: SocketAddr,
    /// Where health and metrics are.
    pub ops_listen: SocketAddr,
}

impl TryFrom<RawConfig> for Config {
    type Error = ConfigError;

    fn try_from(raw: RawConfig) -> Result<Self, ConfigError> {
        let RawConfig { database, owner, keys, api, pki, ops, timestamp } = raw;
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let api_listen = api.listen.unwrap_or_else(|| loopback(8080));
        let api_tls = match (api.certificate_file, api.key_file) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            _ => return Err(ConfigError::HalfTls),
        };
        let reach = if api_tls.is_some() { Reach::Tls } else { Reach::plain(api.allow_plain_http) };
        reach.check(api_listen)?;
        let scheme = if api_tls.is_some() { "https" } else { "http" };
        let connections = database.connections.unwrap_or(CONNECTIONS);
        if connections == 0 {
            return Err(ConfigError::NoConnections);
        }
        Ok(Self {
            database: Login::new("database.url", database.url, database.password_file)?,
            owner: Login::new("owner.url", owner.url, owner.password_file)?,
            key_encryption_key_file: keys.key_encryption_key_file,
            pki_url: pki.url.map(checked_pki_url).transpose()?,
            timestamp,
            connections,
            api_listen,
            api_tls,
            api_url: api.url.map_or_else(
                || format!("{scheme}://{api_listen}"),
                |url| url.trim_end_matches('/').to_owned(),
            ),
            pki_listen: pki.listen.unwrap_or_else(|| loopback(8081)),
            ops_listen: ops.listen.unwrap_or_else(|| loopback(8082)),
        })
    }
}

impl Config {
    /// Where certificates and their status are published.
    pub fn addresses(&self) -> anyhow::Result<Addresses> {
        Addresses::new(self.pki_url()?)
    }

    /// What a replica is told besides where it listens.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        Ok(Settings {
            addresses: self.addresses()?,
            stamping: self.timestamp.stamping()?,
            public_tsa: self.timestamp.public_tsa(),
        })
    }

    /// The login that the service works as.
    pub fn database(&self) -> Result<&Login, ConfigError> {
        self.database.as_ref().ok_or(ConfigError::Missing("database.url", "HALLMARK_DATABASE__URL"))
    }

    /// The login that owns the schema.
    pub fn owner(&self) -> Result<&Login, ConfigError> {
        self.owner.as_ref().ok_or(ConfigError::Missing("owner.url", "HALLMARK_OWNER__URL"))
    }

    /// The file of the key-encryption key.
    pub fn key_encryption_key_file(&self) -> Result<&Path, ConfigError> {
        self.key_encryption_key_file.as_deref().ok_or(ConfigError::Missing(
            "keys.key_encryption_key_file",
            "HALLMARK_KEYS__KEY_ENCRYPTION_KEY_FILE",
        ))
    }

    /// The public URL of what is published, if it was given.
    pub fn known_pki_url(&self) -> Option<&str> {
        self.pki_url.as_deref()
    }

    /// The public URL of what is published.
    pub fn pki_url(&self) -> Result<&str, ConfigError> {
        self.known_pki_url().ok_or(ConfigError::Missing("pki.url", "HALLMARK_PKI__URL"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = crate::private_file::tests::Directory::new();
        let path = file.path().join("hallmark.toml");
        std::fs::write(&path, text).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        RawConfig::load(Some(&path), environment)?.try_into()
    }

    fn refusal(text: &str, environment: &[(&str, &str)]) -> String {
        load(text, environment).unwrap_err().to_string()
    }

    #[test]
    fn the_environment_lies_over_the_file_and_flags_over_both() {
        let text = "[api]\nlisten = \"127.0.0.1:1\"\n[database]\nurl = \"postgres://service@db/hallmark\"\n";
        let config = load(text, &[]).unwrap();
        assert_eq!(config.api_listen.port(), 1);
        assert_eq!(config.connections, CONNECTIONS);
        let environment = [
            ("HALLMARK_API__LISTEN", "127.0.0.1:2"),
            ("HALLMARK_DATABASE__CONNECTIONS", "3"),
            ("HALLMARK_PKI_URL", "http://a-client-s-view.example"),
            ("PATH", "/bin"),
        ];
        let config = load(text, &environment).unwrap();
        assert_eq!((config.api_listen.port(), config.connections), (2, 3));
        assert_eq!(config.known_pki_url(), None, "a client's variable is no setting");
        assert_eq!(config.database().unwrap().name(), "service");

        let flags = Flags { api_listen: Some(([127, 0, 0, 1], 4).into()), ..Flags::default() };
        let raw: RawConfig = toml::from_str(text).unwrap();
        assert_eq!(Config::try_from(raw.over(flags)).unwrap().api_listen.port(), 4);
    }

    #[test]
    fn unknown_settings_are_refused_by_name_and_never_quoted() {
        let text = "[api]\n\n[database]\npassword = \"canary\"\n";
        let sentence = refusal(text, &[]);
        assert!(sentence.contains("line 4") && sentence.contains("`password`"), "{sentence}");
        assert!(!sentence.contains("canary"), "{sentence}");
        assert!(refusal("[apu]\n", &[]).contains("`apu`"));
        assert!(refusal("region = 1\n", &[]).contains("`region`"));
        for (variable, key) in [("HALLMARK_API__PORT", "`port`"), ("HALLMARK_APU__LISTEN", "`apu`")] {
            let sentence = refusal("", &[(variable, "canary")]);
            assert!(sentence.contains(variable) && sentence.contains(key), "{sentence}");
            assert!(!sentence.contains("canary"), "{sentence}");
        }
        assert!(refusal("", &[("HALLMARK_API__LISTEN", "nowhere")]).contains("HALLMARK_API__LISTEN"));
    }

    #[test]
    fn passwords_are_in_files_alone() {
        for url in ["postgres://u:canary@db/hallmark", "postgres:///hallmark?host=/run&password=canary"] {
            let sentence = refusal("", &[("HALLMARK_DATABASE__URL", url)]);
            assert!(sentence.contains("database.url") && sentence.contains("password_file"), "{sentence}");
            assert!(!sentence.contains("canary"), "{sentence}");
        }
        assert!(refusal("", &[("HALLMARK_OWNER__URL", "mysql://u@db/x")]).contains("owner.url"));
    }

    #[test]
    fn the_api_leaves_loopback_with_tls_or_on_demand() {
        let open = "[api]\nlisten = \"0.0.0.0:8080\"\n";
        assert!(matches!(load(open, &[]), Err(ConfigError::PlainHttp(_))));
        assert!(load(&format!("{open}allow_plain_http = true\n"), &[]).is_ok());
        let tls = format!("{open}certificate_file = \"c\"\nkey_file = \"k\"\n");
        assert!(load(&tls, &[]).unwrap().api_url.starts_with("https://"));
        assert!(matches!(load("[api]\nkey_file = \"k\"\n", &[]), Err(ConfigError::HalfTls)));
    }

    #[test]
    fn what_is_missing_is_named() {
        let config = load("", &[]).unwrap();
        for error in [
            config.database().map(drop).unwrap_err(),
            config.owner().map(drop).unwrap_err(),
            config.key_encryption_key_file().map(drop).unwrap_err(),
            config.pki_url().map(drop).unwrap_err(),
        ] {
            assert!(error.to_string().contains("HALLMARK_"), "{error}");
        }
    }
}
