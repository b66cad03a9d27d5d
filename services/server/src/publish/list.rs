//! A CRL as it is served.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use time::OffsetDateTime;

/// A list, and by which tag clients know it again.
#[derive(Debug)]
pub(crate) struct List {
    der: Bytes,
    tag: String,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
}

impl List {
    pub(crate) fn new(der: Vec<u8>, this_update: OffsetDateTime, next_update: OffsetDateTime) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der);
        let tag = format!("\"{}\"", hex::encode(digest));
        Self { der: der.into(), tag, this_update, next_update }
    }

    /// The list in DER.
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// When it was issued.
    pub(crate) fn this_update(&self) -> OffsetDateTime {
        self.this_update
    }

    /// When the next will have been, at the latest.
    pub(crate) fn next_update(&self) -> OffsetDateTime {
        self.next_update
    }

    /// Whether it may be served.
    pub(crate) fn is_in_force(&self, now: OffsetDateTime) -> bool {
        now < self.next_update
    }

    /// The answer to who asks for it. Nobody on the way may answer in our place: a revocation would be seen late.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let known = [(header::ETAG, self.tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
        if self.is_known(asked) {
            return (StatusCode::NOT_MODIFIED, known).into_response();
        }
        (known, [(header::CONTENT_TYPE, "application/pkix-crl")], self.der.clone()).into_response()
    }

    /// Whether the client has this very list (RFC 9110 section 13.1.2).
    fn is_known(&self, asked: &HeaderMap) -> bool {
        asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|tags| {
            let mut tags = tags.split(',').map(str::trim);
            tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.tag)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn who_has_the_list_is_not_sent_it_again() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let list = List::new(vec![1, 2, 3], now, now);
        let answer = |tag: Option<String>| {
            let mut asked = HeaderMap::new();
            if let Some(tag) = tag {
                asked.insert(header::IF_NONE_MATCH, HeaderValue::from_str(&tag).unwrap());
            }
            let answer = list.answer(&asked);
            assert_eq!(answer.headers()[header::ETAG], list.tag.as_str());
            answer.status().as_u16()
        };
        assert_eq!(answer(None), 200);
        assert_eq!(answer(Some("\"another\"".to_owned())), 200);
        for tag in [list.tag.clone(), format!("\"x\", W/{}", list.tag), "*".to_owned()] {
            assert_eq!(answer(Some(tag)), 304);
        }
        let other = List::new(vec![1, 2, 4], now, now);
        assert_ne!(list.tag, other.tag);
    }
}
