//! What strangers send: read under a limit, within a time, and taken only when it is declared as what it must be.

use axum::body::Body;
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use std::time::Duration;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many octets of a body that is not taken are read all the same: a client that is still sending when the connection
/// is closed would not read its answer. Whoever sends more loses that.
const DISCARDED: usize = 1 << 20;

/// The body of a request of this media type; none when it is of another, longer, or did not arrive whole and in time.
pub(super) async fn read(headers: &HeaderMap, body: Body, media_type: &str, limit: usize) -> Option<Vec<u8>> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    let limit = if essence.eq_ignore_ascii_case(media_type) { Some(limit) } else { None };
    tokio::time::timeout(PATIENCE, collect(body, limit)).await.ok()?
}

/// The octets of a body up to a limit; without one nothing is kept.
async fn collect(mut body: Body, limit: Option<usize>) -> Option<Vec<u8>> {
    let (mut kept, mut discarded) = (limit.map(|_| Vec::new()), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        kept = kept.filter(|kept| limit.is_some_and(|limit| kept.len() + data.len() <= limit));
        match &mut kept {
            Some(kept) => kept.extend_from_slice(&data),
            None => discarded += data.len(),
        }
        if discarded > DISCARDED {
            return None;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    async fn read_as(declared: &'static str, length: usize) -> Option<usize> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(declared));
        read(&headers, Body::from(vec![7; length]), "a/b", 100).await.map(|body| body.len())
    }

    #[tokio::test]
    async fn only_what_is_declared_and_fits_is_taken() {
        assert_eq!(read_as("a/b", 0).await, Some(0));
        assert_eq!(read_as("A/B; charset=utf-8", 100).await, Some(100));
        assert_eq!(read_as("a/b", 101).await, None);
        assert_eq!(read_as("a/bc", 1).await, None);
        assert_eq!(read(&HeaderMap::new(), Body::from("x"), "a/b", 100).await, None);
    }

    /// A body without an end is left.
    #[tokio::test]
    async fn what_is_not_taken_is_read_for_a_while() {
        use axum::body::Bytes;
        let piece = Bytes::from(vec![7; 1 << 16]);
        let endless = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("a/b"));
        assert_eq!(read(&headers, Body::from_stream(endless), "a/b", 100).await, None);
    }
}
