//! What goes wrong between a client and the service, each with the step that mends it.

use crate::idempotency::NoChance;
use std::time::Duration;

/// A request that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A setting is missing or cannot be right.
    #[error("{0}")]
    Setting(String),
    /// There are no credentials where AWS's SDKs look for them.
    #[error(
        "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of the shared \
         files with AWS_PROFILE, or give a web identity with AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN"
    )]
    NoCredentials,
    /// There are credentials, but they could not be had.
    #[error("the credentials cannot be used: {0}")]
    Credentials(String),
    /// The service's certificate is not to be trusted.
    #[error(
        "the certificate of {endpoint} is not trusted: {reason}; name the CA's certificates with HALLMARK_CA_FILE \
         if this is the service you mean"
    )]
    Untrusted {
        /// Who was asked.
        endpoint: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// No connection, or one that broke.
    #[error(
        "{endpoint} does not answer: {reason}; see that HALLMARK_URL is right and the service is running"
    )]
    Unreachable {
        /// Who was asked.
        endpoint: String,
        /// What happened.
        reason: String,
    },
    /// The time was up.
    #[error("{endpoint} did not answer within {} s{}; HALLMARK_TIMEOUT gives it longer", after.as_secs_f64(), last.as_ref().map(|last| format!(" (the last attempt: {last})")).unwrap_or_default())]
    Deadline {
        /// Who was asked.
        endpoint: String,
        /// How long it was waited for.
        after: Duration,
        /// What the last attempt that ended came to.
        last: Option<Box<ClientError>>,
    },
    /// The service answered with an exception.
    #[error(transparent)]
    Service(#[from] Exception),
    /// The service answered with something else than the operation's output.
    #[error("the answer of {endpoint} cannot be read: {reason}; is it a Hallmark service of this version?")]
    Unreadable {
        /// Who answered.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No random numbers, so no request that must not be carried out twice.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

/// An exception of the service (AWS Signer model; `hallmark_api::exception`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}{}", self.advice())]
pub struct Exception {
    /// The HTTP status.
    pub status: u16,
    /// Its name, such as `AccessDeniedException`.
    pub name: String,
    /// The service's own sentence.
    pub message: String,
    /// By which the service's log knows the request.
    pub request_id: Option<String>,
}

impl Exception {
    /// Whether the service asks to be asked again later.
    pub fn is_throttling(&self) -> bool {
        matches!(self.status, 429 | 503) || self.name == "TooManyRequestsException"
    }

    /// What to do about it, where the service cannot know.
    fn advice(&self) -> String {
        match self.name.as_str() {
            "UnrecognizedClientException" | "InvalidSignatureException" => {
                " (see that the credentials, AWS_REGION and this machine's clock are the service's)"
                    .to_owned()
            }
            "ExpiredTokenException" => " (get new session credentials)".to_owned(),
            _ if self.status >= 500 => match &self.request_id {
                Some(id) => format!(" (request {id} in the service's log)"),
                None => String::new(),
            },
            _ => String::new(),
        }
    }
}
