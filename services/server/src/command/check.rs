//! `hallmark check`: everything that a replica relies on, a line for each.

use super::connect;
use crate::clock::Clock;
use crate::config::{CheckArgs, Config};
use crate::readiness::survey;
use crate::say::say;
use crate::tls;
use anyhow::{Context as _, bail, ensure};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

/// How long a running replica may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most octets of its answer.
const ANSWER_LIMIT: u64 = 16 * 1024;

/// Prints one line for each thing that was looked at; an error when one of them is not as it has to be.
pub async fn check(args: &CheckArgs) -> anyhow::Result<()> {
    if let Some(url) = &args.ready {
        let answer = timeout(PATIENCE, ready(url)).await.context("no answer in time")??;
        say(&answer);
        return Ok(());
    }
    let mut failed = 0;
    let mut line = |about: &str, outcome: Result<(), String>| match outcome {
        Ok(()) => say(&format!("ok      {about}")),
        Err(fault) => {
            failed += 1;
            say(&format!("failed  {about}: {fault}"));
        }
    };
    match args.settings.checked() {
        Err(error) => line("settings", Err(error.to_string())),
        Ok(config) => {
            line("settings", sentence(settings(&config)));
            match connect(&config).await {
                Err(error) => line("connection", Err(format!("{error:#}"))),
                Ok((store, _)) => {
                    line("connection", Ok(()));
                    for finding in survey(&store, &Clock::System, None).await {
                        line(finding.about, finding.outcome.map_err(|fault| fault.to_string()));
                    }
                    store.close().await;
                }
            }
        }
    }
    ensure!(failed == 0, "{failed} of these failed");
    Ok(())
}

fn sentence(outcome: anyhow::Result<()>) -> Result<(), String> {
    outcome.map_err(|error| format!("{error:#}"))
}

/// What `serve` would refuse before it connects.
fn settings(config: &Config) -> anyhow::Result<()> {
    config.pki_url()?;
    if let Some(files) = &config.api_tls {
        tls::acceptor(&files.certificate, &files.key)?;
    }
    Ok(())
}

/// Asks a replica over plain HTTP whether it is ready; for health checks where there is no other client.
async fn ready(url: &str) -> anyhow::Result<String> {
    let url = Url::parse(url).with_context(|| format!("{url} is not a URL"))?;
    ensure!(
        url.scheme() == "http",
        "the operations listener speaks plain HTTP: {url} has to begin with http://"
    );
    let host = url.host_str().context("the URL names no host")?;
    let port = url.port_or_known_default().context("the URL names no port")?;
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port))
        .await
        .with_context(|| format!("{host}:{port} does not answer"))?;
    let request = format!("GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n", url.path());
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(ANSWER_LIMIT).read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    let body = body.trim();
    if head.split(' ').nth(1) != Some("200") {
        bail!("{body}");
    }
    Ok(body.to_owned())
}
