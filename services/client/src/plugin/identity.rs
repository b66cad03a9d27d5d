//! Trusted identities: the profiles and profile versions whose signatures a trust policy accepts.

use super::error::PluginError;
use hallmark_api::arn::{Arn, Resource};

/// How identities begin that notation judges itself; a policy may have some of them for signatures without a plugin.
const OF_NOTATION: &str = "x509.subject:";

/// The identities that a trust policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TrustedIdentities(Vec<Arn>);

impl TrustedIdentities {
    /// Reads the identities of a trust policy's statement.
    pub(super) fn read(identities: &[String]) -> Result<Self, PluginError> {
        let ours = identities.iter().filter(|identity| !identity.starts_with(OF_NOTATION));
        let arns = ours.map(|identity| read(identity)).collect::<Result<Vec<_>, _>>()?;
        if arns.is_empty() {
            return Err(PluginError::validation(
                "the trust policy names no signing profile; add the ARN of one to its trustedIdentities",
            ));
        }
        Ok(Self(arns))
    }

    /// Whether one of them is the profile version that signed, or its profile.
    pub(super) fn include(&self, signed_by: &Arn) -> bool {
        self.0.iter().any(|trusted| trusted == signed_by || is_profile_of(trusted, signed_by))
    }
}

fn read(identity: &str) -> Result<Arn, PluginError> {
    if identity == "*" {
        return Err(PluginError::validation(
            "the trusted identity \"*\" would trust every profile of every account; name the ARNs of the profiles that \
             are trusted",
        ));
    }
    let wrong = |reason: String| PluginError::validation(format!("trustedIdentities: {reason}"));
    let arn: Arn = identity.parse().map_err(|error| wrong(format!("{error}")))?;
    match arn.resource {
        Resource::SigningProfile(_) | Resource::ProfileVersion(..) => Ok(arn),
        Resource::SigningJob(_) => Err(wrong(format!("{arn} is a job; name the profile that is trusted"))),
    }
}

fn is_profile_of(trusted: &Arn, signed_by: &Arn) -> bool {
    match (&trusted.resource, &signed_by.resource) {
        (Resource::SigningProfile(profile), Resource::ProfileVersion(name, _)) => {
            (&trusted.region, &trusted.account, profile) == (&signed_by.region, &signed_by.account, name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release";
    const VERSION: &str = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release/awUPb84ibN";
    const SUBJECT: &str = "x509.subject: C=US, ST=WA, O=Example";

    fn identities(texts: &[&str]) -> Result<TrustedIdentities, PluginError> {
        TrustedIdentities::read(&texts.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_profile_and_its_version_are_trusted() {
        let signed_by = VERSION.parse().unwrap();
        for trusted in [&[PROFILE][..], &[VERSION], &[SUBJECT, PROFILE]] {
            assert!(identities(trusted).unwrap().include(&signed_by), "{trusted:?}");
        }
    }

    #[test]
    fn others_are_not() {
        let signed_by = VERSION.parse().unwrap();
        for (from, to) in [
            ("release", "releas"),
            ("release", "Release"),
            ("release", "release2"),
            ("123456789012", "123456789013"),
            ("us-east-1", "us-east-2"),
        ] {
            for trusted in [PROFILE, VERSION] {
                let other = trusted.replace(from, to);
                assert!(!identities(&[&other]).unwrap().include(&signed_by), "{other}");
            }
        }
        assert!(!identities(&[&VERSION.replace("awU", "bwU")]).unwrap().include(&signed_by));
    }

    #[test]
    fn what_names_no_profile_is_refused() {
        let job = "arn:aws:signer:us-east-1:123456789012:/signing-jobs/0197f7a0-0000-7000-8000-000000000000";
        for wrong in ["*", "", "release", "arn:aws:signer:*:*:/signing-profiles/*", job, "did:example:1"] {
            assert!(identities(&[PROFILE, wrong]).is_err(), "{wrong}");
        }
        assert!(identities(&[]).is_err());
        assert!(identities(&[SUBJECT]).unwrap_err().message().contains("names no signing profile"));
    }
}
