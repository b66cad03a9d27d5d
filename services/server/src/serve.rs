//! What is done once for every operation: authenticate the raw bytes, parse, authorise, hand over, map
//! errors, count.

use crate::answer::Answer;
use crate::caller::Call;
use crate::context::Context;
use crate::error::{ApiError, BODY_LIMIT};
use crate::facts::{KnownCredential, Stamped};
use crate::idempotency::Idempotency;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request as HttpRequest, State};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;
use hallmark_api::openapi::Document;
use hallmark_api::operation::{self, Operation, Request};
use hallmark_auth::role;
use hallmark_auth::sigv4::{DerivedKey, Expected, SignedRequest, Unverified, Verified};
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// The operations of the API: how they are served, and what is written about them.
#[derive(Default)]
pub struct Operations {
    router: Router<Arc<Context>>,
    descriptions: Vec<fn(&mut Document)>,
}

impl Operations {
    /// Serves `O` with `handler`.
    ///
    /// # Panics
    ///
    /// When the method of `O` is no standard one: a constant, so no server would ever start.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a constant of the operation; wrong ones fail at start and in every test"
    )]
    pub fn serve<O, H, F>(mut self, handler: H) -> Self
    where
        O: Operation,
        H: Fn(Arc<Context>, Call, Request<O>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output: Answer<O::Output>> + Send,
    {
        let method = MethodFilter::try_from(O::METHOD).expect("operations use standard methods");
        let endpoint = async move |State(context), path, request| {
            answer::<O, _, _>(context, path, request, handler).await
        };
        self.router = self.router.route(O::ROUTE, axum::routing::on(method, endpoint));
        self.descriptions.push(|document| document.add::<O>(&role::names_that_allow(O::ACTION)));
        self
    }

    /// The operations as routes, over a shared context.
    pub fn router(self) -> Router<Arc<Context>> {
        self.router
    }

    /// The operations as an OpenAPI document.
    pub fn document(self) -> serde_json::Result<String> {
        let mut document = Document::default();
        for describe in self.descriptions {
            describe(&mut document);
        }
        document.add_caller_identity();
        document.finish(env!("CARGO_PKG_VERSION"))
    }
}

/// The parameters in a path, unless it cannot be decoded.
type Path = Result<RawPathParams, RawPathParamsRejection>;

/// How long the body of a request may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The header by which a request is found again in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

async fn answer<O, H, F>(context: Arc<Context>, path: Path, request: HttpRequest, handler: H) -> Response
where
    O: Operation,
    H: Fn(Arc<Context>, Call, Request<O>) -> F,
    F: Future<Output: Answer<O::Output>> + Send,
{
    let span = tracing::error_span!("operation", name = O::NAME);
    let began = std::time::Instant::now();
    let outcome = perform::<O, _, _>(&context, path, request, handler).instrument(span.clone()).await;
    let outcome = outcome.map_err(|error| error.named(O::EXCEPTIONS));
    let code = outcome.as_ref().map_or_else(|error| error.exception().name(), |_| "OK");
    metrics::counter!("hallmark_operations_total", "operation" => O::NAME, "code" => code).increment(1);
    metrics::histogram!("hallmark_operation_seconds", "operation" => O::NAME).record(began.elapsed());
    outcome.unwrap_or_else(|error| {
        span.in_scope(|| report::<O>(&error));
        error.into_response()
    })
}

/// A caller's fault is an event worth reading, our own an alarm; and so is one that nobody was told to expect.
fn report<O: Operation>(error: &ApiError) {
    if matches!(error, ApiError::Internal(_)) {
        tracing::error!(%error, "failed");
    } else if O::may_fail_with(error.exception()) {
        tracing::info!(%error, "refused");
    } else {
        tracing::error!(%error, "refused with an undocumented exception");
    }
}

async fn perform<O, H, F>(
    context: &Arc<Context>,
    path: Path,
    request: HttpRequest,
    handler: H,
) -> Result<Response, ApiError>
where
    O: Operation,
    H: Fn(Arc<Context>, Call, Request<O>) -> F,
    F: Future<Output: Answer<O::Output>> + Send,
{
    let (mut parts, body) = request.into_parts();
    settle_host(&mut parts)?;
    let body = read_body(body).await?;
    let (caller, verified) = authenticate(context, &parts, &body, O::SERVICE).await?;
    let idempotency = Idempotency::of::<O>(&parts, &body, &verified)?;
    let body = if O::has_body() { json_body(&parts.headers, &body)? } else { &[] };
    let path = path.map_err(|_| ApiError::validation("The path holds escapes that are not UTF-8."))?;
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let request = operation::parse::<O>(path, parts.uri.query().unwrap_or_default(), body)?;
    let call = context.authorise(Call::new(caller, &request).once(idempotency)).await?;
    handler(context.clone(), call, request).await.into_response()
}

pub(crate) async fn read_body(body: Body) -> Result<Bytes, ApiError> {
    let collected = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, BODY_LIMIT).collect());
    match collected.await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::RequestEntityTooLarge),
        Ok(Err(_)) | Err(_) => Err(ApiError::RequestTimeout),
    }
}

/// The host that the request is for stands in one place: HTTP/2 and absolute-form requests (RFC 9112
/// section 3.2.2) name it in the request target, and must not name another in the header.
pub(crate) fn settle_host(parts: &mut Parts) -> Result<(), ApiError> {
    let Some(authority) = parts.uri.authority() else { return Ok(()) };
    match parts.headers.get(header::HOST) {
        Some(host) if host.as_bytes() == authority.as_str().as_bytes() => Ok(()),
        Some(_) => Err(ApiError::validation("The Host header and the request target name different hosts.")),
        None => {
            let host = HeaderValue::from_str(authority.as_str()).map_err(ApiError::internal)?;
            parts.headers.insert(header::HOST, host);
            Ok(())
        }
    }
}

/// Whose request this is, and the proof: of all it takes, only the signature is judged.
pub(crate) async fn authenticate<'a>(
    context: &Context,
    parts: &'a Parts,
    body: &'a [u8],
    service: &str,
) -> Result<(Arc<Stamped<KnownCredential>>, Verified<'a>), ApiError> {
    let unverified = Unverified::parse(SignedRequest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body,
    })?;
    let expected = Expected { region: context.deployment.region.as_str(), service };
    let now = context.clock.now();
    if unverified.session_token().is_some() {
        // Long-lived keys are all there is; a token belongs to none of them.
        return Err(ApiError::UnrecognizedClient);
    }
    let known = match unverified.access_key_id().parse() {
        Ok(key) => context.facts.credential(&key).await?,
        Err(_) => None,
    };
    let Some(known) = known else {
        // The same work for a key that does not exist; its outcome says nothing.
        let dummy = DerivedKey::dummy(unverified.scope());
        let _ = unverified.verify(&dummy, &expected, now);
        return Err(ApiError::UnrecognizedClient);
    };
    let key = known.fact.derive(unverified.scope());
    let verified = unverified.verify(&key, &expected, now)?;
    Ok((known, verified))
}

/// A body counts only when it is declared as what it must be, and is JSON that every reader reads alike.
fn json_body<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<&'a [u8], ApiError> {
    if body.is_empty() {
        return Ok(body);
    }
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return Err(ApiError::UnsupportedMediaType(
            "The request body must be declared as Content-Type: application/json.".into(),
        ));
    }
    let unreadable = |reason: &dyn std::fmt::Display| {
        ApiError::Serialization(format!("The request body is not acceptable JSON: {reason}").into())
    };
    let text = std::str::from_utf8(body).map_err(|error| unreadable(&error))?;
    hallmark_notary::json::check(text).map_err(|error| unreadable(&error))?;
    Ok(body)
}

/// The id of a request, for whoever has to repeat it in the answer's body.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives each request its id, in the log and in the answer, whatever becomes of it.
pub async fn identify(
    State(context): State<Arc<Context>>,
    mut request: HttpRequest,
    next: axum::middleware::Next,
) -> Response {
    let id = match context.chance.octets::<16>() {
        Ok(octets) => uuid::Builder::from_random_bytes(octets).into_uuid().to_string(),
        Err(error) => return ApiError::from(error).into_response(),
    };
    // At the level of errors, so that whatever is logged carries the id.
    let span = tracing::error_span!("request", %id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).instrument(span).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
