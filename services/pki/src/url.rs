//! The addresses that certificates and CRLs name.

use crate::PkiError;
use std::fmt;
use std::str::FromStr;

/// An absolute `http://` URL in printable ASCII. Never `https`: a verifier that needs a certificate's
/// status to open a connection cannot open one to learn it, and notation takes no other scheme.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl(String);

const SCHEME: &str = "http://";
/// Longer ones bloat every certificate.
const LONGEST: usize = 1024;

impl HttpUrl {
    /// Checks a URL (RFC 3986): scheme `http` in lower case, a host, no user information, no fragment.
    pub fn new(text: impl Into<String>) -> Result<Self, PkiError> {
        let text = text.into();
        match broken_rule(&text) {
            Some(rule) => Err(PkiError::UrlInvalid { rule }),
            None => Ok(Self(text)),
        }
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn broken_rule(text: &str) -> Option<&'static str> {
    let Some(rest) = text.strip_prefix(SCHEME) else { return Some("does not begin with http://") };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let octet_fits = |octet: u8| octet.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&octet);
    let port_fits = |port: &str| !port.starts_with('+') && port.parse::<u16>().is_ok_and(|number| number > 0);
    match () {
        () if text.len() > LONGEST => Some("is longer than 1024 characters"),
        () if !text.bytes().all(octet_fits) => Some("holds a character that a URL must encode"),
        () if text.contains('#') => Some("has a fragment"),
        () if authority.contains('@') => Some("has user information"),
        () if host.is_empty() => Some("has no host"),
        () if !port.is_none_or(port_fits) => Some("has a port that is no number from 1 to 65535"),
        () => None,
    }
}

impl FromStr for HttpUrl {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        Self::new(text)
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_http_urls_pass() {
        for text in [
            "http://pki.example.com",
            "http://pki.example.com/ocsp",
            "http://127.0.0.1:8081/crl/01ab/7.crl",
            "http://[::1]:8081/ocsp",
            "http://[::1]/ocsp",
            "http://pki.example.com?x=%20",
        ] {
            assert_eq!(HttpUrl::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (text, rule) in [
            ("", "does not begin with http://"),
            ("https://pki.example.com/ocsp", "does not begin with http://"),
            ("HTTP://pki.example.com/ocsp", "does not begin with http://"),
            ("/ocsp", "does not begin with http://"),
            ("ldap://pki.example.com", "does not begin with http://"),
            ("http://", "has no host"),
            ("http:///ocsp", "has no host"),
            ("http://:80/ocsp", "has no host"),
            ("http://user@pki.example.com/", "has user information"),
            ("http://pki.example.com/#x", "has a fragment"),
            ("http://pki.example.com/a b", "holds a character that a URL must encode"),
            ("http://pki.example.com/\u{e4}", "holds a character that a URL must encode"),
            ("http://pki.example.com/\r\nx", "holds a character that a URL must encode"),
            ("http://pki.example.com:0/", "has a port that is no number from 1 to 65535"),
            ("http://pki.example.com:65536/", "has a port that is no number from 1 to 65535"),
            ("http://pki.example.com:/", "has a port that is no number from 1 to 65535"),
        ] {
            assert_eq!(HttpUrl::new(text), Err(PkiError::UrlInvalid { rule }), "{text}");
        }
        let long = format!("http://pki.example.com/{}", "x".repeat(1024));
        assert_eq!(HttpUrl::new(long), Err(PkiError::UrlInvalid { rule: "is longer than 1024 characters" }));
    }
}
