//! The CMS message (RFC 5652) that a token is, as it is written.

use super::{ID_CONTENT_TYPE, ID_CT_TST_INFO, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_CERTIFICATE_V2};
use crate::asn1::SIGNED_WITH;
use crate::{Certificate, DigestAlgorithm};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, SetOfVec};
use der::{Decode, Encode, Sequence, Tag, TagNumber, ValueOrd};
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierRef;

/// What the signature and the attributes use.
const DIGEST: DigestAlgorithm = DigestAlgorithm::Sha384;

/// `ContentInfo` (RFC 5652 section 3).
#[derive(Debug, Sequence)]
struct ContentInfo<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData<'a>,
}

/// `SignedData` (RFC 5652 section 5.1), version 3.
#[derive(Debug, Sequence)]
struct SignedData<'a> {
    version: u8,
    digest_algorithms: SetOfVec<AlgorithmIdentifierRef<'a>>,
    content: Encapsulated<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    certificates: Option<SetOfVec<AnyRef<'a>>>,
    signers: SetOfVec<SignerInfo<'a>>,
}

#[derive(Debug, Sequence)]
struct Encapsulated<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: &'a OctetStringRef,
}

/// `SignerInfo` (RFC 5652 section 5.3), version 1.
#[derive(Debug, Sequence, ValueOrd)]
struct SignerInfo<'a> {
    version: u8,
    certificate: IssuerAndSerialNumber<'a>,
    digest_algorithm: AlgorithmIdentifierRef<'a>,
    attributes: AnyRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: &'a OctetStringRef,
}

#[derive(Debug, Sequence, ValueOrd)]
struct IssuerAndSerialNumber<'a> {
    issuer: AnyRef<'a>,
    serial_number: AnyRef<'a>,
}

/// `SigningCertificateV2` (RFC 5035 section 3).
#[derive(Debug, Sequence)]
struct SigningCertificateV2<'a> {
    certificates: Vec<CertificateIdentifier<'a>>,
}

/// `ESSCertIDv2` whose hash is SHA-256, the default, and therefore not named.
#[derive(Debug, Sequence)]
struct CertificateIdentifier<'a> {
    hash: &'a OctetStringRef,
    issuer_serial: IssuerSerial<'a>,
}

/// `IssuerSerial`; the names are one directoryName.
#[derive(Debug, Sequence)]
struct IssuerSerial<'a> {
    names: Vec<AnyRef<'a>>,
    serial_number: AnyRef<'a>,
}

/// The signed attributes as they are signed: a SET OF in DER.
pub(super) fn attributes(info: &[u8], signing_certificate: &[u8]) -> der::Result<Vec<u8>> {
    let digest = DIGEST.digest(info);
    let digest = OctetStringRef::new(&digest)?.to_der()?;
    let attribute = |oid, value: &[u8]| {
        let values = SetOfVec::try_from(vec![der::Any::from_der(value)?])?;
        der::Result::Ok(Attribute { oid, values })
    };
    SetOfVec::try_from(vec![
        attribute(ID_CONTENT_TYPE, &ID_CT_TST_INFO.to_der()?)?,
        attribute(ID_MESSAGE_DIGEST, &digest)?,
        attribute(ID_SIGNING_CERTIFICATE_V2, signing_certificate)?,
    ])?
    .to_der()
}

/// A token: the signer's certificate, those that it brings along, what it says, what is signed and the
/// signature.
pub(super) fn assemble(
    own: &Certificate,
    bag: &[Certificate],
    info: &[u8],
    attributes: &[u8],
    signature: &[u8],
) -> der::Result<Vec<u8>> {
    let bag: Vec<AnyRef<'_>> =
        bag.iter().map(|certificate| AnyRef::from_der(certificate.der())).collect::<der::Result<_>>()?;
    let certificates = if bag.is_empty() { None } else { Some(SetOfVec::try_from(bag)?) };
    let digest_algorithm = AlgorithmIdentifierRef { oid: DIGEST.id(), parameters: None };
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
    let signer = SignerInfo {
        version: 1,
        certificate: IssuerAndSerialNumber {
            issuer: AnyRef::from_der(own.issuer_der())?,
            serial_number: AnyRef::new(Tag::Integer, own.serial_number().as_bytes())?,
        },
        digest_algorithm,
        attributes: AnyRef::new(tag, AnyRef::from_der(attributes)?.value())?,
        algorithm: SIGNED_WITH,
        signature: OctetStringRef::new(signature)?,
    };
    let content = SignedData {
        version: 3,
        digest_algorithms: SetOfVec::try_from(vec![digest_algorithm])?,
        content: Encapsulated { kind: ID_CT_TST_INFO, content: OctetStringRef::new(info)? },
        certificates,
        signers: SetOfVec::try_from(vec![signer])?,
    };
    ContentInfo { kind: ID_SIGNED_DATA, content }.to_der()
}

/// The value of the attribute signingCertificateV2: the hash of a certificate, and its issuer and
/// serial number, which are those of the same one.
pub(super) fn signing_certificate(hashed: &Certificate, named: &Certificate) -> der::Result<Vec<u8>> {
    let hash = DigestAlgorithm::Sha256.digest(hashed.der());
    // directoryName is a CHOICE behind tag 4, and so explicit.
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(4) };
    let issuer_serial = IssuerSerial {
        names: vec![AnyRef::new(tag, named.issuer_der())?],
        serial_number: AnyRef::new(Tag::Integer, named.serial_number().as_bytes())?,
    };
    let identifier = CertificateIdentifier { hash: OctetStringRef::new(&hash)?, issuer_serial };
    SigningCertificateV2 { certificates: vec![identifier] }.to_der()
}

/// `TimeStampResp` with status granted.
pub(super) fn grant(token: &[u8]) -> der::Result<Vec<u8>> {
    #[derive(Sequence)]
    struct Response<'a> {
        status: StatusInfo,
        token: AnyRef<'a>,
    }
    #[derive(Sequence)]
    struct StatusInfo {
        status: u8,
    }
    Response { status: StatusInfo { status: 0 }, token: AnyRef::from_der(token)? }.to_der()
}
