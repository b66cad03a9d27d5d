//! Verification: what can be said of an envelope from its octets, the certificates that are trusted, and the time.
//!
//! The steps are those of the Notary Project (`trust-store-trust-policy.md`, signature evaluation) at its level strict,
//! but for trusted identities and revocation, which are asked elsewhere. Where its verifiers pass over what could mean
//! something else, nothing is passed over here: what is in doubt has failed.

use crate::report::{Check, Finding, Outcome, Report};
use crate::{AttributeValue, Payload, SignedEnvelope, SigningTime, TrustStore, TrustStoreType};
use hallmark_pki::{CertificationPath, Imprint, PkiError, TimestampInfo, TimestampToken, TimestampTrust};
use semver::Version;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// How far ahead a signer's clock may be.
const CLOCK_SKEW: Duration = Duration::minutes(5);

/// What an envelope is verified against.
#[derive(Debug, Clone, Copy)]
pub struct VerificationParameters<'a> {
    /// Who is trusted.
    pub trust: &'a TrustStore,
    /// What the signature should be about. Without it the report stays incomplete.
    pub artifact: Option<&'a Artifact>,
    /// The verification plugins whose part the caller takes.
    pub plugins: &'a [KnownPlugin<'a>],
    /// The time of the verification.
    pub now: OffsetDateTime,
}

/// An artifact, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its digest, `algorithm:hex`. That of a blob is by the hash of the signature
    /// ([`hallmark_pki::SigningAlgorithm::digest`]).
    pub digest: String,
    /// Its media type; a manifest's must be that of its descriptor.
    pub media_type: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
}

/// A verification plugin whose part the caller takes: what its attributes say is for the caller to check.
#[derive(Debug, Clone, Copy)]
pub struct KnownPlugin<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version, if some envelopes may ask for a later one.
    pub version: Option<&'a Version>,
    /// The attributes that it reads. All of them must be there, as critical texts, and no others.
    pub attributes: &'a [&'a str],
}

/// What came of a check, with the sentence about it.
type Said = Result<String, String>;

/// Verifies an envelope and reports on each check. A report is about the signature alone: that none of its
/// certificates is revoked, and nothing else that the caller knows of, is for the caller to ask.
pub fn verify(envelope: &SignedEnvelope, parameters: &VerificationParameters<'_>) -> Report {
    let (path, payload) = match check_integrity(envelope) {
        Ok(sound) => sound,
        Err(sentence) => return unsound(&sentence),
    };
    let authenticity = check_authenticity(envelope, &path, parameters.trust);
    let (signing_time, timestamp) = check_signing_time(envelope, &path, parameters);
    let findings = vec![
        finding(
            Check::Integrity,
            Ok(format!(
                "signed with {} by \"{}\"",
                envelope.header().algorithm(),
                path.leaf().subject_text()
            )),
        ),
        finding(Check::VerificationPlugin, check_plugin(envelope, parameters.plugins)),
        finding(Check::Authenticity, authenticity),
        finding(Check::SigningTime, signing_time),
        finding(Check::Expiry, check_expiry(envelope, parameters.now)),
        check_artifact(&payload, parameters.artifact),
    ];
    Report { findings, path: Some(path), payload: Some(payload), timestamp }
}

/// The report on an envelope whose signature says nothing.
fn unsound(sentence: &str) -> Report {
    let findings = Check::ALL.map(|check| match check {
        Check::Integrity => finding(check, Err(sentence.to_owned())),
        _ => not_checked(check, "nothing that the signature is about means anything"),
    });
    Report { findings: findings.to_vec(), path: None, payload: None, timestamp: None }
}

/// The signature first: it costs the least, and without it the rest is anybody's.
fn check_integrity(envelope: &SignedEnvelope) -> Result<(CertificationPath, Payload), String> {
    let (input, certificates) = (envelope.signing_input(), envelope.certificates());
    let key = certificates.first().ok_or_else(|| PkiError::ChainEmpty.to_string())?.public_key();
    key.verify_signed(input.header().algorithm(), input.bytes(), envelope.signature())
        .map_err(|error| error.to_string())?;
    let path = CertificationPath::new(certificates.to_vec()).map_err(|error| error.to_string())?;
    let payload = Payload::read(envelope.payload()).map_err(|error| error.to_string())?;
    Ok((path, payload))
}

fn check_plugin(envelope: &SignedEnvelope, known: &[KnownPlugin<'_>]) -> Said {
    let attributes = envelope.header().attributes();
    let Some(wanted) = envelope.header().verification_plugin() else {
        return match attributes.iter().find(|attribute| attribute.critical) {
            Some(unknown) => Err(format!("the critical attribute {:?} is not understood", unknown.key)),
            None => Ok("the signature asks for no plugin".to_owned()),
        };
    };
    let name = &wanted.name;
    let plugin = known.iter().find(|plugin| plugin.name == name);
    let plugin =
        plugin.ok_or_else(|| format!("the signature asks for the plugin {name:?}, which is not at hand"))?;
    if let Some(least) = &wanted.min_version
        && plugin.version.is_none_or(|version| version.cmp_precedence(least).is_lt())
    {
        return Err(format!("the signature asks for the plugin {name:?} of version {least} or later"));
    }
    if let Some(other) =
        attributes.iter().find(|attribute| !plugin.attributes.contains(&attribute.key.as_str()))
    {
        return Err(format!("the plugin {name:?} does not know the attribute {:?}", other.key));
    }
    for key in plugin.attributes {
        let found = attributes.iter().find(|attribute| attribute.key == *key);
        let fits =
            found.is_some_and(|found| found.critical && matches!(found.value, AttributeValue::Text(_)));
        if !fits {
            return Err(format!("the plugin {name:?} needs the attribute {key:?}, as a critical text"));
        }
    }
    Ok(format!("the signature asks for the plugin {name:?}, whose part is taken"))
}

fn check_authenticity(envelope: &SignedEnvelope, path: &CertificationPath, trust: &TrustStore) -> Said {
    let store_type = match envelope.header().signing_time() {
        SigningTime::Stated(_) => TrustStoreType::Ca,
        SigningTime::Authentic(_) => TrustStoreType::SigningAuthority,
    };
    let anchors = trust.anchors(store_type);
    if anchors.is_empty() {
        let scheme = envelope.header().signing_time().scheme();
        return Err(format!(
            "nobody is trusted for the scheme {scheme}: no anchor of type {store_type} was given"
        ));
    }
    let anchor = path.anchor(anchors).map_err(|error| format!("{error} of type {store_type}"))?;
    Ok(format!("\"{}\" is trusted as {store_type}", anchor.subject_text()))
}

/// When the certificates must have been valid: when somebody vouches that it was signed, or else now.
fn check_signing_time(
    envelope: &SignedEnvelope,
    path: &CertificationPath,
    parameters: &VerificationParameters<'_>,
) -> (Said, Option<TimestampInfo>) {
    let VerificationParameters { trust, now, .. } = *parameters;
    let time = envelope.header().signing_time().time();
    if time > now.saturating_add(CLOCK_SKEW) {
        return (Err(format!("it was signed at {}, which has not come yet", written(time))), None);
    }
    let valid = |from, until| path.valid_throughout(from, until).map_err(|error| error.to_string());
    if let SigningTime::Authentic(time) = envelope.header().signing_time() {
        let at = written(time);
        let said = valid(time, time).map(|()| format!("signed at {at}, by the signing authority's word"));
        return (said, None);
    }
    let authorities = trust.anchors(TrustStoreType::Tsa);
    match envelope.timestamp_token() {
        Some(token) if !authorities.is_empty() => match read_token(envelope, token, trust) {
            Err(error) => (Err(error.to_string()), None),
            Ok(info) => {
                let (earliest, latest) = info.interval();
                let at = written(info.time());
                let said = if earliest > now.saturating_add(CLOCK_SKEW) {
                    Err(format!("it was stamped at {at}, which has not come yet"))
                } else {
                    valid(earliest, latest).map(|()| format!("signed by {at}, as a timestamp authority says"))
                };
                (said, Some(info))
            }
        },
        token => {
            let why = token.map_or("it bears no timestamp", |_| "no timestamp authority is trusted");
            let said = valid(now, now);
            let said = said.map(|()| format!("every certificate is valid now, which is what counts: {why}"));
            (said.map_err(|error| format!("{error}; {why}")), None)
        }
    }
}

/// What a token about the signature says, by a trusted authority's word (RFC 3161).
fn read_token(
    envelope: &SignedEnvelope,
    token: &[u8],
    trust: &TrustStore,
) -> Result<TimestampInfo, PkiError> {
    let token = TimestampToken::from_der(token)?;
    let imprint = Imprint::of(envelope.header().algorithm().digest(), envelope.signature())?;
    let trust = TimestampTrust { anchors: trust.anchors(TrustStoreType::Tsa), others: &[] };
    let authority = token.verify(&imprint, None, &trust)?;
    // Keys of other sizes, which verifiers of the Notary Project take from nobody.
    authority.public_key().signing_algorithm()?;
    Ok(token.info().clone())
}

fn check_expiry(envelope: &SignedEnvelope, now: OffsetDateTime) -> Said {
    match envelope.header().expiry() {
        Some(expiry) if now >= expiry => Err(format!("it expired at {}", written(expiry))),
        Some(expiry) => Ok(format!("it expires at {}", written(expiry))),
        None => Ok("it never expires".to_owned()),
    }
}

fn check_artifact(payload: &Payload, artifact: Option<&Artifact>) -> Finding {
    let digest = payload.artifact_digest();
    let Some(artifact) = artifact else {
        let sentence = format!("it is about {digest}; no artifact was given to compare with");
        return not_checked(Check::Artifact, &sentence);
    };
    let said = if artifact.digest != digest {
        Err(format!("it is about {digest}, not about {}", artifact.digest))
    } else if artifact.media_type.as_ref().is_some_and(|own| own != payload.media_type()) {
        Err(format!("it is about {digest} as {:?}, not as what it is", payload.media_type()))
    } else if artifact.size.is_some_and(|own| own != payload.size()) {
        Err(format!("it is about {digest} of {} bytes, not of as many as it has", payload.size()))
    } else {
        Ok(format!("it is about {digest}"))
    };
    finding(Check::Artifact, said)
}

fn finding(check: Check, said: Said) -> Finding {
    let (outcome, sentence) = match said {
        Ok(sentence) => (Outcome::Passed, sentence),
        Err(sentence) => (Outcome::Failed, sentence),
    };
    Finding { check, outcome, sentence }
}

fn not_checked(check: Check, sentence: &str) -> Finding {
    Finding { check, outcome: Outcome::NotChecked, sentence: sentence.to_owned() }
}

/// A time as RFC 3339 has it.
fn written(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}
