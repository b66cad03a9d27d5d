//! Certification paths: the chains of envelopes, of whatever signer, as verifiers judge them.

use crate::chain::Chain;
use crate::{Certificate, CertificateHash, PkiError};
use time::OffsetDateTime;

/// Certificates of a path, leaf and root included: each costs a verification.
const MOST_CERTIFICATES: usize = 10;

/// A path for the signing of code, leaf first, root last and included: order, names (octet by octet), signatures, and
/// what each certificate may be used for hold the rules of RFC 5280 section 6.1, and those of the Notary Project where
/// they are stricter. Trust and time are not part of it: [`CertificationPath::anchor`] and
/// [`CertificationPath::valid_throughout`] ask for them, and nothing is verified before both were asked.
///
/// What could restrict a path and is not understood refuses it: name constraints, and any other critical extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationPath(Chain);

impl CertificationPath {
    /// Checks certificates, leaf first, at most 10. Keys are on P-256, P-384 or P-521, or of RSA from 2048 bits; the
    /// leaf's must be one that envelopes are signed with.
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, PkiError> {
        let (leaf, issuers) = certificates.split_first().ok_or(PkiError::ChainEmpty)?;
        if certificates.len() > MOST_CERTIFICATES {
            return Err(leaf.unfit("stands below more than 9 others"));
        }
        certificates.iter().try_for_each(|certificate| {
            let fitness = certificate.usage().check_without_name_constraints();
            fitness.map_err(|rule| certificate.unfit(rule))?;
            certificate.check_signature_supported()?;
            certificate.public_key().check_supported()
        })?;
        for issuer in issuers {
            issuer.usage().check_allows_code_signing().map_err(|rule| issuer.unfit(rule))?;
        }
        leaf.public_key().signing_algorithm()?;
        Chain::with_leaf(certificates, |leaf| leaf.usage().check_leaf().map_err(|rule| leaf.unfit(rule)))
            .map(Self)
    }

    /// The certificate whose key signs.
    pub fn leaf(&self) -> &Certificate {
        self.0.leaf()
    }

    /// All certificates, leaf first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.0.certificates()
    }

    /// The names by which revocation questions call the certificates, leaf first.
    pub fn certificate_hashes(&self) -> Vec<CertificateHash> {
        self.0.certificate_hashes()
    }

    /// The trust anchor on the path: a certificate that is, octet by octet, one of those that are trusted. A root
    /// issued anew for the same key is another one. The leaf does not count unless it is its own root.
    pub fn anchor<'a>(&self, anchors: &'a [Certificate]) -> Result<&'a Certificate, PkiError> {
        let on_path = |anchor: &Certificate| {
            self.certificates().any(|own| own == anchor && (own != self.leaf() || own == self.0.root()))
        };
        let found = anchors.iter().find(|anchor| on_path(anchor));
        found.ok_or_else(|| PkiError::NotAnchored { subject: self.leaf().subject_text().to_owned() })
    }

    /// Whether every certificate, root included, is valid from one time until another; the error names the first that
    /// is not.
    pub fn valid_throughout(&self, from: OffsetDateTime, until: OffsetDateTime) -> Result<(), PkiError> {
        self.0.valid_at(from)?;
        self.0.valid_at(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, NOW, crooked, crooked_issuer};
    use crate::{Issuer, SigningAlgorithm, SigningKey};
    use aws_lc_rs::rand::SystemRandom;
    use rcgen::ExtendedKeyUsagePurpose as Purpose;
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, GeneralSubtree, IsCa, NameConstraints,
    };
    use time::Duration;

    const MESSAGE: &[u8] = b"a signing input";

    fn path(certificates: Vec<Certificate>) -> Result<CertificationPath, PkiError> {
        CertificationPath::new(certificates)
    }

    fn rule(refused: Result<CertificationPath, PkiError>) -> &'static str {
        match refused {
            Err(PkiError::CertificateUnfit { rule, .. } | PkiError::RootMisplaced { rule, .. }) => rule,
            Err(PkiError::ChainBroken { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    /// A leaf below an issuer that was changed before it was signed.
    fn below(change: impl FnOnce(&mut CertificateParams)) -> Result<CertificationPath, PkiError> {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let leaf = fixture::leaf(&issuer).0;
        let crooked = crooked_issuer(&root, issuer.key().public_key(), change);
        path(vec![leaf, crooked, root.certificate().clone()])
    }

    /// A leaf that was changed before it was signed.
    fn of_leaf(change: impl FnOnce(&mut CertificateParams)) -> Result<CertificationPath, PkiError> {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        path(vec![crooked(&issuer, change), issuer.certificate().clone(), root.certificate().clone()])
    }

    fn critical(id: &[u64]) -> CustomExtension {
        let mut extension = CustomExtension::from_oid_content(id, vec![0x30, 0]);
        extension.set_criticality(true);
        extension
    }

    #[test]
    fn what_this_service_issues_is_a_path() {
        let certificates = fixture::hierarchy();
        let path = path(certificates.clone()).unwrap();
        assert!(path.certificates().eq(&certificates));
        assert_eq!(path.leaf(), &certificates[0]);
        let hashes = Chain::new(certificates).unwrap().certificate_hashes();
        assert_eq!(path.certificate_hashes(), hashes);
    }

    #[test]
    fn the_anchor_is_one_of_the_path_octet_by_octet() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let leaf = fixture::leaf(&issuer).0;
        let [above, top] = [issuer.certificate().clone(), root.certificate().clone()];
        let path = path(vec![leaf.clone(), above.clone(), top.clone()]).unwrap();
        let other = fixture::root().certificate().clone();
        for anchor in [&above, &top] {
            assert_eq!(path.anchor(&[other.clone(), anchor.clone()]).unwrap(), anchor);
        }
        let own_key = SigningKey::from_pkcs8(&root.key().to_pkcs8().unwrap()).unwrap();
        let renewed = crate::self_signed_root(
            &own_key,
            &fixture::subject("Root"),
            top.serial_number(),
            &fixture::days(30, 7301),
        );
        for strangers in [vec![], vec![other], vec![renewed.unwrap()], vec![leaf.clone()]] {
            let refused = path.anchor(&strangers).unwrap_err();
            assert_eq!(refused, PkiError::NotAnchored { subject: leaf.subject_text().to_owned() });
        }
        let own_root = fixture::self_signed_leaf();
        let alone = CertificationPath::new(vec![own_root.clone()]).unwrap();
        assert_eq!(alone.anchor(std::slice::from_ref(&own_root)).unwrap(), &own_root);
    }

    #[test]
    fn every_certificate_is_valid_from_the_first_time_to_the_last() {
        let certificates = fixture::hierarchy();
        let leaf = certificates[0].validity();
        let path = path(certificates).unwrap();
        path.valid_throughout(leaf.not_before(), leaf.not_after()).unwrap();
        let (early, late) = (leaf.not_before() - Duration::SECOND, leaf.not_after() + Duration::NANOSECOND);
        assert!(matches!(path.valid_throughout(early, NOW), Err(PkiError::CertificateNotYetValid { .. })));
        assert!(matches!(path.valid_throughout(NOW, late), Err(PkiError::CertificateExpired { .. })));
        let expired_root = below(|issuer| issuer.not_after = NOW - Duration::SECOND).unwrap();
        assert!(matches!(expired_root.valid_throughout(NOW, NOW), Err(PkiError::CertificateExpired { .. })));
    }

    #[test]
    fn signatures_are_of_the_leaf_and_of_its_algorithm() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let (leaf, key) = fixture::leaf(&issuer);
        let path = path(vec![leaf, issuer.certificate().clone(), root.certificate().clone()]).unwrap();
        let rng = SystemRandom::new();
        let signature = key.sign_fixed(&rng, MESSAGE).unwrap();
        path.leaf().public_key().verify_signed(SigningAlgorithm::Es384, MESSAGE, &signature).unwrap();
        for algorithm in SigningAlgorithm::ALL {
            let verified = path.leaf().public_key().verify_signed(algorithm, MESSAGE, &signature);
            assert_eq!(verified.is_ok(), algorithm == SigningAlgorithm::Es384, "{algorithm}");
        }
        let by_issuer = issuer.key().sign_fixed(&rng, MESSAGE).unwrap();
        for (message, signature) in [
            (&b"another"[..], &signature[..]),
            (MESSAGE, &by_issuer[..]),
            (MESSAGE, &signature[..95]),
            (MESSAGE, &[]),
            (MESSAGE, &[0; 96]),
            (MESSAGE, &key.sign_der(&rng, MESSAGE).unwrap()),
        ] {
            let refused = path.leaf().public_key().verify_signed(SigningAlgorithm::Es384, message, signature);
            assert_eq!(refused, Err(PkiError::SignatureInvalid));
        }
    }

    #[test]
    fn issuers_must_be_cas_for_code() {
        below(|_| ()).unwrap();
        below(|issuer| issuer.extended_key_usages = vec![Purpose::CodeSigning]).unwrap();
        below(|issuer| issuer.extended_key_usages = vec![Purpose::Any]).unwrap();
        let constraints = "is no CA's: basicConstraints must be critical and say so";
        for (change, expected) in [
            ((|issuer| issuer.is_ca = IsCa::NoCa) as fn(&mut CertificateParams), constraints),
            (|issuer| issuer.is_ca = IsCa::ExplicitNoCa, constraints),
            (|issuer| issuer.key_usages.clear(), "must have a critical keyUsage with keyCertSign"),
            (
                |issuer| issuer.extended_key_usages = vec![Purpose::ServerAuth],
                "has an extendedKeyUsage without codeSigning",
            ),
            (
                |issuer| issuer.custom_extensions.push(critical(&[2, 5, 29, 32])),
                "has a critical extension that is not understood",
            ),
            (
                |issuer| {
                    let permitted = vec![GeneralSubtree::DnsName("example.com".to_owned())];
                    let excluded = Vec::new();
                    issuer.name_constraints =
                        Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded });
                },
                "has name constraints, which are not supported",
            ),
            (
                |issuer| {
                    let ignorable = CustomExtension::from_oid_content(&[2, 5, 29, 30], vec![0x30, 0]);
                    issuer.custom_extensions.push(ignorable);
                },
                "has name constraints, which are not supported",
            ),
        ] {
            assert_eq!(rule(below(change)), expected);
        }
    }

    #[test]
    fn leaves_must_be_for_code_alone() {
        of_leaf(|_| ()).unwrap();
        let usage = "must have a critical keyUsage with digitalSignature alone";
        let purpose = "has an extendedKeyUsage that is not allowed beside codeSigning";
        for (change, expected) in [
            ((|leaf| leaf.key_usages.clear()) as fn(&mut CertificateParams), usage),
            (|leaf| leaf.key_usages.push(rcgen::KeyUsagePurpose::KeyCertSign), usage),
            (|leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), "is a CA's, not a leaf's"),
            (|leaf| leaf.extended_key_usages = vec![Purpose::TimeStamping], purpose),
            (
                |leaf| leaf.custom_extensions.push(critical(&[1, 2, 3])),
                "has a critical extension that is not understood",
            ),
        ] {
            assert_eq!(rule(of_leaf(change)), expected);
        }
    }

    #[test]
    fn the_path_length_is_kept() {
        let root = fixture::root();
        let copy = |key: &SigningKey| SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        for (limit, holds) in [
            (BasicConstraints::Unconstrained, true),
            (BasicConstraints::Constrained(1), true),
            (BasicConstraints::Constrained(0), false),
        ] {
            let (upper_key, lower_key) = (fixture::key(), fixture::key());
            let upper = crooked_issuer(&root, upper_key.public_key(), |upper| upper.is_ca = IsCa::Ca(limit));
            let upper = Issuer::unchecked(upper, copy(&upper_key));
            let lower = crooked_issuer(&upper, lower_key.public_key(), |_| ());
            let lower = Issuer::unchecked(lower, copy(&lower_key));
            let certificates = [&lower, &upper, &root].map(|issuer| issuer.certificate().clone());
            let checked = path([vec![fixture::leaf(&lower).0], certificates.to_vec()].concat());
            if holds {
                checked.unwrap();
            } else {
                assert_eq!(rule(checked), "allows fewer issuers below it than there are");
            }
        }
    }

    #[test]
    fn each_is_issued_by_the_next_up_to_the_root() {
        let [leaf, issuer, root] = fixture::hierarchy().try_into().unwrap();
        let (last, early) = ("stands last but is not self-signed", "is self-signed but does not stand last");
        let [_, other_issuer, other_root] = fixture::hierarchy().try_into().unwrap();
        for (certificates, expected) in [
            (vec![leaf.clone(), issuer.clone()], last),
            (vec![leaf.clone()], last),
            (vec![leaf.clone(), issuer.clone(), root.clone(), root.clone()], early),
            (vec![root.clone(), issuer.clone(), leaf.clone()], early),
            (vec![leaf.clone(), other_issuer, root.clone()], "the issuer's key did not sign it"),
            (vec![leaf.clone(), issuer.clone(), other_root], "the issuer's key did not sign it"),
            (vec![leaf.clone(), root.clone()], "the names are not the same, octet by octet"),
            (vec![leaf.clone(); 11], "stands below more than 9 others"),
        ] {
            assert_eq!(rule(path(certificates)), expected);
        }
        assert_eq!(path(vec![]), Err(PkiError::ChainEmpty));
    }
}
