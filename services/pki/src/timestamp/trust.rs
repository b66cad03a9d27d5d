//! The way from an authority's certificate to a trust anchor.

use crate::{Certificate, PkiError};
use time::OffsetDateTime;

/// Issuers that may stand between an authority's certificate and a trust anchor's.
const MOST_ISSUERS: usize = 8;

/// What a token is verified against.
#[derive(Debug, Clone, Copy)]
pub struct TimestampTrust<'a> {
    /// The certificates that are trusted as they are, octet by octet.
    pub anchors: &'a [Certificate],
    /// Certificates that are known besides those that the token brings along.
    pub others: &'a [Certificate],
}

impl TimestampTrust<'_> {
    /// Checks an authority's certificate and a path above it, at a time (RFC 5280 section 6).
    pub(super) fn check(
        &self,
        authority: &Certificate,
        brought: &[Certificate],
        time: OffsetDateTime,
    ) -> Result<(), PkiError> {
        let fitness = authority.usage().check_timestamp_authority();
        fitness.map_err(|rule| authority.unfit(rule))?;
        authority.valid_at(time)?;
        let mut candidates: Vec<&Certificate> =
            self.anchors.iter().chain(brought).chain(self.others).collect();
        if self.leads(authority, 0, &mut candidates, time) {
            return Ok(());
        }
        Err(PkiError::Untrusted { subject: authority.subject_text().to_owned(), time })
    }

    /// Whether a path leads from a certificate, with this many issuers below it, to an anchor. A candidate
    /// that was tried is not tried again, so the work is bounded by the square of their number.
    fn leads(
        &self,
        certificate: &Certificate,
        issuers_below: usize,
        candidates: &mut Vec<&Certificate>,
        time: OffsetDateTime,
    ) -> bool {
        if self.anchors.contains(certificate) {
            return true;
        }
        if issuers_below == MOST_ISSUERS {
            return false;
        }
        while let Some(place) = candidates.iter().position(|issuer| {
            certificate.issuer_der() == issuer.subject_der()
                && issuer.usage().check_timestamp_issuer(issuers_below).is_ok()
                && issuer.valid_at(time).is_ok()
                && certificate.check_issued_by(issuer).is_ok()
        }) {
            let issuer = candidates.remove(place);
            if self.leads(issuer, issuers_below + 1, candidates, time) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, NOW, crooked, crooked_issuer, days, serial, subject};
    use crate::{Issuer, Publication};
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    };
    use time::Duration;

    fn authority(issuer: &Issuer) -> Certificate {
        let publishing = issuer.publishing(&Publication::NOWHERE);
        publishing
            .issue_timestamp_authority(&fixture::key(), &subject("TSA"), &serial(5), &days(1, 2))
            .unwrap()
    }

    fn check(root: &Issuer, above: &[&Issuer], authority: &Certificate) -> Result<(), PkiError> {
        let brought: Vec<Certificate> = above.iter().map(|issuer| issuer.certificate().clone()).collect();
        let anchors = [root.certificate().clone()];
        TimestampTrust { anchors: &anchors, others: &[] }.check(authority, &brought, NOW)
    }

    /// An authority below an issuing certificate that was changed before it was signed.
    fn below(change: impl FnOnce(&mut CertificateParams)) -> Result<(), PkiError> {
        let (root, key) = (fixture::root(), fixture::key());
        let issuer = Issuer::unchecked(crooked_issuer(&root, key.public_key(), |_| ()), key);
        let authority = authority(&issuer);
        let crooked = crooked_issuer(&root, issuer.key().public_key(), change);
        let anchors = [root.certificate().clone()];
        TimestampTrust { anchors: &anchors, others: &[] }.check(&authority, &[crooked], NOW)
    }

    #[test]
    fn issuers_must_be_issuers_and_valid() {
        below(|_| ()).unwrap();
        below(|issuer| issuer.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping]).unwrap();
        for change in [
            (|issuer| issuer.is_ca = IsCa::ExplicitNoCa) as fn(&mut CertificateParams),
            |issuer| issuer.is_ca = IsCa::NoCa,
            |issuer| issuer.key_usages = vec![KeyUsagePurpose::CrlSign],
            |issuer| issuer.key_usages.clear(),
            |issuer| issuer.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning],
            |issuer| issuer.not_after = NOW - Duration::SECOND,
            |issuer| issuer.not_before = NOW + Duration::SECOND,
        ] {
            assert!(matches!(below(change), Err(PkiError::Untrusted { .. })));
        }
    }

    #[test]
    fn the_path_length_is_kept() {
        let root = fixture::root();
        let (upper_key, lower_key) = (fixture::key(), fixture::key());
        for (limit, holds) in [
            (BasicConstraints::Unconstrained, true),
            (BasicConstraints::Constrained(1), true),
            (BasicConstraints::Constrained(0), false),
        ] {
            let upper = crooked_issuer(&root, upper_key.public_key(), |upper| {
                upper.is_ca = IsCa::Ca(limit);
                upper.distinguished_name.push(rcgen::DnType::CommonName, "Upper");
            });
            let copy =
                |key: &crate::SigningKey| crate::SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
            let upper = Issuer::unchecked(upper, copy(&upper_key));
            let lower = crooked_issuer(&upper, lower_key.public_key(), |_| ());
            let lower = Issuer::unchecked(lower, copy(&lower_key));
            assert_eq!(check(&root, &[&upper, &lower], &authority(&lower)).is_ok(), holds, "{limit:?}");
        }
    }

    #[test]
    fn an_authority_must_be_one_and_valid() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let not_critical =
            crooked(&issuer, |own| own.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping]);
        let refused = check(&root, &[&issuer], &not_critical);
        assert!(matches!(refused, Err(PkiError::CertificateUnfit { .. })), "{refused:?}");
        let (leaf, _) = fixture::leaf(&issuer);
        assert!(matches!(check(&root, &[&issuer], &leaf), Err(PkiError::CertificateUnfit { .. })));

        let anchors = [root.certificate().clone()];
        let trust = TimestampTrust { anchors: &anchors, others: std::slice::from_ref(issuer.certificate()) };
        let authority = authority(&issuer);
        trust.check(&authority, &[], NOW).unwrap();
        let late = trust.check(&authority, &[], NOW + Duration::days(3));
        assert!(matches!(late, Err(PkiError::CertificateExpired { .. })), "{late:?}");
    }

    #[test]
    fn an_authority_must_be_for_digital_signatures() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let of = |usages: &[KeyUsagePurpose]| {
            let authority = crooked(&issuer, |own| {
                let time_stamping = [0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
                let mut purpose = CustomExtension::from_oid_content(&[2, 5, 29, 37], time_stamping.to_vec());
                purpose.set_criticality(true);
                own.custom_extensions.push(purpose);
                own.key_usages = usages.to_vec();
            });
            check(&root, &[&issuer], &authority)
        };
        of(&[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment]).unwrap();
        let refused = of(&[KeyUsagePurpose::ContentCommitment]);
        assert!(matches!(refused, Err(PkiError::CertificateUnfit { .. })), "{refused:?}");
    }

    #[test]
    fn doubles_of_an_issuer_do_not_hide_it() {
        let root = fixture::root();
        let (issuer, double) = (fixture::issuer(&root), fixture::issuer(&fixture::root()));
        let authority = authority(&issuer);
        check(&root, &[&double, &double, &issuer], &authority).unwrap();
        check(&root, &[&double; 16], &authority).unwrap_err();
    }
}
