//! Certificates: every one that was ever issued for an account.

use crate::account::AccountId;
use crate::exception::Exception;
use crate::newtype::{Text, string_newtype};
use crate::operation::{Effect, MaxResults, Nothing, Operation, Request, Target};
use crate::profile::{ProfileName, ProfileVersion};
use crate::revocation::RevocationReason;
use crate::timestamp::{DateTime, EpochSeconds};
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

string_newtype! {
    /// A certificate's serial number (RFC 5280 section 4.1.2.2): the octets of the INTEGER in hexadecimal
    /// digits. Upper case, as `openssl x509 -serial` prints it, is read too; lower case is what is answered.
    SerialNumber,
    Text::new(
        "a serial number: 1 to 20 octets in hexadecimal digits, two for each",
        2..=40,
        Some("([0-9A-Fa-f]{2})+"),
        "011cbe991a140f1e2d3c4b5a69788796a5b4",
    )
}

string_newtype! {
    /// What Notary Project verifiers know a certificate by (AWS Signer plugin for notation, revocation check).
    CertificateHash,
    Text::new(
        "a certificate hash: 192 hexadecimal digits, the SHA-384 of the certificate's TBS part followed by \
         that of its issuer's",
        192..=192,
        Some("[0-9A-Fa-f]{192}"),
        "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b\
         cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    )
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum CertificatePurpose {
    /// It issues other certificates.
    Issuer,
    /// It signs code.
    CodeSigning,
    /// It answers questions about the status of certificates (RFC 6960).
    OcspSigning,
    /// It stamps the time (RFC 3161).
    TimeStamping,
}

impl CertificatePurpose {
    /// Every purpose there is.
    pub const ALL: [Self; 4] = [Self::Issuer, Self::CodeSigning, Self::OcspSigning, Self::TimeStamping];
}

/// A certificate, as lists show it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSummary {
    /// Its serial number, in lower case.
    pub serial_number: SerialNumber,
    /// Its subject, in the form of RFC 4514.
    #[schema(example = "SERIALNUMBER=awUPb84ibN,CN=release_images,OU=123456789012,O=Example,ST=WA,C=US")]
    pub subject: String,
    /// The serial number of the certificate that issued it; a root's is its own.
    pub issuer_serial_number: SerialNumber,
    /// What it is for.
    pub purpose: CertificatePurpose,
    /// The profile that signs with it; absent for whatever signs no code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_name: Option<ProfileName>,
    /// The profile's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_version: Option<ProfileVersion>,
    /// The first second of its validity.
    pub not_before: EpochSeconds,
    /// The last second of its validity.
    pub not_after: EpochSeconds,
    /// When it was put on record, which is before its key first signed.
    pub issued_at: EpochSeconds,
    /// What `GetRevocationStatus` calls it: SHA-384 of its TBS part and then of its issuer's, 192 hexadecimal
    /// digits in lower case.
    pub certificate_hash: String,
    /// Whether it is revoked: by a revocation of its own, or by one of its profile version that takes effect
    /// before it expires.
    pub is_revoked: bool,
    /// Since when; the earliest effective time if it is revoked more than once. What it signed before is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_effective_from: Option<EpochSeconds>,
}

/// A certificate, with all of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedCertificate {
    /// What lists show of it.
    #[serde(flatten)]
    pub summary: CertificateSummary,
    /// The certificate in PEM (RFC 7468 section 5).
    #[schema(example = "-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----\n")]
    pub certificate: String,
}

/// `ListCertificates`: the certificates of the account, its issuing CAs' among them, newest first.
#[derive(Debug, ToSchema)]
pub struct ListCertificates;

/// Query of [`ListCertificates`]. Filters narrow each other down; those that no certificate could pass
/// together are refused.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListCertificatesQuery {
    /// Only certificates of this profile.
    pub profile_name: Option<ProfileName>,
    /// Only certificates of this version of the profile; needs `profileName`.
    pub profile_version: Option<ProfileVersion>,
    /// Only certificates that this one issued: an issuing CA's or the root's serial number.
    pub issuer_serial_number: Option<SerialNumber>,
    /// Only certificates that are, or are not, revoked.
    pub is_revoked: Option<bool>,
    /// Only certificates whose validity ends before this time.
    pub expires_before: Option<DateTime>,
    /// Only certificates whose validity ends after this time.
    pub expires_after: Option<DateTime>,
    /// Entries in one page.
    pub max_results: Option<MaxResults>,
    /// Where the previous page ended.
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

/// Answer of [`ListCertificates`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListCertificatesOutput {
    /// The certificates, the last issued first.
    pub certificates: Vec<CertificateSummary>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

impl Operation for ListCertificates {
    const ACTION: &'static str = "hallmark:ListCertificates";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/hallmark/certificates";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation];
    type Path = Nothing;
    type Query = ListCertificatesQuery;
    type Body = Nothing;
    type Output = ListCertificatesOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// `GetCertificateChain`: a certificate of the account with everything that it relies on.
#[derive(Debug, ToSchema)]
pub struct GetCertificateChain;

/// Path of operations on one certificate.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificatePath {
    /// The certificate.
    pub serial_number: SerialNumber,
}

/// Answer of [`GetCertificateChain`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetCertificateChainOutput {
    /// The serial number that was asked for, in lower case.
    pub serial_number: SerialNumber,
    /// The certificate that was asked for, then each one's issuer, the root last.
    pub certificates: Vec<IssuedCertificate>,
    /// The whole chain in PEM, in the same order.
    #[schema(example = "-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----\n")]
    pub pem: String,
}

impl Operation for GetCertificateChain {
    const ACTION: &'static str = "hallmark:GetCertificateChain";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/hallmark/certificates/{serialNumber}/chain";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = CertificatePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = GetCertificateChainOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

/// Why a certificate is revoked, in the codes of RFC 5280 section 5.3.1, which CRLs and OCSP answers carry. There is no
/// `certificateHold`: revocations never reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum CertificateRevocationReason {
    /// The private key is not its owner's alone.
    KeyCompromise,
    /// The issuer's private key is not its owner's alone.
    CaCompromise,
    /// The subject's name or affiliation is not what it was.
    AffiliationChanged,
    /// Another certificate took its place.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// The subject lost a privilege that the certificate stood for.
    PrivilegeWithdrawn,
    /// The attribute authority's private key is not its owner's alone.
    AaCompromise,
}

/// `RevokeCertificate`: what a certificate signed from some time on is not to be trusted, for ever; of an issuing CA,
/// everything below it.
#[derive(Debug, ToSchema)]
pub struct RevokeCertificate;

/// Body of [`RevokeCertificate`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevokeCertificateBody {
    /// Why.
    pub reason: RevocationReason,
    /// The same as a code, for CRLs and OCSP answers; they carry none when it is absent.
    pub reason_code: Option<CertificateRevocationReason>,
    /// From when on, in the past; when absent, everything that it ever signed. A repeat may move it earlier and never
    /// later.
    pub effective_time: Option<EpochSeconds>,
}

impl Operation for RevokeCertificate {
    const ACTION: &'static str = "hallmark:RevokeCertificate";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/hallmark/certificates/{serialNumber}/revoke";
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::Validation, Exception::ResourceNotFound];
    type Path = CertificatePath;
    type Query = Nothing;
    type Body = RevokeCertificateBody;
    type Output = Nothing;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_octets_in_hexadecimal() {
        for right in ["01", "011cbe991a14", "011CBE991A14", &"7f".repeat(20)] {
            assert_eq!(right.parse::<SerialNumber>().unwrap().as_str(), right);
        }
        for wrong in ["", "0", "011", "01:1c", "0x01", "0g", " 01", "01\n", &"7f".repeat(21), "é1"] {
            assert!(wrong.parse::<SerialNumber>().is_err(), "{wrong}");
        }
    }
}
