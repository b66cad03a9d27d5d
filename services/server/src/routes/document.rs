//! What the API says of itself: its OpenAPI document, and a page to read it by, for everyone and without a network.

use crate::context::Context;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, header};
use std::sync::Arc;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Generated from the operations by `hallmark openapi`; a test fails when it is stale.
const DOCUMENT: &str = include_str!("../../../../openapi/hallmark.json");

/// What the page may load: its own files and nothing else. Its styles are set by its script.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// `/openapi.json` and `/docs`.
pub(super) fn routes() -> Router<Arc<Context>> {
    // Requests are signed with a secret that no page should be given.
    let page = Config::from("/openapi.json").supported_submit_methods([""; 0]).validator_url("none");
    Router::from(SwaggerUi::new("/docs").config(page))
        .layer(SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, POLICY))
        .route("/openapi.json", get(document))
}

async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
