//! What a certificate may be used for, by its extensions, and the rules that Notary Project
//! verifiers apply to it (specification `signature-specification.md`, certificate requirements).

use x509_cert::TbsCertificate;
use x509_cert::der::Result;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};

/// The purposes that a code-signing leaf must not have besides its own: any, serverAuth,
/// clientAuth, emailProtection, timeStamping, `OCSPSigning`.
const FOREIGN_PURPOSES: [ObjectIdentifier; 6] = [
    ObjectIdentifier::new_unwrap("2.5.29.37.0"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9"),
];

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
        Ok(Self {
            constraints: mark(tbs.get_extension()?),
            operations: mark(tbs.get_extension()?),
            purposes: mark(tbs.get_extension()?),
            unknown_critical: tbs
                .extensions()
                .into_iter()
                .flatten()
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
            Some(limit) if usize::from(limit) < issuers_below => {
                Err("allows fewer issuers below it than there are")
            }
            _ => Ok(()),
        }
    }

    /// Whether the certificate may verify signatures of code.
    pub(crate) fn check_leaf(&self) -> Fitness {
        self.check_known()?;
        if self.constraints.as_ref().is_some_and(|found| found.value.ca) {
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

    fn check_known(&self) -> Fitness {
        if self.unknown_critical {
            return Err("has a critical extension that is not understood");
        }
        Ok(())
    }
}
