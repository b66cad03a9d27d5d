//! A timestamp authority outside, asked over HTTP (RFC 3161 section 3.4).

use crate::chance::Chance;
use crate::error::ApiError;
use anyhow::{Context as _, ensure};
use hallmark_pki::{Certificate, Imprint, TimestampNonce, TimestampRequest, TimestampToken, TimestampTrust};
use http::header;
use std::time::Duration as StdDuration;
use time::{Duration, OffsetDateTime};
use url::Url;

/// How long the authority may take to answer.
const PATIENCE: StdDuration = StdDuration::from_secs(5);
/// The most octets of an answer.
const ANSWER_LIMIT: usize = 256 * 1024;
/// By how much the authority's clock and this one may differ: a token of another time would say that the signature was
/// made when it was not.
const CLOCK_TOLERANCE: Duration = Duration::seconds(60);

/// One authority, and what its tokens are verified against.
#[derive(Debug)]
pub struct TimestampClient {
    http: reqwest::Client,
    url: Url,
    anchors: Vec<Certificate>,
}

impl TimestampClient {
    /// A client of the authority at `url`. `trust` holds certificates in PEM, its root's among them.
    pub fn new(url: &str, trust: &str) -> anyhow::Result<Self> {
        let url = Url::parse(url).with_context(|| format!("{url} is not a URL"))?;
        ensure!(matches!(url.scheme(), "http" | "https"), "{url} does not begin with http:// or https://");
        let anchors = Certificate::all_from_pem(trust)?;
        ensure!(!anchors.is_empty(), "no certificate is there to verify the authority's tokens against");
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            // An authority is where it was said to be, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, url, anchors })
    }

    /// Has an imprint stamped; the token is verified.
    pub async fn stamp(
        &self,
        chance: &Chance,
        imprint: &Imprint,
        now: OffsetDateTime,
    ) -> Result<TimestampToken, ApiError> {
        let nonce = TimestampNonce::from_random(chance.octets()?);
        let request = TimestampRequest::new(imprint.clone(), nonce.clone());
        let request = request.to_der().map_err(ApiError::internal)?;
        let answer = self.ask(request).await.map_err(|reason| {
            ApiError::internal(format!("the timestamp authority at {} does not stamp: {reason:#}", self.url))
        })?;
        let token = TimestampToken::from_response(&answer).map_err(ApiError::internal)?;
        let trust = TimestampTrust { anchors: &self.anchors, others: &[] };
        token.verify(imprint, Some(&nonce), &trust).map_err(ApiError::internal)?;
        let apart = (token.info().time() - now).abs();
        if apart > CLOCK_TOLERANCE {
            return Err(ApiError::internal(format!("the timestamp authority's clock is {apart} away")));
        }
        Ok(token)
    }

    async fn ask(&self, request: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let mut answer = self
            .http
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/timestamp-query")
            .body(request)
            .send()
            .await?
            .error_for_status()?;
        let content_type = answer.headers().get(header::CONTENT_TYPE).cloned();
        ensure!(
            content_type.as_ref().is_some_and(|found| found.as_bytes() == b"application/timestamp-reply"),
            "its answer is not an application/timestamp-reply"
        );
        let mut octets = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            octets.extend_from_slice(&chunk);
            ensure!(octets.len() <= ANSWER_LIMIT, "its answer is longer than {ANSWER_LIMIT} octets");
        }
        Ok(octets)
    }
}
