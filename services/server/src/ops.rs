//! For whoever runs the service: is it alive, is it ready, how is it doing.

use crate::context::Context;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::{Arc, OnceLock};
use time::Duration;

/// The operations listener's routes.
pub fn ops(context: Arc<Context>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .with_state(context)
}

/// By how much this clock and the database's may differ.
const CLOCK_TOLERANCE: Duration = Duration::seconds(2);
/// How near its end a CA certificate may come before the service says so by not being ready.
const LAPSE_MARGIN: Duration = Duration::days(30);

async fn readyz(State(context): State<Arc<Context>>) -> Response {
    match readiness(&context).await {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => {
            tracing::warn!(%reason, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response()
        }
    }
}

/// Why the service is not ready; a sentence without secrets.
async fn readiness(context: &Context) -> Result<(), String> {
    let unreachable = |error: hallmark_store::StoreError| {
        tracing::warn!(%error, "readiness");
        "the database does not answer, or the key-encryption key is not the right one".to_owned()
    };
    let durability = context.store.durability().await.map_err(unreachable)?;
    if !durability.durable {
        return Err("the database does not make commits durable (fsync, synchronous_commit)".into());
    }
    let apart = (context.clock.now() - durability.clock).abs();
    if apart > CLOCK_TOLERANCE {
        return Err(format!("this clock and the database's are {apart} apart"));
    }
    match context.store.deployment().await.map_err(unreachable)? {
        Some(deployment) if deployment == context.deployment => {}
        _ => return Err("the database is another deployment's".into()),
    }
    let soon = context.clock.now() + LAPSE_MARGIN;
    if context.trust_anchor.validity().not_after() < soon {
        return Err("the root certificate is about to lapse".into());
    }
    if context.store.first_issuer_lapse().await.map_err(unreachable)?.is_some_and(|lapse| lapse < soon) {
        return Err("an account's issuing certificate is about to lapse".into());
    }
    Ok(())
}

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts recording metrics; further calls in one process do nothing.
pub fn record_metrics() {
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
}

async fn metrics_text() -> Response {
    match RECORDER.get() {
        Some(Some(handle)) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "metrics are not recorded\n").into_response(),
    }
}
