//! Envelopes are read: what is written here with all that it holds, and nothing that is forged.

use crate::chance::Chance;
use crate::forgery::{forgeries, genuine};
use crate::signer::{EXPIRY, NOW, Signer, attribute};
use crate::stamper::Stamper;
use crate::verify::{judged, trusting};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hallmark_notary::{
    Check, DraftParameters, EnvelopeType, LONGEST_ENVELOPE, Outcome, SignedEnvelope, SigningScheme,
    SigningTime, Timestamp, Verdict,
};
use serde_json::{Value, json};

/// An envelope with all that one can hold but a token.
fn rich(signer: &Signer, envelope_type: EnvelopeType) -> Vec<u8> {
    let attributes = [attribute("com.example.profile", true)];
    let parameters = DraftParameters {
        expiry: Some(EXPIRY),
        verification_plugin: Some("example"),
        extended_attributes: &attributes,
        ..signer.parameters()
    };
    signer.envelope(envelope_type, &parameters).into_bytes()
}

fn said(bytes: &[u8], envelope_type: EnvelopeType) -> String {
    SignedEnvelope::parse(bytes, envelope_type)
        .map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

#[test]
fn what_is_written_is_read() {
    let signer = Signer::new();
    let scheme = SigningScheme::X509(Timestamp::Absent);
    for envelope_type in EnvelopeType::ALL {
        let parameters =
            DraftParameters { scheme, signing_agent: Some("hallmark/1 \"ü\""), ..signer.parameters() };
        let written = signer.envelope(envelope_type, &parameters);
        let read = SignedEnvelope::parse(written.bytes(), envelope_type).unwrap();
        assert_eq!(read.envelope_type(), envelope_type);
        assert_eq!(read.header().signing_time(), SigningTime::Stated(NOW));
        assert_eq!(read.payload(), signer.payload.bytes());
        assert_eq!(read.signature().len(), 96);
        assert!(read.certificates().iter().eq(signer.chain.certificates()));
        assert_eq!((read.timestamp_token(), read.signing_agent()), (None, Some("hallmark/1 \"ü\"")));
        let leaf = signer.chain.leaf();
        leaf.verify_fixed(read.signing_input().bytes(), read.signature()).unwrap();
    }
}

#[test]
fn tokens_are_read() {
    let (signer, stamper) = (Signer::new(), Stamper::new());
    for envelope_type in EnvelopeType::ALL {
        let written = stamper.envelope(&signer, envelope_type, NOW);
        let read = SignedEnvelope::parse(written.bytes(), envelope_type).unwrap();
        let token = hallmark_pki::TimestampToken::from_der(read.timestamp_token().unwrap()).unwrap();
        assert_eq!(token.info().time(), NOW);
    }
}

#[test]
fn forgeries_in_cose_are_refused() {
    let signer = Signer::new();
    assert_eq!(said(&genuine(&signer), EnvelopeType::Cose), "accepted");
    // What is wrong with these is not their form.
    let sound_in_form = [
        "signature-of-payload-alone",
        "payload-changed",
        "chain-without-root",
        "chain-with-root-twice",
        "chain-reversed",
    ];
    let mut judged_bad = Vec::new();
    for (name, envelope, _) in forgeries(&signer) {
        let Ok(read) = SignedEnvelope::parse(&envelope, EnvelopeType::Cose) else { continue };
        let report = judged(&read, &trusting(&signer, None));
        assert_eq!(report.outcome(Check::Integrity), Outcome::Failed, "{name}: {report}");
        judged_bad.push(name);
    }
    assert_eq!(judged_bad, sound_in_form);
}

/// A change of a JWS after it was signed.
type Change = fn(&mut Value);

/// A JWS, changed after it was signed.
fn jws(signer: &Signer, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut envelope: Value = serde_json::from_slice(&rich(signer, EnvelopeType::Jws)).unwrap();
    change(&mut envelope);
    serde_json::to_vec(&envelope).unwrap()
}

fn append(value: &mut Value, text: &str) {
    *value = json!(format!("{}{text}", value.as_str().unwrap()));
}

#[test]
fn forgeries_in_jws_are_refused() {
    let signer = Signer::new();
    assert_eq!(said(&jws(&signer, |_| ()), EnvelopeType::Jws), "accepted");
    let token = "io.cncf.notary.timestampSignature";
    let (url, padded) = ("is not base64url without padding", "is not base64 with padding");
    let cases: Vec<(Change, &str)> = vec![
        (|e| e["signatures"] = json!([]), "the envelope holds a member that does not belong there"),
        (|e| drop(e.as_object_mut().unwrap().remove("header")), "the envelope lacks a member"),
        (|e| drop(e.as_object_mut().unwrap().remove("payload")), "the envelope lacks a member"),
        (|e| e["header"] = json!([]), "the unprotected header is not a JSON object"),
        (
            |e| e["header"]["kid"] = json!("1"),
            "the unprotected header holds a member that does not belong there",
        ),
        (|e| e["header"]["io.cncf.notary.signingAgent"] = json!(1), "signingAgent is not a text"),
        (|e| e["header"] = json!({}), "the certificate chain is not an array of texts in x5c"),
        (|e| e["header"]["x5c"] = json!([]), "the certificate chain is not an array of texts in x5c"),
        (|e| e["header"]["x5c"] = json!("MII"), "the certificate chain is not an array of texts in x5c"),
        (|e| e["header"]["x5c"] = json!([1]), "the certificate chain is not an array of texts in x5c"),
        (|e| e["header"]["x5c"][0] = json!("MAA="), "certificate 0 of the chain (0 is the leaf)"),
        (|e| e["header"]["x5c"][1] = json!("MAA"), padded),
        (|e| e["header"]["x5c"][1] = json!("MAB="), padded),
        (|e| append(&mut e["header"]["x5c"][1], "\n"), padded),
        (
            |e| {
                let der = STANDARD.decode(e["header"]["x5c"][0].as_str().unwrap()).unwrap();
                e["header"]["x5c"][0] = json!(URL_SAFE_NO_PAD.encode(der));
            },
            padded,
        ),
        (|e| e["signature"] = json!(1), "the signature is not a text"),
        (|e| e["payload"] = json!({}), "the payload is not a text"),
        (|e| append(&mut e["signature"], "\n"), url),
        (|e| append(&mut e["signature"], "AA=="), url),
        (|e| append(&mut e["signature"], "AAAA"), "the signature is not as long as those of its algorithm"),
        (|e| e["signature"] = json!(""), "the signature is not as long as those of its algorithm"),
        (|e| append(&mut e["protected"], "="), url),
        (|e| append(&mut e["payload"], "."), "is not two parts with a dot between"),
    ];
    for (change, reason) in cases {
        let said = said(&jws(&signer, change), EnvelopeType::Jws);
        assert!(said.contains(reason), "{said}, not {reason}");
    }
    let with_token = jws(&signer, |e| e["header"][token] = json!("MAA="));
    assert!(said(&with_token, EnvelopeType::Jws).contains("has no place beside a signing authority's word"));

    let whole = rich(&signer, EnvelopeType::Jws);
    let octets = |before: &[u8], after: &[u8]| [before, &whole[..whole.len() - 1], after].concat();
    for (envelope, reason) in [
        (octets(b"", b""), "the envelope is not JSON"),
        (octets(b"", b"}{}"), "the envelope is not JSON"),
        (octets(b"\xef\xbb\xbf", b"}"), "the envelope is not JSON"),
        (octets(b"[", b"}]"), "the envelope is not a JSON object"),
        (octets(b"", b",\"signature\":\"AAAA\"}"), "holds the key \"signature\" twice"),
        (octets(b"", b",\"Signature\":\"AAAA\"}"), "holds a member that does not belong there"),
        (octets(b"\xff", b"}"), "the envelope is not UTF-8 text"),
        (vec![b' '; LONGEST_ENVELOPE + 1], "the envelope is longer than 4 MiB"),
    ] {
        let said = said(&envelope, EnvelopeType::Jws);
        assert!(said.contains(reason), "{said}, not {reason}");
    }
    assert_ne!(said(&whole, EnvelopeType::Cose), "accepted");
    assert_ne!(said(&rich(&signer, EnvelopeType::Cose), EnvelopeType::Jws), "accepted");
}

#[test]
fn a_changed_bit_anywhere_is_refused() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    for envelope_type in EnvelopeType::ALL {
        let genuine = rich(&signer, envelope_type);
        let read = SignedEnvelope::parse(&genuine, envelope_type).unwrap();
        assert_eq!(judged(&read, &trust).verdict(), Verdict::Good);
        for place in 0..genuine.len() {
            let mut changed = genuine.clone();
            changed[place] ^= 1 << (place % 8);
            let Ok(read) = SignedEnvelope::parse(&changed, envelope_type) else { continue };
            assert_ne!(judged(&read, &trust).verdict(), Verdict::Good, "octet {place} of {envelope_type}");
        }
    }
}

#[test]
fn damaged_envelopes_are_refused_or_are_the_same() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    let mut chance = Chance::new();
    for envelope_type in EnvelopeType::ALL {
        let genuine = rich(&signer, envelope_type);
        let original = SignedEnvelope::parse(&genuine, envelope_type).unwrap();
        for _ in 0..5_000 {
            let damaged = chance.damage(&genuine);
            let Ok(read) = SignedEnvelope::parse(&damaged, envelope_type) else { continue };
            if judged(&read, &trust).verdict() == Verdict::Good {
                // White space between the members of a JWS.
                assert_eq!(read, original, "{}", String::from_utf8_lossy(&damaged));
            }
        }
    }
}

#[test]
fn envelopes_tell_no_content() {
    let signer = Signer::new();
    let read = SignedEnvelope::parse(&rich(&signer, EnvelopeType::Jws), EnvelopeType::Jws).unwrap();
    let told = format!("{read:?}");
    assert!(told.ends_with("bytes), 3 certificates)") && !told.contains("sha256"), "{told}");
}
