//! Who signed: the profile that an envelope names, and the one that its certificate is for. They must be the same.

use super::Checked;
use crate::certified::CertifiedProfile;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::verification_plugin::VerificationPlugin;
use hallmark_notary::{AttributeValue, Report, SignedEnvelope};

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The profile version that the certificate is for.
    pub certified: CertifiedProfile,
    /// The ARNs that the envelope names: the profile version's and the job's. Envelopes without a plugin name none.
    pub named: Option<(Arn, Arn)>,
}

/// Why it cannot be told who signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSigner {
    /// The certificate is for something else.
    #[error("the certificate's subject \"{subject}\" is no signing profile of a Hallmark service")]
    NoProfile {
        /// The subject.
        subject: String,
    },
    /// The certificates are no chain.
    #[error("nothing is known of the signer")]
    Unsound,
    /// The envelope names something that is no profile version or no job.
    #[error("the signed attribute {key:?} is {text:?}, which names no {wanted}")]
    Attribute {
        /// Its name.
        key: String,
        /// Its value.
        text: String,
        /// What it should name.
        wanted: &'static str,
    },
    /// The envelope names another profile than its certificate.
    #[error("the envelope names {named}, but its certificate is for {certified}")]
    Disagree {
        /// What the envelope names.
        named: Box<Arn>,
        /// What the certificate is for.
        certified: String,
    },
}

impl Signer {
    /// Who signed an envelope whose signature holds.
    pub fn of(envelope: &SignedEnvelope, report: &Report) -> Result<Self, UnknownSigner> {
        let leaf = report.path().ok_or(UnknownSigner::Unsound)?.leaf();
        let certified = CertifiedProfile::of(leaf)
            .ok_or_else(|| UnknownSigner::NoProfile { subject: leaf.subject_text().to_owned() })?;
        match named(envelope)? {
            Some((version, job)) if !certified.is_named_by(&version) || job.account != certified.account => {
                let named = Box::new(version);
                Err(UnknownSigner::Disagree { named, certified: certified.to_string() })
            }
            named => Ok(Self { certified, named }),
        }
    }

    /// Whether an ARN names whoever signed. Its region matters where the envelope names one.
    fn is_named_by(&self, arn: &Arn) -> bool {
        let here = self.named.as_ref().is_none_or(|(version, _)| version.region == arn.region);
        here && self.certified.is_named_by(arn)
    }
}

/// The ARNs that an envelope with a plugin names.
fn named(envelope: &SignedEnvelope) -> Result<Option<(Arn, Arn)>, UnknownSigner> {
    let header = envelope.header();
    let plugin = header.verification_plugin().and_then(|plugin| VerificationPlugin::named(&plugin.name));
    let attribute = |key: &str| header.attributes().iter().find(|attribute| attribute.key == key);
    let Some([Some(version), Some(job)]) = plugin.map(|plugin| plugin.attributes().map(attribute)) else {
        return Ok(None);
    };
    let read = |key: &str, value: &AttributeValue, wanted, fits: fn(&Resource) -> bool| {
        let AttributeValue::Text(text) = value else {
            return Err(UnknownSigner::Attribute { key: key.to_owned(), text: String::new(), wanted });
        };
        let arn = text.parse::<Arn>().ok().filter(|arn| fits(&arn.resource));
        arn.ok_or_else(|| UnknownSigner::Attribute { key: key.to_owned(), text: text.clone(), wanted })
    };
    let version = read(&version.key, &version.value, "profile version", |resource| {
        matches!(resource, Resource::ProfileVersion(..))
    })?;
    let job =
        read(&job.key, &job.value, "signing job", |resource| matches!(resource, Resource::SigningJob(_)))?;
    Ok(Some((version, job)))
}

/// Whether whoever should have signed did.
pub(super) fn check(signer: &Result<Signer, UnknownSigner>, profile: Option<&Arn>) -> Checked {
    const CHECK: &str = "signer";
    let signer = match signer {
        Ok(signer) => signer,
        Err(unknown) => return Checked::new(CHECK, Err(unknown.to_string())),
    };
    let certified = &signer.certified;
    match profile {
        Some(arn) if signer.is_named_by(arn) => Checked::new(CHECK, Ok(format!("{certified}, as asked for"))),
        Some(arn) => Checked::new(CHECK, Err(format!("{certified}, not {arn}"))),
        None => Checked::left_out(CHECK, &format!("{certified}; name whom you expect with --profile")),
    }
}
