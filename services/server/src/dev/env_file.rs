//! The `*.env` files: what a client needs to reach this service as one principal.

use super::files::{read_private_file, replace_private_file};
use crate::config::DevConfig;
use crate::init::AccessKey;
use crate::service::Listeners;
use anyhow::Context as _;
use hallmark_api::account::AccountId;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where this run can be reached.
pub(super) struct Place {
    pub(super) api_url: String,
    pub(super) pki_url: String,
    pub(super) ops_url: String,
    pub(super) region: String,
    pub(super) data_dir: PathBuf,
    database_url: String,
}

impl Place {
    pub(super) fn new(config: &DevConfig, listeners: &Listeners, database_url: &str) -> anyhow::Result<Self> {
        let url = |listener: &tokio::net::TcpListener| -> anyhow::Result<String> {
            Ok(format!("http://{}", listener.local_addr()?))
        };
        let pki_url = config.pki_url.clone().map_or_else(|| url(&listeners.pki), Ok)?;
        Ok(Self {
            api_url: url(&listeners.api)?,
            pki_url,
            ops_url: url(&listeners.ops)?,
            region: config.region.to_string(),
            data_dir: config.data_dir.clone(),
            database_url: database_url.to_owned(),
        })
    }
}

/// One `*.env` file.
pub(super) struct EnvFile(PathBuf);

impl EnvFile {
    pub(super) fn new(data_dir: &Path, name: &str) -> Self {
        Self(data_dir.join(format!("{name}.env")))
    }

    /// The access key that the file names; none when there is no file or it names none.
    pub(super) fn access_key(&self) -> anyhow::Result<Option<AccessKey>> {
        let Some(text) = read_private_file(&self.0)? else { return Ok(None) };
        let text = std::str::from_utf8(&text).with_context(|| format!("{} is not text", self.0.display()))?;
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let (Some(id), Some(secret)) = (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")) else {
            return Ok(None);
        };
        let Ok(id) = id.parse() else { return Ok(None) };
        Ok(Some(AccessKey { id, secret: Zeroizing::new(secret.to_owned()) }))
    }

    /// Writes the file. Plain `NAME=value` lines: for a shell (`set -a; . FILE`), systemd and containers.
    pub(super) fn write(
        &self,
        place: &Place,
        account: &AccountId,
        profile_arn: &str,
        key: &AccessKey,
    ) -> anyhow::Result<()> {
        let mut text = Zeroizing::new(String::new());
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", key.id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", key.secret.as_str()),
            ("AWS_REGION", &place.region),
            ("AWS_DEFAULT_REGION", &place.region),
            ("AWS_ENDPOINT_URL_SIGNER", &place.api_url),
            ("AWS_ENDPOINT_URL_SIGNER_DATA", &place.api_url),
            ("AWS_ENDPOINT_URL_STS", &place.api_url),
            ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true"),
            ("HALLMARK_URL", &place.api_url),
            ("HALLMARK_PKI_URL", &place.pki_url),
            ("HALLMARK_ACCOUNT", account.as_str()),
            ("HALLMARK_PROFILE_ARN", profile_arn),
            ("HALLMARK_DATABASE_URL", &place.database_url),
        ] {
            writeln!(text, "{name}={value}")?;
        }
        replace_private_file(&self.0, text.as_bytes())
    }
}
