//! Signing inputs: what is written here is read, and what could be read in two ways is refused.

use crate::cbor::{self, Item, write};
use crate::chance::Chance;
use crate::cose::{AUTHORITY, X509};
use crate::signed_header::{
    AUTHENTIC_TIME, EXPIRY_NAME, JWS_HEADER, PAYLOAD, PLUGIN, SCHEME, TAIL, cose, cose_header, jws, said,
    said_of_jws, set, text,
};
use crate::signer::{EXPIRY, NOW, Signer, attribute};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallmark_notary::{
    Draft, DraftParameters, EnvelopeType, SignedAttribute, SigningInput, SigningScheme, SigningTime,
    Timestamp, VerificationPlugin,
};
use hallmark_pki::SigningAlgorithm;
use time::Duration;

/// The signing input of a draft of each type with an expiry, a plugin and two attributes.
fn drafted(signer: &Signer, envelope_type: EnvelopeType) -> Vec<u8> {
    let attributes = [attribute("com.example.profile", true), attribute("com.example.note", false)];
    let parameters = DraftParameters {
        expiry: Some(EXPIRY),
        verification_plugin: Some("example"),
        extended_attributes: &attributes,
        ..signer.parameters()
    };
    Draft::new(envelope_type, &parameters).unwrap().signing_input().to_vec()
}

#[test]
fn what_is_drafted_is_read() {
    let signer = Signer::new();
    let schemes = [
        (SigningScheme::X509SigningAuthority, SigningTime::Authentic(NOW)),
        (SigningScheme::X509(Timestamp::Absent), SigningTime::Stated(NOW)),
    ];
    for envelope_type in EnvelopeType::ALL {
        for (scheme, signing_time) in schemes {
            let parameters = DraftParameters { scheme, ..signer.parameters() };
            let draft = Draft::new(envelope_type, &parameters).unwrap();
            let input = SigningInput::parse(draft.signing_input(), envelope_type).unwrap();
            assert_eq!(input.bytes(), draft.signing_input());
            assert_eq!(input.envelope_type(), envelope_type);
            assert_eq!(input.payload(), signer.payload.bytes());
            let header = input.header();
            assert_eq!(header.algorithm(), SigningAlgorithm::Es384);
            assert_eq!((header.signing_time(), header.expiry()), (signing_time, None));
            assert_eq!(header.signing_time().scheme(), scheme.as_str());
            assert_eq!(header.verification_plugin(), None);
            assert_eq!(header.attributes(), []);
        }
    }
}

#[test]
fn plugins_attributes_and_expiries_are_read() {
    let signer = Signer::new();
    let names = [SCHEME, AUTHENTIC_TIME, EXPIRY_NAME, PLUGIN, "com.example.profile"];
    for envelope_type in EnvelopeType::ALL {
        let input = SigningInput::parse(&drafted(&signer, envelope_type), envelope_type).unwrap();
        let header = input.header();
        assert_eq!(header.expiry(), Some(EXPIRY));
        assert_eq!(header.critical(), names);
        let plugin = VerificationPlugin { name: "example".to_owned(), min_version: None };
        assert_eq!(header.verification_plugin(), Some(&plugin));
        let mut attributes = header.attributes().to_vec();
        attributes.sort_by_key(|attribute| attribute.critical);
        let expected = [("com.example.note", false), ("com.example.profile", true)].map(|(key, critical)| {
            SignedAttribute { key: key.to_owned(), value: text(&format!("{key} \"<ü>\"")), critical }
        });
        assert_eq!(attributes, expected);
    }
}

#[test]
fn headers_of_the_reference_implementation_are_read() {
    for (written, signing_time) in
        [(AUTHORITY, SigningTime::Authentic(NOW)), (X509, SigningTime::Stated(NOW))]
    {
        let octets = cose(&hex::decode(written).unwrap(), PAYLOAD.as_bytes());
        let input = SigningInput::parse(&octets, EnvelopeType::Cose).unwrap();
        assert_eq!(input.header().signing_time(), signing_time);
        assert_eq!(input.header().expiry(), Some(EXPIRY));
        assert_eq!(input.header().attributes().len(), 2);
    }
    // As notation writes it where the clocks go two hours ahead: keys in order, and the time of that place.
    let header = r#"{"alg":"ES384","crit":["io.cncf.notary.signingScheme","io.cncf.notary.expiry"],"cty":"application/vnd.cncf.notary.payload.v1+json","io.cncf.notary.expiry":"2026-11-22T14:00:00+02:00","io.cncf.notary.signingScheme":"notary.x509","io.cncf.notary.signingTime":"2026-11-21T14:00:00+02:00"}"#;
    let input = SigningInput::parse(&jws(header, PAYLOAD.as_bytes()), EnvelopeType::Jws).unwrap();
    assert_eq!(input.header().signing_time(), SigningTime::Stated(NOW));
    assert_eq!(input.header().expiry(), Some(NOW + Duration::DAY));
    assert!(input.header().expiry().unwrap().offset().is_utc());
}

#[test]
fn jws_is_read_in_one_way() {
    let (header, payload) = (URL_SAFE_NO_PAD.encode(JWS_HEADER), URL_SAFE_NO_PAD.encode(PAYLOAD));
    let read = |octets: &str| said(SigningInput::parse(octets.as_bytes(), EnvelopeType::Jws));
    assert_eq!(read(&format!("{header}.{payload}")), "accepted");
    let encoding = "is not base64url without padding, as each value has it once";
    for (octets, reason) in [
        (header.clone(), "is not two parts with a dot between"),
        (format!("{header}.{payload}."), "is not two parts with a dot between"),
        (format!("{header}.{payload}="), encoding),
        (format!("{header}=.{payload}"), encoding),
        (format!("{header}.{payload}\n"), encoding),
        (format!("{header}.{}", payload.replace('e', "+")), encoding),
        (format!("{header}."), "the payload is not JSON"),
    ] {
        assert!(read(&octets).contains(reason), "{octets}: {}", read(&octets));
    }
    // "e30" is "{}"; the letter after it in the alphabet sets a bit that no octet has.
    assert!(read(&format!("{header}.e31")).contains(encoding));
    let twice = JWS_HEADER.replacen("\"alg\"", "\"\\u0061lg\":\"PS256\",\"alg\"", 1);
    for (header, reason) in [
        (twice.as_str(), "an object holds the key \"alg\" twice"),
        ("[]", "the protected header is not a JSON object"),
        ("", "the protected header is not JSON"),
        (&format!("\u{feff}{JWS_HEADER}"), "the protected header is not JSON"),
        (&format!("{JWS_HEADER}{{}}"), "the protected header is not JSON"),
        (
            &JWS_HEADER.replacen(TAIL, "\"2037-02-28T12:00:00Z\",\"a\":NaN}", 1),
            "the protected header is not JSON",
        ),
        (
            &JWS_HEADER.replacen(TAIL, "\"2037-02-28T12:00:00Z\",\"a\":\"\\ud800\"}", 1),
            "the protected header is not JSON",
        ),
        (
            &JWS_HEADER.replacen(TAIL, "\"2037-02-28T12:00:00Z\",\"a\":{\"b\":1,\"b\":2}}", 1),
            "holds the key \"b\" twice",
        ),
    ] {
        assert!(said_of_jws(header).contains(reason), "{header}: {}", said_of_jws(header));
    }
    for (payload, reason) in [
        (&b"[]"[..], "the payload is not a JSON object"),
        (b"\xff", "the payload is not UTF-8 text"),
        (b"{\"a\":1,\"a\":1}", "holds the key \"a\" twice"),
    ] {
        let read = said(SigningInput::parse(&jws(JWS_HEADER, payload), EnvelopeType::Jws));
        assert!(read.contains(reason), "{read}");
        let read = said(SigningInput::parse(&cose(&cose_header(|_| ()), payload), EnvelopeType::Cose));
        assert!(read.contains(reason), "{read}");
    }
}

#[test]
fn cose_is_read_in_one_way() {
    let header = cose_header(|_| ());
    let structure = |parts: Vec<Item>| write(&Item::Array(parts));
    let [context, wrapped, empty, payload] =
        ["Signature1".into(), Item::Bytes(header.clone()), Item::Bytes(vec![]), Item::Bytes(PAYLOAD.into())];
    let whole = structure(vec![context.clone(), wrapped.clone(), empty.clone(), payload.clone()]);
    assert_eq!(whole, cose(&header, PAYLOAD.as_bytes()));
    let with = |header: Vec<u8>| cose(&header, PAYLOAD.as_bytes());
    let long = [&header[..1], &[0x18, 0x01], &header[2..]].concat();
    let twice = [&[header[0] + 1], &header[1..4], &[0x01, 0x38, 0x22], &header[4..]].concat();
    let four = |context: &Item, empty: Vec<u8>| {
        structure(vec![context.clone(), wrapped.clone(), Item::Bytes(empty), payload.clone()])
    };
    for (octets, reason) in [
        (four(&"Signature".into(), vec![]), "the signing input is of another context than Signature1"),
        (four(&context, vec![0]), "the signing input holds external data"),
        (structure(vec![context.clone(), wrapped.clone(), payload.clone()]), "is not an array of four"),
        (
            structure(vec![context.clone(), wrapped.clone(), empty.clone(), empty.clone(), payload.clone()]),
            "is not an array of four",
        ),
        (
            structure(vec![context.clone(), wrapped.clone(), empty.clone(), PAYLOAD.into()]),
            "holds something else where a byte string must stand",
        ),
        ([&whole[..], &[0]].concat(), "is followed by octets that do not belong to it"),
        (whole[..whole.len() - 1].to_vec(), "ends too early"),
        ([&[0x9f], &whole[1..], &[0xff]].concat(), "has a value of indefinite length"),
        ([&[0xd2], &whole[..]].concat(), "holds something else where an array must stand"),
        (
            with([&[0xbf], &header[1..], &[0xff]].concat()),
            "the protected header has a value of indefinite length",
        ),
        (with(long), "the protected header has a head that is longer than it need be"),
        (with(twice), "the protected header holds a key of a map twice"),
        (with([&header[..], &[0]].concat()), "the protected header is followed by octets"),
        (with(vec![]), "the protected header ends too early"),
        (with(vec![0x80]), "the protected header holds something else where a map must stand"),
        (
            with(cose_header(|map| set(map, 33, 1))),
            "the header \"33\" has a meaning that is not an attribute's",
        ),
        (with(cose_header(|map| set(map, Item::Bytes(vec![1]), 1))), "has a label that is neither"),
        (with(cose_header(|map| set(map, "a", Item::Raw(vec![0xf9, 0x7e, 0])))), "holds a float"),
        (
            with(cose_header(|map| set(map, "alg", "PS256"))),
            "\"alg\" has a meaning that is not an attribute's",
        ),
    ] {
        let read = said(SigningInput::parse(&octets, EnvelopeType::Cose));
        assert!(read.contains(reason), "{read}, not {reason}");
    }
    let mut unsorted = match cbor::read(&header).unwrap() {
        Item::Map(map) => map,
        other => panic!("{other:?}"),
    };
    unsorted.reverse();
    let read = said(SigningInput::parse(&with(write(&Item::Map(unsorted))), EnvelopeType::Cose));
    assert!(read.contains("has a map whose keys are out of order"), "{read}");
    assert!(SigningInput::parse(&whole, EnvelopeType::Jws).is_err());
    assert!(SigningInput::parse(&jws(JWS_HEADER, PAYLOAD.as_bytes()), EnvelopeType::Cose).is_err());
}

#[test]
fn a_changed_bit_is_refused_or_says_something_else() {
    let signer = Signer::new();
    for envelope_type in EnvelopeType::ALL {
        let genuine = drafted(&signer, envelope_type);
        let read = SigningInput::parse(&genuine, envelope_type).unwrap();
        for place in 0..genuine.len() * 8 {
            let mut changed = genuine.clone();
            changed[place / 8] ^= 1 << (place % 8);
            if let Ok(other) = SigningInput::parse(&changed, envelope_type) {
                let same = other.header() == read.header() && other.payload() == read.payload();
                assert!(!same, "bit {place}");
            }
        }
    }
}

#[test]
fn damaged_octets_are_refused_or_read_as_a_stranger_reads_them() {
    let signer = Signer::new();
    let mut chance = Chance::new();
    for envelope_type in EnvelopeType::ALL {
        let genuine = drafted(&signer, envelope_type);
        let mut accepted = 0;
        for _ in 0..20_000 {
            let damaged = chance.damage(&genuine);
            let Ok(input) = SigningInput::parse(&damaged, envelope_type) else { continue };
            accepted += 1;
            match envelope_type {
                EnvelopeType::Jws => {
                    let again = std::str::from_utf8(&damaged).unwrap().split_once('.').unwrap().1;
                    assert_eq!(URL_SAFE_NO_PAD.encode(input.payload()), again);
                }
                EnvelopeType::Cose => {
                    let Item::Array(parts) = cbor::read(&damaged).unwrap() else { panic!("{damaged:02x?}") };
                    assert_eq!(parts[3], Item::Bytes(input.payload().to_vec()));
                }
            }
        }
        assert!(accepted > 0, "{envelope_type}: no damage passed, so nothing was compared");
    }
}
