//! `POST /` and, as presigned requests come, `GET /`: the one operation of AWS STS that tools ask first, in its
//! query protocol and its XML.

use crate::context::Context;
use crate::error::ApiError;
use crate::serve::{RequestId, authenticate, read_body, settle_host};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hallmark_api::principal::PrincipalArn;
use http::{StatusCode, header};
use std::sync::Arc;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const VERSION: &str = "2011-06-15";

/// Answers STS requests; everybody may ask who they are (STS API reference, `GetCallerIdentity`).
pub(super) async fn sts(State(context): State<Arc<Context>>, request: Request) -> Response {
    let id = request.extensions().get::<RequestId>().map_or_else(String::new, |id| id.0.clone());
    match identify(&context, request).await {
        Ok(principal) => caller_identity(&principal, &id),
        Err(error) => error_response(error, &id),
    }
}

async fn identify(context: &Context, request: Request) -> Result<PrincipalArn, StsError> {
    let (mut parts, body) = request.into_parts();
    settle_host(&mut parts)?;
    let body = read_body(body).await?;
    let (caller, _) = authenticate(context, &parts, &body, "sts").await?;
    let parameters = parameters(parts.uri.query().unwrap_or_default(), &body)?;
    let value = |name: &str| {
        let mut values =
            parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    };
    match (value("Action"), value("Version")) {
        (Some("GetCallerIdentity"), Some(VERSION)) => Ok(caller.fact.credential.principal.clone()),
        (Some(_), Some(_)) => Err(StsError::InvalidAction),
        _ => Err(StsError::MissingAction),
    }
}

/// The parameters, which stand in the query string or in the body; looking at both leaves no doubt which of two
/// counts. Those of a presigned request's signature are among them and say nothing here.
fn parameters(query: &str, body: &[u8]) -> Result<Vec<(String, String)>, StsError> {
    let read = |form: &[u8]| -> Result<Vec<(String, String)>, StsError> {
        serde_html_form::from_bytes(form).map_err(|_| StsError::MalformedQueryString)
    };
    Ok([read(query.as_bytes())?, read(body)?].concat())
}

/// What STS refuses, beyond what every operation does.
enum StsError {
    Api(ApiError),
    MalformedQueryString,
    MissingAction,
    InvalidAction,
}

impl From<ApiError> for StsError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

fn caller_identity(principal: &PrincipalArn, id: &str) -> Response {
    xml(
        StatusCode::OK,
        &format!(
            "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult><Arn>{}</Arn>\
             <UserId>{}</UserId><Account>{}</Account></GetCallerIdentityResult><ResponseMetadata>\
             <RequestId>{id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
            escaped(&principal.to_string()),
            escaped(principal.name.as_str()),
            principal.account
        ),
    )
}

fn error_response(error: StsError, id: &str) -> Response {
    let (status, code, message) = match error {
        StsError::Api(error) => {
            let exception = error.exception();
            (exception.status(), exception.name(), error.sentence().into_text())
        }
        StsError::MalformedQueryString => {
            (StatusCode::BAD_REQUEST, "MalformedQueryString", "The parameters are not a form.".into())
        }
        StsError::MissingAction => (
            StatusCode::BAD_REQUEST,
            "MissingAction",
            format!("One Action and one Version are needed: GetCallerIdentity and {VERSION}."),
        ),
        StsError::InvalidAction => (
            StatusCode::BAD_REQUEST,
            "InvalidAction",
            format!("Only GetCallerIdentity of version {VERSION} is served here."),
        ),
    };
    let party = if status.is_server_error() { "Receiver" } else { "Sender" };
    xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{party}</Type><Code>{code}</Code>\
             <Message>{}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
            escaped(&message)
        ),
    )
}

fn xml(status: StatusCode, body: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/xml")], body.to_owned()).into_response()
}

/// Text as XML content (XML 1.0 section 2.4).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
