//! A client of the API whose requests are signed by AWS's own crate.

use crate::deployment::REGION;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallmark_server::clock::Clock;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// One principal's view of one replica.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    credentials: Credentials,
    clock: Arc<Clock>,
}

/// How often a request is sent at the most while the service is too busy, as AWS's own clients do.
const ATTEMPTS: usize = 10;

/// What came back, octet for octet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What came back, as clients understand it.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The exception's name; empty when there is none.
    pub error: String,
    /// The JSON body.
    pub body: Value,
}

impl Reply {
    /// Whether the operation succeeded.
    pub fn is_ok(&self) -> bool {
        self.status == 200
    }
}

impl Client {
    /// A client of the replica at `address` with this access key.
    pub fn new(address: SocketAddr, key: &str, secret: &str) -> Self {
        let credentials = Credentials::new(key, secret, None, None, "tests");
        Self { http: reqwest::Client::new(), address, credentials, clock: Arc::new(Clock::System) }
    }

    /// The same principal by another clock.
    #[must_use]
    pub fn by(&self, clock: Arc<Clock>) -> Self {
        Self { clock, ..self.clone() }
    }

    /// The same principal at another replica.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// A signed request; `path` carries the query string.
    pub fn request(&self, method: &str, path: &str, body: Option<Value>) -> reqwest::Request {
        self.request_with(method, path, body, &[])
    }

    /// The same with further headers, which are signed along.
    pub fn request_with(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> reqwest::Request {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let url = format!("http://{}{path}", self.address);
        let mut request =
            http::Request::builder().method(method).uri(&url).header("host", self.address.to_string());
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).expect("a request");
        self.sign(&mut request, &url);
        reqwest::Request::try_from(request).expect("a request")
    }

    /// Sends a request and reads its answer to the end; answers with the HTTP status.
    pub async fn answered(&self, request: reqwest::Request) -> u16 {
        let reply = self.http.execute(request).await.expect("the service answers");
        let status = reply.status().as_u16();
        reply.bytes().await.expect("a whole body");
        status
    }

    /// Sends a signed request, again while the service is too busy; `path` carries the query string.
    pub async fn answer(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let answer = self.answer_to(self.request(method, path, body.clone())).await;
            if answer.status != http::StatusCode::TOO_MANY_REQUESTS || attempts == ATTEMPTS {
                return answer;
            }
        }
    }

    /// Sends a request, once.
    pub async fn answer_to(&self, request: reqwest::Request) -> Answer {
        let reply = self.http.execute(request).await.expect("the service answers");
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = reply.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = reply.status().as_u16();
        Answer { status, headers, body: reply.text().await.expect("a whole body") }
    }

    /// The same, understood.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let answer = self.answer(method, path, body).await;
        assert!(answer.header("x-amzn-requestid").is_some(), "every answer has its request id");
        let error = answer.header("x-amzn-errortype").unwrap_or_default().to_owned();
        let body = serde_json::from_str(&answer.body)
            .unwrap_or_else(|error| panic!("{} {error}: {}", answer.status, answer.body));
        Reply { status: answer.status, error, body }
    }

    fn sign(&self, request: &mut http::Request<Vec<u8>>, url: &str) {
        let identity = self.credentials.clone().into();
        let service = if request.uri().path().starts_with("/hallmark/") { "hallmark" } else { "signer" };
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(service)
            .time(self.clock.now().into())
            .settings(SigningSettings::default())
            .build()
            .expect("signing parameters")
            .into();
        let headers = request.headers().iter().map(|(n, v)| (n.as_str(), v.to_str().expect("text")));
        let signable = SignableRequest::new(
            request.method().as_str(),
            url,
            headers,
            SignableBody::Bytes(request.body()),
        )
        .expect("signable");
        let (instructions, _) = sign(signable, &params).expect("signed").into_parts();
        instructions.apply_to_request_http1x(request);
    }

    /// Makes a profile with these signing parameters; answers with its version.
    pub async fn put_profile(&self, name: &str, parameters: Value) -> String {
        self.put_profile_on("Notation-OCI-SHA384-ECDSA", name, parameters).await
    }

    /// The same for any platform that takes no certificate.
    pub async fn put_profile_on(&self, platform: &str, name: &str, parameters: Value) -> String {
        let body = json!({"platformId": platform, "signingParameters": parameters});
        let reply = self.send("PUT", &format!("/signing-profiles/{name}"), Some(body)).await;
        assert!(reply.is_ok(), "{reply:?}");
        reply.body["profileVersion"].as_str().expect("a version").to_owned()
    }

    /// What `SignPayload` is sent; without an owner the profile is the caller's.
    pub fn signing_body(owner: Option<&str>, profile: &str, payload: &[u8]) -> Value {
        let mut body = json!({
            "profileName": profile,
            "payload": STANDARD.encode(payload),
            "payloadFormat": "application/vnd.cncf.notary.payload.v1+json",
        });
        if let Some(owner) = owner {
            body["profileOwner"] = json!(owner);
        }
        body
    }

    /// Asks another account's profile for a signature of a payload.
    pub async fn sign_payload_of(&self, owner: &str, profile: &str, payload: &[u8]) -> Reply {
        let body = Self::signing_body(Some(owner), profile, payload);
        self.send("POST", "/signing-jobs/with-payload", Some(body)).await
    }

    /// Asks for a signature of a payload.
    pub async fn sign_payload(&self, profile: &str, payload: &[u8]) -> Reply {
        let body = Self::signing_body(None, profile, payload);
        self.send("POST", "/signing-jobs/with-payload", Some(body)).await
    }
}

/// A payload that names a manifest by this digest, 64 hexadecimal digits.
pub fn payload(sha256: &str) -> Vec<u8> {
    json!({"targetArtifact": {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": format!("sha256:{sha256}"),
        "size": 528,
    }})
    .to_string()
    .into_bytes()
}
