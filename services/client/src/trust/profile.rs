//! Profiles as verifiers see them: whom to trust, and by which kind of trust store.

use hallmark_api::arn::Arn;
use hallmark_api::profile::{ProfileName, SigningParameters};
use hallmark_api::verification_plugin::VerificationPlugin;
use hallmark_pki::Subject;

/// How signatures of a profile are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// By a plugin, which pins the profile by its ARN.
    Plugin(VerificationPlugin),
    /// By notation itself, which pins the profile by its certificates' subject, at the signing authority's time.
    SigningAuthority,
    /// The same, at the time of a timestamp.
    Timestamped,
}

impl Verification {
    /// What the parameters of a profile of the Notation platform say; nothing that this version knows of when a newer
    /// one has set them.
    pub fn of(parameters: &SigningParameters) -> Option<Self> {
        let value = |key: &str| parameters.get(key).map(String::as_str);
        let plugin = value("verificationPlugin").unwrap_or(VerificationPlugin::AwsSigner.name());
        match (plugin, value("signingScheme")) {
            ("none", None | Some("notary.x509.signingAuthority")) => Some(Self::SigningAuthority),
            ("none", Some("notary.x509")) => Some(Self::Timestamped),
            (plugin, None | Some("notary.x509.signingAuthority")) => {
                VerificationPlugin::named(plugin).map(Self::Plugin)
            }
            _ => None,
        }
    }

    /// The types of the trust stores that must hold the root.
    pub fn store_types(&self) -> &'static [&'static str] {
        match self {
            Self::Plugin(_) | Self::SigningAuthority => &["signingAuthority"],
            Self::Timestamped => &["ca", "tsa"],
        }
    }

    /// The identity of a profile. `issuer` is the subject of the CA that issues its certificates, which hand on what
    /// all subjects of a deployment have in common.
    pub fn identity(&self, profile: &Arn, name: &ProfileName, issuer: &Subject) -> String {
        match self {
            Self::Plugin(_) => profile.to_string(),
            Self::SigningAuthority | Self::Timestamped => {
                let attributes = [
                    ("C", issuer.country.as_str()),
                    ("ST", &issuer.state),
                    ("O", &issuer.organization),
                    ("OU", profile.account.as_str()),
                    ("CN", name.as_str()),
                ];
                let attributes = attributes.map(|(key, value)| format!("{key}={}", escaped(value)));
                format!("x509.subject: {}", attributes.join(", "))
            }
        }
    }
}

/// A value of a distinguished name (RFC 4514 section 2.4).
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (place, character) in value.char_indices() {
        if matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=')
            || place == 0 && matches!(character, ' ' | '#')
        {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_say_who_verifies() {
        let of = |json: &str| Verification::of(&serde_json::from_str(json).unwrap());
        assert_eq!(of("{}").unwrap(), Verification::Plugin(VerificationPlugin::AwsSigner));
        assert_eq!(
            of(r#"{"verificationPlugin":"hallmark"}"#).unwrap(),
            Verification::Plugin(VerificationPlugin::Hallmark)
        );
        assert_eq!(of(r#"{"verificationPlugin":"none"}"#).unwrap(), Verification::SigningAuthority);
        let timestamped = r#"{"verificationPlugin":"none","signingScheme":"notary.x509","issuer":"profile"}"#;
        assert_eq!(of(timestamped).unwrap(), Verification::Timestamped);
        assert!(of(r#"{"verificationPlugin":"another"}"#).is_none());
        assert!(of(r#"{"signingScheme":"notary.x509"}"#).is_none());
    }

    #[test]
    fn identities_pin_the_profile() {
        let arn: Arn = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/app".parse().unwrap();
        let issuer = Subject {
            country: "US".into(),
            state: "WA".into(),
            organization: "Wabbit, Inc.".into(),
            organizational_unit: Some("123456789012".into()),
            common_name: "Issuing CA".into(),
            serial_number: None,
        };
        let name = "app".parse().unwrap();
        let plugin = Verification::Plugin(VerificationPlugin::Hallmark);
        assert_eq!(plugin.identity(&arn, &name, &issuer), arn.to_string());
        assert_eq!(
            Verification::SigningAuthority.identity(&arn, &name, &issuer),
            r"x509.subject: C=US, ST=WA, O=Wabbit\, Inc., OU=123456789012, CN=app"
        );
    }
}
