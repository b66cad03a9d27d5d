//! The addresses that certificates name: where their issuer and their status are published.

use anyhow::Context as _;
use hallmark_pki::{Certificate, HttpUrl, PkiError, Publication, SerialNumber};

/// The public URL of what is published, over plain HTTP.
#[derive(Debug, Clone)]
pub struct Addresses(HttpUrl);

/// The number of the one CRL that a root has.
pub const ROOT_SHARD: i32 = 0;

impl Addresses {
    /// Addresses below a URL.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let url = HttpUrl::new(url.trim_end_matches('/'));
        url.map(Self).context("the public URL of what is published")
    }

    /// The CRL of one shard of an issuer.
    pub fn crl(&self, issuer: &SerialNumber, shard: i32) -> Result<HttpUrl, PkiError> {
        HttpUrl::new(format!("{}/crl/{issuer}/{shard}.crl", self.0))
    }

    fn ocsp(&self) -> Result<HttpUrl, PkiError> {
        HttpUrl::new(format!("{}/ocsp", self.0))
    }

    fn issuer(&self, issuer: &SerialNumber) -> Result<HttpUrl, PkiError> {
        HttpUrl::new(format!("{}/issuer/{issuer}.cer", self.0))
    }

    /// What the certificate of an end entity names.
    pub fn of_end_entity(&self, issuer: &SerialNumber, shard: i32) -> Result<Publication, PkiError> {
        Ok(Publication {
            ocsp: Some(self.ocsp()?),
            crl: Some(self.crl(issuer, shard)?),
            issuer: Some(self.issuer(issuer)?),
        })
    }

    /// What the certificate of an issuing CA names. Nobody answers OCSP for a root, whose key is to be offline.
    pub fn of_issuing_ca(&self, root: &Certificate) -> Result<Publication, PkiError> {
        let root = root.serial_number();
        Ok(Publication {
            ocsp: None,
            crl: Some(self.crl(root, ROOT_SHARD)?),
            issuer: Some(self.issuer(root)?),
        })
    }
}
