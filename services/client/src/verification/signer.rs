//! Who signed: the profile that an envelope names, and the one that its certificate is for. They must be the same.

use super::Checked;
use hallmark_api::account::AccountId;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_api::verification_plugin::VerificationPlugin;
use hallmark_notary::{AttributeValue, Report, SignedEnvelope};
use std::fmt;

/// The profile that signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The account that owns it.
    pub account: AccountId,
    /// Its name.
    pub profile: ProfileName,
    /// Its version.
    pub version: ProfileVersion,
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

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, profile, version, .. } = self;
        write!(f, "the profile {profile}, version {version}, of the account {account}")
    }
}

impl Signer {
    /// Who signed an envelope whose signature holds.
    pub fn of(envelope: &SignedEnvelope, report: &Report) -> Result<Self, UnknownSigner> {
        let leaf = report.path().ok_or(UnknownSigner::Unsound)?.leaf();
        let no_profile = || UnknownSigner::NoProfile { subject: leaf.subject_text().to_owned() };
        let subject = leaf.subject().map_err(|_| no_profile())?;
        let (Some(account), Some(version)) = (&subject.organizational_unit, &subject.serial_number) else {
            return Err(no_profile());
        };
        let signer = Self {
            account: account.parse().map_err(|_| no_profile())?,
            profile: subject.common_name.parse().map_err(|_| no_profile())?,
            version: version.parse().map_err(|_| no_profile())?,
            named: named(envelope)?,
        };
        match &signer.named {
            Some((version, job)) if !signer.is_named_by(version) || job.account != signer.account => {
                let named = Box::new(version.clone());
                Err(UnknownSigner::Disagree { named, certified: signer.to_string() })
            }
            _ => Ok(signer),
        }
    }

    /// Whether an ARN names this profile, or this version of it.
    pub fn is_named_by(&self, arn: &Arn) -> bool {
        let same = match &arn.resource {
            Resource::SigningProfile(name) => *name == self.profile,
            Resource::ProfileVersion(name, version) => *name == self.profile && *version == self.version,
            Resource::SigningJob(_) => false,
        };
        same && arn.account == self.account
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
    match profile {
        Some(arn) if signer.is_named_by(arn) => Checked::new(CHECK, Ok(format!("{signer}, as asked for"))),
        Some(arn) => Checked::new(CHECK, Err(format!("{signer}, not {arn}"))),
        None => Checked::left_out(CHECK, &format!("{signer}; name whom you expect with --profile")),
    }
}
