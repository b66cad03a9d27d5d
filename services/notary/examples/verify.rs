//! Verifies envelopes as strangers ask for it: a question in JSON on each line of the standard input, an answer on each
//! line of the standard output. `tests/interop/reader.py` asks.

#![expect(clippy::print_stdout, reason = "it prints what it found")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallmark_notary::{
    Artifact, Finding, KnownPlugin, SignedEnvelope, TrustStore, TrustStoreType, VerificationParameters,
    verify,
};
use hallmark_pki::Certificate;
use semver::Version;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::error::Error;
use std::io::stdin;
use time::OffsetDateTime;

/// A question. Octets are in base64.
#[derive(Deserialize)]
struct Question {
    media_type: String,
    envelope: String,
    /// By the name of the trust store.
    anchors: HashMap<String, Vec<String>>,
    /// The digest of the artifact.
    artifact: Option<String>,
    /// The plugins that the asker knows, by their names.
    plugins: HashMap<String, Plugin>,
    /// Seconds since the epoch.
    now: i64,
}

#[derive(Deserialize)]
struct Plugin {
    version: String,
    attributes: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    for line in stdin().lines() {
        println!("{}", answer(&serde_json::from_str(&line?)?)?);
    }
    Ok(())
}

fn answer(question: &Question) -> Result<Value, Box<dyn Error>> {
    let envelope = STANDARD.decode(&question.envelope)?;
    let envelope = match SignedEnvelope::parse(&envelope, question.media_type.parse()?) {
        Ok(envelope) => envelope,
        Err(error) => return Ok(json!({ "unreadable": error.to_string() })),
    };
    let mut trust = TrustStore::default();
    for (store_type, anchors) in &question.anchors {
        let store_type: TrustStoreType = store_type.parse()?;
        for anchor in anchors {
            let anchor = Certificate::from_der(&STANDARD.decode(anchor)?);
            if let Err(error) = anchor.and_then(|anchor| trust.trust(store_type, anchor)) {
                return Ok(json!({ "untrustworthy": error.to_string() }));
            }
        }
    }
    let plugins: Vec<(&str, Version, Vec<&str>)> = question
        .plugins
        .iter()
        .map(|(name, Plugin { version, attributes })| {
            Ok((name.as_str(), version.parse()?, attributes.iter().map(String::as_str).collect()))
        })
        .collect::<Result<_, semver::Error>>()?;
    let plugins: Vec<KnownPlugin<'_>> = plugins
        .iter()
        .map(|(name, version, attributes)| KnownPlugin { name, version: Some(version), attributes })
        .collect();
    let artifact = question.artifact.clone().map(|digest| Artifact { digest, media_type: None, size: None });
    let now = OffsetDateTime::from_unix_timestamp(question.now)?;
    let parameters =
        VerificationParameters { trust: &trust, artifact: artifact.as_ref(), plugins: &plugins, now };
    let report = verify(&envelope, &parameters);
    let findings: Vec<Value> = report
        .findings()
        .iter()
        .map(|Finding { check, outcome, sentence }| json!([check.as_str(), outcome.as_str(), sentence]))
        .collect();
    Ok(json!({ "verdict": report.verdict().as_str(), "findings": findings }))
}
