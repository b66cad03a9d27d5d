//! Errors as the contract writes them (`plugin-extensibility.md`, error codes).

use crate::error::{ClientError, Exception};
use serde::Serialize;
use std::collections::BTreeMap;

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ErrorCode {
    /// What was given is not right.
    ValidationError,
    /// The request is of another contract.
    UnsupportedContractVersion,
    /// Whoever asks may not, or is not known.
    AccessDenied,
    /// The time was up.
    Timeout,
    /// The service wants to be asked later.
    Throttled,
    /// Anything else.
    Error,
}

/// A command that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct PluginError {
    #[serde(rename = "errorCode")]
    code: ErrorCode,
    #[serde(rename = "errorMessage")]
    message: String,
    #[serde(rename = "errorMetadata", skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<&'static str, String>,
}

impl PluginError {
    pub(super) fn new(code: ErrorCode, message: String) -> Self {
        Self { code, message, metadata: BTreeMap::new() }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ValidationError, message.into())
    }

    pub(super) fn other(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Error, message.into())
    }
}

impl From<ClientError> for PluginError {
    fn from(error: ClientError) -> Self {
        let mut metadata = BTreeMap::new();
        if let ClientError::Service(Exception { request_id: Some(id), .. }) = &error {
            metadata.insert("requestId", id.clone());
        }
        Self { code: code(&error), message: error.to_string(), metadata }
    }
}

fn code(error: &ClientError) -> ErrorCode {
    match error {
        ClientError::Setting(_) => ErrorCode::ValidationError,
        ClientError::NoCredentials | ClientError::Credentials(_) => ErrorCode::AccessDenied,
        ClientError::Service(exception) => code_of(exception),
        ClientError::Deadline { last: Some(last), .. } if code(last) == ErrorCode::Throttled => {
            ErrorCode::Throttled
        }
        ClientError::Deadline { .. } => ErrorCode::Timeout,
        ClientError::Untrusted { .. }
        | ClientError::Unreachable { .. }
        | ClientError::Unreadable { .. }
        | ClientError::Chance(_) => ErrorCode::Error,
    }
}

/// Credentials that are wrong, expired or missing come as 401 and 403, whatever the exception is called.
fn code_of(exception: &Exception) -> ErrorCode {
    match (exception.name.as_str(), exception.status) {
        _ if exception.is_throttling() => ErrorCode::Throttled,
        ("IncompleteSignatureException", _) | (_, 401 | 403) => ErrorCode::AccessDenied,
        ("RequestTimeoutException", _) | (_, 408) => ErrorCode::Timeout,
        ("ServiceLimitExceededException" | "ConflictException", _) => ErrorCode::Error,
        (_, 400..500) => ErrorCode::ValidationError,
        _ => ErrorCode::Error,
    }
}

#[cfg(test)]
impl PluginError {
    pub(super) fn code(&self) -> ErrorCode {
        self.code
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn exception(status: u16, name: &str) -> ClientError {
        let request_id = Some("r1".to_owned());
        Exception { status, name: name.to_owned(), message: "no".to_owned(), request_id }.into()
    }

    fn deadline(last: Option<ClientError>) -> ClientError {
        ClientError::Deadline {
            endpoint: "http://localhost".to_owned(),
            after: Duration::from_secs(3),
            last: last.map(Box::new),
        }
    }

    #[test]
    fn exceptions_have_the_codes_of_the_contract() {
        for (status, name, expected) in [
            (400, "ValidationException", ErrorCode::ValidationError),
            (404, "ResourceNotFoundException", ErrorCode::ValidationError),
            (413, "RequestEntityTooLargeException", ErrorCode::ValidationError),
            (403, "AccessDeniedException", ErrorCode::AccessDenied),
            (403, "ExpiredTokenException", ErrorCode::AccessDenied),
            (403, "UnrecognizedClientException", ErrorCode::AccessDenied),
            (400, "IncompleteSignatureException", ErrorCode::AccessDenied),
            (429, "TooManyRequestsException", ErrorCode::Throttled),
            (503, "SlowDown", ErrorCode::Throttled),
            (408, "RequestTimeoutException", ErrorCode::Timeout),
            (402, "ServiceLimitExceededException", ErrorCode::Error),
            (409, "ConflictException", ErrorCode::Error),
            (500, "InternalServiceErrorException", ErrorCode::Error),
        ] {
            assert_eq!(PluginError::from(exception(status, name)).code(), expected, "{name}");
        }
    }

    #[test]
    fn a_deadline_says_what_the_time_went_into() {
        assert_eq!(code(&deadline(None)), ErrorCode::Timeout);
        let refused =
            ClientError::Unreachable { endpoint: String::new(), reason: "connection refused".to_owned() };
        let error = PluginError::from(deadline(Some(refused)));
        assert_eq!(error.code(), ErrorCode::Timeout);
        assert!(error.message().contains("within 3 s") && error.message().contains("connection refused"));
        assert_eq!(code(&deadline(Some(exception(429, "TooManyRequestsException")))), ErrorCode::Throttled);
    }

    #[test]
    fn errors_are_written_as_the_contract_says() {
        let written =
            serde_json::to_value(PluginError::from(exception(403, "AccessDeniedException"))).unwrap();
        assert_eq!(
            written,
            serde_json::json!({
                "errorCode": "ACCESS_DENIED",
                "errorMessage": "AccessDeniedException: no",
                "errorMetadata": {"requestId": "r1"},
            })
        );
        let written = serde_json::to_value(PluginError::validation("wrong")).unwrap();
        assert_eq!(written, serde_json::json!({"errorCode": "VALIDATION_ERROR", "errorMessage": "wrong"}));
    }
}
