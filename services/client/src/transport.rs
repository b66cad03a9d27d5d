//! The one way to the network: for our own requests, and for those of AWS's crates when they exchange a web identity.

use crate::error::ClientError;
use crate::loopback::is_loopback;
use crate::retry::{Failure, FailureKind};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::{HeaderMap, Response};
use reqwest::{Certificate, Client, redirect};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most octets of an answer that are read: no operation has longer ones.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Connections, each kind made when it is first needed: whoever asks a service on the same machine reads no
/// certificates, and asks no proxy, which would be another machine.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    ca_file: Option<Arc<PathBuf>>,
    /// By whether there is TLS, and whether they stay on this machine.
    clients: Arc<[[OnceLock<Client>; 2]; 2]>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Transport {
    pub(crate) fn new(ca_file: Option<PathBuf>) -> Self {
        Self { ca_file: ca_file.map(Arc::new), clients: Arc::default() }
    }

    fn client(&self, url: &Url) -> Result<&Client, ClientError> {
        let (tls, stays_here) = (url.scheme() == "https", is_loopback(url));
        let place = &self.clients[usize::from(tls)][usize::from(stays_here)];
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let roots = match (tls, &self.ca_file) {
            (true, None) => None,
            (true, Some(file)) => Some(certificates(file)?),
            (false, _) => Some(Vec::new()),
        };
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("hallmark-client/", env!("CARGO_PKG_VERSION")));
        if stays_here {
            builder = builder.no_proxy();
        }
        if let Some(roots) = roots {
            builder = builder.tls_certs_only(roots);
        }
        let client = builder.build().map_err(|error| ClientError::Setting(reasons(&error)))?;
        Ok(place.get_or_init(|| client))
    }

    /// Sends one request and reads the answer to its end.
    pub(crate) async fn send(&self, request: http::Request<Vec<u8>>) -> Result<Answer, Failure> {
        let endpoint = endpoint(request.uri());
        let fail = |error: reqwest::Error| explain(&endpoint, &error);
        let request = reqwest::Request::try_from(request).map_err(fail)?;
        let client =
            self.client(request.url()).map_err(|error| Failure { error, kind: FailureKind::Final })?;
        let mut response = client.execute(request).await.map_err(fail)?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fail)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                let reason = format!("it is longer than {LONGEST_ANSWER} bytes");
                let error = ClientError::Unreadable { endpoint, reason };
                return Err(Failure { error, kind: FailureKind::Final });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, ClientError> {
    let wrong = |reason: String| ClientError::Setting(format!("the CA file {}: {reason}", file.display()));
    let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| wrong(reasons(&error)))?;
    if certificates.is_empty() {
        Err(wrong("it holds no certificate in PEM".to_owned()))
    } else {
        Ok(certificates)
    }
}

fn endpoint(uri: &http::Uri) -> String {
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    format!("{}://{authority}", uri.scheme_str().unwrap_or_default())
}

/// What an error of the connection means for the request.
fn explain(endpoint: &str, error: &reqwest::Error) -> Failure {
    let endpoint = endpoint.to_owned();
    let reason = reasons(error);
    if error.is_builder() {
        return Failure { error: ClientError::Setting(reason), kind: FailureKind::Final };
    }
    if reason.contains("invalid peer certificate") {
        return Failure { error: ClientError::Untrusted { endpoint, reason }, kind: FailureKind::Final };
    }
    let kind = if error.is_connect() { FailureKind::Unsent } else { FailureKind::Unanswered };
    Failure { error: ClientError::Unreachable { endpoint, reason }, kind }
}

/// The causes of an error, the last of them being the one that says something.
fn reasons(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

impl HttpClient for Transport {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let transport = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let request = request.map(|body| body.bytes().unwrap_or_default().to_vec());
            let answer = transport.send(request).await.map_err(|failure| match failure.kind {
                FailureKind::Final => ConnectorError::user(failure.error.into()),
                _ => ConnectorError::io(failure.error.into()),
            })?;
            let mut response = Response::new(SdkBody::from(answer.body));
            *response.headers_mut() = answer.headers;
            *response.status_mut() =
                answer.status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
            response.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))
        })
    }
}
