//! The CMS message (RFC 5652) that a token is: one signer, one content, read strictly.

use super::{
    Fault, ID_CONTENT_TYPE, ID_CT_TST_INFO, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_CERTIFICATE_V2,
};
use crate::DigestAlgorithm;
use crate::asn1::{check_set_order, content, each, only, tagged, within};
use crate::signature::SignatureAlgorithm;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Reader, SliceReader, Tag};
use x509_cert::spki::AlgorithmIdentifierRef;

/// Certificates that are looked at in a token.
const MOST_CERTIFICATES: usize = 16;

/// A token, taken apart. Its signature is not verified.
pub(super) struct SignedData<'a> {
    /// The octets of the `TSTInfo`.
    pub(super) info: &'a [u8],
    /// Each certificate that the token brings along, in DER.
    pub(super) certificates: Vec<&'a [u8]>,
    pub(super) signer: SignerInfo<'a>,
}

/// `SignerInfo` of version 1 (RFC 5652 section 5.3).
pub(super) struct SignerInfo<'a> {
    /// The name of the issuer of the signing certificate, in DER.
    pub(super) issuer: &'a [u8],
    /// The signing certificate's serial number.
    pub(super) serial_number: &'a [u8],
    digest: DigestAlgorithm,
    /// The content of the SET of signed attributes.
    attributes: &'a [u8],
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) signature: &'a [u8],
}

/// `ESSCertIDv2` (RFC 5035 section 4): which certificate the signer meant.
pub(super) struct SigningCertificate<'a> {
    pub(super) algorithm: DigestAlgorithm,
    pub(super) hash: &'a [u8],
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo`.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, Fault> {
        within(only(der, Tag::Sequence)?, |reader| {
            if ObjectIdentifier::decode(reader)? != ID_SIGNED_DATA {
                return Err(Fault::Rule("is not SignedData"));
            }
            let explicit = tagged(reader, 0)?.ok_or("has no content")?;
            within(only(explicit.value(), Tag::Sequence)?, Self::read_fields)
        })
    }

    fn read_fields(reader: &mut SliceReader<'a>) -> Result<Self, Fault> {
        if u8::decode(reader)? != 3 {
            return Err(Fault::Rule("is not SignedData of version 3"));
        }
        let _digest_algorithms = content(reader, Tag::Set)?;
        let info = within(content(reader, Tag::Sequence)?, |encapsulated| {
            if ObjectIdentifier::decode(encapsulated)? != ID_CT_TST_INFO {
                return Err(Fault::Rule("does not hold a TSTInfo"));
            }
            let explicit = tagged(encapsulated, 0)?.ok_or("has no TSTInfo")?;
            Ok(only(explicit.value(), Tag::OctetString)?)
        })?;
        let bag = tagged(reader, 0)?.map_or(&[][..], |set| set.value());
        let _revocation_lists = tagged(reader, 1)?;
        // More signers, or other signatures of the same one, are not RFC 3161's.
        let signer = within(content(reader, Tag::Set)?, SignerInfo::read)?;
        Ok(Self { info, certificates: read_bag(bag)?, signer })
    }
}

fn read_bag(bag: &[u8]) -> Result<Vec<&[u8]>, Fault> {
    within(bag, |reader| {
        let mut certificates = Vec::new();
        while !reader.is_finished() {
            if certificates.len() == MOST_CERTIFICATES {
                return Err(Fault::Rule("brings more than 16 certificates along"));
            }
            certificates.push(reader.tlv_bytes()?);
        }
        Ok(certificates)
    })
}

impl<'a> SignerInfo<'a> {
    fn read(reader: &mut SliceReader<'a>) -> Result<Self, Fault> {
        within(content(reader, Tag::Sequence)?, |reader| {
            if u8::decode(reader)? != 1 {
                return Err(Fault::Rule("has a signer that is not of version 1"));
            }
            let (issuer, serial_number) = within(content(reader, Tag::Sequence)?, |name| {
                Ok::<_, Fault>((name.tlv_bytes()?, content(name, Tag::Integer)?))
            })?;
            let digest = DigestAlgorithm::from_id(AlgorithmIdentifierRef::decode(reader)?.oid)
                .ok_or("is digested with an algorithm that is not accepted")?;
            let attributes = tagged(reader, 0)?.ok_or("has no signed attributes")?.value();
            check_set_order(attributes)?;
            let algorithm = AlgorithmIdentifierRef::decode(reader)?;
            let algorithm = SignatureAlgorithm::read_cms(&algorithm, digest)
                .ok_or("is signed with an algorithm that is not accepted")?;
            let signature = content(reader, Tag::OctetString)?;
            let _unsigned_attributes = tagged(reader, 1)?;
            Ok(Self { issuer, serial_number, digest, attributes, algorithm, signature })
        })
    }

    /// What the signature is over: the attributes as a SET OF (RFC 5652 section 5.4).
    pub(super) fn signed_octets(&self) -> der::Result<Vec<u8>> {
        AnyRef::new(Tag::Set, self.attributes)?.to_der()
    }

    /// Checks that the attributes are about this content, and finds the certificate that they mean.
    pub(super) fn signing_certificate(&self, info: &[u8]) -> Result<SigningCertificate<'a>, Fault> {
        if ObjectIdentifier::from_der(self.attribute(ID_CONTENT_TYPE)?)? != ID_CT_TST_INFO {
            return Err(Fault::Rule("has a contentType that is not its content's"));
        }
        let digest = <&OctetStringRef>::from_der(self.attribute(ID_MESSAGE_DIGEST)?)?;
        if digest.as_bytes() != self.digest.digest(info) {
            return Err(Fault::Rule("has a messageDigest that is not its content's"));
        }
        let attribute = self.attribute(ID_SIGNING_CERTIFICATE_V2)?;
        within(only(attribute, Tag::Sequence)?, |attribute| {
            let identifiers = content(attribute, Tag::Sequence)?;
            if !attribute.is_finished() {
                let _policies = content(attribute, Tag::Sequence)?;
            }
            // The first names the signer's certificate; others, if any, stand above it.
            let mut reader = SliceReader::new(identifiers)?;
            self.read_identifier(content(&mut reader, Tag::Sequence)?)
        })
    }

    fn read_identifier(&self, identifier: &'a [u8]) -> Result<SigningCertificate<'a>, Fault> {
        within(identifier, |reader| {
            let algorithm = match Tag::peek(reader)? {
                Tag::Sequence => DigestAlgorithm::from_id(AlgorithmIdentifierRef::decode(reader)?.oid)
                    .ok_or("hashes its signing certificate with an algorithm that is not accepted")?,
                _ => DigestAlgorithm::Sha256,
            };
            let hash = content(reader, Tag::OctetString)?;
            if !reader.is_finished() {
                self.check_issuer_serial(content(reader, Tag::Sequence)?)?;
            }
            Ok(SigningCertificate { algorithm, hash })
        })
    }

    /// `IssuerSerial`: one directoryName, which must be the signer's issuer.
    fn check_issuer_serial(&self, issuer_serial: &[u8]) -> Result<(), Fault> {
        within(issuer_serial, |reader| {
            let names = content(reader, Tag::Sequence)?;
            let name = within(names, |names| Ok::<_, der::Error>(tagged(names, 4)?.map(AnyRef::value)))?;
            let serial_number = content(reader, Tag::Integer)?;
            if name != Some(self.issuer) || serial_number != self.serial_number {
                return Err(Fault::Rule("names two different signing certificates"));
            }
            Ok(())
        })
    }

    /// The value of a signed attribute, which must be there once and have one value.
    fn attribute(&self, id: ObjectIdentifier) -> Result<&'a [u8], Fault> {
        let mut found = None;
        each(self.attributes, |attribute: AnyRef<'a>| {
            within(attribute.value(), |reader| {
                let own = ObjectIdentifier::decode(reader)?;
                let values = content(reader, Tag::Set)?;
                if own == id && found.replace(values).is_some() {
                    return Err(Fault::Rule("has a signed attribute twice"));
                }
                Ok(())
            })
        })?;
        let values = found.ok_or("lacks one of contentType, messageDigest and signingCertificateV2")?;
        within(values, |reader| {
            let value = reader.tlv_bytes()?;
            if reader.is_finished() {
                Ok(value)
            } else {
                Err(Fault::Rule("has a signed attribute of two values"))
            }
        })
    }
}
