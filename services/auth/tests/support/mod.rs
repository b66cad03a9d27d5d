//! What the tests of signature verification share: requests that can be changed, and how to read them.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of this module")]

pub mod oracle;

use hallmark_auth::sigv4::{
    DerivedKey, Expected, SecretKey, SignatureError, SignedRequest, Unverified, Verified,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use time::{Duration, OffsetDateTime};

/// The example secret of AWS's documentation and test suites.
pub const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request that owns its parts, so that a test can change one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Sent {
    /// Reads a request as it stands in a file; folded header lines are joined by a space.
    pub fn read(text: &[u8]) -> Self {
        let split = text.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = match split {
            Some(at) => (&text[..at], &text[at + 2..]),
            None => (text, &b""[..]),
        };
        let head = str::from_utf8(head).unwrap().trim_end().replace("\n ", " ");
        let mut lines = head.split('\n');
        let line = lines.next().unwrap();
        let (method, target) = line.split_once(' ').unwrap();
        let target = target.strip_suffix(" HTTP/1.1").unwrap_or(target);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
        }
        let body = if body.iter().all(|byte| *byte == b'\n') { b"" } else { body };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.to_owned(),
        }
    }

    pub fn as_request(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
        }
    }

    pub fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, value.parse().unwrap());
    }

    pub fn append(&mut self, name: &'static str, value: &str) {
        self.headers.append(name, value.parse().unwrap());
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// The scope and the moment at which a test verifies.
#[derive(Debug, Clone)]
pub struct Verifier {
    pub secret: &'static [u8],
    pub region: String,
    pub service: String,
    pub now: OffsetDateTime,
}

impl Verifier {
    pub fn verify<'s>(&self, sent: &'s Sent) -> Result<Verified<'s>, SignatureError> {
        let unverified = Unverified::parse(sent.as_request())?;
        let key = SecretKey::new(self.secret).derive(unverified.scope());
        unverified.verify(&key, &self.expected(), self.now)
    }

    pub fn verify_dummy<'s>(&self, sent: &'s Sent) -> Result<Verified<'s>, SignatureError> {
        let unverified = Unverified::parse(sent.as_request())?;
        let key = DerivedKey::dummy(unverified.scope());
        unverified.verify(&key, &self.expected(), self.now)
    }

    pub fn refusal(&self, sent: &Sent) -> Option<SignatureError> {
        self.verify(sent).err()
    }

    pub fn later(&self, seconds: i64) -> Self {
        Self { now: self.now + Duration::seconds(seconds), ..self.clone() }
    }

    fn expected(&self) -> Expected<'_> {
        Expected { region: &self.region, service: &self.service }
    }
}
