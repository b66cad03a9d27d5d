//! Idempotency: by what a request is recognised when it is sent again.

use crate::error::ApiError;
use aws_lc_rs::digest::{Context, SHA256};
use hallmark_api::idempotency::IdempotencyKey;
use hallmark_api::operation::Operation;
use hallmark_auth::sigv4::Verified;
use http::HeaderName;
use http::request::Parts;
use time::Duration;

/// How long a reply is kept, by the database's clock.
pub const KEPT: Duration = Duration::hours(24);

/// The key of `IdempotencyKey::HEADER` as SigV4 and HTTP/2 write it.
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// A key and the one request that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// What the caller calls the request.
    pub key: IdempotencyKey,
    /// SHA-256 of the operation, the path and the body.
    pub fingerprint: [u8; 32],
}

impl Idempotency {
    /// Reads it off a request of `O`; none where there is no key, or where `O` takes none.
    ///
    /// An unsigned key is refused: who can change it in transit can have a request carried out twice, or keep it from
    /// being carried out at all.
    pub(crate) fn of<O: Operation>(
        parts: &Parts,
        body: &[u8],
        verified: &Verified<'_>,
    ) -> Result<Option<Self>, ApiError> {
        if !O::TAKES_IDEMPOTENCY_KEY {
            return Ok(None);
        }
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let refused = |reason: &dyn std::fmt::Display| {
            ApiError::validation(format!("{}: {reason}", IdempotencyKey::HEADER))
        };
        if values.next().is_some() {
            return Err(refused(&"the header must stand once"));
        }
        if !verified.signs(HEADER.as_str()) {
            return Err(refused(&"the header must be among the SignedHeaders of the AWS Authorization"));
        }
        let key = String::from_utf8_lossy(value.as_bytes()).parse().map_err(|error| refused(&error))?;
        Ok(Some(Self { key, fingerprint: fingerprint(&[O::ACTION, parts.uri.path()], body)? }))
    }
}

/// Neither actions nor paths hold NUL, so that no two requests have the same text.
fn fingerprint(names: &[&str], body: &[u8]) -> Result<[u8; 32], ApiError> {
    let mut hash = Context::new(&SHA256);
    for name in names {
        hash.update(name.as_bytes());
        hash.update(b"\0");
    }
    hash.update(body);
    hash.finish().as_ref().try_into().map_err(ApiError::internal)
}
