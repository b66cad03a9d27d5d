//! `hallmarkctl verify`.

use super::anchor::Anchor;
use super::context::{Context, Service};
use super::exit::{Exit, Failure};
use super::page::Page;
use super::progress::Progress;
use super::source::{self, Source, Sources};
use super::table::{Table, Tone, Word};
use crate::clock;
use crate::error::ClientError;
use crate::verification::{Checked, Offline, offline, on_record};
use clap::Args;
use hallmark_api::arn::Arn;
use hallmark_notary::{Artifact, TrustStore, TrustStoreType};
use serde::Serialize;

/// A signature, or all that an artifact has, verified.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A file that holds an envelope, or DIRECTORY[:TAG|@DIGEST] of an OCI layout.
    target: String,
    /// What an envelope in a file should be about: a digest, or the file that was signed.
    #[arg(long, value_name = "DIGEST|FILE")]
    artifact: Option<String>,
    /// Who should have signed: the ARN of a signing profile, or of one version.
    #[arg(long, value_name = "ARN")]
    profile: Option<Arn>,
    /// Ask the service, too: whether anything is revoked, and whether job, certificate and time are on record.
    #[arg(long)]
    online: bool,
    #[command(flatten)]
    anchor: Anchor,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Answer {
    verified: bool,
    signatures: Vec<Judged>,
}

/// What came of one signature.
#[derive(Debug, Serialize)]
struct Judged {
    signature: String,
    verified: bool,
    checks: Vec<Checked>,
    /// Why the service could not be asked, when nothing else speaks against the signature.
    #[serde(skip)]
    unanswered: Option<ClientError>,
}

impl Verify {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let sources = Sources::find(&self.target)?;
        let trust = everything(&self.anchor.certificate(context).await?)?;
        let service = if self.online { Some(context.service().await?) } else { None };
        let mut signatures = Vec::new();
        let progress = Progress::new("verifying");
        for source in &sources.envelopes {
            let judged = self.judge(source.as_ref(), sources.artifact.as_ref(), &trust, service.as_ref());
            signatures.push(progress.during(judged).await?);
        }
        let verified = signatures.iter().any(|judged| judged.verified);
        let answer = Answer { verified, signatures };
        let verdict = if verified { Ok(()) } else { Err(self.refusal(&answer)) };
        context.output.conclude(&answer, || page(&answer), verdict)
    }

    async fn judge(
        &self,
        source: Result<&Source, &(String, String)>,
        artifact: Option<&Artifact>,
        trust: &TrustStore,
        service: Option<&Service>,
    ) -> Result<Judged, Failure> {
        let Source { name, envelope } = match source {
            Ok(source) => source,
            Err((name, reason)) => {
                let checks = vec![Checked::new("envelope", Err(reason.clone()))];
                return Ok(Judged { signature: name.clone(), verified: false, checks, unanswered: None });
            }
        };
        let given = self.artifact.as_ref().map(|given| source::artifact(given, envelope)).transpose()?;
        let artifact = given.as_ref().or(artifact);
        let offline = offline(envelope, trust, artifact, self.profile.as_ref(), clock::now());
        let is_good = offline.is_good();
        let Offline { report, signer, mut checked } = offline;
        let mut unanswered = None;
        match (service, signer) {
            (Some(service), Ok(signer)) => {
                let found = on_record(service.connection(), envelope, &report, &signer).await;
                checked.extend(found.checked);
                unanswered = found.unanswered.filter(|_| is_good);
            }
            (Some(_), Err(unknown)) => checked.push(Checked::new("record", Err(unknown.to_string()))),
            (None, _) => {
                checked.push(Checked::left_out("revocation", "the service was not asked; add --online"));
            }
        }
        let verified = is_good && !checked.iter().any(Checked::has_failed);
        Ok(Judged { signature: name.clone(), verified, checks: checked, unanswered })
    }

    fn refusal(&self, answer: &Answer) -> Failure {
        if let Some(error) = answer.signatures.iter().find_map(|judged| judged.unanswered.as_ref()) {
            let Failure { exit, sentence, next } = Failure::from(error);
            return Failure { exit, sentence: format!("the service could not be asked: {sentence}"), next };
        }
        let sentence = match answer.signatures.len() {
            0 => format!("{} has no signature", self.target),
            1 => "the signature is not verified".to_owned(),
            count => format!("none of the {count} signatures is verified"),
        };
        let failure = Failure::new(Exit::No, sentence);
        let in_doubt = answer.signatures.iter().flat_map(|judged| &judged.checks);
        let nothing_to_compare =
            in_doubt.clone().any(|check| check.check == "artifact" && check.outcome == "not checked");
        if nothing_to_compare && !in_doubt.clone().any(Checked::has_failed) {
            failure.next("say what it should be about with --artifact")
        } else {
            failure
        }
    }
}

/// A root that is trusted for both schemes, and for timestamps.
fn everything(root: &hallmark_pki::Certificate) -> Result<TrustStore, Failure> {
    let mut trust = TrustStore::default();
    for store_type in TrustStoreType::ALL {
        trust
            .trust(store_type, root.clone())
            .map_err(|error| Failure::new(Exit::Usage, format!("the root cannot be trusted: {error}")))?;
    }
    Ok(trust)
}

fn page(answer: &Answer) -> Page {
    answer.signatures.iter().enumerate().fold(Page::new(), |page, (place, judged)| {
        let page = if place == 0 { page } else { page.line("") };
        let mut heading = Table::facts();
        let verdict = if judged.verified { ("verified", Tone::Good) } else { ("not verified", Tone::Bad) };
        heading.fact(&judged.signature, Word::toned(verdict.0, verdict.1));
        let mut table = Table::new(["CHECK", "OUTCOME", "WHY"]);
        for check in &judged.checks {
            let tone = match check.outcome {
                "passed" => Tone::Good,
                "failed" => Tone::Bad,
                _ => Tone::Notable,
            };
            table.row([(&check.check).into(), Word::toned(check.outcome, tone), (&check.sentence).into()]);
        }
        page.table(heading).table(table)
    })
}
