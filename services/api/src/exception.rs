//! Exceptions: the names and HTTP statuses under which operations fail.

use http::StatusCode;

/// One exception of AWS Signer's model, or of the layers before it that every AWS service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exception {
    /// A member is missing, malformed or out of bounds, or the state does not allow the operation.
    Validation,
    /// What the request names does not exist.
    ResourceNotFound,
    /// The state changed since the caller last saw it.
    Conflict,
    /// A limit of the service is reached.
    ServiceLimitExceeded,
    /// The tagging operations' name for [`Validation`](Self::Validation).
    BadRequest,
    /// The tagging operations' name for [`ResourceNotFound`](Self::ResourceNotFound).
    NotFound,
    /// The caller may not do this.
    AccessDenied,
    /// The service cannot take more at the moment.
    TooManyRequests,
    /// The fault is the service's.
    InternalServiceError,
    /// The request is not signed.
    MissingAuthenticationToken,
    /// What should be a signature has not its form.
    IncompleteSignature,
    /// The signature is not this request's, not for this service, or not of this time.
    InvalidSignature,
    /// The access key does not exist.
    UnrecognizedClient,
    /// The body is not JSON.
    Serialization,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The body is longer than any operation needs.
    RequestEntityTooLarge,
    /// The body did not arrive whole or in time.
    RequestTimeout,
    /// There is no operation at this path.
    UnknownOperation,
    /// There is one, but not with this method.
    UnknownMethod,
}

impl Exception {
    /// What any operation may fail with, whatever it is asked.
    pub const ANY: [Self; 9] = [
        Self::AccessDenied,
        Self::TooManyRequests,
        Self::InternalServiceError,
        Self::MissingAuthenticationToken,
        Self::IncompleteSignature,
        Self::InvalidSignature,
        Self::UnrecognizedClient,
        Self::RequestEntityTooLarge,
        Self::RequestTimeout,
    ];

    /// What operations that read a body may fail with besides.
    pub const BODY: [Self; 2] = [Self::Serialization, Self::UnsupportedMediaType];

    /// The name as it stands in `x-amzn-ErrorType`.
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        self.facts().1
    }

    /// What happened, in a sentence.
    pub const fn meaning(self) -> &'static str {
        self.facts().2
    }

    /// Name, status (AWS Signer model, traits `httpStatusCode`) and meaning.
    const fn facts(self) -> (&'static str, StatusCode, &'static str) {
        use StatusCode as Status;
        match self {
            Self::Validation => (
                "ValidationException",
                Status::BAD_REQUEST,
                "A member is missing, malformed or out of bounds, or the state does not allow the operation.",
            ),
            Self::ResourceNotFound => {
                ("ResourceNotFoundException", Status::NOT_FOUND, "What the request names does not exist.")
            }
            Self::Conflict => {
                ("ConflictException", Status::CONFLICT, "The state changed since the caller last saw it.")
            }
            Self::ServiceLimitExceeded => (
                "ServiceLimitExceededException",
                Status::PAYMENT_REQUIRED,
                "A limit of the service is reached.",
            ),
            Self::BadRequest => (
                "BadRequestException",
                Status::BAD_REQUEST,
                "A member is missing, malformed or out of bounds, or the state does not allow the operation.",
            ),
            Self::NotFound => {
                ("NotFoundException", Status::NOT_FOUND, "What the request names does not exist.")
            }
            Self::AccessDenied => ("AccessDeniedException", Status::FORBIDDEN, "The caller may not do this."),
            Self::TooManyRequests => (
                "TooManyRequestsException",
                Status::TOO_MANY_REQUESTS,
                "The service cannot take more at the moment.",
            ),
            Self::InternalServiceError => (
                "InternalServiceErrorException",
                Status::INTERNAL_SERVER_ERROR,
                "The fault is the service's; nothing was acknowledged.",
            ),
            Self::MissingAuthenticationToken => {
                ("MissingAuthenticationTokenException", Status::FORBIDDEN, "The request is not signed.")
            }
            Self::IncompleteSignature => (
                "IncompleteSignatureException",
                Status::BAD_REQUEST,
                "What should be a signature has not its form.",
            ),
            Self::InvalidSignature => (
                "InvalidSignatureException",
                Status::FORBIDDEN,
                "The signature is not this request's, not for this service, or not of this time.",
            ),
            Self::UnrecognizedClient => {
                ("UnrecognizedClientException", Status::FORBIDDEN, "The access key does not exist.")
            }
            Self::Serialization => {
                ("SerializationException", Status::BAD_REQUEST, "The body is not acceptable JSON.")
            }
            Self::UnsupportedMediaType => (
                "UnsupportedMediaTypeException",
                Status::UNSUPPORTED_MEDIA_TYPE,
                "The body is not declared as JSON.",
            ),
            Self::RequestEntityTooLarge => (
                "RequestEntityTooLargeException",
                Status::PAYLOAD_TOO_LARGE,
                "The body is longer than any operation needs.",
            ),
            Self::RequestTimeout => (
                "RequestTimeoutException",
                Status::REQUEST_TIMEOUT,
                "The body did not arrive whole or in time.",
            ),
            Self::UnknownOperation => {
                ("UnknownOperationException", Status::NOT_FOUND, "There is no operation at this path.")
            }
            Self::UnknownMethod => (
                "UnknownOperationException",
                Status::METHOD_NOT_ALLOWED,
                "There is no operation with this method at this path.",
            ),
        }
    }
}
