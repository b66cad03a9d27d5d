//! For whoever runs the service: is it alive, is it ready, how is it doing.

use crate::context::Context;
use crate::lifecycle::Lifecycle;
use crate::readiness::survey;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The operations listener's routes.
pub fn ops(context: Arc<Context>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .with_state(context)
}

async fn readyz(State(context): State<Arc<Context>>) -> Response {
    match readiness(&context).await {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response(),
    }
}

/// Why the service is not ready; a sentence without secrets.
async fn readiness(context: &Context) -> Result<(), String> {
    for finding in survey(&context.store, &context.clock, Some(&context.deployment)).await {
        if let Err(fault) = finding.outcome {
            tracing::warn!(about = finding.about, %fault, "readiness");
            return Err(fault.sentence);
        }
    }
    Ok(())
}

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts recording metrics; further calls in one process do nothing.
pub fn record_metrics() {
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
}

/// How often what was recorded is summed up. Until then each measurement takes memory of its own, whether anybody asks
/// for the metrics or not.
const SUMMED_UP: Duration = Duration::from_secs(5);

/// Sums up what was recorded until the service ends.
pub fn sum_up_metrics(lifecycle: &Lifecycle) {
    let Some(Some(handle)) = RECORDER.get() else { return };
    let ending = lifecycle.clone();
    lifecycle.spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(SUMMED_UP) => handle.run_upkeep(),
                () = ending.ending() => return,
            }
        }
    });
}

async fn metrics_text() -> Response {
    match RECORDER.get() {
        Some(Some(handle)) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "metrics are not recorded\n").into_response(),
    }
}
