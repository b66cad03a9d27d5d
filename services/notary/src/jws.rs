//! Envelopes as JWS in flattened JSON serialization (Notary Project `signature-envelope-jws.md`,
//! RFC 7515 section 7.2.2). Runs once for every signature, so it builds no JSON trees.

use crate::draft::Times;
use crate::payload::PAYLOAD_MEDIA_TYPE;
use crate::{DraftParameters, Envelope, NotaryError, SigningScheme};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;
use std::sync::Arc;

const MEDIA_TYPE: &str = "application/jose+json";
/// ECDSA on P-384 with SHA-384 (RFC 7518 section 3.4): the leaf's key leaves no choice.
const ALGORITHM: &str = "ES384";

const SIGNING_SCHEME: &str = "io.cncf.notary.signingScheme";
const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
const AUTHENTIC_SIGNING_TIME: &str = "io.cncf.notary.authenticSigningTime";
const EXPIRY: &str = "io.cncf.notary.expiry";
const VERIFICATION_PLUGIN: &str = "io.cncf.notary.verificationPlugin";

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
        serde_json::to_writer(&mut protected, &Protected { parameters, times })?;
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

    pub(crate) fn sign(self, signature: &[u8]) -> Envelope {
        let (protected, payload) = (&self.signing_input[..self.dot], &self.signing_input[self.dot + 1..]);
        let (agent_name, agent) = match &self.signing_agent {
            Some(agent) => (",\"io.cncf.notary.signingAgent\":", agent.as_str()),
            None => ("", ""),
        };
        // Everything between quotes is base64, which needs no escaping.
        let text = [
            "{\"payload\":\"",
            payload,
            "\",\"protected\":\"",
            protected,
            "\",\"header\":{\"x5c\":",
            &self.x5c,
            agent_name,
            agent,
            "},\"signature\":\"",
            &URL_SAFE_NO_PAD.encode(signature),
            "\"}",
        ]
        .concat();
        Envelope::new(MEDIA_TYPE, text.into_bytes())
    }
}

impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsigned(JWS, {} bytes to sign)", self.signing_input.len())
    }
}

/// The protected header, each member at most once.
struct Protected<'a> {
    parameters: &'a DraftParameters<'a>,
    times: &'a Times,
}

impl Protected<'_> {
    /// The name under which the signing time stands: verifiers refuse the other scheme's.
    fn signing_time_name(&self) -> &'static str {
        match self.parameters.scheme {
            SigningScheme::X509 => SIGNING_TIME,
            SigningScheme::X509SigningAuthority => AUTHENTIC_SIGNING_TIME,
        }
    }

    /// The members that a verifier must understand: just those that are there and may be named.
    fn critical(&self) -> impl Iterator<Item = &str> {
        let DraftParameters { scheme, verification_plugin, extended_attributes, .. } = self.parameters;
        let authentic = *scheme == SigningScheme::X509SigningAuthority;
        [
            Some(SIGNING_SCHEME),
            authentic.then_some(AUTHENTIC_SIGNING_TIME),
            self.times.expiry.as_ref().map(|_| EXPIRY),
            verification_plugin.map(|_| VERIFICATION_PLUGIN),
        ]
        .into_iter()
        .flatten()
        .chain(
            extended_attributes
                .iter()
                .filter(|attribute| attribute.critical)
                .map(|attribute| attribute.key.as_str()),
        )
    }
}

impl Serialize for Protected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("alg", ALGORITHM)?;
        members.serialize_entry("cty", PAYLOAD_MEDIA_TYPE)?;
        members.serialize_entry("crit", &self.critical().collect::<Vec<_>>())?;
        members.serialize_entry(SIGNING_SCHEME, self.parameters.scheme.as_str())?;
        members.serialize_entry(self.signing_time_name(), &self.times.signing_time)?;
        if let Some(expiry) = &self.times.expiry {
            members.serialize_entry(EXPIRY, expiry)?;
        }
        if let Some(plugin) = self.parameters.verification_plugin {
            members.serialize_entry(VERIFICATION_PLUGIN, plugin)?;
        }
        for attribute in self.parameters.extended_attributes {
            members.serialize_entry(&attribute.key, &attribute.value)?;
        }
        members.end()
    }
}
