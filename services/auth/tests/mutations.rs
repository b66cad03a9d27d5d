//! What AWS's own signer signed is accepted; with any one thing changed it is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use hallmark_auth::sigv4::{SignatureError, Unverified};
use support::Sent;
use support::oracle::{Dice, FORMS, Form, ID, NOW, TOKEN, samples, signed, verifier};

/// Every sample and `count` drawn requests, in every form, with and without a token.
fn signed_requests(count: usize) -> Vec<(Form, Sent)> {
    let mut dice = Dice(0x5eed);
    let mut unsigned = samples();
    unsigned.extend((0..count).map(|_| dice.request()));
    let mut all = Vec::new();
    for sent in &unsigned {
        for form in FORMS {
            for token in [None, Some(TOKEN)] {
                all.push((form, signed(sent, form, token)));
            }
        }
    }
    all
}

#[track_caller]
fn refused(sent: &Sent) -> SignatureError {
    match verifier().verify(sent) {
        Ok(_) => panic!("accepted: {sent:?}"),
        Err(error) => error,
    }
}

/// Changes one octet so that the text still is visible ASCII.
fn flip(text: &str, place: usize) -> String {
    let mut octets = text.as_bytes().to_vec();
    octets[place] ^= 1;
    String::from_utf8(octets).unwrap()
}

#[test]
fn the_oracle_is_believed() {
    for (form, sent) in signed_requests(300) {
        let verified = verifier().verify(&sent).unwrap_or_else(|error| {
            panic!("{error}: {form:?} {sent:?}");
        });
        assert_eq!(verified.access_key_id(), ID);
        assert_eq!(verified.signed_at(), NOW);
        let token = Unverified::parse(sent.as_request()).unwrap();
        assert_eq!(verified.session_token(), token.session_token());
        assert!(matches!(verified.session_token(), None | Some(TOKEN)));
    }
}

#[test]
fn what_is_not_signed_may_change() {
    for (_, mut sent) in signed_requests(0) {
        sent.append("user-agent", "one");
        sent.append("user-agent", "two");
        sent.append("x-amzn-trace-id", "Root=1");
        assert_eq!(verifier().refusal(&sent), None);
    }
}

#[test]
fn an_unknown_key_is_never_verified() {
    for (_, sent) in signed_requests(0) {
        let refusal = verifier().verify_dummy(&sent).err();
        assert_eq!(refusal, Some(SignatureError::Mismatch));
    }
}

#[test]
fn each_octet_of_the_request_line_and_body_counts() {
    for (_, sent) in signed_requests(10) {
        for method in ["PATCH", "get", ""] {
            let method = method.to_owned();
            refused(&Sent { method, ..sent.clone() });
        }
        for place in 1..sent.path.len() {
            let path = flip(&sent.path, place);
            refused(&Sent { path, ..sent.clone() });
        }
        for place in 0..sent.query.len() {
            let query = flip(&sent.query, place);
            refused(&Sent { query, ..sent.clone() });
        }
        for place in 0..sent.body.len() {
            let mut body = sent.body.clone();
            body[place] ^= 1;
            refused(&Sent { body, ..sent.clone() });
        }
        let longer = |text: &str, more: &str| format!("{text}{more}");
        let cut = sent.body.len().saturating_sub(1);
        for changed in [
            Sent { path: longer(&sent.path, "/"), ..sent.clone() },
            Sent { path: sent.path.to_lowercase().replace("/signing", "/Signing") + "%", ..sent.clone() },
            Sent { query: longer(&sent.query, "&"), ..sent.clone() },
            Sent { query: longer(&sent.query, "&a=b"), ..sent.clone() },
            Sent { body: [&sent.body[..], b" "].concat(), ..sent.clone() },
        ] {
            refused(&changed);
        }
        if !sent.body.is_empty() {
            refused(&Sent { body: sent.body[..cut].to_owned(), ..sent.clone() });
        }
    }
}

#[test]
fn each_signed_header_counts() {
    for (form, sent) in signed_requests(10) {
        let names: Vec<_> = sent.headers.keys().cloned().collect();
        for name in &names {
            let mut changed = sent.clone();
            let value = format!("{}x", sent.header(name.as_str()));
            changed.headers.insert(name, value.parse().unwrap());
            refused(&changed);

            changed = sent.clone();
            changed.headers.append(name, sent.headers[name].clone());
            refused(&changed);

            changed = sent.clone();
            changed.headers.remove(name);
            refused(&changed);
        }
        for name in ["x-amz-new", "x-amz-meta", "x-amz-target"] {
            let mut changed = sent.clone();
            changed.append(name, "1");
            let refusal = refused(&changed);
            if !names.iter().any(|known| known == name) {
                assert_eq!(refusal, SignatureError::UnsignedHeader(name.into()), "{form:?}");
            }
        }
    }
}

/// The request with its `Authorization` header or its query rewritten, whichever it has.
fn rewritten(form: Form, sent: &Sent, change: impl Fn(&str) -> String) -> Sent {
    let mut changed = sent.clone();
    if form == Form::Presigned {
        changed.query = change(&sent.query);
    } else {
        changed.set("authorization", &change(sent.header("authorization")));
    }
    assert_ne!(&changed, sent);
    changed
}

#[test]
fn each_part_of_the_claim_counts() {
    for (form, sent) in signed_requests(3) {
        let slash = if form == Form::Presigned { "%2F" } else { "/" };
        let swap = |from: &str, to: &str| {
            let from = from.replace('/', slash);
            let to = to.replace('/', slash);
            refused(&rewritten(form, &sent, |text| text.replacen(&from, &to, 1)))
        };
        assert_eq!(swap("AKIDEXAMPLE/", "AKID-EXAMPLE/"), SignatureError::Credential);
        assert_eq!(swap("/aws4_request", "/aws5_request"), SignatureError::Terminator);
        assert_eq!(swap("/us-east-1/", "/us-east-2/"), SignatureError::Region);
        assert_eq!(swap("/signer/", "/sts/"), SignatureError::Service("signer".into()));
        assert!(matches!(swap("/20261121/", "/20261122/"), SignatureError::ScopeDate { .. }));
        assert_eq!(swap("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), SignatureError::Algorithm);
        assert_eq!(swap("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), SignatureError::Algorithm);

        let begin = |text: &str| text.find("Signature=").unwrap() + "Signature=".len();
        for digit in 0..64 {
            let changed = rewritten(form, &sent, |text| flip(text, begin(text) + digit));
            refused(&changed);
        }
        let upper = rewritten(form, &sent, |text| {
            let (head, tail) = text.split_at(begin(text));
            let (digits, rest) = tail.split_at(64);
            format!("{head}{}{rest}", digits.to_uppercase())
        });
        assert_eq!(refused(&upper), SignatureError::Signature);
    }
}

#[test]
fn the_host_must_be_signed() {
    for (form, sent) in signed_requests(3) {
        let changed = rewritten(form, &sent, |text| {
            let text = text.replacen("host;", "", 1).replacen("%3Bhost", "", 1);
            text.replacen("=host", "=my-header", 1)
        });
        let refusal = refused(&changed);
        assert!(matches!(refusal, SignatureError::UnsignedHost | SignatureError::SignedHeaders), "{refusal}");
    }
    let sent = signed(&samples()[0], Form::Header, None);
    let changed = rewritten(Form::Header, &sent, |text| text.replacen("host;", "", 1));
    assert_eq!(refused(&changed), SignatureError::UnsignedHost);
}

#[test]
fn every_amazon_header_must_be_signed() {
    let sent = signed(&samples()[6], Form::Header, Some(TOKEN));
    for name in ["x-amz-date", "x-amz-security-token", "x-amz-target"] {
        let list = format!(";{name}");
        let changed = rewritten(Form::Header, &sent, |text| text.replacen(&list, "", 1));
        let expected = SignatureError::UnsignedHeader(name.into());
        assert_eq!(refused(&changed), expected);
    }
}

#[test]
fn five_minutes_and_not_a_second_more() {
    for (form, sent) in signed_requests(0) {
        for (seconds, accepted) in
            [(-301, false), (-300, true), (-299, true), (0, true), (299, true), (300, true)]
        {
            let refusal = verifier().later(seconds).refusal(&sent);
            assert_eq!(refusal.is_none(), accepted, "{seconds}: {refusal:?}");
        }
        let late = verifier().later(301).refusal(&sent);
        assert_eq!(late.is_none(), form == Form::Presigned);
        let mut instant = verifier().later(300);
        instant.now += time::Duration::nanoseconds(1);
        assert_eq!(instant.refusal(&sent).is_none(), form == Form::Presigned);
    }
}

#[test]
fn a_presigned_request_lives_as_long_as_it_says() {
    let sent = signed(&samples()[0], Form::Presigned, Some(TOKEN));
    assert_eq!(verifier().later(900).refusal(&sent), None);
    assert_eq!(
        verifier().later(901).refusal(&sent).unwrap().to_string(),
        "Signature expired: the presigned request was valid until 20261121T004643Z, it is now 20261121T004644Z."
    );
    for expires in ["0", "604801", "", "9e9"] {
        let query = sent.query.replacen("Expires=900", &format!("Expires={expires}"), 1);
        assert_eq!(refused(&Sent { query, ..sent.clone() }), SignatureError::Expires);
    }
    let query = sent.query.replacen("Expires=900", "Expires=901", 1);
    assert_eq!(refused(&Sent { query, ..sent }), SignatureError::Mismatch);
}

#[test]
fn refusals_speak_as_aws_does() {
    let sent = signed(&samples()[0], Form::Header, None);
    let sentence = |seconds| verifier().later(seconds).refusal(&sent).unwrap().to_string();
    assert_eq!(
        sentence(301),
        "Signature expired: 20261121T003143Z is now earlier than 20261121T003144Z (20261121T003644Z - 5 min.)"
    );
    assert_eq!(
        sentence(-301),
        "Signature not yet current: 20261121T003143Z is still later than 20261121T003142Z (20261121T002642Z + 5 min.)"
    );
}

#[test]
fn a_refusal_never_says_what_would_have_been_right() {
    for (_, sent) in signed_requests(10) {
        let mut changed = sent.clone();
        changed.body.push(b'x');
        let error = refused(&changed);
        let shown = format!("{error} {error:?} {:?}", Unverified::parse(changed.as_request()));
        let digits = shown.split(|byte: char| !byte.is_ascii_hexdigit());
        assert!(digits.map(str::len).all(|length| length < 32), "{shown}");
        assert!(!shown.contains(TOKEN) && !shown.contains("EXAMPLEKEY"));
    }
}
