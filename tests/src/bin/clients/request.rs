//! What notation asks the plugin.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hallmark_tests::client::payload;
use serde_json::{Value, json};

/// `generate-envelope`.
pub(crate) fn signing(profile: &str) -> Value {
    json!({
        "contractVersion": "1.0",
        "keyId": profile,
        "payloadType": "application/vnd.cncf.notary.payload.v1+json",
        "signatureEnvelopeType": "application/jose+json",
        "payload": STANDARD.encode(payload(&"0".repeat(64))),
    })
}

/// `verify-signature` of what `generate-envelope` answered.
pub(crate) fn verifying(answer: &Value, profile: &str) -> Value {
    let octets = STANDARD.decode(text(&answer["signatureEnvelope"])).expect("base64");
    let envelope: Value = serde_json::from_slice(&octets).expect("a JWS");
    let protected = URL_SAFE_NO_PAD.decode(text(&envelope["protected"])).expect("base64url");
    let protected: Value = serde_json::from_slice(&protected).expect("a protected header");
    let attributes = ["io.hallmark.signingProfileVersion", "io.hallmark.signingJob"];
    json!({
        "contractVersion": "1.0",
        "signature": {
            "criticalAttributes": {
                "contentType": protected["cty"],
                "signingScheme": protected["io.cncf.notary.signingScheme"],
                "expiry": protected["io.cncf.notary.expiry"],
                "authenticSigningTime": protected["io.cncf.notary.authenticSigningTime"],
                "extendedAttributes":
                    attributes.iter().map(|name| ((*name).to_owned(), protected[name].clone())).collect::<serde_json::Map<_, _>>(),
            },
            "unprocessedAttributes": attributes,
            "certificateChain": envelope["header"]["x5c"],
        },
        "trustPolicy": {
            "trustedIdentities": [profile],
            "signatureVerification": [
                "SIGNATURE_VERIFIER.TRUSTED_IDENTITY",
                "SIGNATURE_VERIFIER.REVOCATION_CHECK",
            ],
        },
    })
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}
