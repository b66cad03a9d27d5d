//! What a Notation profile decides through the API's free `signingParameters` map.

use hallmark_api::profile::SigningParameters;
use hallmark_api::verification_plugin::VerificationPlugin;
use hallmark_store::profile::Profile;

/// Who vouches for the signing time (Notary Project `signing-scheme.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The service.
    SigningAuthority,
    /// A timestamp authority, by its token.
    Timestamped,
}

/// How many signatures one certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateUse {
    /// All that are made while it lasts.
    Shared,
    /// One; so that its revocation is exactly that signature's.
    PerSignature,
}

/// Which issuing CA certifies the profile's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerChoice {
    /// The account's.
    Account,
    /// One of the profile's own, for verifiers that pin an issuing CA and nothing finer.
    Profile,
}

/// A parameter whose values have names.
trait Named: Copy + Eq + 'static {
    const KEY: &'static str;
    /// Every value, by its name.
    const VALUES: &'static [(&'static str, Self)];

    fn read(text: &str) -> Result<Self, UnfitParameter> {
        let found = Self::VALUES.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value).ok_or_else(|| UnfitParameter::Value {
            key: Self::KEY,
            value: shorten(text),
            allowed: Self::VALUES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
        })
    }
}

impl Named for Option<VerificationPlugin> {
    const KEY: &'static str = "verificationPlugin";
    const VALUES: &'static [(&'static str, Self)] = &[
        (VerificationPlugin::AwsSigner.name(), Some(VerificationPlugin::AwsSigner)),
        (VerificationPlugin::Hallmark.name(), Some(VerificationPlugin::Hallmark)),
        ("none", None),
    ];
}

impl Named for Scheme {
    const KEY: &'static str = "signingScheme";
    const VALUES: &'static [(&'static str, Self)] =
        &[("notary.x509.signingAuthority", Self::SigningAuthority), ("notary.x509", Self::Timestamped)];
}

impl Named for CertificateUse {
    const KEY: &'static str = "certificate";
    const VALUES: &'static [(&'static str, Self)] =
        &[("shared", Self::Shared), ("per-signature", Self::PerSignature)];
}

impl Named for IssuerChoice {
    const KEY: &'static str = "issuer";
    const VALUES: &'static [(&'static str, Self)] = &[("account", Self::Account), ("profile", Self::Profile)];
}

/// The parameters of a profile of the Notation platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotationParameters {
    /// The plugin that its envelopes name, and with it who can verify them; without one plain notation, Kyverno and
    /// Ratify can.
    pub verification_plugin: Option<VerificationPlugin>,
    /// Who vouches for the signing time.
    pub scheme: Scheme,
    /// How many signatures one certificate is for.
    pub certificate: CertificateUse,
    /// Which issuing CA certifies its keys.
    pub issuer: IssuerChoice,
}

/// A parameter that the Notation platform does not have, a value that it cannot take, or values that do not go
/// together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitParameter {
    /// The key is unknown.
    #[error(
        "signingParameters: '{0}' is not a parameter of this platform; verificationPlugin, signingScheme, certificate \
         and issuer are"
    )]
    Key(String),
    /// The value is unknown.
    #[error("signingParameters.{key}: '{value}' is not allowed; these are: {allowed}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// The values that are.
        allowed: String,
    },
    /// A signature that a timestamp authority vouches for is verified without a plugin.
    #[error("signingParameters.signingScheme: notary.x509 needs verificationPlugin none")]
    SchemeNeedsNoPlugin,
    /// Without a plugin nobody is asked about single signatures.
    #[error(
        "signingParameters.certificate: shared needs a verification plugin; without one, verifiers learn of certificates \
         alone that they are revoked, and only per-signature makes the revocation of one signature theirs to see"
    )]
    SharedNeedsPlugin,
}

impl NotationParameters {
    /// Reads the free map; what it does not say takes its default.
    pub fn read(parameters: &SigningParameters) -> Result<Self, UnfitParameter> {
        let known = [Option::<VerificationPlugin>::KEY, Scheme::KEY, CertificateUse::KEY, IssuerChoice::KEY];
        if let Some(key) = parameters.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(UnfitParameter::Key(shorten(key)));
        }
        let verification_plugin = value(parameters)?.unwrap_or(Some(VerificationPlugin::AwsSigner));
        let without_plugin = verification_plugin.is_none();
        let default_use = if without_plugin { CertificateUse::PerSignature } else { CertificateUse::Shared };
        let read = Self {
            verification_plugin,
            scheme: value(parameters)?.unwrap_or(Scheme::SigningAuthority),
            certificate: value(parameters)?.unwrap_or(default_use),
            issuer: value(parameters)?.unwrap_or(IssuerChoice::Account),
        };
        if read.scheme == Scheme::Timestamped && !without_plugin {
            return Err(UnfitParameter::SchemeNeedsNoPlugin);
        }
        if read.certificate == CertificateUse::Shared && without_plugin {
            return Err(UnfitParameter::SharedNeedsPlugin);
        }
        Ok(read)
    }
}

fn value<T: Named>(parameters: &SigningParameters) -> Result<Option<T>, UnfitParameter> {
    parameters.get(T::KEY).map(|text| T::read(text)).transpose()
}

impl TryFrom<&Profile> for NotationParameters {
    type Error = UnfitParameter;

    fn try_from(profile: &Profile) -> Result<Self, UnfitParameter> {
        Self::read(&profile.parameters)
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<NotationParameters, UnfitParameter> {
        NotationParameters::read(&pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    const NONE: (&str, &str) = ("verificationPlugin", "none");

    #[test]
    fn defaults_are_those_of_aws() {
        let read = read(&[]).unwrap();
        assert_eq!(read.verification_plugin, Some(VerificationPlugin::AwsSigner));
        assert_eq!(read.scheme, Scheme::SigningAuthority);
        assert_eq!(read.certificate, CertificateUse::Shared);
        assert_eq!(read.issuer, IssuerChoice::Account);
    }

    #[test]
    fn without_a_plugin_each_signature_has_its_certificate() {
        assert_eq!(read(&[NONE]).unwrap().certificate, CertificateUse::PerSignature);
        let timestamped = read(&[NONE, ("signingScheme", "notary.x509")]).unwrap();
        assert_eq!(timestamped.scheme, Scheme::Timestamped);
        assert_eq!(timestamped.certificate, CertificateUse::PerSignature);
        assert_eq!(read(&[NONE, ("certificate", "shared")]), Err(UnfitParameter::SharedNeedsPlugin));
    }

    #[test]
    fn values_are_chosen_by_name() {
        for (name, plugin) in Option::<VerificationPlugin>::VALUES {
            assert_eq!(read(&[("verificationPlugin", name)]).unwrap().verification_plugin, *plugin);
        }
        for (name, certificate) in CertificateUse::VALUES {
            let chosen = read(&[("verificationPlugin", "hallmark"), ("certificate", name)]).unwrap();
            assert_eq!(chosen.certificate, *certificate);
        }
        for (name, issuer) in IssuerChoice::VALUES {
            assert_eq!(read(&[("issuer", name)]).unwrap().issuer, *issuer);
        }
    }

    #[test]
    fn what_is_unknown_or_does_not_go_together_is_refused() {
        for pairs in [
            &[("verificationPlugin", "")][..],
            &[("verificationPlugin", "None")],
            &[("plugin", "none")],
            &[("signingScheme", "notary.x509")],
            &[("signingScheme", "notary.x509"), ("verificationPlugin", "hallmark")],
            &[NONE, ("signingScheme", "notary.X509")],
            &[("certificate", "per_signature")],
            &[("issuer", "root")],
        ] {
            assert!(read(pairs).is_err(), "{pairs:?}");
        }
    }
}
