//! What a caller is told when an operation does not succeed.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hallmark_api::exception::Exception;
use hallmark_api::operation::{Exceptions, InvalidRequest};
use hallmark_auth::sigv4::SignatureError;
use hallmark_store::StoreError;
use http::{HeaderValue, header};
use serde::Serialize;

/// A sentence for the caller: what was wrong and what is allowed; `code` names the fact more finely
/// than the exception does, where AWS Signer is known to.
#[derive(Debug, Clone)]
pub struct Sentence {
    code: Option<&'static str>,
    text: String,
}

impl<T: Into<String>> From<T> for Sentence {
    fn from(text: T) -> Self {
        Self { code: None, text: text.into() }
    }
}

impl Sentence {
    /// The words alone.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The same sentence under a finer code.
    #[must_use]
    pub fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }
}

/// Every error that leaves the API; the variants are AWS's codes.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiError {
    /// A member is missing, malformed or out of bounds, or the state does not allow the operation.
    #[error("ValidationException: {}", .0.text)]
    Validation(Sentence),
    /// What the request names does not exist, or not for this caller.
    #[error("ResourceNotFoundException: {}", .0.text)]
    ResourceNotFound(Sentence),
    /// The state changed since the caller last saw it.
    #[error("ConflictException: {}", .0.text)]
    Conflict(Sentence),
    /// A limit of the service is reached.
    #[error("ServiceLimitExceededException: {}", .0.text)]
    ServiceLimitExceeded(Sentence),
    /// The tagging operations' name for [`Validation`](Self::Validation).
    #[error("BadRequestException: {}", .0.text)]
    BadRequest(Sentence),
    /// The tagging operations' name for [`ResourceNotFound`](Self::ResourceNotFound).
    #[error("NotFoundException: {}", .0.text)]
    NotFound(Sentence),
    /// The caller may not do this.
    #[error("AccessDeniedException: {}", .0.text)]
    AccessDenied(Sentence),
    /// The caller's signature is not acceptable.
    #[error("{name}: {error}", name = .0.exception().name(), error = .0)]
    Signature(#[from] SignatureError),
    /// The access key does not exist.
    #[error("UnrecognizedClientException")]
    UnrecognizedClient,
    /// The body is not JSON.
    #[error("SerializationException: {}", .0.text)]
    Serialization(Sentence),
    /// The body is not declared as JSON.
    #[error("UnsupportedMediaTypeException: {}", .0.text)]
    UnsupportedMediaType(Sentence),
    /// The body is longer than any operation needs.
    #[error("RequestEntityTooLargeException")]
    RequestEntityTooLarge,
    /// The body did not arrive whole or in time.
    #[error("RequestTimeoutException")]
    RequestTimeout,
    /// There is no such path.
    #[error("UnknownOperationException")]
    UnknownOperation,
    /// There is such a path, but not with this method.
    #[error("UnknownOperationException (method)")]
    MethodNotAllowed,
    /// The service cannot take more at the moment.
    #[error("TooManyRequestsException")]
    TooManyRequests,
    /// The fault is ours; the caller learns a request id and nothing else.
    #[error("InternalServiceErrorException: {0}")]
    Internal(String),
}

/// The most octets of a request body.
pub const BODY_LIMIT: usize = 64 * 1024;

impl ApiError {
    /// A `ValidationException`.
    pub fn validation(sentence: impl Into<Sentence>) -> Self {
        Self::Validation(sentence.into())
    }

    /// A `ResourceNotFoundException`.
    pub fn not_found(sentence: impl Into<Sentence>) -> Self {
        Self::ResourceNotFound(sentence.into())
    }

    /// An internal fault, with the cause that is logged and never sent.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// The same error under the names that an operation's exceptions have in the service model.
    #[must_use]
    pub fn named(self, exceptions: Exceptions) -> Self {
        match (exceptions, self) {
            (Exceptions::Tagging, Self::Validation(sentence)) => Self::BadRequest(sentence),
            (Exceptions::Tagging, Self::ResourceNotFound(sentence)) => Self::NotFound(sentence),
            (_, error) => error,
        }
    }

    /// The exception that it is to the caller.
    pub fn exception(&self) -> Exception {
        match self {
            Self::Validation(_) => Exception::Validation,
            Self::ResourceNotFound(_) => Exception::ResourceNotFound,
            Self::Conflict(_) => Exception::Conflict,
            Self::ServiceLimitExceeded(_) => Exception::ServiceLimitExceeded,
            Self::BadRequest(_) => Exception::BadRequest,
            Self::NotFound(_) => Exception::NotFound,
            Self::AccessDenied(_) => Exception::AccessDenied,
            Self::Signature(error) => error.exception(),
            Self::UnrecognizedClient => Exception::UnrecognizedClient,
            Self::Serialization(_) => Exception::Serialization,
            Self::UnsupportedMediaType(_) => Exception::UnsupportedMediaType,
            Self::RequestEntityTooLarge => Exception::RequestEntityTooLarge,
            Self::RequestTimeout => Exception::RequestTimeout,
            Self::UnknownOperation => Exception::UnknownOperation,
            Self::MethodNotAllowed => Exception::UnknownMethod,
            Self::TooManyRequests => Exception::TooManyRequests,
            Self::Internal(_) => Exception::InternalServiceError,
        }
    }

    /// What the caller is told.
    pub fn sentence(self) -> Sentence {
        match self {
            Self::Validation(sentence)
            | Self::ResourceNotFound(sentence)
            | Self::Conflict(sentence)
            | Self::ServiceLimitExceeded(sentence)
            | Self::BadRequest(sentence)
            | Self::NotFound(sentence)
            | Self::AccessDenied(sentence)
            | Self::Serialization(sentence)
            | Self::UnsupportedMediaType(sentence) => sentence,
            Self::Signature(error) => error.to_string().into(),
            Self::UnrecognizedClient => "The security token included in the request is invalid.".into(),
            Self::RequestEntityTooLarge => {
                format!("The request body is longer than the {BODY_LIMIT} octets that are allowed.").into()
            }
            Self::RequestTimeout => "The request body did not arrive whole and in time.".into(),
            Self::UnknownOperation => "There is no operation at this path.".into(),
            Self::MethodNotAllowed => "There is no operation with this method at this path.".into(),
            Self::TooManyRequests => "Too many requests are waiting; try again in a moment.".into(),
            Self::Internal(_) => {
                "The service failed to complete the request; nothing was acknowledged.".into()
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_overload() { Self::TooManyRequests } else { Self::internal(error) }
    }
}

impl From<InvalidRequest> for ApiError {
    fn from(error: InvalidRequest) -> Self {
        Self::validation(error.to_string())
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    message: &'a str,
    code: &'a str,
}

/// The header that tells AWS clients which modelled exception an error is.
const ERROR_TYPE: &str = "x-amzn-errortype";

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let exception = self.exception();
        let sentence = self.sentence();
        let code = sentence.code.unwrap_or(exception.name());
        let body = ErrorBody { message: &sentence.text, code };
        // Two strings always encode.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = exception.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ERROR_TYPE, HeaderValue::from_static(exception.name()));
        response
    }
}
