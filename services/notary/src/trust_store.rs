//! Trust stores: the certificates that signatures are judged by.

use hallmark_pki::{Certificate, PkiError};
use std::fmt;
use std::str::FromStr;

/// What a certificate is trusted for (Notary Project `trust-store-trust-policy.md`, trust store).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrustStoreType {
    /// Signers whose word for the signing time is only a claim (scheme `notary.x509`).
    Ca,
    /// Signing authorities (scheme `notary.x509.signingAuthority`).
    SigningAuthority,
    /// Timestamp authorities.
    Tsa,
}

/// A name that belongs to no type of trust store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the type of a trust store must be \"ca\", \"signingAuthority\" or \"tsa\"")]
pub struct TrustStoreTypeUnknown;

/// Trust anchors by what they are trusted for. One that is trusted for one thing counts for nothing else. Empty at
/// first, which trusts nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustStore {
    ca: Vec<Certificate>,
    signing_authority: Vec<Certificate>,
    tsa: Vec<Certificate>,
}

impl TrustStoreType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Ca, Self::SigningAuthority, Self::Tsa];

    /// Its name in trust policies and in the path of a trust store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::SigningAuthority => "signingAuthority",
            Self::Tsa => "tsa",
        }
    }
}

impl FromStr for TrustStoreType {
    type Err = TrustStoreTypeUnknown;

    fn from_str(name: &str) -> Result<Self, TrustStoreTypeUnknown> {
        Self::ALL.into_iter().find(|known| known.as_str() == name).ok_or(TrustStoreTypeUnknown)
    }
}

impl fmt::Display for TrustStoreType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TrustStore {
    /// Trusts a certificate: a CA's or a self-signed one, for timestamps a self-signed CA's.
    pub fn trust(&mut self, store_type: TrustStoreType, anchor: Certificate) -> Result<(), PkiError> {
        match store_type {
            TrustStoreType::Ca | TrustStoreType::SigningAuthority => anchor.check_trust_anchor()?,
            TrustStoreType::Tsa => anchor.check_timestamp_anchor()?,
        }
        let anchors = match store_type {
            TrustStoreType::Ca => &mut self.ca,
            TrustStoreType::SigningAuthority => &mut self.signing_authority,
            TrustStoreType::Tsa => &mut self.tsa,
        };
        anchors.push(anchor);
        Ok(())
    }

    /// The certificates that are trusted for one thing.
    pub fn anchors(&self, store_type: TrustStoreType) -> &[Certificate] {
        match store_type {
            TrustStoreType::Ca => &self.ca,
            TrustStoreType::SigningAuthority => &self.signing_authority,
            TrustStoreType::Tsa => &self.tsa,
        }
    }
}
