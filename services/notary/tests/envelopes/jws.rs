//! JWS envelopes, and what holds for drafts of every type.

use crate::chance::Chance;
use crate::signer::{EXPIRY, NOW, Signer, attribute};
use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hallmark_notary::{
    Draft, DraftParameters, Envelope, EnvelopeType, ExtendedAttribute, NotaryError, Payload, SignedDraft,
    SigningScheme, Timestamp,
};
use p384::ecdsa::signature::Verifier;
use serde_json::{Value, json};
use time::Duration;
use time::macros::{datetime, offset};

fn sign(signer: &Signer, parameters: &DraftParameters<'_>) -> Envelope {
    signer.envelope(EnvelopeType::Jws, parameters)
}

fn draft(parameters: &DraftParameters<'_>) -> Draft {
    Draft::new(EnvelopeType::Jws, parameters).unwrap()
}

/// Completes a draft with a signature that may be another's.
fn completed(draft: Draft, signature: [u8; 96]) -> Envelope {
    match draft.sign(signature) {
        SignedDraft::Envelope(envelope) => envelope,
        SignedDraft::Unstamped(unstamped) => panic!("{unstamped:?} needs a token"),
    }
}

/// Why drafts of these parameters are refused, whatever their type.
fn refusal(parameters: &DraftParameters<'_>) -> NotaryError {
    let [jws, cose] = EnvelopeType::ALL.map(|kind| Draft::new(kind, parameters).unwrap_err());
    assert_eq!(jws, cose);
    jws
}

fn parse(envelope: &Envelope) -> Value {
    serde_json::from_slice(envelope.bytes()).unwrap()
}

fn protected(envelope: &Envelope) -> Value {
    let text = parse(envelope)["protected"].as_str().unwrap().to_owned();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

/// Verifies under the certificate that the envelope carries, from its own bytes alone.
fn verify(envelope: &Envelope) -> Result<(), p384::ecdsa::Error> {
    let envelope = parse(envelope);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let leaf = STANDARD.decode(text(&envelope["header"]["x5c"][0])).unwrap();
    let leaf = hallmark_pki::Certificate::from_der(&leaf).unwrap();
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(leaf.public_key().point()).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(text(&envelope["signature"])).unwrap();
    let signature = p384::ecdsa::Signature::from_slice(&signature).unwrap();
    let input = format!("{}.{}", text(&envelope["protected"]), text(&envelope["payload"]));
    key.verify(input.as_bytes(), &signature)
}

#[test]
fn an_envelope_for_a_plugin_holds_what_it_must_and_nothing_else() {
    let signer = Signer::new();
    let attributes = [attribute("com.example.profile", true), attribute("com.example.note", false)];
    let envelope = sign(
        &signer,
        &DraftParameters {
            expiry: Some(EXPIRY),
            verification_plugin: Some("example"),
            extended_attributes: &attributes,
            signing_agent: Some("hallmark/1 \"test\""),
            ..signer.parameters()
        },
    );
    verify(&envelope).unwrap();
    assert_eq!(envelope.envelope_type().as_str(), "application/jose+json");
    assert_eq!(
        protected(&envelope),
        json!({
            "alg": "ES384",
            "cty": "application/vnd.cncf.notary.payload.v1+json",
            "crit": [
                "io.cncf.notary.signingScheme",
                "io.cncf.notary.authenticSigningTime",
                "io.cncf.notary.expiry",
                "io.cncf.notary.verificationPlugin",
                "com.example.profile",
            ],
            "io.cncf.notary.signingScheme": "notary.x509.signingAuthority",
            "io.cncf.notary.authenticSigningTime": "2026-11-21T12:00:00Z",
            "io.cncf.notary.expiry": "2037-02-28T12:00:00Z",
            "io.cncf.notary.verificationPlugin": "example",
            "com.example.profile": "com.example.profile \"<ü>\"",
            "com.example.note": "com.example.note \"<ü>\"",
        })
    );
    let x5c: Vec<String> = signer.chain.certificates().map(|c| STANDARD.encode(c.der())).collect();
    let whole = parse(&envelope);
    let header = json!({ "x5c": x5c, "io.cncf.notary.signingAgent": "hallmark/1 \"test\"" });
    assert_eq!(whole["header"], header);
    let mut names: Vec<_> = whole.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["header", "payload", "protected", "signature"]);
}

#[test]
fn the_plainest_envelope_of_each_scheme() {
    let signer = Signer::new();
    for (scheme, name, time_name, critical) in [
        (
            SigningScheme::X509SigningAuthority,
            "notary.x509.signingAuthority",
            "io.cncf.notary.authenticSigningTime",
            json!(["io.cncf.notary.signingScheme", "io.cncf.notary.authenticSigningTime"]),
        ),
        (
            SigningScheme::X509(Timestamp::Absent),
            "notary.x509",
            "io.cncf.notary.signingTime",
            json!(["io.cncf.notary.signingScheme"]),
        ),
    ] {
        let envelope = sign(&signer, &DraftParameters { scheme, ..signer.parameters() });
        verify(&envelope).unwrap();
        let expected = json!({
            "alg": "ES384",
            "cty": "application/vnd.cncf.notary.payload.v1+json",
            "crit": critical,
            "io.cncf.notary.signingScheme": name,
            time_name: "2026-11-21T12:00:00Z",
        });
        assert_eq!(protected(&envelope), expected);
        let header = parse(&envelope)["header"].clone();
        assert_eq!(header.as_object().unwrap().len(), 1);
    }
}

#[test]
fn a_changed_byte_breaks_the_signature() {
    let signer = Signer::new();
    let now = draft(&signer.parameters());
    let signature = signer.key.sign_fixed(&SystemRandom::new(), now.signing_input()).unwrap();
    let later = DraftParameters { signing_time: NOW + Duration::SECOND, ..signer.parameters() };
    assert!(verify(&completed(draft(&later), signature)).is_err());
    verify(&completed(now, signature)).unwrap();
}

#[test]
fn times_are_written_in_utc_and_whole_seconds() {
    let signer = Signer::new();
    let odd = NOW.to_offset(offset!(+5:30)) + Duration::nanoseconds(999_999_999);
    let envelope = sign(
        &signer,
        &DraftParameters { signing_time: odd, expiry: Some(odd + Duration::SECOND), ..signer.parameters() },
    );
    let header = protected(&envelope);
    assert_eq!(header["io.cncf.notary.authenticSigningTime"], "2026-11-21T12:00:00Z");
    assert_eq!(header["io.cncf.notary.expiry"], "2026-11-21T12:00:01Z");
}

#[test]
fn an_expiry_must_be_later_after_fractions_are_cut_off() {
    let signer = Signer::new();
    for expiry in [NOW, NOW - Duration::DAY, NOW + Duration::milliseconds(999)] {
        let parameters = DraftParameters { expiry: Some(expiry), ..signer.parameters() };
        let refused = refusal(&parameters);
        assert!(matches!(refused, NotaryError::ExpiryNotLater { .. }), "{expiry}: {refused}");
    }
    let soon = DraftParameters { expiry: Some(NOW + Duration::SECOND), ..signer.parameters() };
    draft(&soon);
}

#[test]
fn times_that_rfc_3339_cannot_write_are_refused() {
    let signer = Signer::new();
    for late in [datetime!(9999-12-31 23:30:00 -1), datetime!(-0001-01-01 00:00:00 UTC)] {
        let expiry = DraftParameters { expiry: Some(late), ..signer.parameters() };
        assert_eq!(refusal(&expiry), NotaryError::TimeOutOfRange { time: late });
    }
    let latest = DraftParameters { expiry: Some(datetime!(9999-12-31 23:59:59 UTC)), ..signer.parameters() };
    assert_eq!(protected(&sign(&signer, &latest))["io.cncf.notary.expiry"], "9999-12-31T23:59:59Z");
}

#[test]
fn the_signing_time_must_lie_in_every_validity() {
    let signer = Signer::new();
    let refusal = |signing_time| match Draft::new(
        EnvelopeType::Jws,
        &DraftParameters { signing_time, ..signer.parameters() },
    ) {
        Err(NotaryError::OutsideValidity { place, .. }) => Some(place),
        Ok(_) => None,
        Err(other) => panic!("{other}"),
    };
    let leaf = signer.chain.leaf().validity();
    assert_eq!(refusal(leaf.not_before()), None);
    assert_eq!(refusal(leaf.not_before() - Duration::MILLISECOND), Some(0));
    assert_eq!(refusal(leaf.not_after() + Duration::milliseconds(999)), None);
    assert_eq!(refusal(leaf.not_after() + Duration::SECOND), Some(0));
}

#[test]
fn names_with_another_meaning_are_refused() {
    let signer = Signer::new();
    let refused = |attributes: &[ExtendedAttribute]| {
        refusal(&DraftParameters { extended_attributes: attributes, ..signer.parameters() })
    };
    for key in [
        "alg",
        "cty",
        "crit",
        "typ",
        "b64",
        "x5t#S256",
        "io.cncf.notary.expiry",
        "io.cncf.notary.signingTime",
        "io.cncf.notary.verificationPluginMinVersion",
        "io.cncf.notary.anything",
    ] {
        let expected = NotaryError::AttributeReserved { key: key.to_owned() };
        assert_eq!(refused(&[attribute(key, true)]), expected);
        assert_eq!(refused(&[attribute("com.example.a", true), attribute(key, false)]), expected);
    }
    let twice = [attribute("com.example.a", true), attribute("com.example.a", false)];
    assert_eq!(refused(&twice), NotaryError::AttributeRepeated { key: "com.example.a".to_owned() });
    assert_eq!(refused(&[attribute(" ", true)]), NotaryError::AttributeUnnamed);

    let blank = DraftParameters { verification_plugin: Some(" "), ..signer.parameters() };
    assert_eq!(refusal(&blank), NotaryError::PluginUnnamed);
}

#[test]
fn payloads_are_embedded_byte_by_byte() {
    let signer = Signer::new();
    let mut chance = Chance::new();
    for round in 0..500 {
        let bytes = random_payload(&mut chance);
        let payload = Payload::parse(bytes.as_bytes()).unwrap_or_else(|error| panic!("{error}: {bytes}"));
        let draft = draft(&DraftParameters { payload: &payload, ..signer.parameters() });
        let envelope = parse(&completed(draft, [1; 96]));
        let embedded = URL_SAFE_NO_PAD.decode(envelope["payload"].as_str().unwrap()).unwrap();
        assert_eq!(embedded, bytes.as_bytes(), "round {round}");
    }
}

/// A payload with annotations, spaces, escapes and an order of members that no encoder would choose.
fn random_payload(chance: &mut Chance) -> String {
    const SPACES: [&str; 6] = ["", " ", "\n", "\t", "\r\n", "    "];
    const TEXTS: [&str; 9] =
        ["", "a", "ü€😀", "\\u0041", "\\n\\\"", "<&>", "\\ud83d\\ude00", "\\/", "\u{2028}"];
    let annotations: Vec<String> = (0..chance.below(8))
        .map(|number| {
            let [before, between] = [chance.pick(&SPACES), chance.pick(&SPACES)];
            let [key, value] = [chance.pick(&TEXTS), chance.pick(&TEXTS)];
            format!("{before}\"{key}{number}\"{between}:\"{value}\"")
        })
        .collect();
    let mut members = [
        "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"".to_owned(),
        format!("\"digest\":\"sha256:{}\"", format!("{:016x}", chance.last()).repeat(4)),
        format!("\"size\":{}", chance.below(1 << 30)),
        format!("\"annotations\":{{{}}}", annotations.join(",")),
    ];
    let turn = chance.below(members.len());
    members.rotate_left(turn);
    let space = chance.pick(&SPACES);
    let members = members.join(&format!("{space},{space}"));
    format!("{space}{{\"targetArtifact\"{space}:{{{members}{space}}}}}{space}")
}
