//! The root's certificate that a command is given, or looks up where the service publishes it.

use super::context::Context;
use super::exit::{Exit, Failure};
use crate::environment::variable;
use crate::trust::{self, Fingerprint};
use clap::Args;
use hallmark_pki::Certificate;
use std::fs;
use std::path::PathBuf;
use tokio::time::timeout;

/// Which root is trusted.
#[derive(Debug, Args)]
#[command(next_help_heading = "The root")]
pub(crate) struct Anchor {
    /// A file with the root's certificate in PEM.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// URL at which the service publishes certificates, when there is no file; or `HALLMARK_PKI_URL`.
    #[arg(long, value_name = "URL", conflicts_with = "root")]
    pki_url: Option<String>,
    /// SHA-256 of the root's certificate, as its operator tells it; needed where it comes without TLS.
    #[arg(long, value_name = "SHA256")]
    root_fingerprint: Option<Fingerprint>,
}

impl Anchor {
    /// The certificate, if it is certain that it is the one that is meant.
    pub(crate) async fn certificate(&self, context: &Context) -> Result<Certificate, Failure> {
        let (pem, proven) = match &self.root {
            Some(file) => {
                let pem = fs::read_to_string(file);
                let wrong = |error| Failure::new(Exit::Usage, format!("{}: {error}", file.display()));
                (pem.map_err(wrong)?, true)
            }
            None => self.published(context).await?,
        };
        trust::check(&pem, self.root_fingerprint, proven)
            .map_err(|error| Failure::new(Exit::No, error.to_string()))
    }

    async fn published(&self, context: &Context) -> Result<(String, bool), Failure> {
        let Some(base) = self.pki_url.clone().or_else(|| variable("HALLMARK_PKI_URL")) else {
            let sentence = "it is not known where the root's certificate is";
            return Err(Failure::new(Exit::Usage, sentence)
                .next("name its file with --root, or set HALLMARK_PKI_URL"));
        };
        let url = format!("{}/root.pem", base.trim_end_matches('/'));
        let request = http::Request::get(&url).body(Vec::new());
        let request = request.map_err(|error| Failure::new(Exit::Usage, format!("{url}: {error}")))?;
        let unanswered = |reason: String| Failure::new(Exit::Unanswered, reason);
        let given = context.given();
        let deadline = given.timeout().map_err(|error| Failure::from(&error))?;
        let answer = match timeout(deadline, given.transport().send(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => return Err(unanswered(failure.error.to_string())),
            Err(_) => return Err(unanswered(format!("{url} does not answer in time"))),
        };
        if answer.status != 200 {
            return Err(unanswered(format!("{url} answers with the status {}", answer.status)));
        }
        let pem = String::from_utf8(answer.body)
            .map_err(|_| unanswered(format!("{url} is no certificate in PEM")))?;
        Ok((pem, url.starts_with("https://")))
    }
}
