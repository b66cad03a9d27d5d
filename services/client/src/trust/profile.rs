//! Profiles as verifiers see them: whom to trust, and by which kind of trust store.

use hallmark_api::arn::Arn;
use hallmark_api::profile::{ProfileName, SigningParameters};
use hallmark_pki::Subject;

/// The plugin that profiles name when they say nothing.
const DEFAULT_PLUGIN: &str = "com.amazonaws.signer.notation.plugin";

/// How signatures of a profile are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// By the plugin of this name, which pins the profile by its ARN.
    Plugin(String),
    /// By notation itself, which pins the profile by its certificates' subject, at the signing authority's time.
    SigningAuthority,
    /// The same, at the time of a timestamp.
    Timestamped,
}

/// A profile that is to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// How its signatures are verified.
    pub verification: Verification,
    /// Who it is, as a trust policy says it.
    pub identity: String,
}

/// A profile that no verifier can be told to trust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signing profile {name} has the parameters {parameters:?}, which this version does not know")]
pub struct UnfitProfile {
    name: ProfileName,
    parameters: SigningParameters,
}

impl Verification {
    /// What a profile's parameters say.
    pub fn of(name: &ProfileName, parameters: &SigningParameters) -> Result<Self, UnfitProfile> {
        let value = |key: &str| {
            parameters.iter().find(|(name, _)| name.as_str() == key).map(|(_, value)| value.as_str())
        };
        match (value("verificationPlugin").unwrap_or(DEFAULT_PLUGIN), value("signingScheme")) {
            ("none", None | Some("notary.x509.signingAuthority")) => Ok(Self::SigningAuthority),
            ("none", Some("notary.x509")) => Ok(Self::Timestamped),
            (plugin @ (DEFAULT_PLUGIN | "hallmark"), None | Some("notary.x509.signingAuthority")) => {
                Ok(Self::Plugin(plugin.to_owned()))
            }
            _ => Err(UnfitProfile { name: name.clone(), parameters: parameters.clone() }),
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

    fn parameters(json: &str) -> SigningParameters {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn parameters_say_who_verifies() {
        let name: ProfileName = "app".parse().unwrap();
        let of = |json: &str| Verification::of(&name, &parameters(json));
        assert_eq!(of("{}").unwrap(), Verification::Plugin(DEFAULT_PLUGIN.to_owned()));
        assert_eq!(
            of(r#"{"verificationPlugin":"hallmark"}"#).unwrap(),
            Verification::Plugin("hallmark".into())
        );
        assert_eq!(of(r#"{"verificationPlugin":"none"}"#).unwrap(), Verification::SigningAuthority);
        let timestamped = r#"{"verificationPlugin":"none","signingScheme":"notary.x509","issuer":"profile"}"#;
        assert_eq!(of(timestamped).unwrap(), Verification::Timestamped);
        assert!(of(r#"{"verificationPlugin":"another"}"#).is_err());
        assert!(of(r#"{"signingScheme":"notary.x509"}"#).is_err());
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
        assert_eq!(Verification::Plugin("hallmark".into()).identity(&arn, &name, &issuer), arn.to_string());
        assert_eq!(
            Verification::SigningAuthority.identity(&arn, &name, &issuer),
            r"x509.subject: C=US, ST=WA, O=Wabbit\, Inc., OU=123456789012, CN=app"
        );
    }
}
