//! A chain to sign under and a payload to sign.

use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hallmark_notary::{
    Draft, DraftParameters, EncodedChain, Envelope, EnvelopeType, ExtendedAttribute, Payload, SignedDraft,
    SignedEnvelope, SigningScheme,
};
use hallmark_pki::{Chain, Issuer, SerialNumber, SigningKey, Subject, Validity, self_signed_root};
use serde_json::json;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-21 12:00:00 UTC);

pub(crate) const EXPIRY: OffsetDateTime = datetime!(2037-02-28 12:00:00 UTC);

const PAYLOAD: &str = r#"{"targetArtifact":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:73c803930ea3ba1e54bc25c2bdc53edd0284c62ed651fe7b00369da519a3c333","size":16724}}"#;

/// A leaf's key and its chain.
pub(crate) struct Signer {
    pub(crate) key: SigningKey,
    pub(crate) chain: Chain,
    pub(crate) encoded: EncodedChain,
    pub(crate) payload: Payload,
}

impl Signer {
    pub(crate) fn new() -> Self {
        Self::valid(days(1, 2))
    }

    /// One whose leaf has this validity.
    pub(crate) fn valid(validity: Validity) -> Self {
        let root_key = key();
        let root = self_signed_root(&root_key, &subject("Root"), &serial(0), &days(30, 7300)).unwrap();
        let root = Issuer::new(root, root_key).unwrap();
        let issuer_key = key();
        let issuer = root.issue_issuer(&issuer_key, &subject("Issuer"), &serial(1), &days(20, 1825)).unwrap();
        let issuer = Issuer::new(issuer, issuer_key).unwrap();
        let key = key();
        let leaf = issuer.issue_leaf(&key, &subject("release"), &serial(1), &validity).unwrap();
        let chain = vec![leaf, issuer.certificate().clone(), root.certificate().clone()];
        let chain = Chain::new(chain).unwrap();
        let payload = Payload::parse(PAYLOAD.as_bytes()).unwrap();
        Self { key, encoded: EncodedChain::new(&chain), chain, payload }
    }

    /// An envelope that its signature completes.
    pub(crate) fn envelope(&self, envelope_type: EnvelopeType, parameters: &DraftParameters<'_>) -> Envelope {
        let draft = Draft::new(envelope_type, parameters).unwrap();
        let signature = self.key.sign_fixed(&SystemRandom::new(), draft.signing_input()).unwrap();
        match draft.sign(signature) {
            SignedDraft::Envelope(envelope) => envelope,
            SignedDraft::Unstamped(unstamped) => panic!("{unstamped:?} needs a token"),
        }
    }

    /// A JWS with whatever signed header, read.
    pub(crate) fn sealed(&self, header: &str) -> SignedEnvelope {
        let [protected, payload] =
            [header.as_bytes(), self.payload.bytes()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let message = format!("{protected}.{payload}");
        let signature = self.key.sign_fixed(&SystemRandom::new(), message.as_bytes()).unwrap();
        let x5c: Vec<String> =
            self.chain.certificates().map(|certificate| STANDARD.encode(certificate.der())).collect();
        let envelope = json!({
            "payload": payload,
            "protected": protected,
            "header": { "x5c": x5c },
            "signature": URL_SAFE_NO_PAD.encode(signature),
        });
        SignedEnvelope::parse(envelope.to_string().as_bytes(), EnvelopeType::Jws).unwrap()
    }

    /// Parameters of the plainest envelope.
    pub(crate) fn parameters(&self) -> DraftParameters<'_> {
        DraftParameters {
            payload: &self.payload,
            chain: &self.encoded,
            scheme: SigningScheme::X509SigningAuthority,
            signing_time: NOW,
            expiry: None,
            verification_plugin: None,
            extended_attributes: &[],
            signing_agent: None,
        }
    }
}

pub(crate) fn attribute(key: &str, critical: bool) -> ExtendedAttribute {
    ExtendedAttribute { key: key.to_owned(), value: format!("{key} \"<ü>\""), critical }
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate(&SystemRandom::new()).unwrap()
}

pub(crate) fn subject(common_name: &str) -> Subject {
    Subject {
        country: "DE".to_owned(),
        state: "Sachsen-Anhalt".to_owned(),
        organization: "Example".to_owned(),
        organizational_unit: None,
        common_name: common_name.to_owned(),
        serial_number: None,
    }
}

pub(crate) fn serial(account: u64) -> SerialNumber {
    SerialNumber::from_parts(account, [7; 12])
}

pub(crate) fn days(before: i64, after: i64) -> Validity {
    Validity::new(NOW - Duration::days(before), NOW + Duration::days(after)).unwrap()
}
