//! Why a request's signature is refused.

use hallmark_api::exception::Exception;

/// A refusal; each displays as the sentence for the client, in AWS's own words where it has some.
///
/// No variant holds an expected signature, a canonical request or anything else that would help to
/// forge one: only what the client sent, and that only where its form has been checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Neither an `Authorization` header nor `X-Amz-*` query parameters.
    #[error("Missing Authentication Token")]
    Missing,
    /// More than one `Authorization` header, or a header and query parameters too.
    #[error("The request carries more than one form of credentials.")]
    SeveralCredentials,
    /// Another algorithm or scheme: `Bearer`, `Basic`, `AWS4-ECDSA-P256-SHA256`, version 2.
    #[error("The signing algorithm must be AWS4-HMAC-SHA256.")]
    Algorithm,
    /// The `Authorization` header is not a list of `key=value`.
    #[error("Authorization header is not a list of key=value pairs.")]
    Authorization,
    /// The `Authorization` header lacks a parameter or has it twice.
    #[error("Authorization header requires '{0}' parameter, exactly once.")]
    HeaderParameter(&'static str),
    /// The query lacks a parameter, has it twice or in another spelling.
    #[error(
        "AWS query-string parameters must include '{0}', exactly once. Re-examine the query-string parameters."
    )]
    QueryParameter(&'static str),
    /// The credential has not the five elements.
    #[error("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")]
    Credential,
    /// The list of signed headers is not sorted, lower-case and free of repeats.
    #[error("SignedHeaders must be a sorted list of distinct lower-case header names.")]
    SignedHeaders,
    /// The signature is not 64 lower-case hexadecimal digits.
    #[error("Signature must be 64 lower-case hexadecimal digits.")]
    Signature,
    /// No `X-Amz-Date` header; `Date` is no substitute.
    #[error("Authorization header requires existence of an 'X-Amz-Date' header.")]
    MissingDate,
    /// The date has another format or names no moment.
    #[error("Date must be in ISO-8601 'basic format', YYYYMMDD'T'HHMMSS'Z'.")]
    Date,
    /// `X-Amz-Expires` is not a number of seconds up to a week.
    #[error("X-Amz-Expires must be a number of seconds between 1 and 604800.")]
    Expires,
    /// A `%` in path or query without two hexadecimal digits.
    #[error("The request URI is not correctly percent-encoded.")]
    PercentEncoding,
    /// A path that could mean two resources.
    #[error("The request path {0}.")]
    Path(&'static str),
    /// More of something than verification is willing to look at.
    #[error("The request has too many {0}.")]
    TooLarge(&'static str),

    /// `host` is not among the signed headers, or there is none.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    UnsignedHost,
    /// An `x-amz-*` header that is not signed.
    #[error("Header '{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    UnsignedHeader(String),
    /// A header is said to be signed and is not there.
    #[error("Header '{0}' is a 'SignedHeader' in the AWS Authorization but is not in the request.")]
    AbsentHeader(String),
    /// A header that may have one value has several.
    #[error("Header '{0}' must not be repeated.")]
    RepeatedHeader(String),
    /// A header that is not visible ASCII without blanks where it must be.
    #[error("Header '{0}' is malformed.")]
    MalformedHeader(&'static str),
    /// `UNSIGNED-PAYLOAD` or `STREAMING-*`.
    #[error("The payload must be signed: x-amz-content-sha256 must be the SHA-256 of the body.")]
    UnsignedPayload,
    /// `x-amz-content-sha256` is not the body's hash.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    PayloadHash,

    /// The scope ends in something else.
    #[error("Credential should be scoped with a valid terminator: 'aws4_request'.")]
    Terminator,
    /// The scope is for another day than the request's date.
    #[error(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != '{day}', from '{date}'."
    )]
    ScopeDate {
        /// The scope's day.
        scope: String,
        /// The day of the request's date.
        day: String,
        /// The request's date.
        date: String,
    },
    /// The scope is for another region.
    #[error("Credential should be scoped to a valid region.")]
    Region,
    /// The scope is for another service.
    #[error("Credential should be scoped to correct service: '{0}'.")]
    Service(String),
    /// Signed more than five minutes ago.
    #[error("Signature expired: {date} is now earlier than {earliest} ({now} - 5 min.)")]
    Expired {
        /// When the client says it signed.
        date: String,
        /// The earliest date accepted now.
        earliest: String,
        /// This service's time.
        now: String,
    },
    /// Signed more than five minutes in the future.
    #[error("Signature not yet current: {date} is still later than {latest} ({now} + 5 min.)")]
    NotYetCurrent {
        /// When the client says it signed.
        date: String,
        /// The latest date accepted now.
        latest: String,
        /// This service's time.
        now: String,
    },
    /// A presigned request whose own lifetime is over.
    #[error("Signature expired: the presigned request was valid until {until}, it is now {now}.")]
    PresignedExpired {
        /// The end of its lifetime.
        until: String,
        /// This service's time.
        now: String,
    },
    /// Everything has its form, and the signature is another.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

impl SignatureError {
    /// The exception that it is to the caller: incomplete is what has not the form of a signature.
    pub fn exception(&self) -> Exception {
        match self {
            Self::Missing => Exception::MissingAuthenticationToken,
            Self::SeveralCredentials
            | Self::Algorithm
            | Self::Authorization
            | Self::HeaderParameter(_)
            | Self::QueryParameter(_)
            | Self::Credential
            | Self::SignedHeaders
            | Self::Signature
            | Self::MissingDate
            | Self::Date
            | Self::Expires
            | Self::PercentEncoding
            | Self::Path(_)
            | Self::TooLarge(_) => Exception::IncompleteSignature,
            Self::UnsignedHost
            | Self::UnsignedHeader(_)
            | Self::AbsentHeader(_)
            | Self::RepeatedHeader(_)
            | Self::MalformedHeader(_)
            | Self::UnsignedPayload
            | Self::PayloadHash
            | Self::Terminator
            | Self::ScopeDate { .. }
            | Self::Region
            | Self::Service(_)
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::PresignedExpired { .. }
            | Self::Mismatch => Exception::InvalidSignature,
        }
    }
}
