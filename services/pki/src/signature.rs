//! The signatures that certificates, CRLs and foreign timestamps carry, verified by AWS-LC.

use crate::digest::DigestAlgorithm;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, VerificationAlgorithm,
};
use der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::spki::AlgorithmIdentifierRef;

/// The kinds of key that verify. RSA of less than 2048 bits never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    P256,
    P384,
    P521,
    Rsa,
}

/// The two families of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ecdsa,
    /// RSASSA-PKCS1-v1_5.
    Rsa,
}

/// How something was signed: a family with a digest of SHA-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignatureAlgorithm {
    family: Family,
    digest: DigestAlgorithm,
}

/// Identifiers of RFC 5758 section 3.2 and RFC 4055 section 5.
const IDENTIFIERS: [(ObjectIdentifier, Family, DigestAlgorithm); 6] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), Family::Ecdsa, DigestAlgorithm::Sha256),
    (crate::asn1::ECDSA_WITH_SHA384, Family::Ecdsa, DigestAlgorithm::Sha384),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), Family::Ecdsa, DigestAlgorithm::Sha512),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"), Family::Rsa, DigestAlgorithm::Sha256),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"), Family::Rsa, DigestAlgorithm::Sha384),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"), Family::Rsa, DigestAlgorithm::Sha512),
];

/// rsaEncryption, by which CMS may name RSASSA-PKCS1-v1_5 (RFC 3370 section 3.2).
pub(crate) const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

impl SignatureAlgorithm {
    /// The algorithm of this identifier; none for any that is not accepted.
    pub(crate) fn read(identifier: &AlgorithmIdentifierRef<'_>) -> Option<Self> {
        let (_, family, digest) = IDENTIFIERS.into_iter().find(|(id, ..)| *id == identifier.oid)?;
        let parameters_fit = match family {
            Family::Ecdsa => identifier.parameters.is_none(),
            Family::Rsa => identifier.parameters.is_none_or(AnyRef::is_null),
        };
        parameters_fit.then_some(Self { family, digest })
    }

    /// The algorithm of a CMS signature, which may name the digest elsewhere.
    pub(crate) fn read_cms(identifier: &AlgorithmIdentifierRef<'_>, digest: DigestAlgorithm) -> Option<Self> {
        if identifier.oid == RSA_ENCRYPTION {
            return Some(Self { family: Family::Rsa, digest });
        }
        Self::read(identifier)
    }

    /// The verifier for keys of a kind; none when the kind is of the other family.
    pub(crate) fn verifier(self, kind: KeyKind) -> Option<&'static dyn VerificationAlgorithm> {
        use DigestAlgorithm::{Sha256, Sha384, Sha512};
        Some(match (self.family, kind, self.digest) {
            (Family::Ecdsa, KeyKind::P256, Sha256) => &ECDSA_P256_SHA256_ASN1,
            (Family::Ecdsa, KeyKind::P256, Sha384) => &ECDSA_P256_SHA384_ASN1,
            (Family::Ecdsa, KeyKind::P256, Sha512) => &ECDSA_P256_SHA512_ASN1,
            (Family::Ecdsa, KeyKind::P384, Sha256) => &ECDSA_P384_SHA256_ASN1,
            (Family::Ecdsa, KeyKind::P384, Sha384) => &ECDSA_P384_SHA384_ASN1,
            (Family::Ecdsa, KeyKind::P384, Sha512) => &ECDSA_P384_SHA512_ASN1,
            (Family::Ecdsa, KeyKind::P521, Sha256) => &ECDSA_P521_SHA256_ASN1,
            (Family::Ecdsa, KeyKind::P521, Sha384) => &ECDSA_P521_SHA384_ASN1,
            (Family::Ecdsa, KeyKind::P521, Sha512) => &ECDSA_P521_SHA512_ASN1,
            (Family::Rsa, KeyKind::Rsa, Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            (Family::Rsa, KeyKind::Rsa, Sha384) => &RSA_PKCS1_2048_8192_SHA384,
            (Family::Rsa, KeyKind::Rsa, Sha512) => &RSA_PKCS1_2048_8192_SHA512,
            (Family::Ecdsa, KeyKind::Rsa, _) | (Family::Rsa, _, _) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(id: &str, parameters: Option<AnyRef<'_>>) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::read(&AlgorithmIdentifierRef {
            oid: ObjectIdentifier::new_unwrap(id),
            parameters,
        })
    }

    #[test]
    fn weak_and_strange_algorithms_are_none() {
        for id in [
            "1.2.840.113549.1.1.5",  // sha1WithRSAEncryption
            "1.2.840.113549.1.1.4",  // md5WithRSAEncryption
            "1.2.840.10045.4.1",     // ecdsa-with-SHA1
            "1.2.840.113549.1.1.1",  // rsaEncryption, which names no digest
            "1.2.840.113549.1.1.10", // RSASSA-PSS
            "1.3.101.112",           // Ed25519
        ] {
            assert_eq!(read(id, None), None, "{id}");
        }
    }

    #[test]
    fn parameters_are_what_the_family_allows() {
        assert!(read("1.2.840.10045.4.3.3", None).is_some());
        assert!(read("1.2.840.10045.4.3.3", Some(AnyRef::NULL)).is_none());
        assert!(read("1.2.840.113549.1.1.11", Some(AnyRef::NULL)).is_some());
        assert!(
            read("1.2.840.113549.1.1.11", Some(AnyRef::new(der::Tag::OctetString, &[]).unwrap())).is_none()
        );
    }

    #[test]
    fn families_and_kinds_do_not_mix() {
        let ecdsa = read("1.2.840.10045.4.3.3", None).unwrap();
        let rsa = read("1.2.840.113549.1.1.12", None).unwrap();
        assert!(ecdsa.verifier(KeyKind::P384).is_some() && rsa.verifier(KeyKind::Rsa).is_some());
        assert!(ecdsa.verifier(KeyKind::Rsa).is_none() && rsa.verifier(KeyKind::P384).is_none());
    }
}
