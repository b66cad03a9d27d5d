//! Envelopes as tagged `COSE_Sign1` (Notary Project `signature-envelope-cose.md`, RFC 9052 section 4.2). Runs
//! once for every signature, so it builds no trees, and the octets that are signed are those that leave.

pub(crate) mod reader;

use crate::cbor::Writer;
use crate::draft::Times;
use crate::header::{self, Header, SIGNING_AGENT, TIMESTAMP_SIGNATURE, Value};
use crate::payload::PAYLOAD_MEDIA_TYPE;
use crate::{DraftParameters, Envelope, EnvelopeType};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Labels of headers (RFC 9052 section 3.1, RFC 9360 section 2).
const ALG: i64 = 1;
const CRIT: i64 = 2;
const CONTENT_TYPE: i64 = 3;
const X5CHAIN: i64 = 33;

/// ECDSA with SHA-384 (RFC 9053 section 2.1): the leaf's key leaves no choice.
const ES384: i64 = -35;

/// Tags (RFC 9052 section 2, RFC 8949 section 3.4.2).
const COSE_SIGN1: u8 = 18;
const EPOCH_TIME: u8 = 1;

/// What stands first in what is signed (RFC 9052 section 4.4).
const CONTEXT: &str = "Signature1";

/// Room for a protected header with a plugin and two ARNs, so that it grows no more.
const PROTECTED_CAPACITY: usize = 1024;
/// Room for all but the parts of unknown length: heads, labels, signature.
const ENVELOPE_CAPACITY: usize = 256;

/// A `COSE_Sign1` that lacks its signature.
pub(crate) struct Unsigned {
    /// The `Sig_structure`: context, protected header, no external data, payload.
    to_be_signed: Vec<u8>,
    /// Where the byte string of the protected header stands in it.
    protected: Range<usize>,
    /// Where the byte string of the payload begins; it reaches to the end.
    payload: usize,
    x5chain: Arc<[u8]>,
    signing_agent: Option<String>,
}

impl Unsigned {
    pub(crate) fn new(parameters: &DraftParameters<'_>, times: &Times) -> Self {
        let header = protected_header(parameters, times);
        let payload = parameters.payload.bytes();

        let mut structure = Writer::with_capacity(header.len() + payload.len() + 32);
        structure.array(4);
        structure.text(CONTEXT);
        let start = structure.len();
        structure.bytes(&header);
        let protected = start..structure.len();
        structure.bytes(&[]);
        let start = structure.len();
        structure.bytes(payload);

        Self {
            to_be_signed: structure.finish(),
            protected,
            payload: start,
            x5chain: parameters.chain.x5chain(),
            signing_agent: parameters.signing_agent.map(str::to_owned),
        }
    }

    pub(crate) fn signing_input(&self) -> &[u8] {
        &self.to_be_signed
    }

    pub(crate) fn complete(self, signature: &[u8], token: Option<&[u8]>) -> Envelope {
        let agent = self.signing_agent.as_deref();
        let length = self.to_be_signed.len()
            + self.x5chain.len()
            + agent.map_or(0, str::len)
            + token.map_or(0, <[u8]>::len);
        let mut envelope = Writer::with_capacity(length + ENVELOPE_CAPACITY);
        envelope.tag(COSE_SIGN1);
        envelope.array(4);
        envelope.encoded(&self.to_be_signed[self.protected]);

        envelope.map(1 + usize::from(agent.is_some()) + usize::from(token.is_some()));
        envelope.integer(X5CHAIN);
        envelope.encoded(&self.x5chain);
        if let Some(agent) = agent {
            envelope.text(SIGNING_AGENT);
            envelope.text(agent);
        }
        if let Some(token) = token {
            envelope.text(TIMESTAMP_SIGNATURE);
            envelope.bytes(token);
        }

        envelope.encoded(&self.to_be_signed[self.payload..]);
        envelope.bytes(signature);
        Envelope::new(EnvelopeType::Cose, envelope.finish())
    }
}

/// The map of signed headers, with its keys in the order of their encodings.
fn protected_header(parameters: &DraftParameters<'_>, times: &Times) -> Vec<u8> {
    let mut headers = header::signed(parameters, times);
    let mut map = Writer::with_capacity(PROTECTED_CAPACITY);
    map.map(3 + headers.len());
    map.integer(ALG);
    map.integer(ES384);
    map.integer(CRIT);
    let critical = header::critical(&headers);
    map.array(critical.clone().count());
    critical.for_each(|name| map.text(name));
    map.integer(CONTENT_TYPE);
    map.text(PAYLOAD_MEDIA_TYPE);

    // Of two texts the shorter is encoded as the lesser, because its length stands first.
    headers.sort_unstable_by_key(|header| (header.name.len(), header.name));
    for Header { name, value, .. } in headers {
        map.text(name);
        match value {
            Value::Text(text) => map.text(text),
            Value::Time(time) => {
                map.tag(EPOCH_TIME);
                map.integer(time.unix_timestamp());
            }
        }
    }
    map.finish()
}

impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsigned(COSE, {} bytes to sign)", self.to_be_signed.len())
    }
}
