//! `hallmarkctl inspect`.

use super::context::Context;
use super::exit::{Exit, Failure};
use super::page::Page;
use super::source::{Source, Sources};
use super::table::Table;
use super::text::time_text;
use clap::Args;
use hallmark_api::timestamp::EpochSeconds;
use hallmark_notary::{AttributeValue, SignedEnvelope, SigningTime};
use hallmark_pki::Certificate;
use serde::Serialize;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What a signature says. Nothing of it is verified.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A file that holds an envelope, or DIRECTORY[:TAG|@DIGEST] of an OCI layout.
    target: String,
}

/// What one signature says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    signature: String,
    media_type: &'static str,
    algorithm: String,
    signing_scheme: &'static str,
    signing_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_plugin: Option<String>,
    attributes: BTreeMap<String, String>,
    payload: serde_json::Value,
    certificates: Vec<Certified>,
    has_timestamp: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_agent: Option<String>,
}

/// A certificate, leaf first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Certified {
    subject: String,
    serial_number: String,
    not_before: String,
    not_after: String,
    fingerprint: String,
}

impl Inspect {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let sources = Sources::find(&self.target)?;
        let mut said = Vec::new();
        for source in sources.envelopes {
            let source =
                source.map_err(|(name, reason)| Failure::new(Exit::No, format!("{name}: {reason}")))?;
            said.push(Said::of(&source));
        }
        if said.is_empty() {
            return Err(Failure::new(Exit::No, format!("{} has no signature", self.target)));
        }
        context.output.show(&said, || page(&said))
    }
}

fn written(time: OffsetDateTime) -> String {
    time_text(EpochSeconds(time))
}

impl Said {
    fn of(source: &Source) -> Self {
        let Source { name, envelope } = source;
        let header = envelope.header();
        let time = header.signing_time();
        Self {
            signature: name.clone(),
            media_type: envelope.envelope_type().as_str(),
            algorithm: header.algorithm().to_string(),
            signing_scheme: time.scheme(),
            signing_time: match time {
                SigningTime::Stated(time) | SigningTime::Authentic(time) => written(time),
            },
            expiry: header.expiry().map(written),
            verification_plugin: header.verification_plugin().map(|plugin| plugin.name.clone()),
            attributes: attributes(envelope),
            payload: serde_json::from_slice(envelope.payload()).unwrap_or_default(),
            certificates: envelope.certificates().iter().map(Certified::of).collect(),
            has_timestamp: envelope.timestamp_token().is_some(),
            signing_agent: envelope.signing_agent().map(str::to_owned),
        }
    }
}

fn attributes(envelope: &SignedEnvelope) -> BTreeMap<String, String> {
    let value = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Encoded(octets) => hex::encode(octets),
    };
    let attributes = envelope.header().attributes().iter();
    attributes.map(|attribute| (attribute.key.clone(), value(&attribute.value))).collect()
}

impl Certified {
    fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject_text().to_owned(),
            serial_number: certificate.serial_number().to_string(),
            not_before: written(certificate.validity().not_before()),
            not_after: written(certificate.validity().not_after()),
            fingerprint: hex::encode(certificate.fingerprint_sha256()),
        }
    }
}

fn page(said: &[Said]) -> Page {
    said.iter().enumerate().fold(Page::new(), |page, (place, said)| {
        let page = if place == 0 { page } else { page.line("") };
        let mut facts = Table::facts();
        facts.fact("signature", &said.signature);
        facts.fact("envelope", said.media_type);
        let target = &said.payload["targetArtifact"];
        facts.fact("artifact", target["digest"].as_str().unwrap_or_default());
        facts.fact("media type", target["mediaType"].as_str().unwrap_or_default());
        facts.fact("algorithm", &said.algorithm);
        facts.fact("signing scheme", said.signing_scheme);
        facts.fact("signing time", &said.signing_time);
        facts.fact("expiry", said.expiry.as_deref().unwrap_or("never"));
        facts.fact("plugin", said.verification_plugin.as_deref().unwrap_or("none"));
        for (name, value) in &said.attributes {
            facts.fact(name, value);
        }
        facts.fact("timestamp", if said.has_timestamp { "yes" } else { "no" });
        facts.fact("agent", said.signing_agent.as_deref().unwrap_or_default());
        let mut certificates = Table::new(["SUBJECT", "SERIAL NUMBER", "FROM", "UNTIL"]);
        for one in &said.certificates {
            let words = [&one.subject, &one.serial_number, &one.not_before, &one.not_after];
            certificates.row(words.map(Into::into));
        }
        page.table(facts).table_under("Certificates:", certificates)
    })
}
