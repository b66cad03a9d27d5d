//! One replica: its context and its three listeners.

use crate::chance::Chance;
use crate::clock::Clock;
use crate::context::Context;
use crate::facts::Facts;
use crate::lifecycle::Lifecycle;
use crate::listener::listen;
use crate::paging::Paging;
use crate::signing::Signing;
use crate::status::StatusReader;
use crate::{ops, publish, routes};
use anyhow::Context as _;
use hallmark_store::Store;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The sockets of a replica, bound before anything else so that their addresses are known.
#[derive(Debug)]
pub struct Listeners {
    /// The API.
    pub api: TcpListener,
    /// What is public: certificates.
    pub pki: TcpListener,
    /// Health and metrics.
    pub ops: TcpListener,
}

impl Listeners {
    /// Binds the three addresses.
    pub async fn bind(api: SocketAddr, pki: SocketAddr, ops: SocketAddr) -> anyhow::Result<Self> {
        let bind = async |name, address| {
            TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot listen on {address}: choose another with --{name}-listen"))
        };
        Ok(Self { api: bind("api", api).await?, pki: bind("pki", pki).await?, ops: bind("ops", ops).await? })
    }
}

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
        clock: Clock,
    ) -> anyhow::Result<Self> {
        ops::record_metrics();
        let deployment = store.deployment().await?.context("the database is not initialised")?;
        let trust_anchor = store.trust_anchor().await?.certificate().clone();
        let (chance, clock) = (Chance::default(), Arc::new(clock));
        let facts = Arc::new(Facts::new(store.clone()));
        let signing = Signing::new(
            store.clone(),
            facts.clone(),
            chance.clone(),
            clock.clone(),
            deployment.region.clone(),
            trust_anchor.clone(),
        );
        let status = StatusReader::new(store.clone(), facts.clone());
        let context = Arc::new(Context {
            store,
            deployment,
            trust_anchor,
            facts,
            signing,
            status,
            paging,
            clock,
            chance,
        });

        let lifecycle = Lifecycle::new();
        listen(&lifecycle, listeners.api, routes::api(context.clone()));
        listen(&lifecycle, listeners.pki, publish::public(context.clone()));
        listen(&lifecycle, listeners.ops, ops::ops(context.clone()));
        Ok(Self { context, lifecycle })
    }

    /// What the replica's handlers work with.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Stops accepting, lets requests under way finish, and closes the database connections; says whether
    /// everything ended in time.
    pub async fn end(self) -> bool {
        self.lifecycle.end();
        let drained = self.lifecycle.drain().await;
        self.context.store.close().await;
        drained
    }
}
