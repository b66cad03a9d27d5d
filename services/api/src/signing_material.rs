//! Signing material: the certificate that a profile names on platforms whose keys the service does not keep.

use crate::newtype::{Text, string_newtype};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

string_newtype! {
    /// ARN of a certificate in AWS Certificate Manager, which this service takes down and never follows.
    CertificateArn,
    Text::new(
        "the ARN of an ACM certificate (arn:aws:acm:REGION:ACCOUNT:certificate/ID)",
        20..=2048,
        Some("arn:[!-9;-~]*:acm:[!-9;-~]*:[!-9;-~]*:certificate/[!-~]+"),
        "arn:aws:acm:us-east-1:123456789012:certificate/6a55389b-306b-4e8c-a95c-0123456789ab",
    )
}

/// The certificate that a profile signs with, on platforms that take one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningMaterial {
    /// ARN of the certificate.
    pub certificate_arn: CertificateArn,
}

/// The certificate that a profile signs with, as answers show it: on platforms whose keys the service keeps
/// an empty object, which AWS Signer sends too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownSigningMaterial {
    /// ARN of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<CertificateArn>,
}

impl From<Option<SigningMaterial>> for ShownSigningMaterial {
    fn from(material: Option<SigningMaterial>) -> Self {
        Self { certificate_arn: material.map(|material| material.certificate_arn) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_material_names_a_certificate() {
        for right in
            ["arn:aws:acm:us-west-2:123456789012:certificate/6a55389b", "arn:aws-cn:acm:::certificate/x"]
        {
            assert!(right.parse::<CertificateArn>().is_ok(), "{right}");
        }
        for wrong in [
            "",
            "arn",
            "arn:aws:acm:us-west-2:123456789012:certificate/",
            "arn:aws:acm:us-west-2:123456789012:certificate/a b",
            "arn:aws:acm:us-west-2:123456789012:certificate/a\0",
            "arn:aws:iam::123456789012:server-certificate/x",
        ] {
            assert!(wrong.parse::<CertificateArn>().is_err(), "{wrong}");
        }
    }
}
