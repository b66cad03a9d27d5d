//! Chains as envelopes carry them.

use crate::cbor::Writer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallmark_pki::{Chain, Validity};
use std::sync::Arc;

/// A chain encoded once, for as many envelopes as its leaf signs.
#[derive(Debug, Clone)]
pub struct EncodedChain {
    x5c: Arc<str>,
    x5chain: Arc<[u8]>,
    validities: Vec<Validity>,
}

impl EncodedChain {
    /// Encodes a chain, for each type of envelope.
    pub fn new(chain: &Chain) -> Self {
        let certificates: Vec<String> =
            chain.certificates().map(|certificate| STANDARD.encode(certificate.der())).collect();
        // Nothing in base64 needs escaping in JSON.
        let x5c = format!("[\"{}\"]", certificates.join("\",\""));
        let mut x5chain = Writer::default();
        x5chain.array(certificates.len());
        chain.certificates().for_each(|certificate| x5chain.bytes(certificate.der()));
        let validities = chain.certificates().map(hallmark_pki::Certificate::validity).collect();
        Self { x5c: x5c.into(), x5chain: x5chain.finish().into(), validities }
    }

    /// A JSON array of the certificates in base64, leaf first (RFC 7515 section 4.1.6).
    pub(crate) fn x5c(&self) -> Arc<str> {
        self.x5c.clone()
    }

    /// A CBOR array of the certificates in DER, leaf first (RFC 9360 section 2). An array even of one: verifiers
    /// refuse the bare byte string that the RFC would have then.
    pub(crate) fn x5chain(&self) -> Arc<[u8]> {
        self.x5chain.clone()
    }

    /// The validities, the leaf's first.
    pub(crate) fn validities(&self) -> &[Validity] {
        &self.validities
    }
}
