//! Settings about timestamps.

use crate::publish::PublicTsa;
use crate::signing::Stamping;
use crate::timestamp_client::TimestampClient;
use anyhow::{Context as _, bail};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;

/// The section `timestamp`, as it was given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTimestamp {
    public: bool,
    url: Option<String>,
    trust_file: Option<PathBuf>,
}

impl RawTimestamp {
    /// Whether anybody may have something stamped.
    pub(super) fn public_tsa(&self) -> PublicTsa {
        if self.public { PublicTsa::On } else { PublicTsa::Off }
    }

    /// Who stamps signatures: the accounts' own authorities, unless one outside is named together with the certificates
    /// that its tokens are verified against.
    pub(super) fn stamping(&self) -> anyhow::Result<Stamping> {
        match (&self.url, &self.trust_file) {
            (None, None) => Ok(Stamping::Own),
            (Some(url), Some(file)) => {
                let trust = std::fs::read_to_string(file)
                    .with_context(|| format!("timestamp.trust_file: {}", file.display()))?;
                let client = TimestampClient::new(url, &trust).context("timestamp.url")?;
                Ok(Stamping::Outside(Arc::new(client)))
            }
            _ => bail!("timestamp.url and timestamp.trust_file go together"),
        }
    }
}
