//! Connections: operations sent to a service, signed, and again when that is safe, within one deadline.

use crate::credentials::CredentialSource;
use crate::error::ClientError;
use crate::idempotency::random_key;
use crate::message::{self, Message};
use crate::retry::{Again, Failure, FailureKind, pauses};
use crate::settings::Settings;
use crate::signature;
use crate::transport::Answer;
use hallmark_api::idempotency::IdempotencyKey;
use hallmark_api::operation::{Effect, Operation, Request};
use http::{HeaderValue, header};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

/// A service, and who asks it.
#[derive(Debug)]
pub struct Connection {
    settings: Settings,
    credentials: CredentialSource,
    deadline: Option<Instant>,
}

impl Connection {
    /// A connection that is made, and credentials that are looked for, with the first request.
    pub fn new(settings: Settings) -> Self {
        let credentials = CredentialSource::new(&settings);
        Self { settings, credentials, deadline: None }
    }

    /// The same, but all its requests together take no longer than one may, counted from now.
    pub fn with_one_deadline(settings: Settings) -> Self {
        let deadline = Some(Instant::now() + settings.timeout);
        Self { deadline, ..Self::new(settings) }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends a request. A write is sent again only if it never arrived.
    pub async fn send<O>(&self, request: &Request<O>) -> Result<O::Output, ClientError>
    where
        O: Operation,
        O::Output: DeserializeOwned,
    {
        self.send_reading(request).await
    }

    /// The same, for answers that are read as something else than the operation's output.
    pub async fn send_reading<O: Operation, T: DeserializeOwned>(
        &self,
        request: &Request<O>,
    ) -> Result<T, ClientError> {
        let again = if O::EFFECT == Effect::Read { Again::Safe } else { Again::Unsent };
        self.carry_out(request, again, None).await
    }

    /// Sends a write whose repetition the service knows by its key, so that it is carried out once however often it
    /// is sent.
    pub async fn send_once<O>(&self, request: &Request<O>) -> Result<O::Output, ClientError>
    where
        O: Operation,
        O::Output: DeserializeOwned,
    {
        let key = random_key()?;
        self.carry_out(request, Again::Safe, Some(&key)).await
    }

    async fn carry_out<O: Operation, T: DeserializeOwned>(
        &self,
        request: &Request<O>,
        again: Again,
        key: Option<&IdempotencyKey>,
    ) -> Result<T, ClientError> {
        let message = Message::new(request)
            .map_err(|error| ClientError::Setting(format!("the request cannot be written: {error}")))?;
        let answer = self.attempts(&message, again, key).await?;
        serde_json::from_slice(&answer.body).map_err(|error| self.unreadable(error.to_string()))
    }

    async fn attempts(
        &self,
        message: &Message,
        again: Again,
        key: Option<&IdempotencyKey>,
    ) -> Result<Answer, ClientError> {
        let deadline = self.deadline.unwrap_or_else(|| Instant::now() + self.settings.timeout);
        let mut last = None;
        let attempts = async {
            for pause in pauses() {
                match self.attempt(message, key).await {
                    Ok(answer) => return Ok(answer),
                    Err(failure) if again.after(failure.kind) => last = Some(Box::new(failure.error)),
                    Err(failure) => return Err(failure.error),
                }
                sleep(pause).await;
            }
            Err(self.unreadable("the attempts came to an end".to_owned()))
        };
        match timeout_at(deadline, attempts).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ClientError::Deadline {
                endpoint: self.settings.endpoint.to_string(),
                after: self.settings.timeout,
                last,
            }),
        }
    }

    /// Signs anew each time, for a signature is good for minutes.
    async fn attempt(&self, message: &Message, key: Option<&IdempotencyKey>) -> Result<Answer, Failure> {
        let last = |error| Failure { error, kind: FailureKind::Final };
        let credentials = self.credentials.credentials().await.map_err(last)?;
        let mut request =
            self.request(message, key).map_err(|error| last(ClientError::Setting(error.to_string())))?;
        signature::sign(&mut request, &credentials, &self.settings.region, message.service)
            .map_err(|error| last(ClientError::Credentials(error.to_string())))?;
        let answer = self.settings.transport.send(request).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(match message::exception(answer.status, &answer.headers, &answer.body) {
            Some(exception) if exception.is_throttling() => {
                Failure { error: exception.into(), kind: FailureKind::Throttled }
            }
            Some(exception) => last(exception.into()),
            None => last(self.unreadable(format!("HTTP status {}", answer.status))),
        })
    }

    fn request(
        &self,
        message: &Message,
        key: Option<&IdempotencyKey>,
    ) -> Result<http::Request<Vec<u8>>, http::Error> {
        let base = self.settings.endpoint.as_str().trim_end_matches('/');
        let mut request = http::Request::builder()
            .method(message.method.clone())
            .uri(format!("{base}{}", message.target))
            .body(message.body.clone())?;
        let headers = request.headers_mut();
        if !message.body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(key) = key {
            headers.insert(IdempotencyKey::HEADER, HeaderValue::from_str(key.as_str())?);
        }
        Ok(request)
    }

    fn unreadable(&self, reason: String) -> ClientError {
        ClientError::Unreadable { endpoint: self.settings.endpoint.to_string(), reason }
    }
}
