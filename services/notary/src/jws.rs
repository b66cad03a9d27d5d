//! Envelopes as JWS in flattened JSON serialization (Notary Project `signature-envelope-jws.md`,
//! RFC 7515 section 7.2.2). Runs once for every signature, so it builds no JSON trees.

pub(crate) mod reader;

use crate::draft::Times;
use crate::header::{self, Header, SIGNING_AGENT, TIMESTAMP_SIGNATURE, Value};
use crate::payload::PAYLOAD_MEDIA_TYPE;
use crate::{DraftParameters, Envelope, EnvelopeType, NotaryError};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;
use std::sync::Arc;

/// ECDSA on P-384 with SHA-384 (RFC 7518 section 3.4): the leaf's key leaves no choice.
const ES384: &str = "ES384";

/// Room for a protected header with a plugin and two ARNs, so that it grows no more.
const PROTECTED_CAPACITY: usize = 1024;

/// A JWS that lacks its signature.
pub(crate) struct Unsigned {
    /// Protected header and payload in base64url, with a dot between (RFC 7515 section 5.1).
    signing_input: String,
    /// Where the dot stands.
    dot: usize,
    x5c: Arc<str>,
    /// As a JSON string.
    signing_agent: Option<String>,
}

impl Unsigned {
    pub(crate) fn new(parameters: &DraftParameters<'_>, times: &Times) -> Result<Self, NotaryError> {
        let mut protected = Vec::with_capacity(PROTECTED_CAPACITY);
        serde_json::to_writer(&mut protected, &Protected(&header::signed(parameters, times)))?;
        let payload = parameters.payload.bytes();

        let mut signing_input = String::with_capacity((protected.len() + payload.len()) * 4 / 3 + 4);
        URL_SAFE_NO_PAD.encode_string(protected, &mut signing_input);
        let dot = signing_input.len();
        signing_input.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut signing_input);

        let signing_agent = parameters.signing_agent.map(serde_json::to_string).transpose()?;
        Ok(Self { signing_input, dot, x5c: parameters.chain.x5c(), signing_agent })
    }

    pub(crate) fn signing_input(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    pub(crate) fn complete(self, signature: &[u8], token: Option<&[u8]>) -> Envelope {
        let (protected, payload) = (&self.signing_input[..self.dot], &self.signing_input[self.dot + 1..]);
        let agent = self.signing_agent.map(|agent| member(SIGNING_AGENT, &agent)).unwrap_or_default();
        let token = token
            .map(|token| member(TIMESTAMP_SIGNATURE, &format!("\"{}\"", STANDARD.encode(token))))
            .unwrap_or_default();
        // Everything between quotes is base64, which needs no escaping.
        let text = [
            "{\"payload\":\"",
            payload,
            "\",\"protected\":\"",
            protected,
            "\",\"header\":{\"x5c\":",
            &self.x5c,
            &agent,
            &token,
            "},\"signature\":\"",
            &URL_SAFE_NO_PAD.encode(signature),
            "\"}",
        ]
        .concat();
        Envelope::new(EnvelopeType::Jws, text.into_bytes())
    }
}

/// One more member of a JSON object. The name needs no escaping; the value is JSON.
fn member(name: &str, value: &str) -> String {
    [",\"", name, "\":", value].concat()
}

impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsigned(JWS, {} bytes to sign)", self.signing_input.len())
    }
}

/// The protected header.
struct Protected<'a>(&'a [Header<'a>]);

impl Serialize for Protected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry(header::ALGORITHM, ES384)?;
        members.serialize_entry(header::CONTENT_TYPE, PAYLOAD_MEDIA_TYPE)?;
        members.serialize_entry(header::CRITICAL, &header::critical(self.0).collect::<Vec<_>>())?;
        for Header { name, value, .. } in self.0 {
            members.serialize_entry(name, value)?;
        }
        members.end()
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(time) => time::serde::rfc3339::serialize(time, serializer),
        }
    }
}
