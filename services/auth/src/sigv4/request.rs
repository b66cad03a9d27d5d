//! The request as it came, and how much of it is looked at.

use super::error::SignatureError;

/// More headers than any AWS client sends.
pub(super) const MAX_HEADERS: usize = 128;
/// Names and values together, in bytes; session tokens are the large ones.
pub(super) const MAX_HEADER_BYTES: usize = 32 * 1024;
/// Path and query together, in bytes: the most that `http::Uri` holds.
pub(super) const MAX_TARGET_BYTES: usize = 65_534;
/// Five times the 200 tag keys of one `UntagResource`.
pub(super) const MAX_QUERY_PAIRS: usize = 1_000;

/// A request exactly as it arrived; nothing is decoded or trimmed beforehand.
///
/// HTTP/2 carries the host as `:authority`: the caller then puts that into `headers` as `host`.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method, in upper case as on the wire.
    pub method: &'a str,
    /// The raw path, percent-encoded as on the wire.
    pub path: &'a str,
    /// The raw query string without its question mark; empty when there is none.
    pub query: &'a str,
    /// The headers, `host` among them.
    pub headers: &'a http::HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
}

impl SignedRequest<'_> {
    /// Bounds what the work of verification grows with.
    pub(super) fn check_size(&self) -> Result<(), SignatureError> {
        if self.path.len() + self.query.len() > MAX_TARGET_BYTES {
            return Err(SignatureError::TooLarge("bytes of path and query"));
        }
        if self.headers.len() > MAX_HEADERS {
            return Err(SignatureError::TooLarge("headers"));
        }
        let bytes: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if bytes > MAX_HEADER_BYTES {
            return Err(SignatureError::TooLarge("bytes of headers"));
        }
        Ok(())
    }
}
