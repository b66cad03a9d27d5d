//! What a certificate says about where its status, and its issuer, are published.

use crate::PkiError;
use crate::url::HttpUrl;
use der::Encode;
use der::asn1::{Ia5String, ObjectIdentifier};
use rcgen::CustomExtension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AccessDescription, AuthorityInfoAccessSyntax, CrlDistributionPoints};

const ID_AD_OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const ID_AD_CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");
const ID_PE_AUTHORITY_INFO_ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
const ID_CE_CRL_DISTRIBUTION_POINTS: [u64; 4] = [2, 5, 29, 31];

/// The addresses that are written into a certificate. The default names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publication {
    /// Where OCSP answers for it are served (authorityInfoAccess, id-ad-ocsp).
    pub ocsp: Option<HttpUrl>,
    /// The CRL that will list it (cRLDistributionPoints). One, since verifiers fetch all that they find.
    pub crl: Option<HttpUrl>,
    /// The certificate of its issuer, in DER (authorityInfoAccess, id-ad-caIssuers).
    pub issuer: Option<HttpUrl>,
}

impl Publication {
    /// Names no address.
    pub const NOWHERE: Self = Self { ocsp: None, crl: None, issuer: None };

    /// The extensions authorityInfoAccess (RFC 5280 section 4.2.2.1) and cRLDistributionPoints
    /// (section 4.2.1.13), neither critical; none that would be empty.
    pub(crate) fn extensions(&self) -> Result<Vec<CustomExtension>, PkiError> {
        self.encode().map_err(|error| PkiError::NotIssued { reason: error.to_string() })
    }

    fn encode(&self) -> der::Result<Vec<CustomExtension>> {
        let mut extensions = Vec::new();
        let access = [(ID_AD_OCSP, &self.ocsp), (ID_AD_CA_ISSUERS, &self.issuer)];
        let mut descriptions = Vec::new();
        for (access_method, url) in access {
            let Some(url) = url else { continue };
            descriptions.push(AccessDescription { access_method, access_location: general_name(url)? });
        }
        if !descriptions.is_empty() {
            let value = AuthorityInfoAccessSyntax(descriptions).to_der()?;
            extensions.push(CustomExtension::from_oid_content(&ID_PE_AUTHORITY_INFO_ACCESS, value));
        }
        if let Some(url) = &self.crl {
            let point = DistributionPoint {
                distribution_point: Some(point_name(url)?),
                reasons: None,
                crl_issuer: None,
            };
            let value = CrlDistributionPoints(vec![point]).to_der()?;
            extensions.push(CustomExtension::from_oid_content(&ID_CE_CRL_DISTRIBUTION_POINTS, value));
        }
        Ok(extensions)
    }
}

fn general_name(url: &HttpUrl) -> der::Result<GeneralName> {
    Ia5String::new(url.as_str()).map(GeneralName::UniformResourceIdentifier)
}

/// The name of a distribution point: the same octets in a certificate and in its CRL, which are
/// compared (RFC 5280 section 6.3.3).
pub(crate) fn point_name(url: &HttpUrl) -> der::Result<DistributionPointName> {
    Ok(DistributionPointName::FullName(vec![general_name(url)?]))
}
