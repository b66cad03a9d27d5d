//! AWS Signature Version 4, the verifying side (AWS: "Create a signed AWS API request").
//!
//! ```text
//! SignedRequest ─parse─► Unverified ─verify(key, expected, now)─► Verified
//! ```
//!
//! Stricter than AWS where a request could be read in two ways; see each module and
//! [`SignatureError`] for what is refused.

mod claim;
mod date;
mod encoding;
mod error;
mod headers;
mod path;
mod query;
mod request;
mod scope;
mod secret;

pub use error::SignatureError;
pub use request::SignedRequest;
pub use scope::CredentialScope;
pub use secret::{DerivedKey, SecretKey};

use aws_lc_rs::{constant_time, digest};
use claim::{ALGORITHM, Claim, Lifetime};
use date::compact;
use headers::SignedHeaders;
use query::Query;
use std::fmt;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// How far a client's clock may be from this service's.
const MAX_SKEW: Duration = Duration::minutes(5);

/// Which scope a request must be signed for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The deployment's region.
    pub region: &'a str,
    /// The signing name of the service that it asks.
    pub service: &'a str,
}

/// A request that claims to be signed: well-formed and unambiguous, but nobody's yet.
pub struct Unverified<'a> {
    request: SignedRequest<'a>,
    claim: Claim<'a>,
    query: Query<'a>,
    path: String,
    header_block: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Reads the credentials of a request and brings it into canonical form.
    ///
    /// Refuses what has no credentials, more than one form of them, or more than one reading.
    pub fn parse(request: SignedRequest<'a>) -> Result<Self, SignatureError> {
        request.check_size()?;
        let mut query = Query::parse(request.query)?;
        let claim = Claim::find(request.headers, &mut query)?;
        let header_block = claim.signed_headers.canonical(request.headers)?;
        Ok(Self { path: path::canonical(request.path)?, request, claim, query, header_block })
    }

    /// The access-key id as the client wrote it: letters, digits and underscores, any number of them.
    /// Whether it is one of this service's is the caller's question.
    pub fn access_key_id(&self) -> &str {
        self.claim.credential.access_key_id()
    }

    /// The scope that the key is to be derived for.
    pub fn scope(&self) -> &CredentialScope {
        self.claim.credential.scope()
    }

    /// The whole credential, key id and scope: what a [`DerivedKey`] can be cached by.
    pub fn credential(&self) -> &str {
        self.claim.credential.as_str()
    }

    /// The session token, from the header or the query. It is signed, but says nothing until the
    /// caller has found it to belong to this access key.
    pub fn session_token(&self) -> Option<&str> {
        self.claim.session_token.as_ref().map(|token| token.as_str())
    }

    /// Whether this request was signed for `expected`, at about `now`, with `key`.
    ///
    /// For an unknown access key the caller passes [`DerivedKey::dummy`], which takes as long and
    /// always refuses. Refusals for scope, time and payload do not depend on the key.
    pub fn verify(
        self,
        key: &DerivedKey,
        expected: &Expected<'_>,
        now: OffsetDateTime,
    ) -> Result<Verified<'a>, SignatureError> {
        self.check_scope(expected)?;
        self.check_time(now)?;
        let body_hash = self.body_hash()?;
        if !self.matches(key, &body_hash)? {
            return Err(SignatureError::Mismatch);
        }
        Ok(Verified {
            access_key_id: self.access_key_id().to_owned(),
            signed_at: self.claim.date.at(),
            session_token: self.claim.session_token,
            signed_headers: self.claim.signed_headers,
        })
    }

    fn check_scope(&self, expected: &Expected<'_>) -> Result<(), SignatureError> {
        let scope = self.scope();
        if scope.region() != expected.region {
            return Err(SignatureError::Region);
        }
        if scope.service() != expected.service {
            return Err(SignatureError::Service(expected.service.to_owned()));
        }
        let date = &self.claim.date;
        if scope.date() != date.day() {
            return Err(SignatureError::ScopeDate {
                scope: scope.date().to_owned(),
                day: date.day().to_owned(),
                date: date.as_str().to_owned(),
            });
        }
        Ok(())
    }

    fn check_time(&self, now: OffsetDateTime) -> Result<(), SignatureError> {
        let date = &self.claim.date;
        let age = now - date.at();
        if age < -MAX_SKEW {
            return Err(SignatureError::NotYetCurrent {
                date: date.as_str().to_owned(),
                latest: compact(now.saturating_add(MAX_SKEW)),
                now: compact(now),
            });
        }
        match self.claim.lifetime {
            Lifetime::Header if age > MAX_SKEW => Err(SignatureError::Expired {
                date: date.as_str().to_owned(),
                earliest: compact(now.saturating_sub(MAX_SKEW)),
                now: compact(now),
            }),
            Lifetime::Presigned(lifetime) if age > lifetime => Err(SignatureError::PresignedExpired {
                until: compact(date.at().saturating_add(lifetime)),
                now: compact(now),
            }),
            Lifetime::Header | Lifetime::Presigned(_) => Ok(()),
        }
    }

    /// The body's hash in hexadecimal digits; what the client states about it must be the same.
    fn body_hash(&self) -> Result<String, SignatureError> {
        let computed = hex::encode(digest::digest(&digest::SHA256, self.request.body));
        if let Some(stated) = &self.claim.content_sha256 {
            constant_time::verify_slices_are_equal(stated.as_bytes(), computed.as_bytes())
                .map_err(|_| SignatureError::PayloadHash)?;
        }
        Ok(computed)
    }

    /// Tries the two orders in which clients sort a query; the second only where it is another text.
    fn matches(&self, key: &DerivedKey, body_hash: &str) -> Result<bool, SignatureError> {
        if self.verifies(key, &self.query.by_encoded_pairs(), body_hash) {
            return Ok(true);
        }
        Ok(match self.query.by_decoded_pairs()? {
            Some(query) => self.verifies(key, &query, body_hash),
            None => false,
        })
    }

    /// The canonical request and the string to sign live here and nowhere else.
    fn verifies(&self, key: &DerivedKey, query: &str, body_hash: &str) -> bool {
        let mut canonical = Vec::with_capacity(
            self.path.len() + query.len() + self.header_block.len() + body_hash.len() + 256,
        );
        for (part, end) in [
            (self.request.method.as_bytes(), &b"\n"[..]),
            (self.path.as_bytes(), b"\n"),
            (query.as_bytes(), b"\n"),
            (&self.header_block, b"\n"),
            (self.claim.signed_headers.as_str().as_bytes(), b"\n"),
            (body_hash.as_bytes(), b""),
        ] {
            canonical.extend_from_slice(part);
            canonical.extend_from_slice(end);
        }
        let string_to_sign = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.claim.date.as_str(),
            self.scope().as_str(),
            hex::encode(digest::digest(&digest::SHA256, &canonical)),
        );
        key.verifies(string_to_sign.as_bytes(), &self.claim.signature)
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("credential", &self.credential()).finish_non_exhaustive()
    }
}

/// Proof that a request was signed with an access key's secret; [`Unverified::verify`] alone makes it.
pub struct Verified<'a> {
    access_key_id: String,
    session_token: Option<Zeroizing<String>>,
    signed_headers: SignedHeaders<'a>,
    signed_at: OffsetDateTime,
}

impl Verified<'_> {
    /// The access key that signed.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token that was signed along.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| token.as_str())
    }

    /// Whether a header is signed, all its values along; `name` is in lower case. Nobody vouches for others.
    pub fn signs(&self, name: &str) -> bool {
        self.signed_headers.contains(name)
    }

    /// When the client says it signed, in whole seconds.
    pub fn signed_at(&self) -> OffsetDateTime {
        self.signed_at
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("access_key_id", &self.access_key_id)
            .field("signed_at", &self.signed_at)
            .finish_non_exhaustive()
    }
}
