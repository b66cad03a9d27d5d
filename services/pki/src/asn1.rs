//! The pieces of ASN.1 that several nouns share. What was received is read with a cursor that
//! allocates nothing; what is written is assembled from structures that the RFCs name.

use crate::PkiError;
use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, OctetString, OctetStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, TagNumber, Tagged};
use std::ops::Range;
use std::time::Duration;
use time::OffsetDateTime;
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierRef;

/// ecdsa-with-SHA384 (RFC 5758 section 3.2), what every key of this service signs with.
pub(crate) const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

/// The identifier of [`ECDSA_WITH_SHA384`]; its parameters are absent.
pub(crate) const SIGNED_WITH: AlgorithmIdentifierRef<'static> =
    AlgorithmIdentifierRef { oid: ECDSA_WITH_SHA384, parameters: None };

/// Something signed, as certificates, CRLs and signing requests are (RFC 5280 section 4.1.1).
#[derive(Debug, Sequence)]
pub(crate) struct Signed<'a> {
    pub(crate) tbs: AnyRef<'a>,
    pub(crate) algorithm: AlgorithmIdentifierRef<'a>,
    pub(crate) signature: BitStringRef<'a>,
}

/// An extension (RFC 5280 section 4.1) that borrows what it was read from.
#[derive(Debug, Clone, Copy, Sequence)]
pub(crate) struct ExtensionRef<'a> {
    pub(crate) id: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    pub(crate) critical: bool,
    pub(crate) value: &'a OctetStringRef,
}

/// Whether a reader that does not know an extension must refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Criticality {
    Critical,
    Ignorable,
}

/// Writes an extension around its value.
pub(crate) fn extension(
    id: ObjectIdentifier,
    criticality: Criticality,
    value: &impl Encode,
) -> der::Result<Extension> {
    let extn_value = OctetString::new(value.to_der()?)?;
    Ok(Extension { extn_id: id, critical: criticality == Criticality::Critical, extn_value })
}

/// Steps over one element and says where it stood.
pub(crate) fn span<'a>(reader: &mut impl Reader<'a>) -> der::Result<Range<usize>> {
    let start = usize::try_from(reader.position())?;
    reader.tlv_bytes()?;
    Ok(start..usize::try_from(reader.position())?)
}

/// Steps over the rest.
pub(crate) fn drain<'a>(reader: &mut impl Reader<'a>) -> der::Result<()> {
    while !reader.is_finished() {
        reader.tlv_bytes()?;
    }
    Ok(())
}

/// The next element if it bears this constructed context-specific tag.
pub(crate) fn tagged<'a>(reader: &mut SliceReader<'a>, number: u32) -> der::Result<Option<AnyRef<'a>>> {
    let wanted = Tag::ContextSpecific { constructed: true, number: TagNumber(number) };
    if reader.is_finished() || Tag::peek(reader)? != wanted {
        return Ok(None);
    }
    AnyRef::decode(reader).map(Some)
}

/// The content of the next element, which must bear this tag.
pub(crate) fn content<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> der::Result<&'a [u8]> {
    let element = AnyRef::decode(reader)?;
    element.tag().assert_eq(tag)?;
    Ok(element.value())
}

/// Reads one element of this tag, which is all there is.
pub(crate) fn only(octets: &[u8], tag: Tag) -> der::Result<&[u8]> {
    within(octets, |reader| content(reader, tag))
}

/// Reads the content of an element to its end.
pub(crate) fn within<'a, T, E: From<der::Error>>(
    content: &'a [u8],
    read: impl FnOnce(&mut SliceReader<'a>) -> Result<T, E>,
) -> Result<T, E> {
    let mut reader = SliceReader::new(content)?;
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// Reads the elements of a SEQUENCE OF or SET OF one after the other.
pub(crate) fn each<'a, T: Decode<'a, Error = der::Error>, E: From<der::Error>>(
    content: &'a [u8],
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    within(content, |reader| {
        while !reader.is_finished() {
            take(T::decode(reader)?)?;
        }
        Ok(())
    })
}

/// Whether the elements of a SET OF stand in the order that DER demands (X.690 section 11.6), each
/// once.
pub(crate) fn check_set_order(content: &[u8]) -> der::Result<()> {
    within(content, |reader| {
        let mut last: &[u8] = &[];
        while !reader.is_finished() {
            let element = reader.tlv_bytes()?;
            if element <= last {
                return Err(der::ErrorKind::SetOrdering.into());
            }
            last = element;
        }
        Ok(())
    })
}

/// A time in whole seconds of UTC, fractions cut off.
pub(crate) fn generalized_time(time: OffsetDateTime) -> Result<GeneralizedTime, PkiError> {
    let out_of_range = PkiError::TimeOutOfRange { time };
    let Ok(seconds) = u64::try_from(time.unix_timestamp()) else { return Err(out_of_range) };
    GeneralizedTime::from_unix_duration(Duration::from_secs(seconds)).map_err(|_| out_of_range)
}

/// A time as certificates and CRLs hold it: `UTCTime` until 2049 (RFC 5280 section 5.1.2.4).
pub(crate) fn x509_time(time: OffsetDateTime) -> Result<x509_cert::time::Time, PkiError> {
    generalized_time(time).map(|time| time.to_date_time().into())
}

/// The time that was read.
pub(crate) fn from_unix(since_epoch: Duration) -> Option<OffsetDateTime> {
    i64::try_from(since_epoch.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_written_in_whole_seconds() {
        let time = datetime!(2026-11-21 13:59:59.999 +2);
        let written = generalized_time(time).unwrap();
        assert_eq!(written.to_der().unwrap(), b"\x18\x0f20261121115959Z");
        let read = from_unix(written.to_unix_duration()).unwrap();
        assert_eq!(read, datetime!(2026-11-21 11:59:59 UTC));
    }

    #[test]
    fn the_form_of_a_time_follows_its_year() {
        let last = x509_time(datetime!(2049-12-31 23:59:59 UTC)).unwrap();
        assert_eq!(last.to_der().unwrap(), b"\x17\x0d491231235959Z");
        let first = x509_time(datetime!(2050-01-01 00:00 UTC)).unwrap();
        assert_eq!(first.to_der().unwrap(), b"\x18\x0f20500101000000Z");
    }

    #[test]
    fn times_before_the_epoch_are_refused() {
        let time = datetime!(1969-12-31 23:59:59 UTC);
        assert_eq!(generalized_time(time), Err(PkiError::TimeOutOfRange { time }));
    }

    #[test]
    fn sets_stand_in_order() {
        check_set_order(&[]).unwrap();
        check_set_order(&[2, 1, 1, 2, 1, 2]).unwrap();
        check_set_order(&[2, 1, 2, 2, 1, 1]).unwrap_err();
        check_set_order(&[2, 1, 1, 2, 1, 1]).unwrap_err();
        check_set_order(&[2, 1]).unwrap_err();
    }
}
