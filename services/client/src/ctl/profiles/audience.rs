//! Whom a profile's signatures are for, and who accepts them (docs/verifiers.md).

use crate::ctl::table::{Table, Tone, Word};
use crate::trust::Verification;
use clap::ValueEnum;
use hallmark_api::platform::NOTATION;
use hallmark_api::profile::{SigningParameters, SigningProfile};
use hallmark_api::verification_plugin::VerificationPlugin;

/// Whom a profile's signatures are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Audience {
    /// Verifiers with Hallmark's plugin for notation, which ask the service about each signature.
    Plugin,
    /// Verifiers without any plugin, which ask OCSP and CRLs.
    Plain,
    /// The same, and Kyverno's built-in verifier: with a timestamp, under an issuing CA of the profile's own.
    Kyverno,
    /// Verifiers with AWS Signer's plugin for notation.
    AwsPlugin,
}

/// What a verifier does with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepts(&'static str),
    Refuses(&'static str),
    /// For some time.
    Lapses(&'static str),
}

const NAMES_A_PLUGIN: &str = "the signature names a plugin, which it does not have";
const NAMES_ANOTHER: &str = "the signature names another plugin";
const NO_PLUGINS: &str = "it knows no plugins";
const NO_AUTHORITY: &str = "it knows no trust stores of signing authorities";

/// Every verifier of docs/verifiers.md, and what it does with signatures for `Plugin`, `AwsPlugin`, `Plain` and
/// `Kyverno`.
const VERIFIERS: [(&str, [Verdict; 4]); 9] = {
    use Verdict::{Accepts, Lapses, Refuses};
    [
        (
            "notation with Hallmark's plugin",
            [Accepts("asks the service"), Refuses(NAMES_ANOTHER), Accepts(PLAIN), Accepts(STAMPED)],
        ),
        (
            "notation with AWS Signer's plugin",
            [Refuses(NAMES_ANOTHER), Accepts("asks the service"), Accepts(PLAIN), Accepts(STAMPED)],
        ),
        (
            "notation, no plugin",
            [Refuses(NAMES_A_PLUGIN), Refuses(NAMES_A_PLUGIN), Accepts(PLAIN), Accepts(STAMPED)],
        ),
        (
            "Kyverno's ImageValidatingPolicy",
            [Refuses(NO_PLUGINS), Refuses(NO_PLUGINS), Refuses(NO_AUTHORITY), Accepts(KYVERNO)],
        ),
        (
            "Kyverno's ClusterPolicy",
            [Refuses(NO_PLUGINS), Refuses(NO_PLUGINS), Refuses(NO_AUTHORITY), Lapses(NO_TSA)],
        ),
        (
            "kyverno-notation-aws with Hallmark's plugin",
            [Accepts("asks the service"), Refuses(NAMES_ANOTHER), Accepts(PLAIN), Lapses(NO_TSA)],
        ),
        (
            "kyverno-notation-aws with AWS Signer's plugin",
            [Refuses(NAMES_ANOTHER), Accepts("asks the service"), Accepts(PLAIN), Lapses(NO_TSA)],
        ),
        (
            "Ratify 1",
            [
                Accepts("with Hallmark's plugin"),
                Accepts("with AWS Signer's plugin"),
                Accepts(PLAIN),
                Accepts(STAMPED),
            ],
        ),
        ("Ratify 2", [Refuses(NO_PLUGINS), Refuses(NO_PLUGINS), Accepts(PLAIN), Accepts(STAMPED)]),
    ]
};

const PLAIN: &str = "trust store signingAuthority; asks OCSP and CRLs";
const STAMPED: &str = "trust stores ca and tsa; asks OCSP and CRLs";
const KYVERNO: &str = "trust stores ca and tsa; give it the profile's own issuing CA";
const NO_TSA: &str = "for 72 hours: it has no trust store for timestamps";

impl Audience {
    /// The parameters of a profile for it; none where AWS Signer's own clients expect none.
    pub(crate) fn parameters(self) -> Option<SigningParameters> {
        let pairs: &[(&str, &str)] = match self {
            Self::AwsPlugin => return None,
            Self::Plugin => &[("verificationPlugin", "hallmark")],
            Self::Plain => &[("verificationPlugin", "none")],
            Self::Kyverno => {
                &[("verificationPlugin", "none"), ("signingScheme", "notary.x509"), ("issuer", "profile")]
            }
        };
        Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    /// Whom a profile is for; nobody that this version knows of when its parameters are others.
    pub(crate) fn of(profile: &SigningProfile) -> Option<Self> {
        let notation = profile.platform_id.as_str() == NOTATION.id;
        notation.then(|| Self::of_parameters(&profile.signing_parameters)).flatten()
    }

    fn of_parameters(parameters: &SigningParameters) -> Option<Self> {
        Verification::of(parameters).map(|verification| match verification {
            Verification::Plugin(VerificationPlugin::AwsSigner) => Self::AwsPlugin,
            Verification::Plugin(VerificationPlugin::Hallmark) => Self::Plugin,
            Verification::SigningAuthority => Self::Plain,
            Verification::Timestamped => Self::Kyverno,
        })
    }

    /// As it is typed.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Who accepts its signatures and who does not.
    pub(crate) fn table(self) -> Table {
        let column = match self {
            Self::Plugin => 0,
            Self::AwsPlugin => 1,
            Self::Plain => 2,
            Self::Kyverno => 3,
        };
        let mut table = Table::new(["VERIFIER", "ACCEPTS", "HOW, OR WHY NOT"]);
        for (verifier, verdicts) in VERIFIERS {
            let (word, why) = match verdicts[column] {
                Verdict::Accepts(how) => (Word::toned("yes", Tone::Good), how),
                Verdict::Refuses(why) => (Word::toned("no", Tone::Bad), why),
                Verdict::Lapses(why) => (Word::toned("for a while", Tone::Notable), why),
            };
            table.row([verifier.into(), word, why.into()]);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_lead_back_to_the_audience() {
        for audience in Audience::value_variants() {
            let parameters = audience.parameters().unwrap_or_default();
            assert_eq!(Audience::of_parameters(&parameters), Some(*audience));
        }
        let strange = [("verificationPlugin".to_owned(), "other".to_owned())].into();
        assert_eq!(Audience::of_parameters(&strange), None);
    }

    #[test]
    fn each_audience_has_somebody_who_accepts() {
        for audience in Audience::value_variants() {
            let table = audience.table();
            assert_eq!(table.count(), VERIFIERS.len());
            assert!(table.text(false).contains("  yes  "), "{audience:?}");
        }
        assert!(!Audience::Kyverno.table().text(false).contains("  no  "));
    }
}
