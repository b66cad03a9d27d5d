//! Signing profiles as the certificates of a deployment name them.

use hallmark_api::account::AccountId;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_pki::Certificate;
use std::fmt;

/// The profile version that a leaf is for: its subject has the account (OU), the profile (CN) and the version
/// (serialNumber).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedProfile {
    /// The account that owns the profile.
    pub account: AccountId,
    /// Its name.
    pub profile: ProfileName,
    /// Its version.
    pub version: ProfileVersion,
}

impl CertifiedProfile {
    /// Whom a certificate is for; nobody when it is for something else.
    pub fn of(leaf: &Certificate) -> Option<Self> {
        let subject = leaf.subject().ok()?;
        Some(Self {
            account: subject.organizational_unit?.parse().ok()?,
            profile: subject.common_name.parse().ok()?,
            version: subject.serial_number?.parse().ok()?,
        })
    }

    /// Whether an ARN names this profile, or this version of it. Certificates say nothing of regions.
    pub fn is_named_by(&self, arn: &Arn) -> bool {
        let same = match &arn.resource {
            Resource::SigningProfile(name) => *name == self.profile,
            Resource::ProfileVersion(name, version) => *name == self.profile && *version == self.version,
            Resource::SigningJob(_) => false,
        };
        same && arn.account == self.account
    }
}

impl fmt::Display for CertifiedProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, profile, version } = self;
        write!(f, "the profile {profile}, version {version}, of the account {account}")
    }
}
