//! Environment files: what a client needs to reach this service as one principal.

use crate::init::AccessKey;
use crate::private_file::{read_private_file, replace_private_file};
use anyhow::Context as _;
use hallmark_api::account::{AccountId, Region};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where clients find the service.
pub(crate) struct Place {
    pub(crate) api_url: String,
    pub(crate) pki_url: Option<String>,
    pub(crate) region: Region,
}

/// Plain `NAME=value` lines for a client with this key: for a shell (`set -a; . FILE`), systemd and containers.
pub(crate) fn text(
    place: &Place,
    account: &AccountId,
    key: &AccessKey,
    more: &[(&str, &str)],
) -> anyhow::Result<Zeroizing<String>> {
    let known = [
        ("AWS_ACCESS_KEY_ID", key.id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", key.secret.as_str()),
        ("AWS_REGION", place.region.as_str()),
        ("AWS_DEFAULT_REGION", place.region.as_str()),
        ("AWS_ENDPOINT_URL_SIGNER", &place.api_url),
        ("AWS_ENDPOINT_URL_SIGNER_DATA", &place.api_url),
        ("AWS_ENDPOINT_URL_STS", &place.api_url),
        ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true"),
        ("HALLMARK_URL", &place.api_url),
        ("HALLMARK_ACCOUNT", account.as_str()),
    ];
    let pki_url = place.pki_url.as_deref().map(|url| ("HALLMARK_PKI_URL", url));
    let mut text = Zeroizing::new(String::new());
    for (name, value) in known.iter().chain(&pki_url).chain(more) {
        writeln!(text, "{name}={}", quoted(value))?;
    }
    Ok(text)
}

/// A value as a shell reads it. What needs no quotes has none, for readers that take them for a part of it.
fn quoted(value: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+,-./:=?@_%~".contains(c);
    if value.chars().all(plain) { value.into() } else { format!("'{}'", value.replace('\'', r"'\''")).into() }
}

/// One environment file.
pub(crate) struct EnvFile(PathBuf);

impl EnvFile {
    pub(crate) fn new(dir: &Path, name: &str) -> Self {
        Self(dir.join(format!("{name}.env")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The access key that the file names; none when there is no file or it names none.
    pub(crate) fn access_key(&self) -> anyhow::Result<Option<AccessKey>> {
        let Some(text) = read_private_file(&self.0)? else { return Ok(None) };
        let text = std::str::from_utf8(&text).with_context(|| format!("{} is not text", self.0.display()))?;
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let (Some(id), Some(secret)) = (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")) else {
            return Ok(None);
        };
        let Ok(id) = id.parse() else { return Ok(None) };
        Ok(Some(AccessKey { id, secret: Zeroizing::new(secret.to_owned()) }))
    }

    /// Writes the file.
    pub(crate) fn write(
        &self,
        place: &Place,
        account: &AccountId,
        key: &AccessKey,
        more: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        replace_private_file(&self.0, text(place, account, key, more)?.as_bytes())
    }
}
