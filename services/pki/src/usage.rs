//! What a certificate may be used for, by its extensions, and the rules that Notary Project
//! verifiers apply to it (specification `signature-specification.md`, certificate requirements).

use x509_cert::TbsCertificate;
use x509_cert::der::Result;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, NameConstraints};

const ANY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");

/// The purposes that a code-signing leaf must not have besides its own; besides the named ones
/// serverAuth, clientAuth and emailProtection.
const FOREIGN_PURPOSES: [ObjectIdentifier; 6] = [
    ANY,
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"),
    TIME_STAMPING,
    OCSP_SIGNING,
];

const TOO_FEW_BELOW: &str = "allows fewer issuers below it than there are";

/// An extension as it stood in the certificate.
#[derive(Debug, Clone)]
struct Marked<T> {
    critical: bool,
    value: T,
}

/// The extensions that decide what a certificate may be used for.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    constraints: Option<Marked<BasicConstraints>>,
    operations: Option<Marked<KeyUsage>>,
    purposes: Option<Marked<ExtendedKeyUsage>>,
    name_constraints: bool,
    /// A critical extension that nothing here understands.
    unknown_critical: bool,
}

/// A rule that a certificate breaks, as the rest of a sentence about it.
type Fitness = std::result::Result<(), &'static str>;

impl Usage {
    pub(crate) fn read(tbs: &TbsCertificate) -> Result<Self> {
        fn mark<T>(found: Option<(bool, T)>) -> Option<Marked<T>> {
            found.map(|(critical, value)| Marked { critical, value })
        }
        let known = [BasicConstraints::OID, KeyUsage::OID, ExtendedKeyUsage::OID];
        let extensions = || tbs.extensions().into_iter().flatten();
        Ok(Self {
            constraints: mark(tbs.get_extension()?),
            operations: mark(tbs.get_extension()?),
            purposes: mark(tbs.get_extension()?),
            name_constraints: extensions().any(|extension| extension.extn_id == NameConstraints::OID),
            unknown_critical: extensions()
                .any(|extension| extension.critical && !known.contains(&extension.extn_id)),
        })
    }

    /// Whether the certificate may issue a certificate with this many issuers between itself and
    /// the leaf.
    pub(crate) fn check_issuer(&self, issuers_below: usize) -> Fitness {
        self.check_known()?;
        let constraints = match &self.constraints {
            Some(Marked { critical: true, value }) if value.ca => value,
            _ => return Err("is no CA's: basicConstraints must be critical and say so"),
        };
        match &self.operations {
            Some(Marked { critical: true, value }) if value.key_cert_sign() => {}
            _ => return Err("must have a critical keyUsage with keyCertSign"),
        }
        match constraints.path_len_constraint {
            Some(limit) if usize::from(limit) < issuers_below => Err(TOO_FEW_BELOW),
            _ => Ok(()),
        }
    }

    /// Whether the certificate may verify signatures of code.
    pub(crate) fn check_leaf(&self) -> Fitness {
        self.check_known()?;
        if self.is_ca() {
            return Err("is a CA's, not a leaf's");
        }
        let allowed = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation;
        match &self.operations {
            Some(Marked { critical: true, value })
                if value.digital_signature() && (value.0 & !allowed).is_empty() => {}
            _ => return Err("must have a critical keyUsage with digitalSignature alone"),
        }
        match &self.purposes {
            Some(Marked { value, .. })
                if value.0.iter().any(|purpose| FOREIGN_PURPOSES.contains(purpose)) =>
            {
                Err("has an extendedKeyUsage that is not allowed beside codeSigning")
            }
            _ => Ok(()),
        }
    }

    /// Whether nothing constrains the names below: whether they keep to it is not judged here, critical or not.
    pub(crate) fn check_without_name_constraints(&self) -> Fitness {
        if self.name_constraints {
            return Err("has name constraints, which are not supported");
        }
        Ok(())
    }

    /// Whether the certificate is a CA's, whatever else it may be.
    pub(crate) fn is_ca(&self) -> bool {
        self.constraints.as_ref().is_some_and(|found| found.value.ca)
    }

    /// Whether the certificate may issue CRLs (RFC 5280 section 4.2.1.3).
    pub(crate) fn check_crl_issuer(&self) -> Fitness {
        match &self.operations {
            Some(Marked { critical: true, value }) if value.crl_sign() => Ok(()),
            _ => Err("must have a critical keyUsage with cRLSign"),
        }
    }

    /// Whether the purposes, if the certificate of an issuer names any, allow the signing of code.
    pub(crate) fn check_allows_code_signing(&self) -> Fitness {
        match &self.purposes {
            Some(Marked { value, .. }) if !value.0.iter().any(|one| [ANY, CODE_SIGNING].contains(one)) => {
                Err("has an extendedKeyUsage without codeSigning")
            }
            _ => Ok(()),
        }
    }

    /// Whether the certificate may answer for its issuer's (RFC 6960 section 4.2.2.2).
    pub(crate) fn check_ocsp_responder(&self) -> Fitness {
        self.check_signer()?;
        match &self.purposes {
            Some(Marked { value, .. }) if value.0.contains(&OCSP_SIGNING) => Ok(()),
            _ => Err("must have an extendedKeyUsage with OCSPSigning"),
        }
    }

    /// Whether the certificate is a timestamp authority's and nothing else's (RFC 3161 section 2.3). Notary Project
    /// verifiers want digitalSignature, with contentCommitment beside it at most.
    pub(crate) fn check_timestamp_authority(&self) -> Fitness {
        self.check_signer()?;
        if !self.operations.as_ref().is_some_and(|found| found.value.digital_signature()) {
            return Err("must have a keyUsage with digitalSignature");
        }
        match &self.purposes {
            Some(Marked { critical: true, value }) if value.0 == [TIME_STAMPING] => Ok(()),
            _ => Err("must have a critical extendedKeyUsage with timeStamping alone"),
        }
    }

    /// Whether the certificate may stand above a timestamp authority's with this many issuers in
    /// between. Their keyUsage need not be critical (Notary Project specification, certificate
    /// requirements for timestamping).
    pub(crate) fn check_timestamp_issuer(&self, issuers_below: usize) -> Fitness {
        self.check_known()?;
        let Some(Marked { value: constraints, .. }) =
            self.constraints.as_ref().filter(|found| found.value.ca)
        else {
            return Err("is no CA's");
        };
        if !self.operations.as_ref().is_some_and(|found| found.value.key_cert_sign()) {
            return Err("must have a keyUsage with keyCertSign");
        }
        if let Some(Marked { value, .. }) = &self.purposes
            && !value.0.iter().any(|one| [ANY, TIME_STAMPING].contains(one))
        {
            return Err("has an extendedKeyUsage without timeStamping");
        }
        match constraints.path_len_constraint {
            Some(limit) if usize::from(limit) < issuers_below => Err(TOO_FEW_BELOW),
            _ => Ok(()),
        }
    }

    /// What every end entity that signs has: no CA, keyUsage with a signing bit and no other.
    fn check_signer(&self) -> Fitness {
        self.check_known()?;
        if self.is_ca() {
            return Err("is a CA's, not an end entity's");
        }
        let allowed = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation;
        match &self.operations {
            Some(Marked { value, .. }) if !value.0.is_empty() && (value.0 & !allowed).is_empty() => Ok(()),
            _ => Err("must have a keyUsage of signing alone"),
        }
    }

    fn check_known(&self) -> Fitness {
        if self.unknown_critical {
            return Err("has a critical extension that is not understood");
        }
        Ok(())
    }
}
