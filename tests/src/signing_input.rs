//! Signing inputs as clients write them for blobs.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// The JWS signing input of a blob with this digest, 96 hexadecimal digits, that is signed at this time and expires a day
/// later.
pub fn jws(sha384: &str, signing_time: OffsetDateTime) -> Vec<u8> {
    let written = |time: OffsetDateTime| {
        let whole = time.replace_nanosecond(0).expect("a whole second");
        whole.format(&Rfc3339).expect("a time of this century")
    };
    let header = json!({
        "alg": "ES384",
        "crit": ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"],
        "cty": "application/vnd.cncf.notary.payload.v1+json",
        "io.cncf.notary.expiry": written(signing_time + Duration::DAY),
        "io.cncf.notary.signingScheme": "notary.x509",
        "io.cncf.notary.signingTime": written(signing_time),
    });
    let target =
        json!({"mediaType": "application/octet-stream", "digest": format!("sha384:{sha384}"), "size": 1});
    let payload = json!({"targetArtifact": target});
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(payload)).into_bytes()
}

/// What `SignBlob` is sent for a signing input in JWS.
pub fn body(owner: Option<&str>, profile: &str, signing_input: &[u8]) -> Value {
    let mut body = json!({
        "profileName": profile,
        "signingInput": STANDARD.encode(signing_input),
        "signatureEnvelopeType": "application/jose+json",
    });
    if let Some(owner) = owner {
        body["profileOwner"] = json!(owner);
    }
    body
}

/// The `signingParameters` of profiles that sign signing inputs.
pub fn parameters() -> Value {
    json!({"verificationPlugin": "none", "signingScheme": "notary.x509"})
}
