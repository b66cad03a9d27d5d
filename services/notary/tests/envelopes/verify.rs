//! Verification: each check passes what is in order, and fails alone for what is not.

use crate::signed_header::{EXPIRY_NAME, JWS_HEADER, TAIL};
use crate::signer::{EXPIRY, NOW, Signer, attribute, days};
use crate::stamper::{Stamper, unstamped};
use hallmark_notary::{
    Artifact, Check, DraftParameters, EnvelopeType, KnownPlugin, Outcome, Report, SignedEnvelope,
    SigningScheme, Timestamp, TrustStore, TrustStoreType, Verdict, VerificationParameters, verify,
};
use time::{Duration, OffsetDateTime};

/// The plugin of [`rich`](crate::signed_envelope) envelopes.
const PLUGIN: KnownPlugin<'static> =
    KnownPlugin { name: "example", version: None, attributes: &["com.example.profile"] };

/// A store that trusts a signer's root for both schemes, and a stamper's.
pub(crate) fn trusting(signer: &Signer, stamper: Option<&Stamper>) -> TrustStore {
    let mut trust = TrustStore::default();
    trust.trust(TrustStoreType::Ca, signer.chain.root().clone()).unwrap();
    trust.trust(TrustStoreType::SigningAuthority, signer.chain.root().clone()).unwrap();
    if let Some(stamper) = stamper {
        trust.trust(TrustStoreType::Tsa, stamper.root.clone()).unwrap();
    }
    trust
}

fn artifact() -> Artifact {
    Artifact {
        digest: "sha256:73c803930ea3ba1e54bc25c2bdc53edd0284c62ed651fe7b00369da519a3c333".to_owned(),
        media_type: Some("application/vnd.oci.image.manifest.v1+json".to_owned()),
        size: Some(16724),
    }
}

fn judged_at(envelope: &SignedEnvelope, trust: &TrustStore, now: OffsetDateTime) -> Report {
    let artifact = artifact();
    let parameters = VerificationParameters { trust, artifact: Some(&artifact), plugins: &[PLUGIN], now };
    verify(envelope, &parameters)
}

pub(crate) fn judged(envelope: &SignedEnvelope, trust: &TrustStore) -> Report {
    judged_at(envelope, trust, NOW)
}

fn read(signer: &Signer, parameters: &DraftParameters<'_>) -> SignedEnvelope {
    let envelope = signer.envelope(EnvelopeType::Jws, parameters);
    SignedEnvelope::parse(envelope.bytes(), EnvelopeType::Jws).unwrap()
}

/// That one check has failed and no other, and what was said.
fn failed_alone(report: &Report, check: Check) -> String {
    for finding in report.findings() {
        let expected = if finding.check == check { Outcome::Failed } else { Outcome::Passed };
        assert_eq!(finding.outcome, expected, "{report}");
    }
    assert_eq!(report.verdict(), Verdict::Bad);
    report.findings().iter().find(|finding| finding.check == check).unwrap().sentence.clone()
}

#[test]
fn envelopes_in_order_are_good() {
    let (signer, stamper) = (Signer::new(), Stamper::new());
    let trust = trusting(&signer, Some(&stamper));
    for envelope_type in EnvelopeType::ALL {
        for scheme in [SigningScheme::X509SigningAuthority, SigningScheme::X509(Timestamp::Absent)] {
            let parameters = DraftParameters { scheme, expiry: Some(EXPIRY), ..signer.parameters() };
            let written = signer.envelope(envelope_type, &parameters);
            let read = SignedEnvelope::parse(written.bytes(), envelope_type).unwrap();
            let report = judged(&read, &trust);
            assert_eq!(report.verdict(), Verdict::Good, "{report}");
            let checks: Vec<Check> = report.findings().iter().map(|finding| finding.check).collect();
            assert_eq!(checks, Check::ALL);
            assert_eq!(report.payload(), Some(&signer.payload));
            assert_eq!(report.path().unwrap().certificate_hashes(), signer.chain.certificate_hashes());
            assert_eq!(report.timestamp(), None);
        }
        let written = stamper.envelope(&signer, envelope_type, NOW + Duration::SECOND);
        let read = SignedEnvelope::parse(written.bytes(), envelope_type).unwrap();
        let report = judged(&read, &trust);
        assert_eq!(report.verdict(), Verdict::Good, "{report}");
        assert_eq!(report.timestamp().unwrap().time(), NOW + Duration::SECOND);
    }
}

#[test]
fn without_an_artifact_nothing_is_good() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    let read = read(&signer, &signer.parameters());
    let parameters = VerificationParameters { trust: &trust, artifact: None, plugins: &[], now: NOW };
    let report = verify(&read, &parameters);
    assert_eq!(report.verdict(), Verdict::Incomplete, "{report}");
    assert_eq!(report.outcome(Check::Artifact), Outcome::NotChecked);
    assert!(report.to_string().contains("sha256:73c803930ea3ba1e54bc25c2bdc53edd"), "{report}");
}

#[test]
fn another_signature_says_nothing() {
    let (signer, other) = (Signer::new(), Signer::new());
    let trust = trusting(&signer, None);
    // The other's signature, under the certificates of one who is trusted.
    let parameters = DraftParameters { chain: &signer.encoded, ..other.parameters() };
    let report = judged(&read(&other, &parameters), &trust);
    assert_eq!(report.outcome(Check::Integrity), Outcome::Failed);
    for check in &Check::ALL[1..] {
        assert_eq!(report.outcome(*check), Outcome::NotChecked, "{report}");
    }
    assert_eq!(report.verdict(), Verdict::Bad);
    assert!(report.payload().is_none() && report.path().is_none());
}

#[test]
fn anchors_count_for_their_scheme_alone() {
    let (signer, other) = (Signer::new(), Signer::new());
    let authority = read(&signer, &signer.parameters());
    let scheme = SigningScheme::X509(Timestamp::Absent);
    let stated = read(&signer, &DraftParameters { scheme, ..signer.parameters() });
    for (store_type, right, wrong) in
        [(TrustStoreType::SigningAuthority, &authority, &stated), (TrustStoreType::Ca, &stated, &authority)]
    {
        let mut trust = TrustStore::default();
        trust.trust(store_type, signer.chain.root().clone()).unwrap();
        assert_eq!(judged(right, &trust).verdict(), Verdict::Good);
        let said = failed_alone(&judged(wrong, &trust), Check::Authenticity);
        assert!(said.starts_with("nobody is trusted for the scheme"), "{said}");

        let mut strangers = TrustStore::default();
        strangers.trust(store_type, other.chain.root().clone()).unwrap();
        let said = failed_alone(&judged(right, &strangers), Check::Authenticity);
        assert!(said.ends_with(&format!("is a trust anchor of type {store_type}")), "{said}");
    }
    let said = failed_alone(&judged(&authority, &TrustStore::default()), Check::Authenticity);
    assert!(said.starts_with("nobody is trusted"), "{said}");
}

#[test]
fn leaves_are_no_anchors() {
    let signer = Signer::new();
    let stamper = Stamper::new();
    let mut trust = TrustStore::default();
    let [leaf, issuer, root] = [0, 1, 2].map(|place| signer.chain.certificates().nth(place).unwrap().clone());
    for store_type in [TrustStoreType::Ca, TrustStoreType::SigningAuthority] {
        trust.trust(store_type, leaf.clone()).unwrap_err();
        trust.trust(store_type, issuer.clone()).unwrap();
    }
    trust.trust(TrustStoreType::Tsa, leaf).unwrap_err();
    trust.trust(TrustStoreType::Tsa, issuer).unwrap_err();
    trust.trust(TrustStoreType::Tsa, root).unwrap();
    trust.trust(TrustStoreType::Tsa, stamper.root).unwrap();
    assert_eq!(trust.anchors(TrustStoreType::Tsa).len(), 2);
    assert_eq!(judged(&read(&signer, &signer.parameters()), &trust).verdict(), Verdict::Good);
    for store_type in TrustStoreType::ALL {
        assert_eq!(store_type.as_str().parse(), Ok(store_type));
    }
    assert!("CA".parse::<TrustStoreType>().is_err());
}

#[test]
fn an_authentic_time_is_what_certificates_are_compared_with() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    let envelope = read(&signer, &signer.parameters());
    let later = NOW + Duration::days(3000);
    assert_eq!(judged_at(&envelope, &trust, later).verdict(), Verdict::Good);
    let before = judged_at(&envelope, &trust, NOW - Duration::minutes(5));
    assert_eq!(before.verdict(), Verdict::Good);
    let long_before = judged_at(&envelope, &trust, NOW - Duration::seconds(301));
    let said = failed_alone(&long_before, Check::SigningTime);
    assert!(said.ends_with("has not come yet"), "{said}");
    // No writer here signs outside the validity of its certificates.
    for (validity, reason) in [
        (days(20, -1), "expired at"),
        (days(-1, 20), "is not valid before"),
        (days(20, 0), ""),
        (days(0, 20), ""),
    ] {
        let other = Signer::valid(validity);
        let report = judged(&other.sealed(JWS_HEADER), &trusting(&other, None));
        if reason.is_empty() {
            assert_eq!(report.verdict(), Verdict::Good, "{report}");
        } else {
            let said = failed_alone(&report, Check::SigningTime);
            assert!(said.contains(reason), "{said}");
        }
    }
}

#[test]
fn a_stated_time_counts_for_nothing() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    let scheme = SigningScheme::X509(Timestamp::Absent);
    let envelope = read(&signer, &DraftParameters { scheme, ..signer.parameters() });
    let leaf = signer.chain.leaf().validity();
    assert_eq!(judged_at(&envelope, &trust, leaf.not_after()).verdict(), Verdict::Good);
    let late = judged_at(&envelope, &trust, leaf.not_after() + Duration::SECOND);
    let said = failed_alone(&late, Check::SigningTime);
    assert!(said.contains("expired at") && said.ends_with("it bears no timestamp"), "{said}");
    let early = judged_at(&envelope, &trust, NOW - Duration::minutes(6));
    assert!(failed_alone(&early, Check::SigningTime).ends_with("has not come yet"));
}

#[test]
fn a_trusted_timestamp_outlives_the_certificates() {
    let (signer, stamper) = (Signer::new(), Stamper::new());
    let envelope = stamper.envelope(&signer, EnvelopeType::Cose, NOW);
    let envelope = SignedEnvelope::parse(envelope.bytes(), EnvelopeType::Cose).unwrap();
    let later = NOW + Duration::days(3000);
    let report = judged_at(&envelope, &trusting(&signer, Some(&stamper)), later);
    assert_eq!(report.verdict(), Verdict::Good, "{report}");
    let untrusted = judged_at(&envelope, &trusting(&signer, None), later);
    let said = failed_alone(&untrusted, Check::SigningTime);
    assert!(said.ends_with("no timestamp authority is trusted"), "{said}");
    let valid = judged_at(&envelope, &trusting(&signer, None), NOW);
    assert_eq!(valid.verdict(), Verdict::Good, "{valid}");
    assert_eq!(valid.timestamp(), None);
    let early = judged_at(&envelope, &trusting(&signer, Some(&stamper)), NOW - Duration::minutes(6));
    assert!(failed_alone(&early, Check::SigningTime).ends_with("has not come yet"));
}

/// A token that cannot be relied on fails the check, although every certificate is valid now.
#[test]
fn a_timestamp_must_hold_once_it_is_there() {
    let (signer, stamper, stranger) = (Signer::new(), Stamper::new(), Stamper::new());
    let trust = trusting(&signer, Some(&stamper));
    let leaf = signer.chain.leaf().validity();
    let judged_with = |stamper: &Stamper, time| {
        let envelope = stamper.envelope(&signer, EnvelopeType::Jws, time);
        let envelope = SignedEnvelope::parse(envelope.bytes(), EnvelopeType::Jws).unwrap();
        judged_at(&envelope, &trust, NOW)
    };
    for (time, holds) in
        [(leaf.not_before() + Duration::seconds(2), true), (leaf.not_before() + Duration::seconds(1), false)]
    {
        let report = judged_with(&stamper, time);
        assert_eq!(report.verdict() == Verdict::Good, holds, "{report}");
    }
    let said = failed_alone(&judged_with(&stranger, NOW), Check::SigningTime);
    assert!(said.starts_with("no trust anchor stands above"), "{said}");
    let ahead = judged_with(&stamper, NOW + Duration::minutes(6));
    assert!(failed_alone(&ahead, Check::SigningTime).ends_with("has not come yet"));

    // A token about another signature, which no writer here would put in.
    let token = stamper.token(b"another signature", NOW);
    let whole = unstamped(&signer, EnvelopeType::Jws);
    let own = stamper.token(whole.signature(), NOW);
    let text = String::from_utf8(whole.stamp(&own).unwrap().into_bytes()).unwrap();
    let base64 = |token: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, token);
    for (token, reason) in [
        (token.as_slice(), "the timestamp token is about something else"),
        (&[0x30, 0], "the timestamp token cannot be read"),
        (&[], "the timestamp token cannot be read"),
    ] {
        let text = text.replace(&base64(&own), &base64(token));
        let envelope = SignedEnvelope::parse(text.as_bytes(), EnvelopeType::Jws).unwrap();
        let said = failed_alone(&judged(&envelope, &trust), Check::SigningTime);
        assert!(said.contains(reason), "{said}, not {reason}");
    }
}

#[test]
fn signatures_expire() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    let envelope = read(&signer, &DraftParameters { expiry: Some(EXPIRY), ..signer.parameters() });
    let before = judged_at(&envelope, &trust, EXPIRY - Duration::NANOSECOND);
    assert_eq!(before.verdict(), Verdict::Good, "{before}");
    for now in [EXPIRY, EXPIRY + Duration::DAY] {
        let said = failed_alone(&judged_at(&envelope, &trust, now), Check::Expiry);
        assert_eq!(said, "it expired at 2037-02-28T12:00:00Z");
    }
}

#[test]
fn the_artifact_must_be_the_one() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    let envelope = read(&signer, &signer.parameters());
    let about = |artifact: &Artifact| {
        verify(
            &envelope,
            &VerificationParameters { trust: &trust, artifact: Some(artifact), plugins: &[], now: NOW },
        )
    };
    let digest_alone = Artifact { media_type: None, size: None, ..artifact() };
    assert_eq!(about(&digest_alone).verdict(), Verdict::Good);
    for other in [
        Artifact { digest: format!("sha256:{}", "0".repeat(64)), ..digest_alone.clone() },
        Artifact { digest: artifact().digest.to_uppercase(), ..digest_alone.clone() },
        Artifact { digest: String::new(), ..artifact() },
        Artifact { media_type: Some("application/vnd.oci.image.index.v1+json".to_owned()), ..artifact() },
        Artifact { media_type: Some(String::new()), ..artifact() },
        Artifact { size: Some(16725), ..artifact() },
        Artifact { size: Some(0), ..digest_alone },
    ] {
        failed_alone(&about(&other), Check::Artifact);
    }
}

#[test]
fn nothing_critical_goes_unread() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    let artifact = artifact();
    let said_of = |plugin: Option<&str>, attributes: &[(&str, bool)], known: &[KnownPlugin<'_>]| {
        let attributes: Vec<_> = attributes.iter().map(|(key, critical)| attribute(key, *critical)).collect();
        let parameters = DraftParameters {
            verification_plugin: plugin,
            extended_attributes: &attributes,
            ..signer.parameters()
        };
        let parameters_of_check =
            VerificationParameters { trust: &trust, artifact: Some(&artifact), plugins: known, now: NOW };
        let report = verify(&read(&signer, &parameters), &parameters_of_check);
        match report.verdict() {
            Verdict::Good => "good".to_owned(),
            _ => failed_alone(&report, Check::VerificationPlugin),
        }
    };
    let (profile, note) = ("com.example.profile", "com.example.note");
    assert_eq!(said_of(None, &[], &[]), "good");
    assert_eq!(said_of(None, &[(note, false)], &[PLUGIN]), "good");
    assert_eq!(said_of(Some("example"), &[(profile, true)], &[PLUGIN]), "good");
    for (said, expected) in [
        (said_of(None, &[(profile, true)], &[PLUGIN]), "\"com.example.profile\" is not understood"),
        (said_of(Some("example"), &[(profile, true)], &[]), "\"example\", which is not at hand"),
        (said_of(Some("other"), &[(profile, true)], &[PLUGIN]), "\"other\", which is not at hand"),
        (said_of(Some("example"), &[], &[PLUGIN]), "needs the attribute \"com.example.profile\""),
        (said_of(Some("example"), &[(profile, false)], &[PLUGIN]), "needs the attribute"),
        (
            said_of(Some("example"), &[(profile, true), (note, false)], &[PLUGIN]),
            "does not know the attribute \"com.example.note\"",
        ),
    ] {
        assert!(said.contains(expected), "{said}, not {expected}");
    }
}

#[test]
fn plugins_must_be_as_new_as_the_signature_asks() {
    let signer = Signer::new();
    let trust = trusting(&signer, None);
    let artifact = artifact();
    let [name, version] =
        ["verificationPlugin", "verificationPluginMinVersion"].map(|name| format!("io.cncf.notary.{name}"));
    let more = format!("\"2037-02-28T12:00:00Z\",\"{name}\":\"example\",\"{version}\":\"1.10.0\"}}");
    let header = JWS_HEADER
        .replacen("\"io.cncf.notary.expiry\"]", &format!("\"{EXPIRY_NAME}\",\"{name}\",\"{version}\"]"), 1)
        .replacen(TAIL, &more, 1);
    let envelope = signer.sealed(&header);
    for (own, holds) in [
        (Some("1.10.0"), true),
        (Some("2.0.0"), true),
        (Some("1.9.0"), false),
        (Some("1.10.0-rc.1"), false),
        (None, false),
    ] {
        let own = own.map(|own| own.parse().unwrap());
        let plugin = KnownPlugin { name: "example", version: own.as_ref(), attributes: &[] };
        let artifact = Some(&artifact);
        let parameters = VerificationParameters { trust: &trust, artifact, plugins: &[plugin], now: NOW };
        let report = verify(&envelope, &parameters);
        if holds {
            assert_eq!(report.verdict(), Verdict::Good, "{report}");
        } else {
            let said = failed_alone(&report, Check::VerificationPlugin);
            assert!(said.ends_with("of version 1.10.0 or later"), "{said}");
        }
    }
}
