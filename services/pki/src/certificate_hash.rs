//! The name by which revocation questions call a certificate.

use crate::Certificate;
use aws_lc_rs::digest::{SHA384, digest};
use std::fmt;

const LENGTH: usize = 96;

/// SHA-384 of the signed part of a certificate, then that of its parent's; a root stands for its own
/// parent (AWS Signer API, `GetRevocationStatus`, `certificateHashes`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificateHash([u8; LENGTH]);

impl CertificateHash {
    /// The hash of a certificate under its parent; of a root under itself.
    pub fn new(child: &Certificate, parent: &Certificate) -> Self {
        let mut octets = [0; LENGTH];
        let (first, second) = octets.split_at_mut(LENGTH / 2);
        first.copy_from_slice(digest(&SHA384, child.tbs_der()).as_ref());
        second.copy_from_slice(digest(&SHA384, parent.tbs_der()).as_ref());
        Self(octets)
    }

    /// The hash that was made before and written down as these octets.
    pub fn from_octets(octets: [u8; LENGTH]) -> Self {
        Self(octets)
    }

    /// The certificate's own digest, 48 octets: the second half of the hash of whatever it issues.
    pub fn own(&self) -> &[u8] {
        &self.0[..LENGTH / 2]
    }

    /// The digest of the certificate that issued it, 48 octets.
    pub fn issuer(&self) -> &[u8] {
        &self.0[LENGTH / 2..]
    }

    /// Both digests, 96 octets.
    pub fn octets(&self) -> [u8; LENGTH] {
        self.0
    }
}

impl fmt::Display for CertificateHash {
    /// 192 characters of lower-case hexadecimal, as on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for CertificateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn it_survives_being_written_down() {
        let [leaf, issuer, _] = fixture::hierarchy().try_into().unwrap();
        let hash = CertificateHash::new(&leaf, &issuer);
        assert_eq!(CertificateHash::from_octets(hash.octets()), hash);
        assert_ne!(CertificateHash::from_octets([0; LENGTH]), hash);
    }
}
