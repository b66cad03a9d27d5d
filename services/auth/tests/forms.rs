//! Exactly one form of credentials per request, and nothing ambiguous beside it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use hallmark_auth::sigv4::SignatureError;
use support::Sent;
use support::oracle::{Form, TOKEN, samples, signed, verifier};

const BEARER: &str = "Bearer eyJhbGciOiJub25lIn0.e30.";

#[test]
fn all_combinations_of_header_query_and_bearer() {
    let unsigned = &samples()[0];
    let in_header = signed(unsigned, Form::Header, None);
    let in_query = signed(unsigned, Form::Presigned, None);
    for combination in 0..8 {
        let (header, query, bearer) = (combination & 1 > 0, combination & 2 > 0, combination & 4 > 0);
        let mut sent = if header { in_header.clone() } else { unsigned.clone() };
        if query {
            sent.query.clone_from(&in_query.query);
        }
        if bearer {
            sent.append("authorization", BEARER);
        }
        let expected = match (header, query, bearer) {
            (true, false, false) | (false, true, false) => None,
            (false, false, false) => Some(SignatureError::Missing),
            (false, false, true) => Some(SignatureError::Algorithm),
            _ => Some(SignatureError::SeveralCredentials),
        };
        assert_eq!(verifier().refusal(&sent), expected, "{sent:?}");
    }
}

#[test]
fn what_is_signed_is_told_from_what_is_not() {
    for form in [Form::Header, Form::Presigned] {
        let mut sent = signed(&samples()[0], form, None);
        sent.append("my-header", "added on the way");
        let proof = verifier().verify(&sent).unwrap();
        assert!(proof.signs("host"), "{form:?}");
        for name in ["my-header", "", "hos", "host;", "Host"] {
            assert!(!proof.signs(name), "{form:?}: {name}");
        }
    }
}

#[test]
fn one_credential_parameter_is_a_second_form() {
    let sent = signed(&samples()[0], Form::Header, None);
    for query in [
        "X-Amz-Credential=x",
        "x-amz-credential=x",
        "X%2DAmz-Signature=x",
        "X-AMZ-SECURITY-TOKEN",
        "X-Amz-Date=20261121T003143Z",
        "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD",
    ] {
        let sent = Sent { query: query.to_owned(), ..sent.clone() };
        let expected = Some(SignatureError::SeveralCredentials);
        assert_eq!(verifier().refusal(&sent), expected, "{query}");
    }
    let sent = signed(&samples()[0], Form::Presigned, None);
    for (name, value) in [("x-amz-date", "20261121T003143Z"), ("x-amz-security-token", TOKEN)] {
        let mut sent = sent.clone();
        sent.append(name, value);
        assert_eq!(verifier().refusal(&sent), Some(SignatureError::SeveralCredentials));
    }
}

#[test]
fn presigned_parameters_stand_once_in_one_spelling() {
    let sent = signed(&samples()[0], Form::Presigned, Some(TOKEN));
    for name in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
    ] {
        let expected = Some(SignatureError::QueryParameter(name));
        for repeat in [name.to_owned(), name.to_lowercase()] {
            let query = format!("{}&{repeat}=1", sent.query);
            let sent = Sent { query, ..sent.clone() };
            assert_eq!(verifier().refusal(&sent), expected, "{repeat}");
        }
        let query = sent.query.replacen(name, &name.to_lowercase(), 1);
        let lower = Sent { query, ..sent.clone() };
        assert_eq!(verifier().refusal(&lower), expected, "lower-case {name}");
        let query = sent.query.replacen(name, "Other", 1);
        let sent = Sent { query, ..sent.clone() };
        let expected = if name == "X-Amz-Security-Token" { Some(SignatureError::Mismatch) } else { expected };
        assert_eq!(verifier().refusal(&sent), expected, "without {name}");
    }
}

#[test]
fn other_schemes_are_refused() {
    let sent = signed(&samples()[0], Form::Header, None);
    let parameters = sent.header("authorization").split_once(' ').unwrap().1;
    for (value, expected) in [
        (BEARER.to_owned(), SignatureError::Algorithm),
        ("Basic dTpw".to_owned(), SignatureError::Algorithm),
        ("AWS AKIDEXAMPLE:c2ln".to_owned(), SignatureError::Algorithm),
        (String::new(), SignatureError::Algorithm),
        (format!("aws4-hmac-sha256 {parameters}"), SignatureError::Algorithm),
        (format!("AWS4-ECDSA-P256-SHA256 {parameters}"), SignatureError::Algorithm),
        (format!("AWS4-HMAC-SHA256-PAYLOAD {parameters}"), SignatureError::Algorithm),
        ("AWS4-HMAC-SHA256".to_owned(), SignatureError::Authorization),
        (format!("AWS4-HMAC-SHA256 {parameters},"), SignatureError::Authorization),
        (format!("AWS4-HMAC-SHA256 {parameters}, Other=1"), SignatureError::Authorization),
        (format!("AWS4-HMAC-SHA256 {parameters}, Signature=1"), SignatureError::HeaderParameter("Signature")),
        (
            "AWS4-HMAC-SHA256 Credential=a, Signature=b".to_owned(),
            SignatureError::HeaderParameter("SignedHeaders"),
        ),
    ] {
        let mut sent = sent.clone();
        sent.set("authorization", &value);
        assert_eq!(verifier().refusal(&sent), Some(expected), "{value}");
    }
}

#[test]
fn the_date_stands_in_its_own_header() {
    let mut sent = signed(&samples()[0], Form::Header, None);
    sent.headers.remove("x-amz-date");
    assert_eq!(verifier().refusal(&sent), Some(SignatureError::MissingDate));
    sent.append("date", "20261121T003143Z");
    assert_eq!(verifier().refusal(&sent), Some(SignatureError::MissingDate));
    for (date, expected) in [
        ("Sat,21Nov2026", SignatureError::Date),
        ("Sat, 21 Nov 2026 00:31:43 GMT", SignatureError::MalformedHeader("x-amz-date")),
        ("20261121T003143Z ", SignatureError::MalformedHeader("x-amz-date")),
    ] {
        sent.set("x-amz-date", date);
        assert_eq!(verifier().refusal(&sent), Some(expected));
    }
}

#[test]
fn a_token_is_what_was_signed() {
    let sent = signed(&samples()[0], Form::Header, Some("TOKEN"));
    // Signed as "TOKEN" all the same, because blanks around a value are not.
    for token in [" TOKEN", "TOKEN ", "TOKEN\t", "TO KEN"] {
        let mut sent = sent.clone();
        sent.set("x-amz-security-token", token);
        let expected = SignatureError::MalformedHeader("x-amz-security-token");
        assert_eq!(verifier().refusal(&sent), Some(expected));
    }
}

#[test]
fn the_payload_hash_is_the_payloads() {
    for form in [Form::Header, Form::Presigned] {
        let sent = signed(&samples()[1], form, None);
        for (hash, expected) in [
            ("UNSIGNED-PAYLOAD", Some(SignatureError::UnsignedPayload)),
            ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", Some(SignatureError::UnsignedPayload)),
            ("", Some(SignatureError::PayloadHash)),
            (&"0".repeat(64), Some(SignatureError::PayloadHash)),
            (
                "d20e1e00a44c0c7dfb31a0e4e10b1c3d32ae1de2b3e0f9ac6b8b2fd3ffbb0a3a",
                Some(SignatureError::PayloadHash),
            ),
        ] {
            let mut sent = sent.clone();
            sent.append("x-amz-content-sha256", hash);
            assert_eq!(verifier().refusal(&sent), expected, "{hash}");
        }
    }
    let mut unsigned_but_true = signed(&samples()[0], Form::Header, None);
    unsigned_but_true
        .append("x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(verifier().refusal(&unsigned_but_true), None);
}

#[test]
fn no_more_is_looked_at_than_needed() {
    let sent = signed(&samples()[0], Form::Header, None);
    let too_large = |sent: &Sent| match verifier().refusal(sent) {
        Some(SignatureError::TooLarge(what)) => what,
        other => panic!("{other:?}"),
    };
    let mut many = sent.clone();
    for _ in 0..128 {
        many.append("user-agent", "x");
    }
    assert_eq!(too_large(&many), "headers");
    let mut long = sent.clone();
    long.append("user-agent", &"x".repeat(32 * 1024));
    assert_eq!(too_large(&long), "bytes of headers");
    let query = "a&".repeat(1_000);
    assert_eq!(too_large(&Sent { query, ..sent.clone() }), "query parameters");
    let path = format!("/{}", "a".repeat(65_534));
    assert_eq!(too_large(&Sent { path, ..sent }), "bytes of path and query");
}
