//! Verification as auditors do it: what an envelope says by itself, who signed, and what the service has on record.

mod record;
mod signer;

pub use record::{OnRecord, on_record};
pub use signer::{Signer, UnknownSigner};

use hallmark_api::arn::Arn;
use hallmark_api::verification_plugin::VerificationPlugin;
use hallmark_notary::{
    Artifact, KnownPlugin, Outcome, Report, SignedEnvelope, TrustStore, Verdict, VerificationParameters,
    verify,
};
use serde::Serialize;
use time::OffsetDateTime;

/// The plugins whose part is taken here: they check who signed and what is revoked.
const PLUGINS: [KnownPlugin<'static>; 2] =
    [known(VerificationPlugin::Hallmark), known(VerificationPlugin::AwsSigner)];

const fn known(plugin: VerificationPlugin) -> KnownPlugin<'static> {
    KnownPlugin { name: plugin.name(), version: None, attributes: plugin.attributes() }
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What.
    pub check: String,
    /// `passed`, `failed` or `not checked`.
    pub outcome: &'static str,
    /// A sentence about it.
    pub sentence: String,
}

impl Checked {
    /// What came of a check, with a sentence either way.
    pub fn new(check: &str, said: Result<String, String>) -> Self {
        let (outcome, sentence) = match said {
            Ok(sentence) => (Outcome::Passed, sentence),
            Err(sentence) => (Outcome::Failed, sentence),
        };
        Self { check: check.to_owned(), outcome: outcome.as_str(), sentence }
    }

    /// What was left out, and why.
    pub fn left_out(check: &str, why: &str) -> Self {
        Self { check: check.to_owned(), outcome: Outcome::NotChecked.as_str(), sentence: why.to_owned() }
    }

    /// Whether it does not hold, or is in doubt.
    pub fn has_failed(&self) -> bool {
        self.outcome == Outcome::Failed.as_str()
    }
}

/// What an envelope says by itself.
#[derive(Debug)]
pub struct Offline {
    /// The report of the envelope.
    pub report: Report,
    /// Who signed, if that can be told.
    pub signer: Result<Signer, UnknownSigner>,
    /// Everything that was checked, in order.
    pub checked: Vec<Checked>,
}

impl Offline {
    /// Whether nothing that was to be checked is in doubt.
    pub fn is_good(&self) -> bool {
        self.report.verdict() == Verdict::Good && !self.checked.iter().any(Checked::has_failed)
    }
}

/// Verifies an envelope against those who are trusted, the artifact that it should be about, and the profile that
/// should have signed it.
pub fn offline(
    envelope: &SignedEnvelope,
    trust: &TrustStore,
    artifact: Option<&Artifact>,
    profile: Option<&Arn>,
    now: OffsetDateTime,
) -> Offline {
    let report = verify(envelope, &VerificationParameters { trust, artifact, plugins: &PLUGINS, now });
    let findings = report.findings().iter();
    let mut checked: Vec<Checked> = findings
        .map(|finding| Checked {
            check: finding.check.to_string(),
            outcome: finding.outcome.as_str(),
            sentence: finding.sentence.clone(),
        })
        .collect();
    let signer = Signer::of(envelope, &report);
    checked.push(signer::check(&signer, profile));
    Offline { report, signer, checked }
}
