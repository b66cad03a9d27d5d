//! Chains: leaf first, root last and included, checked when they are made.

use crate::{Certificate, CertificateHash, PkiError};
use time::OffsetDateTime;

/// A chain that a Notary Project verifier accepts: order, names, signatures, what each certificate
/// may be used for. Times are not part of it; [`Chain::valid_at`] asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    leaf: Certificate,
    /// From the leaf's issuer to the root. Empty when the leaf is its own root.
    issuers: Vec<Certificate>,
}

/// The part of a chain above its leaf, checked once for however many leaves are issued below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuingChain {
    /// From the leaf's issuer to the root.
    issuers: Vec<Certificate>,
}

impl IssuingChain {
    /// Checks certificates, the issuing one first.
    pub fn new(issuers: Vec<Certificate>) -> Result<Self, PkiError> {
        check_roots(&issuers)?;
        for (below, issuer) in issuers.iter().enumerate() {
            issuer.usage().check_issuer(below).map_err(|rule| issuer.unfit(rule))?;
        }
        issuers.windows(2).try_for_each(|pair| pair[0].check_issued_by(&pair[1]))?;
        Ok(Self { issuers })
    }

    /// Checks a leaf and puts it below.
    pub fn chain(&self, leaf: Certificate) -> Result<Chain, PkiError> {
        self.chain_with(leaf, check_own_leaf)
    }

    /// The same for a leaf that is judged by other rules.
    fn chain_with(
        &self,
        leaf: Certificate,
        check_leaf: impl Fn(&Certificate) -> Result<(), PkiError>,
    ) -> Result<Chain, PkiError> {
        check_leaf(&leaf)?;
        let issuing = self.issuers.first().ok_or(PkiError::ChainEmpty)?;
        leaf.check_issued_by(issuing)?;
        if leaf.check_issued_by(&leaf).is_ok() {
            return Err(misplaced(&leaf, "is self-signed but does not stand last"));
        }
        Ok(Chain { leaf, issuers: self.issuers.clone() })
    }

    /// The certificates, the issuing one first.
    pub fn certificates(&self) -> &[Certificate] {
        &self.issuers
    }
}

impl Chain {
    /// Checks certificates, leaf first, and makes them a chain.
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, PkiError> {
        Self::with_leaf(certificates, check_own_leaf)
    }

    /// The same for a leaf that is judged by other rules.
    pub(crate) fn with_leaf(
        certificates: Vec<Certificate>,
        check_leaf: impl Fn(&Certificate) -> Result<(), PkiError>,
    ) -> Result<Self, PkiError> {
        check_roots(&certificates)?;
        let mut rest = certificates.into_iter();
        let leaf = rest.next().ok_or(PkiError::ChainEmpty)?;
        let issuers: Vec<Certificate> = rest.collect();
        if issuers.is_empty() {
            check_leaf(&leaf)?;
            return Ok(Self { leaf, issuers });
        }
        IssuingChain::new(issuers)?.chain_with(leaf, check_leaf)
    }

    /// Each certificate with the one that issued it; the root with itself.
    fn links(&self) -> impl Iterator<Item = (&Certificate, &Certificate)> {
        let parents = self.certificates().skip(1).chain([self.root()]);
        self.certificates().zip(parents)
    }

    /// The certificate whose key signs.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The trust anchor.
    pub fn root(&self) -> &Certificate {
        self.issuers.last().unwrap_or(&self.leaf)
    }

    /// All certificates, leaf first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(&self.issuers)
    }

    /// The names by which revocation questions call the certificates, leaf first.
    pub fn certificate_hashes(&self) -> Vec<CertificateHash> {
        self.links().map(|(child, parent)| CertificateHash::new(child, parent)).collect()
    }

    /// Whether every certificate is valid at a time; the error names the first that is not.
    pub fn valid_at(&self, now: OffsetDateTime) -> Result<(), PkiError> {
        self.certificates().try_for_each(|certificate| certificate.valid_at(now))
    }
}

fn check_own_leaf(leaf: &Certificate) -> Result<(), PkiError> {
    if leaf.public_key().check_own_kind().is_err() {
        return Err(leaf.unfit("must be of a key on P-384"));
    }
    leaf.usage().check_leaf().map_err(|rule| leaf.unfit(rule))
}

fn misplaced(certificate: &Certificate, rule: &'static str) -> PkiError {
    PkiError::RootMisplaced { subject: certificate.subject_text().to_owned(), rule }
}

/// The last certificate, and no other, is self-signed.
pub(crate) fn check_roots(certificates: &[Certificate]) -> Result<(), PkiError> {
    for (place, certificate) in certificates.iter().enumerate() {
        let last = place + 1 == certificates.len();
        let own_issuer = certificate.check_issued_by(certificate).is_ok();
        if last && !own_issuer {
            return Err(misplaced(certificate, "stands last but is not self-signed"));
        }
        if own_issuer && !last {
            return Err(misplaced(certificate, "is self-signed but does not stand last"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Issuer;
    use crate::fixture::{self, NOW, crooked, crooked_issuer};
    use aws_lc_rs::digest::{SHA384, digest};
    use rcgen::ExtendedKeyUsagePurpose as Purpose;
    use rcgen::KeyUsagePurpose as Usage;
    use rcgen::{BasicConstraints, CustomExtension, IsCa};
    use time::Duration;

    /// Chains a certificate to an issuer under a root.
    fn under(leaf: Certificate, issuer: &Issuer, root: &Issuer) -> Result<Chain, PkiError> {
        Chain::new(vec![leaf, issuer.certificate().clone(), root.certificate().clone()])
    }

    fn rule(refused: Result<Chain, PkiError>) -> &'static str {
        match refused {
            Err(PkiError::CertificateUnfit { rule, .. } | PkiError::RootMisplaced { rule, .. }) => rule,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_this_service_issues_is_a_chain() {
        let certificates = fixture::hierarchy();
        let chain = Chain::new(certificates.clone()).unwrap();
        assert_eq!(chain.leaf(), &certificates[0]);
        assert_eq!(chain.root(), &certificates[2]);
        assert!(chain.certificates().eq(&certificates));
    }

    #[test]
    fn other_orders_and_gaps_are_refused() {
        let [leaf, issuer, root] = fixture::hierarchy().try_into().unwrap();
        for certificates in [
            vec![],
            vec![leaf.clone()],
            vec![leaf.clone(), issuer.clone()],
            vec![leaf.clone(), root.clone()],
            vec![root.clone(), issuer.clone(), leaf.clone()],
            vec![issuer.clone(), leaf.clone(), root.clone()],
            vec![leaf.clone(), issuer.clone(), root.clone(), root.clone()],
            vec![leaf, issuer.clone(), issuer, root],
        ] {
            assert!(Chain::new(certificates.clone()).is_err(), "{certificates:?}");
        }
    }

    #[test]
    fn an_issuer_of_the_same_name_with_another_key_is_refused() {
        let root = fixture::root();
        let (issuer, double) = (fixture::issuer(&root), fixture::issuer(&root));
        let leaf = fixture::leaf(&issuer).0;
        under(leaf.clone(), &issuer, &root).unwrap();
        assert!(matches!(
            under(leaf, &double, &root),
            Err(PkiError::ChainBroken { reason: "the issuer's key did not sign it", .. })
        ));
    }

    #[test]
    fn leaves_that_verifiers_refuse_are_refused() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let refusal =
            |change: fn(&mut rcgen::CertificateParams)| rule(under(crooked(&issuer, change), &issuer, &root));
        let key_usage = "must have a critical keyUsage with digitalSignature alone";
        assert_eq!(refusal(|leaf| leaf.key_usages.clear()), key_usage);
        assert_eq!(refusal(|leaf| leaf.key_usages = vec![Usage::ContentCommitment]), key_usage);
        assert_eq!(refusal(|leaf| leaf.key_usages.push(Usage::KeyAgreement)), key_usage);
        assert_eq!(refusal(|leaf| leaf.key_usages.push(Usage::CrlSign)), key_usage);
        assert_eq!(
            refusal(|leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            "is a CA's, not a leaf's"
        );
        let purpose = "has an extendedKeyUsage that is not allowed beside codeSigning";
        assert_eq!(refusal(|leaf| leaf.extended_key_usages = vec![Purpose::Any]), purpose);
        assert_eq!(refusal(|leaf| leaf.extended_key_usages = vec![Purpose::ServerAuth]), purpose);
        assert_eq!(refusal(|leaf| leaf.extended_key_usages = vec![Purpose::TimeStamping]), purpose);
        assert_eq!(refusal(|leaf| leaf.extended_key_usages = vec![Purpose::OcspSigning]), purpose);
        let strange = refusal(|leaf| {
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
            extension.set_criticality(true);
            leaf.custom_extensions.push(extension);
        });
        assert_eq!(strange, "has a critical extension that is not understood");
    }

    #[test]
    fn leaves_that_verifiers_tolerate_pass() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        for change in [
            (|_| ()) as fn(&mut rcgen::CertificateParams),
            |leaf| leaf.is_ca = IsCa::NoCa,
            |leaf| leaf.key_usages.push(Usage::ContentCommitment),
            |leaf| leaf.extended_key_usages = vec![Purpose::CodeSigning],
        ] {
            under(crooked(&issuer, change), &issuer, &root).unwrap();
        }
    }

    #[test]
    fn issuers_that_verifiers_refuse_are_refused() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let leaf = fixture::leaf(&issuer).0;
        let refusal = |change: fn(&mut rcgen::CertificateParams)| {
            let crooked = crooked_issuer(&root, issuer.key().public_key(), change);
            rule(Chain::new(vec![leaf.clone(), crooked, root.certificate().clone()]))
        };
        let constraints = "is no CA's: basicConstraints must be critical and say so";
        assert_eq!(refusal(|issuer| issuer.is_ca = IsCa::NoCa), constraints);
        assert_eq!(refusal(|issuer| issuer.is_ca = IsCa::ExplicitNoCa), constraints);
        let key_usage = "must have a critical keyUsage with keyCertSign";
        assert_eq!(refusal(|issuer| issuer.key_usages.clear()), key_usage);
        assert_eq!(refusal(|issuer| issuer.key_usages = vec![Usage::CrlSign]), key_usage);
    }

    #[test]
    fn the_path_length_is_kept() {
        let root = fixture::root();
        let upper = fixture::issuer(&root);
        let key = fixture::key();
        let lower = crooked_issuer(&upper, key.public_key(), |_| ());
        let lower = Issuer::new(lower, key).unwrap();
        let chain = vec![
            fixture::leaf(&lower).0,
            lower.certificate().clone(),
            upper.certificate().clone(),
            root.certificate().clone(),
        ];
        assert_eq!(rule(Chain::new(chain)), "allows fewer issuers below it than there are");
    }

    #[test]
    fn a_self_signed_leaf_is_a_chain_and_a_root_is_not() {
        let root = fixture::root().certificate().clone();
        assert_eq!(rule(Chain::new(vec![root])), "is a CA's, not a leaf's");
        let leaf = fixture::self_signed_leaf();
        let chain = Chain::new(vec![leaf.clone()]).unwrap();
        assert_eq!(chain.root(), &leaf);
        assert_eq!(chain.certificate_hashes(), [CertificateHash::new(&leaf, &leaf)]);
    }

    #[test]
    fn hashes_pair_each_certificate_with_its_parent() {
        let chain = Chain::new(fixture::hierarchy()).unwrap();
        let hex: Vec<String> = chain.certificate_hashes().iter().map(ToString::to_string).collect();
        let halves: Vec<(&str, &str)> = hex.iter().map(|text| text.split_at(96)).collect();
        let [leaf, issuer, root] = halves.try_into().unwrap();
        assert_eq!((leaf.1, issuer.1, root.1), (issuer.0, root.0, root.0));
        assert_ne!(leaf.0, issuer.0);
        let octets = chain.certificate_hashes()[0].octets();
        assert_eq!(octets[..48], *digest(&SHA384, chain.leaf().tbs_der()).as_ref());
        assert!(hex[0].starts_with(&format!("{:02x}{:02x}", octets[0], octets[1])), "{}", hex[0]);
    }

    #[test]
    fn a_time_outside_names_the_certificate() {
        let chain = Chain::new(fixture::hierarchy()).unwrap();
        chain.valid_at(NOW).unwrap();
        let leaf = chain.leaf().clone();
        let (not_before, not_after) = (leaf.validity().not_before(), leaf.validity().not_after());
        let late = not_after + Duration::SECOND;
        let subject = leaf.subject_text().to_owned();
        let expired = PkiError::CertificateExpired { subject: subject.clone(), not_after, now: late };
        assert_eq!(chain.valid_at(late), Err(expired));

        let early = not_before - Duration::SECOND;
        let unborn = PkiError::CertificateNotYetValid { subject, not_before, now: early };
        assert_eq!(chain.valid_at(early), Err(unborn));
    }

    #[test]
    fn an_expired_issuer_is_named_too() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let old = crooked_issuer(&root, issuer.key().public_key(), |issuer| {
            issuer.not_after = NOW - Duration::SECOND;
        });
        let chain = Chain::new(vec![fixture::leaf(&issuer).0, old.clone(), root.certificate().clone()]);
        let expired = PkiError::CertificateExpired {
            subject: old.subject_text().to_owned(),
            not_after: NOW - Duration::SECOND,
            now: NOW,
        };
        assert_eq!(chain.unwrap().valid_at(NOW), Err(expired));
    }
}
