//! Issuers that come from outside: an issuing certificate with the chain above it, checked against
//! every rule that Notary Project verifiers apply, before anything is issued under it.

use crate::chain::check_roots;
use crate::issuer::{Signer, not_issued};
use crate::{Certificate, Issuer, PkiError, SigningKey};
use time::OffsetDateTime;

/// Certificates of a chain, the issuing one included.
const MOST_CERTIFICATES: usize = 8;

impl Issuer {
    /// An issuer whose certificate was issued elsewhere. The certificates are the issuing one, then each
    /// with the one that issued it, up to a self-signed root; above the first, keys may be of any kind that
    /// verifies. The error names the first rule that is broken, and the certificate that breaks it.
    pub fn brought(
        certificates: &[Certificate],
        key: SigningKey,
        now: OffsetDateTime,
    ) -> Result<Self, PkiError> {
        let (issuing, parents) = certificates.split_first().ok_or(PkiError::ChainEmpty)?;
        if certificates.len() > MOST_CERTIFICATES {
            return Err(issuing.unfit("stands below more than 7 others"));
        }
        if parents.is_empty() {
            return Err(issuing.unfit("must come with the certificates above it, up to its root"));
        }
        let unfit = |rule| issuing.unfit(rule);
        if issuing.public_key().check_own_kind().is_err() {
            return Err(unfit("must be of a key on P-384"));
        }
        issuing.usage().check_crl_issuer().map_err(unfit)?;
        issuing.usage().check_allows_code_signing().map_err(unfit)?;
        issuing.check_subject()?;
        for (below, certificate) in certificates.iter().enumerate() {
            certificate.usage().check_issuer(below).map_err(|rule| certificate.unfit(rule))?;
            certificate.valid_at(now)?;
        }
        check_roots(certificates)?;
        certificates.windows(2).try_for_each(|pair| pair[0].check_issued_by(&pair[1]))?;
        // The builder has a parser of its own, which must not fail at the first leaf.
        rcgen::Issuer::from_ca_cert_der(&issuing.der().into(), Signer(&key)).map_err(not_issued)?;
        Self::new(issuing.clone(), key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, NOW, days, subject};
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa,
        KeyUsagePurpose,
    };
    use time::Duration;

    /// An issuing certificate, changed before it is signed, is brought with its root.
    fn bring(change: impl FnOnce(&mut CertificateParams)) -> Result<Issuer, PkiError> {
        let (root, key) = (fixture::root(), fixture::key());
        let certificate = fixture::crooked_issuer(&root, key.public_key(), |parameters| {
            parameters.key_usages.push(KeyUsagePurpose::CrlSign);
            change(parameters);
        });
        Issuer::brought(&[certificate, root.certificate().clone()], key, NOW)
    }

    fn rule(refused: Result<Issuer, PkiError>) -> &'static str {
        match refused {
            Err(PkiError::CertificateUnfit { rule, .. } | PkiError::RootMisplaced { rule, .. }) => rule,
            Err(PkiError::ChainBroken { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_one_issues() {
        let issuer = bring(|_| ()).unwrap();
        fixture::leaf(&issuer);
    }

    #[test]
    fn it_must_be_a_ca_that_signs_certificates_and_lists() {
        let constraints = "is no CA's: basicConstraints must be critical and say so";
        assert_eq!(rule(bring(|issuer| issuer.is_ca = IsCa::NoCa)), constraints);
        assert_eq!(rule(bring(|issuer| issuer.is_ca = IsCa::ExplicitNoCa)), constraints);
        let lists = "must have a critical keyUsage with cRLSign";
        assert_eq!(rule(bring(|issuer| issuer.key_usages.clear())), lists);
        assert_eq!(rule(bring(|issuer| issuer.key_usages = vec![KeyUsagePurpose::KeyCertSign])), lists);
        assert_eq!(
            rule(bring(|issuer| issuer.key_usages = vec![KeyUsagePurpose::CrlSign])),
            "must have a critical keyUsage with keyCertSign"
        );
    }

    /// The builder always marks these two critical; a copy that does not is written as a raw extension.
    #[test]
    fn what_must_be_critical_must_be() {
        let constraints = bring(|issuer| {
            issuer.is_ca = IsCa::NoCa;
            let value = vec![0x30, 0x03, 0x01, 0x01, 0xff];
            issuer.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 19], value));
        });
        assert_eq!(rule(constraints), "is no CA's: basicConstraints must be critical and say so");
        let usage = bring(|issuer| {
            issuer.key_usages.clear();
            let value = vec![0x03, 0x02, 0x01, 0x06];
            issuer.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 15], value));
        });
        assert_eq!(rule(usage), "must have a critical keyUsage with cRLSign");
    }

    #[test]
    fn its_purposes_must_allow_code_signing() {
        let refused = bring(|issuer| issuer.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
        assert_eq!(rule(refused), "has an extendedKeyUsage without codeSigning");
        bring(|issuer| issuer.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning]).unwrap();
    }

    #[test]
    fn critical_extensions_must_be_understood() {
        let refused = bring(|issuer| {
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
            extension.set_criticality(true);
            issuer.custom_extensions.push(extension);
        });
        assert_eq!(rule(refused), "has a critical extension that is not understood");
    }

    #[test]
    fn it_must_be_valid_now_and_so_must_its_root() {
        let expired = bring(|issuer| issuer.not_after = NOW - Duration::SECOND).unwrap_err();
        assert!(matches!(expired, PkiError::CertificateExpired { .. }), "{expired}");
        let unborn = bring(|issuer| issuer.not_before = NOW + Duration::SECOND).unwrap_err();
        assert!(matches!(unborn, PkiError::CertificateNotYetValid { .. }), "{unborn}");

        let (root, key) = (fixture::root(), fixture::key());
        let certificate = fixture::crooked_issuer(&root, key.public_key(), |issuer| {
            issuer.key_usages.push(KeyUsagePurpose::CrlSign);
        });
        let later = root.certificate().validity().not_after() + Duration::SECOND;
        Issuer::brought(&[certificate, root.certificate().clone()], key, later).unwrap_err();
    }

    #[test]
    fn its_subject_must_have_what_leaves_take_from_it() {
        let utf8 = |text: &str| DnValue::Utf8String(text.to_owned());
        for (missing, expected) in [
            (DnType::CountryName, "must have a subject with one C"),
            (DnType::StateOrProvinceName, "must have a subject with one ST"),
            (DnType::OrganizationName, "must have a subject with one O"),
            (DnType::CommonName, "must have a subject with one CN"),
        ] {
            let refused = bring(|issuer| {
                let name = std::mem::take(&mut issuer.distinguished_name);
                for (kind, value) in name.iter().filter(|(kind, _)| **kind != missing) {
                    issuer.distinguished_name.push(kind.clone(), value.clone());
                }
            });
            assert_eq!(rule(refused), expected);
        }
        for strange in [&[1, 2, 840, 113_549, 1, 9, 1][..], &[0, 9, 2342, 19_200_300, 100, 1, 25]] {
            let refused =
                bring(|issuer| issuer.distinguished_name.push(DnType::from_oid(strange), utf8("x")));
            assert_eq!(rule(refused), "has an attribute in its subject that some verifiers cannot name");
        }
        bring(|issuer| issuer.distinguished_name.push(DnType::LocalityName, utf8("Halle"))).unwrap();
    }

    #[test]
    fn other_string_types_are_copied() {
        let issuer = bring(|issuer| {
            let name = DnValue::PrintableString("Bluemlein".try_into().unwrap());
            issuer.distinguished_name.push(DnType::OrganizationName, name);
        });
        let issuer = issuer.unwrap();
        assert_eq!(issuer.certificate().subject().unwrap().organization, "Bluemlein");
        fixture::leaf(&issuer);
    }

    #[test]
    fn string_types_that_are_not_copied_are_refused() {
        let refused = bring(|issuer| {
            let name = DnValue::TeletexString("Bluemlein".try_into().unwrap());
            issuer.distinguished_name.push(DnType::LocalityName, name);
        });
        let expected = "has an attribute in its subject that is neither a PrintableString nor a UTF8String";
        assert_eq!(rule(refused), expected);
    }

    #[test]
    fn the_key_must_be_its_own() {
        let (root, key) = (fixture::root(), fixture::key());
        let issuer = fixture::issuer(&root);
        let certificates = [issuer.certificate().clone(), root.certificate().clone()];
        let refused = Issuer::brought(&certificates, key, NOW).unwrap_err();
        assert!(matches!(refused, PkiError::KeyMismatch { .. }), "{refused}");
    }

    #[test]
    fn the_chain_must_lead_to_a_root_and_end_there() {
        let (root, other) = (fixture::root(), fixture::root());
        let issuer = fixture::issuer(&root);
        let own = issuer.certificate().clone();
        let top = root.certificate().clone();
        let bring = |certificates: &[Certificate]| {
            let key = SigningKey::from_pkcs8(&issuer.key().to_pkcs8().unwrap()).unwrap();
            rule(Issuer::brought(certificates, key, NOW))
        };
        let alone = "must come with the certificates above it, up to its root";
        assert_eq!(bring(std::slice::from_ref(&own)), alone);
        assert_eq!(
            bring(&[own.clone(), other.certificate().clone()]),
            "the issuer's key did not sign it",
            "a root of the same name"
        );
        assert_eq!(bring(&[own.clone(), top.clone(), top.clone()]), "is self-signed but does not stand last");
        assert_eq!(bring(&vec![own.clone(); 9]), "stands below more than 7 others");

        let upper = fixture::crooked_issuer(&root, issuer.key().public_key(), |upper| {
            upper.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        });
        assert_eq!(bring(&[own.clone(), upper]), "stands last but is not self-signed");
    }

    #[test]
    fn the_path_length_must_suffice() {
        let root = fixture::root();
        let upper = fixture::issuer(&root);
        let key = fixture::key();
        let lower = fixture::crooked_issuer(&upper, key.public_key(), |issuer| {
            issuer.key_usages.push(KeyUsagePurpose::CrlSign);
        });
        let certificates = [lower, upper.certificate().clone(), root.certificate().clone()];
        let refused = Issuer::brought(&certificates, key, NOW);
        assert_eq!(rule(refused), "allows fewer issuers below it than there are");
    }

    #[test]
    fn names_are_compared_octet_by_octet() {
        let (root, key) = (fixture::root(), fixture::key());
        let certificate = fixture::crooked_issuer(&root, key.public_key(), |issuer| {
            issuer.key_usages.push(KeyUsagePurpose::CrlSign);
        });
        let own_key = SigningKey::from_pkcs8(&root.key().to_pkcs8().unwrap()).unwrap();
        let renamed = crate::self_signed_root(
            &own_key,
            &subject("R00t"),
            root.certificate().serial_number(),
            &days(30, 7300),
        );
        let refused = Issuer::brought(&[certificate, renamed.unwrap()], key, NOW);
        assert_eq!(rule(refused), "the names are not the same, octet by octet");
    }
}
