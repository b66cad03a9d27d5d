//! Signed headers: what they say, and for which rules they are refused, in both types.

use crate::cbor::{Item, write};
use crate::signer::{EXPIRY, NOW};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallmark_notary::{AttributeValue, EnvelopeError, EnvelopeType, SigningInput, SigningTime};
use hallmark_pki::SigningAlgorithm;
use time::macros::datetime;

pub(crate) const PAYLOAD: &str = r#"{"targetArtifact":{}}"#;
pub(crate) const AUTHENTIC_TIME: &str = "io.cncf.notary.authenticSigningTime";
const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
pub(crate) const SCHEME: &str = "io.cncf.notary.signingScheme";
pub(crate) const EXPIRY_NAME: &str = "io.cncf.notary.expiry";
pub(crate) const PLUGIN: &str = "io.cncf.notary.verificationPlugin";
const VERSION: &str = "io.cncf.notary.verificationPluginMinVersion";

pub(crate) fn jws(header: &str, payload: &[u8]) -> Vec<u8> {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload)).into_bytes()
}

pub(crate) fn cose(header: &[u8], payload: &[u8]) -> Vec<u8> {
    crate::reader::to_be_signed(header, payload)
}

pub(crate) fn said(read: Result<SigningInput, EnvelopeError>) -> String {
    read.map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::Text(value.to_owned())
}

/// The plainest header, with an expiry.
pub(crate) const JWS_HEADER: &str = r#"{"alg":"ES384","cty":"application/vnd.cncf.notary.payload.v1+json","crit":["io.cncf.notary.signingScheme","io.cncf.notary.authenticSigningTime","io.cncf.notary.expiry"],"io.cncf.notary.signingScheme":"notary.x509.signingAuthority","io.cncf.notary.authenticSigningTime":"2026-11-21T12:00:00Z","io.cncf.notary.expiry":"2037-02-28T12:00:00Z"}"#;

pub(crate) type Map = Vec<(Item, Item)>;

pub(crate) fn time(seconds: i64) -> Item {
    Item::Tag(1, Box::new(Item::Int(seconds)))
}

pub(crate) fn names(names: &[&str]) -> Item {
    Item::Array(names.iter().map(|name| Item::from(*name)).collect())
}

/// The same header in COSE, changed before it is put in order.
pub(crate) fn cose_header(change: impl FnOnce(&mut Map)) -> Vec<u8> {
    let mut map = vec![
        (Item::Int(1), Item::Int(-35)),
        (Item::Int(2), names(&[SCHEME, AUTHENTIC_TIME, EXPIRY_NAME])),
        (Item::Int(3), "application/vnd.cncf.notary.payload.v1+json".into()),
        (SCHEME.into(), "notary.x509.signingAuthority".into()),
        (AUTHENTIC_TIME.into(), time(NOW.unix_timestamp())),
        (EXPIRY_NAME.into(), time(EXPIRY.unix_timestamp())),
    ];
    change(&mut map);
    map.sort_by_key(|(key, _)| write(key));
    write(&Item::Map(map))
}

pub(crate) fn set(map: &mut Map, key: impl Into<Item>, value: impl Into<Item>) {
    let key = key.into();
    map.retain(|(other, _)| *other != key);
    map.push((key, value.into()));
}

fn drop_key(map: &mut Map, key: impl Into<Item>) {
    let key = key.into();
    map.retain(|(other, _)| *other != key);
}

/// What is said about a JWS header.
pub(crate) fn said_of_jws(header: &str) -> String {
    said(SigningInput::parse(&jws(header, PAYLOAD.as_bytes()), EnvelopeType::Jws))
}

/// What is said about a COSE header.
fn said_of_cose(change: impl FnOnce(&mut Map)) -> String {
    said(SigningInput::parse(&cose(&cose_header(change), PAYLOAD.as_bytes()), EnvelopeType::Cose))
}

/// A rule that a header breaks in both types: what is replaced in the text of the one, and by what; how the map of the
/// other is changed; and a piece of what is said.
type Case = ((String, String), fn(&mut Map), &'static str);

const EXPIRY_LISTED: &str = "\"io.cncf.notary.expiry\"";
pub(crate) const TAIL: &str = "\"2037-02-28T12:00:00Z\"}";

fn plain(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

/// One more name in crit.
fn in_crit(name: &str) -> (String, String) {
    (EXPIRY_LISTED.to_owned(), format!("{EXPIRY_LISTED},\"{name}\""))
}

/// More members at the end.
fn after(members: &str) -> (String, String) {
    (TAIL.to_owned(), format!("\"2037-02-28T12:00:00Z\",{members}}}"))
}

fn of_jose() -> Vec<Case> {
    vec![
        (plain("\"alg\":\"ES384\",", ""), |map| drop_key(map, 1), "\"alg\" is missing"),
        (plain("\"ES384\"", "\"RS384\""), |map| set(map, 1, -258), "\"alg\" is none of"),
        (plain("\"ES384\"", "-35"), |map| set(map, 1, "ES384"), "\"alg\" is not a"),
        (
            plain("payload.v1+json", "payload.v2+json"),
            |map| set(map, 3, "application/json"),
            "\"cty\" names something else than a payload",
        ),
        (
            plain("\"application/vnd.cncf.notary.payload.v1+json\"", "50"),
            |map| set(map, 3, 50),
            "\"cty\" is not a text",
        ),
    ]
}

fn of_times() -> Vec<Case> {
    vec![
        (
            plain("signingAuthority\"", "x\""),
            |map| set(map, SCHEME, "notary.x509.x"),
            "names no scheme that is known",
        ),
        (
            plain("\"notary.x509.signingAuthority\"", "1"),
            |map| set(map, SCHEME, 1),
            "signingScheme\" is not a text",
        ),
        (
            plain("\"notary.x509.signingAuthority\"", "\"notary.x509\""),
            |map| set(map, SCHEME, "notary.x509"),
            "authenticSigningTime\" is the time of another scheme",
        ),
        (
            after("\"io.cncf.notary.signingTime\":\"2026-11-21T12:00:00Z\""),
            |map| set(map, SIGNING_TIME, time(NOW.unix_timestamp())),
            "signingTime\" is the time of another scheme",
        ),
        (
            plain("\"io.cncf.notary.authenticSigningTime\":\"2026-11-21T12:00:00Z\",", ""),
            |map| drop_key(map, AUTHENTIC_TIME),
            "authenticSigningTime\" is missing",
        ),
        (
            plain("2037-02-28T12:00:00Z", "2026-11-21T12:00:00Z"),
            |map| set(map, EXPIRY_NAME, time(NOW.unix_timestamp())),
            "expiry\" is not later than the signing time",
        ),
    ]
}

fn of_critical() -> Vec<Case> {
    vec![
        (
            plain(EXPIRY_LISTED, "\"a\""),
            |map| set(map, 2, names(&["a"])),
            "\"a\" is named critical and is not there",
        ),
        (
            plain(",\"io.cncf.notary.expiry\"]", "]"),
            |map| set(map, 2, names(&[SCHEME, AUTHENTIC_TIME])),
            "expiry\" is not named critical and must be",
        ),
        (
            plain("\"io.cncf.notary.authenticSigningTime\",", ""),
            |map| set(map, 2, names(&[SCHEME, EXPIRY_NAME])),
            "authenticSigningTime\" is not named critical and must be",
        ),
        (
            plain("[\"io.cncf.notary.signingScheme\",", "["),
            |map| set(map, 2, names(&[AUTHENTIC_TIME, EXPIRY_NAME])),
            "signingScheme\" is not named critical and must be",
        ),
        (
            in_crit(SCHEME),
            |map| set(map, 2, names(&[SCHEME, SCHEME])),
            "signingScheme\" is named critical twice",
        ),
        (in_crit("alg"), |map| set(map, 2, names(&["alg"])), "\"alg\" is named critical and must not be"),
        (in_crit(SIGNING_TIME), |map| set(map, 2, names(&[SIGNING_TIME])), "must not be"),
        (
            plain("[\"io.cncf.notary.signingScheme\",", "[1,"),
            |map| set(map, 2, Item::Array(vec![1.into()])),
            "\"crit\" is not an array of texts",
        ),
        (
            plain(
                "[\"io.cncf.notary.signingScheme\",\"io.cncf.notary.authenticSigningTime\",\"io.cncf.notary.expiry\"]",
                "\"a\"",
            ),
            |map| set(map, 2, "a"),
            "\"crit\" is not an array of texts",
        ),
    ]
}

fn of_plugins_and_attributes() -> Vec<Case> {
    vec![
        (
            after("\"io.cncf.notary.verificationPlugin\":\"a\""),
            |map| set(map, PLUGIN, "a"),
            "verificationPlugin\" is not named critical and must be",
        ),
        (
            after("\"io.cncf.notary.verificationPlugin\":\" \""),
            |map| set(map, PLUGIN, " "),
            "verificationPlugin\" is blank",
        ),
        (
            after("\"io.cncf.notary.verificationPlugin\":1"),
            |map| set(map, PLUGIN, 1),
            "verificationPlugin\" is not a text",
        ),
        (
            after("\"io.cncf.notary.verificationPluginMinVersion\":\"1.0.0\""),
            |map| set(map, VERSION, "1.0.0"),
            "verificationPluginMinVersion\" is of no plugin that is named",
        ),
        (
            after("\"io.cncf.notary.verificationPluginMinVersion\":\"v1.0.0\""),
            |map| set(map, VERSION, "v1.0.0"),
            "verificationPluginMinVersion\" is not a version of Semantic Versioning",
        ),
        (after("\" \":1"), |map| set(map, " ", 1), "\" \" is blank"),
        (
            after("\"kid\":\"1\""),
            |map| set(map, "kid", "1"),
            "\"kid\" has a meaning that is not an attribute's",
        ),
        (
            after("\"io.cncf.notary.signingAgent\":\"1\""),
            |map| set(map, "io.cncf.notary.signingAgent", "1"),
            "signingAgent\" has a meaning that is not an attribute's",
        ),
        (after("\"ALG\":\"PS256\""), |map| set(map, "ALG", "PS256"), "\"ALG\" has a meaning"),
        (
            after("\"io.cncf.notary.\u{17f}igningTime\":\"\""),
            |map| set(map, "io.cncf.notary.\u{17f}igningTime", ""),
            "has a meaning that is not an attribute's",
        ),
        (
            after("\"x5t#\u{17f}256\":\"\""),
            |map| set(map, "x5t#\u{17f}256", ""),
            "has a meaning that is not an attribute's",
        ),
        (
            after(&(0..100).map(|number| format!("\"a{number}\":1")).collect::<Vec<_>>().join(",")),
            |map| (0..100).for_each(|number| set(map, format!("a{number}").as_str(), 1)),
            "the protected header holds more than 100 headers",
        ),
    ]
}

#[test]
fn headers_are_refused_for_the_same_reasons_in_both_types() {
    assert_eq!(said_of_jws(JWS_HEADER), "accepted");
    assert_eq!(said_of_cose(|_| ()), "accepted");
    let cases = [of_jose(), of_times(), of_critical(), of_plugins_and_attributes()];
    for ((from, to), change, reason) in cases.into_iter().flatten() {
        let header = JWS_HEADER.replacen(&from, &to, 1);
        assert_ne!(header, JWS_HEADER, "{from}");
        let said = said_of_jws(&header);
        assert!(said.contains(reason), "{to}: {said}, not {reason}");
        let said = said_of_cose(change);
        assert!(said.contains(reason), "COSE, {to}: {said}, not {reason}");
    }
}

#[test]
fn every_algorithm_has_its_names() {
    let numbers = [-7, -35, -36, -37, -38, -39];
    for (algorithm, number) in SigningAlgorithm::ALL.into_iter().zip(numbers) {
        let header = JWS_HEADER.replace("ES384", algorithm.as_str());
        let input = SigningInput::parse(&jws(&header, PAYLOAD.as_bytes()), EnvelopeType::Jws).unwrap();
        assert_eq!(input.header().algorithm(), algorithm);
        let header = cose_header(|map| set(map, 1, number));
        let input = SigningInput::parse(&cose(&header, PAYLOAD.as_bytes()), EnvelopeType::Cose).unwrap();
        assert_eq!(input.header().algorithm(), algorithm);
    }
}

#[test]
fn attributes_keep_their_values() {
    let header = JWS_HEADER
        .replacen("\"io.cncf.notary.expiry\"]", "\"io.cncf.notary.expiry\",\"a\"]", 1)
        .replacen(TAIL, "\"2037-02-28T12:00:00Z\",\"a\": {\"b\":[1.5, null]},\"Expiry\":\"x\"}", 1);
    let input = SigningInput::parse(&jws(&header, PAYLOAD.as_bytes()), EnvelopeType::Jws).unwrap();
    let [a, expiry] = input.header().attributes() else { panic!("{:?}", input.header()) };
    assert_eq!(a.value, AttributeValue::Encoded(br#"{"b":[1.5, null]}"#.to_vec()));
    assert!(a.critical && !expiry.critical);
    assert_eq!((expiry.key.as_str(), &expiry.value), ("Expiry", &text("x")));

    let value = Item::Array(vec![Item::Int(1), Item::Tag(1, Box::new(Item::Int(0)))]);
    let header = cose_header(|map| set(map, "a", value.clone()));
    let input = SigningInput::parse(&cose(&header, PAYLOAD.as_bytes()), EnvelopeType::Cose).unwrap();
    assert_eq!(input.header().attributes()[0].value, AttributeValue::Encoded(write(&value)));
}

#[test]
fn min_versions_are_read() {
    for (version, holds) in [
        ("1.0.292", true),
        ("1.0.0-rc.1+5", true),
        ("1.0", false),
        ("01.0.0", false),
        ("1.0.0-", false),
        ("", false),
    ] {
        let more = format!("\"2037-02-28T12:00:00Z\",\"{PLUGIN}\":\"example\",\"{VERSION}\":\"{version}\"}}");
        let header = JWS_HEADER
            .replacen(
                "\"io.cncf.notary.expiry\"]",
                &format!("\"{EXPIRY_NAME}\",\"{PLUGIN}\",\"{VERSION}\"]"),
                1,
            )
            .replacen(TAIL, &more, 1);
        let read = SigningInput::parse(&jws(&header, PAYLOAD.as_bytes()), EnvelopeType::Jws);
        assert_eq!(read.is_ok(), holds, "{version}");
        if let Ok(input) = read {
            let plugin = input.header().verification_plugin().unwrap();
            assert_eq!(plugin.min_version.as_ref().unwrap().to_string(), version);
        }
    }
}

#[test]
fn times_in_jws_are_of_rfc_3339_in_whole_seconds() {
    let at = |text: &str| {
        let header = JWS_HEADER.replacen("2026-11-21T12:00:00Z", text, 1);
        SigningInput::parse(&jws(&header, PAYLOAD.as_bytes()), EnvelopeType::Jws)
    };
    for (text, time) in [
        ("2026-11-21T14:30:00+02:30", NOW),
        ("2026-11-21T07:00:00-05:00", NOW),
        ("2024-02-29T23:59:59Z", datetime!(2024-02-29 23:59:59 UTC)),
        ("0001-01-01T00:00:00Z", datetime!(0001-01-01 00:00 UTC)),
    ] {
        assert_eq!(at(text).unwrap().header().signing_time(), SigningTime::Authentic(time), "{text}");
    }
    for text in [
        "2026-11-21T12:00:00.5Z",
        "2026-11-21T12:00:00.000Z",
        "2026-11-21t12:00:00Z",
        "2026-11-21T12:00:00z",
        "2026-11-21 12:00:00Z",
        "2026-11-21T12:00:00",
        "2026-11-21T12:00Z",
        "2026-11-21T12:00:00+2:00",
        "2026-11-21T12:00:00+0200",
        "2026-11-21T12:00:00+24:00",
        "2026-12-31T23:59:60Z",
        "2026-11-21T24:00:00Z",
        "2026-02-30T12:00:00Z",
        "0000-01-01T00:00:00+01:00",
        "+026-11-21T12:00:00Z",
        "١026-11-21T12:00:00",
        "1795262400",
        "",
    ] {
        let said = said(at(text));
        assert!(said.ends_with("is not a time of RFC 3339 in whole seconds"), "{text}: {said}");
    }
    for value in ["1795262400", "null", "[\"2026-11-21T12:00:00Z\"]"] {
        let header = JWS_HEADER.replacen("\"2026-11-21T12:00:00Z\"", value, 1);
        assert!(said_of_jws(&header).ends_with("is not a time of RFC 3339 in whole seconds"), "{value}");
    }
}

#[test]
fn times_in_cose_are_integers_of_tag_1() {
    let rule = "is not an integer of seconds with tag 1";
    let float = [&[0xfb], 1.7e9_f64.to_be_bytes().as_slice()].concat();
    for (value, reason) in [
        (Item::Int(1_700_000_000), rule),
        (Item::Tag(0, Box::new(1_700_000_000.into())), rule),
        (Item::Tag(0, Box::new("2026-11-21T12:00:00Z".into())), rule),
        (Item::Tag(1, Box::new("2026-11-21T12:00:00Z".into())), rule),
        (Item::Tag(1, Box::new(time(0))), rule),
        (Item::Tag(1, Box::new(Item::Raw(vec![0xf5]))), rule),
        (Item::Tag(1, Box::new(Item::Raw(float))), "holds a float"),
        (Item::Tag(1, Box::new(Item::Raw(vec![0xf9, 0x7e, 0]))), "holds a float"),
        (time(1 << 62), "is out of range"),
        (time(i64::MIN + 1), "is out of range"),
    ] {
        let said = said_of_cose(|map| set(map, AUTHENTIC_TIME, value.clone()));
        assert!(said.contains(reason), "{value:?}: {said}");
    }
}
