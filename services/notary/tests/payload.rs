//! What may be signed and what may not, each rule with the sentence that refuses.

#![expect(clippy::panic, reason = "a test may fail")]

use hallmark_notary::{LONGEST_PAYLOAD, Payload};

const MEDIA_TYPE: &str = r#""mediaType":"application/vnd.oci.image.manifest.v1+json""#;
const SIZE: &str = r#""size":16724"#;

fn digest() -> String {
    format!(r#""digest":"sha256:{}""#, "a1".repeat(32))
}

/// A payload whose descriptor has the three required members and one more.
fn with(member: &str) -> String {
    format!(r#"{{"targetArtifact":{{{MEDIA_TYPE},{},{SIZE},{member}}}}}"#, digest())
}

/// A payload whose descriptor has these members.
fn of(members: &[&str]) -> String {
    format!(r#"{{"targetArtifact":{{{}}}}}"#, members.join(","))
}

fn with_digest(text: &str) -> String {
    of(&[MEDIA_TYPE, &format!(r#""digest":"{text}""#), SIZE])
}

fn with_size(number: &str) -> String {
    of(&[MEDIA_TYPE, &digest(), &format!("\"size\":{number}")])
}

fn with_media_type(text: &str) -> String {
    of(&[&format!(r#""mediaType":{text}"#), &digest(), SIZE])
}

fn refusal(payload: impl AsRef<[u8]>) -> String {
    let bytes = payload.as_ref();
    match Payload::parse(bytes) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("accepted {}", String::from_utf8_lossy(bytes)),
    }
}

fn accepted(payload: &str) -> Payload {
    let parsed = Payload::parse(payload.as_bytes());
    let parsed = parsed.unwrap_or_else(|error| panic!("{error}: {payload}"));
    assert_eq!(parsed.bytes(), payload.as_bytes());
    parsed
}

#[test]
fn the_artifact_can_be_asked_for() {
    let payload = of(&[MEDIA_TYPE, &digest(), SIZE]);
    let payload = accepted(&payload);
    assert_eq!(payload.artifact_digest(), format!("sha256:{}", "a1".repeat(32)));
    assert_eq!(payload.media_type(), "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(format!("{payload:?}"), format!("Payload({})", payload.artifact_digest()));
}

#[test]
fn the_length_is_bounded() {
    assert_eq!(refusal(""), "the payload is 0 bytes long; 1 to 4096 are allowed");
    let payload = of(&[MEDIA_TYPE, &digest(), SIZE]);
    let longest = payload.clone() + &" ".repeat(LONGEST_PAYLOAD - payload.len());
    accepted(&longest);
    assert_eq!(refusal(longest + " "), "the payload is 4097 bytes long; 1 to 4096 are allowed");
}

#[test]
fn what_is_not_plain_json_is_refused() {
    assert!(refusal([b'{', b'"', 0xff, b'"']).starts_with("the payload is not UTF-8 text"));
    let marked = format!("\u{feff}{}", of(&[MEDIA_TYPE, &digest(), SIZE]));
    assert!(refusal(marked).starts_with("the payload begins with a byte order mark"));
    let deep = with(&format!(r#""platform":{{"x":{}{}}}"#, "[".repeat(30), "]".repeat(30)));
    for (payload, reason) in [
        ("{".to_owned(), "EOF"),
        ("hello".to_owned(), "expected value"),
        (of(&[MEDIA_TYPE, &digest(), SIZE]) + "{}", "trailing"),
        (of(&[MEDIA_TYPE, &digest(), SIZE, SIZE]), "the key \"size\" twice"),
        (of(&[MEDIA_TYPE, &digest(), SIZE, r#""s\u0069ze":1"#]), "the key \"size\" twice"),
        (r#"{"targetArtifact":{},"targetArtifact":{}}"#.to_owned(), "the key \"targetArtifact\" twice"),
        (with(r#""annotations":{"a":"1","a":"2"}"#), "the key \"a\" twice"),
        (with(r#""platform":{"os":"linux","os":"plan9"}"#), "the key \"os\" twice"),
        (with(r#""annotations":{"a":"\ud800"}"#), "hex escape"),
        (deep, "levels deep"),
    ] {
        let sentence = refusal(payload);
        assert!(sentence.contains(reason), "{sentence}");
        assert!(sentence.starts_with("the payload is not JSON that every reader understands alike: "));
    }
}

#[test]
fn nothing_but_one_target_artifact_is_accepted() {
    let object = "the payload must be a JSON object with the one member \"targetArtifact\"";
    for payload in ["null", "[]", "1", "\"targetArtifact\"", "{}"] {
        assert_eq!(refusal(payload), object);
    }
    for name in ["other", "TargetArtifact", "targetartifact", " targetArtifact"] {
        let alone = format!(r#"{{"{name}":{{}}}}"#);
        let beside = format!(r#"{{"targetArtifact":{{}},"{name}":{{}}}}"#);
        let expected = format!("the payload holds \"{name}\"; \"targetArtifact\" must be its only member");
        assert_eq!(refusal(alone), expected);
        assert_eq!(refusal(beside), expected);
    }
    for target in ["null", "[]", "\"x\"", "7"] {
        let payload = format!(r#"{{"targetArtifact":{target}}}"#);
        assert_eq!(refusal(payload), "targetArtifact must be a JSON object");
    }
}

#[test]
fn the_required_members_are_required() {
    let digest = digest();
    for (members, name) in [
        (vec![], "mediaType"),
        (vec![digest.as_str(), SIZE], "mediaType"),
        (vec![MEDIA_TYPE, SIZE], "digest"),
        (vec![MEDIA_TYPE, digest.as_str()], "size"),
    ] {
        let expected = format!("targetArtifact lacks {name}; it must hold mediaType, digest and size");
        assert_eq!(refusal(of(&members)), expected);
    }
}

#[test]
fn members_that_notation_does_not_know_are_refused() {
    for name in ["Size", "mediatype", "extra", ""] {
        let sentence = refusal(with(&format!("\"{name}\":1")));
        assert!(sentence.starts_with(&format!("targetArtifact holds \"{name}\"; it may hold")), "{sentence}");
    }
}

#[test]
fn media_types_have_the_shape_of_rfc_6838() {
    let long = format!("\"a/{}\"", "b".repeat(127));
    for good in ["\"a/b\"", "\"application/vnd.x!#$&-^_.+json\"", "\"1/2\"", "\"a\\/b\"", &long] {
        accepted(&with_media_type(good));
    }
    let longer = format!("\"a/{}\"", "b".repeat(128));
    let with_parameter = "\"text/plain; charset=utf-8\"";
    accepted(&with_media_type(with_parameter));
    assert!(refusal(with(&format!("\"artifactType\":{with_parameter}"))).contains("artifactType must be"));
    let bad = [
        "\"\"",
        "\"a\"",
        "\"a/\"",
        "\"/b\"",
        "\"a/b/c\"",
        "\"a/b; c\"",
        "\"a/b \"",
        "\"a/.b\"",
        "\"a/ü\"",
        "null",
        "7",
        &longer,
    ];
    for value in bad {
        let sentence = refusal(with_media_type(value));
        assert!(sentence.starts_with("targetArtifact.mediaType must be a media type such as"), "{sentence}");
        let sentence = refusal(with(&format!("\"artifactType\":{value}")));
        assert!(sentence.starts_with("targetArtifact.artifactType must be a media type"), "{sentence}");
    }
}

#[test]
fn digests_are_lower_case_hexadecimal_of_the_right_length() {
    for good in [
        format!("sha256:{}", "0f".repeat(32)),
        format!("sha384:{}", "0f".repeat(48)),
        format!("sha512:{}", "0f".repeat(64)),
    ] {
        accepted(&with_digest(&good));
    }
    for bad in [
        String::new(),
        "sha256".to_owned(),
        "sha256:".to_owned(),
        "0f".repeat(32),
        format!("sha256:{}", "0F".repeat(32)),
        format!("sha256:{}", "0g".repeat(32)),
        format!("sha256:{}", "0f".repeat(31)),
        format!("sha256:{}", "0f".repeat(48)),
        format!("sha384:{}", "0f".repeat(32)),
        format!("sha512:{}", "0f".repeat(65)),
        format!("SHA256:{}", "0f".repeat(32)),
        format!("sha1:{}", "0f".repeat(20)),
        format!("sha256:{}", "ü".repeat(32)),
        format!("sha256:{}\\n", "0f".repeat(32)),
    ] {
        let sentence = refusal(with_digest(&bad));
        assert!(sentence.starts_with("targetArtifact.digest must be \"sha256:\", "), "{sentence}");
    }
}

#[test]
fn sizes_are_whole_numbers() {
    for good in ["0", "1", "9223372036854775807"] {
        accepted(&with_size(good));
    }
    for bad in ["-1", "-0", "1.0", "1e3", "9223372036854775808", "\"1\"", "null", "true", "[]"] {
        let sentence = refusal(with_size(bad));
        assert!(sentence.starts_with("targetArtifact.size must be a whole number from 0 to"), "{sentence}");
    }
}

#[test]
fn optional_members_have_their_types() {
    for good in [
        r#""annotations":{}"#,
        r#""annotations":{"a":"b","":""}"#,
        r#""urls":["https://example.com/"]"#,
        r#""urls":[]"#,
        r#""data":"eyJ9""#,
        r#""platform":{"architecture":"amd64","os":"linux"}"#,
        r#""artifactType":"application/vnd.example+json""#,
    ] {
        accepted(&with(good));
    }
    for (bad, sentence) in [
        (
            r#""annotations":null"#,
            "targetArtifact.annotations must be a JSON object whose values are all strings",
        ),
        (
            r#""annotations":[]"#,
            "targetArtifact.annotations must be a JSON object whose values are all strings",
        ),
        (
            r#""annotations":{"a":1}"#,
            "targetArtifact.annotations must be a JSON object whose values are all strings",
        ),
        (
            r#""annotations":{"a":null}"#,
            "targetArtifact.annotations must be a JSON object whose values are all strings",
        ),
        (r#""urls":"x""#, "targetArtifact.urls must be an array of strings"),
        (r#""urls":[1]"#, "targetArtifact.urls must be an array of strings"),
        (r#""urls":null"#, "targetArtifact.urls must be an array of strings"),
        (r#""data":"a""#, "targetArtifact.data must be a string of base64 with padding"),
        (r#""data":7"#, "targetArtifact.data must be a string of base64 with padding"),
        (r#""platform":"linux""#, "targetArtifact.platform must be a JSON object"),
        (r#""platform":null"#, "targetArtifact.platform must be a JSON object"),
    ] {
        assert_eq!(refusal(with(bad)), sentence);
    }
}

#[test]
fn blobs_have_the_digest_of_the_key() {
    // What notation signs for `--oci-layout layout@sha256:…` when index.json does not list the digest.
    let unlisted = r#"{"targetArtifact":{"digest":"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","mediaType":"application/octet-stream","size":6}}"#;
    let refused = "the digest of a blob must be \"sha384:\" and hexadecimal: verifiers compute it with the hash of the key";
    for (payload, fits) in [
        (unlisted.to_owned(), false),
        (of(&[MEDIA_TYPE, &digest(), SIZE]), false),
        (with_digest(&format!("sha512:{}", "0f".repeat(64))), false),
        (with_digest(&format!("sha384:{}", "0f".repeat(48))), true),
    ] {
        let answer = accepted(&payload).check_blob().map_err(|error| error.to_string());
        assert_eq!(answer, if fits { Ok(()) } else { Err(refused.to_owned()) });
    }
}
