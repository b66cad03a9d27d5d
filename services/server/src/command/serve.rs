//! `hallmark serve`: one replica.

use super::open;
use crate::clock::Clock;
use crate::config::Config;
use crate::lifecycle::signalled;
use crate::say::say;
use crate::service::{Listeners, Service};
use crate::tls;
use std::sync::Arc;

/// Runs a replica until a signal ends it.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let pki_url = config.pki_url()?.to_owned();
    let api_tls =
        config.api_tls.as_ref().map(|files| tls::acceptor(&files.certificate, &files.key)).transpose()?;
    let (store, paging) = open(&config).await?;
    let mut listeners = Listeners::bind(config.api_listen, config.pki_listen, config.ops_listen).await?;
    let scheme = if api_tls.is_some() { "https" } else { "http" };
    listeners.api_tls = api_tls;
    let api = listeners.api.local_addr()?;
    let ops = listeners.ops.local_addr()?;
    let settings = config.settings()?;
    let service = Service::start(store, paging, listeners, settings, Arc::new(Clock::System)).await?;
    say(&format!(
        "Hallmark is ready.
  API            {scheme}://{api}
  certificates   {pki_url}/root.pem
  health         http://{ops}/readyz"
    ));
    signalled().await;
    say("Stopping: requests under way are finished first; a second signal stops at once");
    if !service.end().await {
        say("Some requests did not finish in time");
    }
    Ok(())
}
