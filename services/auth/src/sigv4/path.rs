//! The canonical path: each segment as it came, encoded once more (the rule for every service but S3).
//!
//! AWS normalises dot segments and repeated slashes before it signs; a router does not. Where the two
//! would disagree about which resource is meant, the request is refused.

use super::encoding::{decode, encode};
use super::error::SignatureError;
use std::fmt::Write as _;

/// The only place where an encoded slash may stand: the ARN of the tagging operations.
const TAGS: &str = "/tags/";

/// The canonical form of a raw path.
pub(super) fn canonical(raw: &str) -> Result<String, SignatureError> {
    let segments = match raw {
        "" => "",
        _ => raw.strip_prefix('/').ok_or(SignatureError::Path("does not begin with '/'"))?,
    };
    let mut path = String::with_capacity(raw.len() + raw.len() / 2 + 1);
    let mut rest = segments.split('/').peekable();
    while let Some(segment) = rest.next() {
        if segment.is_empty() && rest.peek().is_some() {
            return Err(SignatureError::Path("contains '//'"));
        }
        check(segment, raw.starts_with(TAGS))?;
        path.push('/');
        // Writing into a String cannot fail.
        let _ = write!(path, "{}", encode(segment.as_bytes()));
    }
    Ok(path)
}

fn check(segment: &str, in_tags: bool) -> Result<(), SignatureError> {
    let decoded = decode(segment)?;
    let mut names = decoded.split(|octet| *octet == b'/');
    if names.any(|name| name == b"." || name == b"..") {
        return Err(SignatureError::Path("contains a '.' or '..' segment"));
    }
    if decoded.contains(&b'/') && !in_tags {
        return Err(SignatureError::Path("contains an encoded slash outside /tags/"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded_once_more() {
        for (raw, wanted) in [
            ("", "/"),
            ("/", "/"),
            ("/a/", "/a/"),
            ("/a/b%20c", "/a/b%2520c"),
            ("/a/b c", "/a/b%20c"),
            ("/tags/arn%3Aaws%3A%2Fx", "/tags/arn%253Aaws%253A%252Fx"),
            ("/tags/arn:aws:/x", "/tags/arn%3Aaws%3A/x"),
            ("/tags/arn%3a%2fx", "/tags/arn%253a%252fx"),
            ("/ሴ", "/%E1%88%B4"),
            ("/.../x.", "/.../x."),
        ] {
            assert_eq!(canonical(raw).unwrap(), wanted, "{raw}");
        }
    }

    #[test]
    fn paths_that_a_router_would_read_differently_are_refused() {
        for raw in [
            "a",
            "*",
            "//",
            "//a",
            "/a//b",
            "/a//",
            "/.",
            "/a/..",
            "/./a",
            "/%2e",
            "/%2E%2e/a",
            "/.%2e",
            "/a%2Fb",
            "/a%2fb",
            "/tags%2Fa",
            "/Tags/a%2Fb",
            "/tags/a%2F..%2Fb",
            "/tags/../a%2Fb",
            "/tags//a",
        ] {
            let error = canonical(raw).unwrap_err();
            assert!(matches!(error, SignatureError::Path(_)), "{raw}: {error}");
        }
        assert_eq!(canonical("/%"), Err(SignatureError::PercentEncoding));
        assert_eq!(canonical("/%f"), Err(SignatureError::PercentEncoding));
    }
}
