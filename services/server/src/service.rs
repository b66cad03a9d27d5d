//! One replica: its context and its three listeners.

use crate::addresses::Addresses;
use crate::caretaker;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::context::Context;
use crate::facts::Facts;
use crate::issuing::Desks;
use crate::lifecycle::Lifecycle;
use crate::listener::listen;
use crate::paging::Paging;
use crate::publish::PublicTsa;
use crate::signing::{Authorities, Parts, Signing, Stamping};
use crate::status::StatusReader;
use crate::{ops, publish, routes};
use anyhow::Context as _;
use hallmark_store::Store;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The sockets of a replica, bound before anything else so that their addresses are known.
pub struct Listeners {
    /// The API.
    pub api: TcpListener,
    /// What is public: certificates.
    pub pki: TcpListener,
    /// Health and metrics.
    pub ops: TcpListener,
    /// What the API's connections are wrapped in; plain HTTP without it.
    pub api_tls: Option<TlsAcceptor>,
}

impl Listeners {
    /// Binds the three addresses, for plain HTTP.
    pub async fn bind(api: SocketAddr, pki: SocketAddr, ops: SocketAddr) -> anyhow::Result<Self> {
        let bind = async |name, address| {
            TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot listen on {address}: choose another with --{name}-listen"))
        };
        Ok(Self {
            api: bind("api", api).await?,
            pki: bind("pki", pki).await?,
            ops: bind("ops", ops).await?,
            api_tls: None,
        })
    }
}

/// What a replica is told besides where it listens.
#[derive(Debug)]
pub struct Settings {
    /// Where certificates and their status are published.
    pub addresses: Addresses,
    /// Who stamps signatures of the scheme `notary.x509`.
    pub stamping: Stamping,
    /// Whether anybody may have something stamped.
    pub public_tsa: PublicTsa,
}

impl Settings {
    /// The settings of a replica that publishes below a URL: it stamps its own signatures and nobody else's.
    pub fn new(pki_url: &str) -> anyhow::Result<Self> {
        let addresses = Addresses::new(pki_url)?;
        Ok(Self { addresses, stamping: Stamping::Own, public_tsa: PublicTsa::Off })
    }
}

/// How long the database connections may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// A running replica.
#[derive(Debug)]
pub struct Service {
    context: Arc<Context>,
    lifecycle: Lifecycle,
}

impl Service {
    /// Starts a replica of the deployment in `store`, which must be initialised.
    pub async fn start(
        store: Store,
        paging: Paging,
        listeners: Listeners,
        settings: Settings,
        clock: Arc<Clock>,
    ) -> anyhow::Result<Self> {
        ops::record_metrics();
        let deployment =
            store.deployment().await?.context("the database is not initialised: run `hallmark init`")?;
        let trust_anchor = store.trust_anchor().await?.certificate;
        let chance = Chance::default();
        let facts = Arc::new(Facts::new(store.clone()));
        let addresses = Arc::new(settings.addresses);
        let desks = Arc::new(Desks::new(store.clone(), deployment.clone(), addresses, chance.clone()));
        let authorities = Arc::new(Authorities::new(store.clone(), chance.clone(), desks.clone()));
        let signing = Signing::new(Parts {
            store: store.clone(),
            facts: facts.clone(),
            chance: chance.clone(),
            clock: clock.clone(),
            region: deployment.region.clone(),
            desks: desks.clone(),
            authorities: authorities.clone(),
            stamping: settings.stamping,
        });
        let status = StatusReader::new(store.clone(), facts.clone());
        let context = Arc::new(Context {
            store,
            deployment,
            trust_anchor,
            desks,
            authorities,
            facts,
            signing,
            status,
            paging,
            clock,
            chance,
        });

        let lifecycle = Lifecycle::new();
        caretaker::watch(&lifecycle, context.clone());
        ops::sum_up_metrics(&lifecycle);
        listen(&lifecycle, listeners.api, listeners.api_tls, routes::api(context.clone()));
        listen(&lifecycle, listeners.pki, None, publish::public(context.clone(), settings.public_tsa));
        listen(&lifecycle, listeners.ops, None, ops::ops(context.clone()));
        Ok(Self { context, lifecycle })
    }

    /// What the replica's handlers work with.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Does now what the replica does by itself every hour: makes the next issuing CAs where they are due, renews the
    /// root's CRL, and forgets replies that are a day old.
    pub async fn look_after(&self) -> anyhow::Result<()> {
        caretaker::look_after(&self.context).await
    }

    /// Stops accepting, lets requests under way finish, and closes the database connections; says whether
    /// everything ended in time.
    pub async fn end(self) -> bool {
        self.lifecycle.end();
        let drained = self.lifecycle.drain().await;
        // What did not end by now is not waited for: its transaction is rolled back when we are gone.
        let _ = tokio::time::timeout(CLOSE_LIMIT, self.context.store.close()).await;
        drained
    }
}
