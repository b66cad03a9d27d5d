//! What anyone may read, over plain HTTP: certificates, and what became of them.

mod body;
mod budget;
mod chain;
mod crl;
mod issuer;
pub(crate) mod list;
mod ocsp;
mod responder;
pub(crate) mod root_crl;
pub(crate) mod shard;
mod status;
mod timekeeper;
mod tsa;

use crate::context::Context;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use budget::Budget;
use chain::Chains;
use hallmark_pki::SerialNumber;
use http::StatusCode;
use moka::future::Cache;
use ocsp::Ocsp;
use root_crl::RootList;
use shard::Shards;
use std::sync::Arc;
use tsa::Tsa;

/// Whether anybody may have something stamped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PublicTsa {
    /// Nobody.
    #[default]
    Off,
    /// Everybody.
    On,
}

/// How many issuing CAs are known with the number of their CRLs.
const COUNTED: u64 = 10_000;

/// What the public routes work with.
#[derive(Clone)]
struct Published {
    context: Arc<Context>,
    budget: Arc<Budget>,
    chains: Chains,
    shards: Arc<Shards>,
    /// How many CRLs an issuing CA has, at the least.
    shard_counts: Cache<SerialNumber, i32>,
    root_list: Arc<RootList>,
    ocsp: Arc<Ocsp>,
    tsa: Arc<Tsa>,
}

impl Published {
    fn new(context: Arc<Context>) -> Self {
        let budget = Arc::new(Budget::new());
        let (store, chance) = (context.store.clone(), context.chance.clone());
        let addresses = context.desks.addresses().clone();
        Self {
            chains: chain::none(),
            shards: Arc::new(Shards::new(store.clone(), addresses, chance.clone())),
            shard_counts: Cache::new(COUNTED),
            root_list: Arc::new(RootList::new(store, chance)),
            ocsp: Arc::new(Ocsp::new(context.clone(), budget.clone())),
            tsa: Arc::new(Tsa::new(context.clone(), budget.clone())),
            context,
            budget,
        }
    }
}

/// The public listener's routes.
pub fn public(context: Arc<Context>, public_tsa: PublicTsa) -> Router {
    let stamping = match public_tsa {
        PublicTsa::Off => Router::new(),
        PublicTsa::On => Router::new().route("/tsa", post(tsa::post)),
    };
    Router::new()
        .route("/root.pem", get(chain::root))
        .route("/chain/{issuer}", get(chain::chain))
        .route("/issuer/{issuer}", get(chain::issuer))
        .route("/crl/{issuer}/{shard}", get(crl::crl))
        .route("/ocsp", get(ocsp::nothing).post(ocsp::post))
        .route("/ocsp/", get(ocsp::nothing).post(ocsp::post))
        .route("/ocsp/{*request}", get(ocsp::get))
        .merge(stamping)
        .fallback(async || not_found())
        .with_state(Published::new(context))
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not found.\n").into_response()
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "Not available at the moment.\n").into_response()
}
