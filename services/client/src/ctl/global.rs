//! The flags that every command has.

use super::output::{ColorChoice, Format};
use crate::settings::Given;
use clap::Args;
use std::path::PathBuf;

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// URL of the service's API.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The deployment's region.
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The profile of AWS's shared files whose credentials are used.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// The only certificates, in PEM, that the service's own may end in.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// How long one request may take, its repetitions included [default: 30].
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) timeout: Option<String>,
    /// Ask a service on another machine without TLS.
    #[arg(long, global = true)]
    pub(crate) plain_http: bool,
    /// Tables for people, or the members of the API's own answers.
    #[arg(long, short, global = true, value_enum, default_value_t)]
    pub(crate) output: Format,
    /// Colours.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) color: ColorChoice,
}

impl Global {
    /// What of them says where the service is.
    pub(crate) fn given(&self) -> Given {
        Given {
            endpoint: self.url.clone(),
            region: self.region.clone(),
            profile: self.aws_profile.clone(),
            ca_file: self.ca_file.clone(),
            timeout: self.timeout.clone(),
            plain_http: self.plain_http.then(|| "true".to_owned()),
        }
    }
}
