//! What a timestamp token is about (RFC 3161 section 2.4.2, in a `SignedData` of RFC 5652 section 5.1).
//!
//! Whoever issued it, whether its signature holds and what time it tells is not asked here: an envelope comes
//! to a verifier who asks all that. Asked is what a mix-up would get wrong.

use crate::NotaryError;
use aws_lc_rs::digest::{SHA384, digest};
use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier, OctetStringRef};
use der::{Decode, ErrorKind, Reader, SliceReader, TagNumber};

/// Length of a digest by SHA-384.
pub const MESSAGE_IMPRINT_LENGTH: usize = 48;

const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ID_CT_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const ID_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");

/// A hash and what it made of the message.
type Imprint<'a> = (ObjectIdentifier, &'a [u8]);

/// The digest of a signature that a token about it holds: the hash follows from the leaf's key.
pub(crate) fn message_imprint(signature: &[u8]) -> [u8; MESSAGE_IMPRINT_LENGTH] {
    let mut imprint = [0; MESSAGE_IMPRINT_LENGTH];
    imprint.copy_from_slice(digest(&SHA384, signature).as_ref());
    imprint
}

/// Checks that octets are a `TimeStampToken` in DER about a signature; the whole `TimeStampResp` is none.
pub(crate) fn check(token: &[u8], signature: &[u8]) -> Result<(), NotaryError> {
    match imprint(token) {
        Err(_) => Err(NotaryError::TimestampUnreadable),
        Ok((ID_SHA384, hashed)) if hashed == message_imprint(signature) => Ok(()),
        Ok(_) => Err(NotaryError::TimestampOfOther),
    }
}

/// The `messageImprint` of a token.
fn imprint(token: &[u8]) -> der::Result<Imprint<'_>> {
    let signed_data = content(AnyRef::from_der(token)?, ID_SIGNED_DATA)?;
    let encapsulated = fields(signed_data, |signed_data| {
        AnyRef::decode(signed_data)?; // version
        AnyRef::decode(signed_data)?; // digestAlgorithms
        AnyRef::decode(signed_data)
    })?;
    let info: &OctetStringRef = content(encapsulated, ID_CT_TST_INFO)?.decode_as()?;
    let imprint = fields(AnyRef::from_der(info.as_bytes())?, |info| {
        AnyRef::decode(info)?; // version
        AnyRef::decode(info)?; // policy
        AnyRef::decode(info)
    })?;
    fields(imprint, |imprint| {
        let algorithm = AnyRef::decode(imprint)?;
        let hashed: &OctetStringRef = Decode::decode(imprint)?;
        Ok((fields(algorithm, ObjectIdentifier::decode)?, hashed.as_bytes()))
    })
}

/// The content of a `ContentInfo`, or of the like inside a `SignedData`, that must have one type.
fn content(info: AnyRef<'_>, content_type: ObjectIdentifier) -> der::Result<AnyRef<'_>> {
    fields(info, |info| {
        let found = ObjectIdentifier::decode(info)?;
        let content: ContextSpecific<AnyRef<'_>> = Decode::decode(info)?;
        let fits = found == content_type && content.tag_number == TagNumber(0);
        if fits { Ok(content.value) } else { Err(ErrorKind::Failed.into()) }
    })
}

/// Reads the first fields of a sequence and passes over the rest.
fn fields<'a, T>(
    sequence: AnyRef<'a>,
    read: impl FnOnce(&mut SliceReader<'a>) -> der::Result<T>,
) -> der::Result<T> {
    sequence.sequence(|fields| {
        let read = read(fields)?;
        fields.drain(fields.remaining_len())?;
        Ok(read)
    })
}
