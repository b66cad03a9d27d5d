//! Test vectors by others: the signing test suite that AWS ships within its `aws-sigv4` crate, and the
//! one within botocore's source distribution.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use hallmark_auth::sigv4::SignatureError;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{SECRET, Sent, Verifier};
use time::macros::datetime;

/// Paths that AWS normalises and this service refuses, by the part of the vector's name that says so.
const REFUSED_PATHS: [(&str, &str); 5] = [
    ("get-relative", "contains a '.' or '..' segment"),
    ("get-slash-dot-slash", "contains a '.' or '..' segment"),
    ("get-slash-pointless-dot", "contains a '.' or '..' segment"),
    ("get-slashes", "contains '//'"),
    ("get-slash", "contains '//'"),
];

/// The path vectors exist twice in AWS's suite, as `…-normalized` and `…-unnormalized`; the request is
/// the same.
fn refused_path(vector: &str) -> Option<SignatureError> {
    REFUSED_PATHS
        .iter()
        .find(|(prefix, _)| vector.starts_with(prefix))
        .map(|(_, reason)| SignatureError::Path(reason))
}

fn verifier() -> Verifier {
    Verifier {
        secret: SECRET,
        region: "us-east-1".to_owned(),
        service: "service".to_owned(),
        now: datetime!(2015-08-30 12:36:00 UTC),
    }
}

/// How many vectors verified and how many were refused as expected.
fn judge(cases: impl IntoIterator<Item = (String, Sent, Option<SignatureError>)>) -> (usize, usize) {
    let (mut verified, mut refused) = (0, 0);
    for (name, sent, expected) in cases {
        let refusal = verifier().refusal(&sent);
        assert_eq!(refusal, expected, "{name}: {sent:?}");
        if expected.is_some() {
            refused += 1;
        } else {
            verified += 1;
        }
    }
    (verified, refused)
}

fn cargo(arguments: &[&str]) -> Vec<u8> {
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// The folder of AWS's suite, found by asking cargo where it unpacked the crate.
fn aws_suite() -> PathBuf {
    let version = cargo(&["-vV"]);
    let version = str::from_utf8(&version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // For this platform alone: crates of others need not be on this machine.
    let platform = format!("--filter-platform={host}");
    let output = cargo(&["metadata", "--format-version=1", "--locked", &platform]);
    let metadata: serde_json::Value = serde_json::from_slice(&output).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "aws-sigv4");
    let manifest = package.unwrap()["manifest_path"].as_str().unwrap();
    let suite = Path::new(manifest).with_file_name("aws-signing-test-suite/v4");
    assert!(suite.is_dir(), "aws-sigv4 no longer ships its test suite");
    suite
}

/// The vectors below a folder, by name: folders that hold a file whose name ends so.
fn folders(root: &Path, ending: &str, found: &mut BTreeMap<String, PathBuf>) {
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            folders(&path, ending, found);
        } else if path.to_str().unwrap().ends_with(ending) {
            let name = root.file_name().unwrap().to_str().unwrap();
            found.insert(name.to_owned(), path);
        }
    }
}

fn aws_cases(file: &str) -> Vec<(String, Sent)> {
    let mut found = BTreeMap::new();
    folders(&aws_suite(), file, &mut found);
    found.into_iter().map(|(name, path)| (name, Sent::read(&fs::read(path).unwrap()))).collect()
}

#[test]
fn aws_suite_signed_in_the_header() {
    let cases = aws_cases("header-signed-request.txt").into_iter();
    // Two of other credentials: see below.
    let cases = cases.filter(|(name, _)| !name.starts_with("double-"));
    let counts = judge(cases.map(|(name, sent)| {
        let expected = match name.as_str() {
            // The token was added after signing, which only some services allow.
            "post-sts-header-after" => Some(SignatureError::UnsignedHeader("x-amz-security-token".into())),
            _ => refused_path(&name),
        };
        (name, sent, expected)
    }));
    assert_eq!(counts, (25, 13));
}

#[test]
fn aws_suite_presigned() {
    let counts = judge(aws_cases("query-signed-request.txt").into_iter().map(|(name, sent)| {
        let expected = match name.as_str() {
            "post-sts-header-after" => Some(SignatureError::Mismatch),
            _ => refused_path(&name),
        };
        (name, sent, expected)
    }));
    assert_eq!(counts, (25, 13));
}

/// Added to the suite by the authors of AWS's Rust SDK, each with credentials of its own.
#[test]
fn aws_suite_encodes_a_path_twice() {
    let in_lambda = Verifier {
        region: "us-east-2".to_owned(),
        service: "lambda".to_owned(),
        now: datetime!(2021-05-11 15:40:45 UTC),
        ..verifier()
    };
    let not_real = Verifier { secret: b"notrealrnrELgWzOk3IfjzDKtFBhDby", ..verifier() };
    for (name, verifier) in [("double-encode-path", not_real), ("double-url-encode", in_lambda)] {
        let path = aws_suite().join(name).join("header-signed-request.txt");
        let sent = Sent::read(&fs::read(path).unwrap());
        assert_eq!(verifier.refusal(&sent), None, "{name}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the script that runs all tests says where it put botocore's sources"
)]
fn botocore_suite() -> Option<PathBuf> {
    let folder = std::env::var("HALLMARK_BOTOCORE_VECTORS").ok();
    let must_run = std::env::var("HALLMARK_TESTS_RUN").is_ok_and(|value| value == "1");
    assert!(
        folder.is_some() || !must_run,
        "HALLMARK_BOTOCORE_VECTORS must name botocore's tests/unit/auth/aws4_testsuite"
    );
    folder.map(PathBuf::from)
}

#[test]
fn botocore_vectors() {
    let Some(root) = botocore_suite() else {
        println!("skipped: HALLMARK_BOTOCORE_VECTORS is not set");
        return;
    };
    let mut found = BTreeMap::new();
    folders(&root, ".sreq", &mut found);
    let counts = judge(found.into_iter().map(|(name, path)| {
        let mut sent = Sent::read(&fs::read(&path).unwrap());
        // botocore checks its own signer against this file; the header within the request is stale
        // in get-vanilla-with-session-token.
        let authorization = fs::read_to_string(path.with_extension("authz")).unwrap();
        sent.set("authorization", authorization.trim());
        let expected = match name.as_str() {
            "post-sts-header-after" => Some(SignatureError::UnsignedHeader("x-amz-security-token".into())),
            _ => refused_path(&name),
        };
        (name, sent, expected)
    }));
    assert_eq!(counts, (27, 7));
}
