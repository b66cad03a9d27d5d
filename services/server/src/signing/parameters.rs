//! What a Notation profile decides through the API's free `signingParameters` map.

use hallmark_api::profile::SigningParameters;
use hallmark_store::profile::Profile;

/// The plugin that an envelope names, and with it who can verify the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerificationPlugin {
    /// AWS Signer's plugin, which existing scripts use.
    AwsSigner,
    /// Hallmark's own plugin.
    Hallmark,
    /// None: plain notation, Kyverno and Ratify verify.
    Absent,
}

impl VerificationPlugin {
    const ALL: [Self; 3] = [Self::AwsSigner, Self::Hallmark, Self::Absent];

    /// The value of the parameter `verificationPlugin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwsSigner => "com.amazonaws.signer.notation.plugin",
            Self::Hallmark => "hallmark",
            Self::Absent => "none",
        }
    }

    /// The name that goes into the envelope.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Absent => None,
            named => Some(named.as_str()),
        }
    }

    /// The prefix of the attributes that the plugin reads.
    pub const fn attribute_prefix(self) -> Option<&'static str> {
        match self {
            Self::AwsSigner => Some("com.amazonaws.signer"),
            Self::Hallmark => Some("io.hallmark"),
            Self::Absent => None,
        }
    }
}

/// The parameters of a profile of the Notation platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotationParameters {
    /// The plugin that its envelopes name.
    pub verification_plugin: VerificationPlugin,
}

/// A parameter that the Notation platform does not have, or a value that it cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownParameter {
    /// The key is unknown.
    #[error("signingParameters: '{0}' is not a parameter of this platform; verificationPlugin is")]
    Key(String),
    /// The value is unknown.
    #[error(
        "signingParameters.verificationPlugin: '{0}' is not allowed; \
         com.amazonaws.signer.notation.plugin, hallmark and none are"
    )]
    VerificationPlugin(String),
}

impl NotationParameters {
    /// Reads the free map; what it does not say takes its default.
    pub fn read(parameters: &SigningParameters) -> Result<Self, UnknownParameter> {
        let mut verification_plugin = VerificationPlugin::AwsSigner;
        for (key, value) in parameters {
            match key.as_str() {
                "verificationPlugin" => {
                    verification_plugin = VerificationPlugin::ALL
                        .into_iter()
                        .find(|plugin| plugin.as_str() == value)
                        .ok_or_else(|| UnknownParameter::VerificationPlugin(shorten(value)))?;
                }
                _ => return Err(UnknownParameter::Key(shorten(key))),
            }
        }
        Ok(Self { verification_plugin })
    }
}

impl TryFrom<&Profile> for NotationParameters {
    type Error = UnknownParameter;

    fn try_from(profile: &Profile) -> Result<Self, UnknownParameter> {
        Self::read(&profile.parameters)
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<NotationParameters, UnknownParameter> {
        NotationParameters::read(&pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn the_plugin_is_chosen_by_name() {
        assert_eq!(read(&[]).unwrap().verification_plugin, VerificationPlugin::AwsSigner);
        for known in VerificationPlugin::ALL {
            let chosen = read(&[("verificationPlugin", known.as_str())]).unwrap();
            assert_eq!(chosen.verification_plugin, known);
        }
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for pairs in [&[("verificationPlugin", "")], &[("verificationPlugin", "None")], &[("plugin", "none")]]
        {
            assert!(read(pairs).is_err(), "{pairs:?}");
        }
    }
}
