//! What a token says.

use super::{Fault, Imprint, TimestampNonce, TimestampPolicy};
use crate::asn1::{content, only, tagged, within};
use der::asn1::{AnyRef, GeneralizedTime, IntRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, TagNumber};
use time::{Date, Duration, Month, OffsetDateTime, Time};

const VERSION: u8 = 1;

/// `TSTInfo` (RFC 3161 section 2.4.2): an authority's word that something existed at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampInfo {
    pub(super) policy: TimestampPolicy,
    pub(super) imprint: Imprint,
    pub(super) serial_number: Vec<u8>,
    pub(super) time: OffsetDateTime,
    pub(super) accuracy: Duration,
    pub(super) nonce: Option<TimestampNonce>,
}

/// `TSTInfo` as it is written here: whole seconds, no ordering, no extensions.
#[derive(Debug, Sequence)]
pub(super) struct TstInfo<'a> {
    version: u8,
    policy: ObjectIdentifier,
    imprint: AnyRef<'a>,
    serial_number: AnyRef<'a>,
    time: GeneralizedTime,
    accuracy: Accuracy,
    nonce: Option<AnyRef<'a>>,
}

/// `Accuracy` in whole seconds.
#[derive(Debug, Sequence)]
pub(super) struct Accuracy {
    seconds: u8,
}

/// What a token of this service says besides its imprint.
pub(super) struct Saying<'a> {
    pub(super) policy: TimestampPolicy,
    pub(super) imprint: &'a Imprint,
    pub(super) serial_number: &'a [u8],
    pub(super) time: GeneralizedTime,
    pub(super) accuracy_seconds: u8,
    pub(super) nonce: Option<&'a TimestampNonce>,
}

impl Saying<'_> {
    pub(super) fn to_der(&self) -> der::Result<Vec<u8>> {
        TstInfo {
            version: VERSION,
            policy: self.policy.0,
            imprint: AnyRef::from_der(self.imprint.der())?,
            serial_number: AnyRef::new(Tag::Integer, self.serial_number)?,
            time: self.time,
            accuracy: Accuracy { seconds: self.accuracy_seconds },
            nonce: self.nonce.map(TimestampNonce::encode).transpose()?,
        }
        .to_der()
    }
}

impl TimestampInfo {
    /// The policy under which the authority stamped.
    pub fn policy(&self) -> TimestampPolicy {
        self.policy
    }

    /// What was stamped.
    pub fn imprint(&self) -> &Imprint {
        &self.imprint
    }

    /// The number that the authority gave the token: the content octets of an INTEGER.
    pub fn serial_number(&self) -> &[u8] {
        &self.serial_number
    }

    /// When, in UTC.
    pub fn time(&self) -> OffsetDateTime {
        self.time
    }

    /// By how much the time may be wrong, to either side; zero when the token does not say.
    pub fn accuracy(&self) -> Duration {
        self.accuracy
    }

    /// The earliest and the latest time that the token can mean. Where it does not say how accurate it is, its time
    /// is taken as it stands, but for the baseline policy's, which promises a second.
    pub fn interval(&self) -> (OffsetDateTime, OffsetDateTime) {
        let baseline = self.accuracy.is_zero() && self.policy.is_baseline();
        let accuracy = if baseline { Duration::SECOND } else { self.accuracy };
        (self.time.saturating_sub(accuracy), self.time.saturating_add(accuracy))
    }

    /// The nonce of the request.
    pub fn nonce(&self) -> Option<&TimestampNonce> {
        self.nonce.as_ref()
    }

    pub(super) fn from_der(der: &[u8]) -> Result<Self, Fault> {
        within(only(der, Tag::Sequence)?, |info| {
            if u8::decode(info)? != VERSION {
                return Err(Fault::Rule("is not of version 1"));
            }
            let policy = TimestampPolicy(ObjectIdentifier::decode(info)?);
            let imprint = Imprint::from_der(info.tlv_bytes()?)?;
            let serial_number = integer(info)?.to_vec();
            let time = content(info, Tag::GeneralizedTime)?;
            let time = read_time(time).ok_or("has a time that is not in UTC, or not minimal")?;
            let accuracy = match next_tag(info)? {
                Some(Tag::Sequence) => read_accuracy(content(info, Tag::Sequence)?)?,
                _ => Duration::ZERO,
            };
            let _ordering = Option::<bool>::decode(info)?;
            let nonce = match next_tag(info)? {
                Some(Tag::Integer) => TimestampNonce::from_der(info.tlv_bytes()?)?,
                _ => None,
            };
            let _authority = tagged(info, 0)?;
            if let Some(extensions) = tagged(info, 1)? {
                check_extensions(extensions.value())?;
            }
            Ok(Self { policy, imprint, serial_number, time, accuracy, nonce })
        })
    }
}

fn next_tag(reader: &SliceReader<'_>) -> der::Result<Option<Tag>> {
    if reader.is_finished() { Ok(None) } else { Tag::peek(reader).map(Some) }
}

/// The content of an INTEGER.
fn integer<'a>(reader: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
    let element = reader.tlv_bytes()?;
    IntRef::from_der(element)?;
    only(element, Tag::Integer)
}

fn check_extensions(list: &[u8]) -> Result<(), Fault> {
    crate::asn1::each(list, |extension: crate::asn1::ExtensionRef<'_>| {
        if extension.critical {
            return Err(Fault::Rule("has a critical extension that is not understood"));
        }
        Ok(())
    })
}

/// `YYYYMMDDhhmmss[.f]Z`, the fraction without a zero at its end.
fn read_time(octets: &[u8]) -> Option<OffsetDateTime> {
    let text = std::str::from_utf8(octets).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if whole.len() != 14 || !whole.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let number = |place: std::ops::Range<usize>| whole.get(place)?.parse::<u8>().ok();
    let nanosecond = match fraction {
        None => 0,
        Some(digits) => {
            let minimal = (1..=9).contains(&digits.len())
                && digits.bytes().all(|octet| octet.is_ascii_digit())
                && !digits.ends_with('0');
            format!("{digits:0<9}").parse().ok().filter(|_| minimal)?
        }
    };
    let month = Month::try_from(number(4..6)?).ok()?;
    let date = Date::from_calendar_date(whole.get(..4)?.parse().ok()?, month, number(6..8)?).ok()?;
    let time = Time::from_hms_nano(number(8..10)?, number(10..12)?, number(12..14)?, nanosecond).ok()?;
    Some(OffsetDateTime::new_utc(date, time))
}

/// `Accuracy`: seconds, milliseconds [0], microseconds [1].
fn read_accuracy(octets: &[u8]) -> Result<Duration, Fault> {
    const RULE: &str = "has an accuracy out of range";
    within(octets, |reader| {
        let mut accuracy = Duration::ZERO;
        if next_tag(reader)? == Some(Tag::Integer) {
            accuracy += Duration::seconds(u32::decode(reader)?.into());
        }
        for (number, unit) in [(0, Duration::MILLISECOND), (1, Duration::MICROSECOND)] {
            let tag = Tag::ContextSpecific { constructed: false, number: TagNumber(number) };
            if next_tag(reader)? == Some(tag) {
                let element = AnyRef::decode(reader)?;
                let value = AnyRef::new(Tag::Integer, element.value())?.decode_as::<u16>()?;
                if !(1..=999).contains(&value) {
                    return Err(Fault::Rule(RULE));
                }
                accuracy += unit * i32::from(value);
            }
        }
        Ok(accuracy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_read_to_their_fraction() {
        let whole = datetime!(2026-11-21 12:00:01 UTC);
        assert_eq!(read_time(b"20261121120001Z"), Some(whole));
        assert_eq!(read_time(b"20261121120001.25Z"), Some(whole + Duration::milliseconds(250)));
        assert_eq!(read_time(b"20261121120001.000000001Z"), Some(whole + Duration::NANOSECOND));
        for text in [
            "20261121120001",
            "20261121120001.Z",
            "20261121120001.50Z",
            "20261121120001.0Z",
            "202611211200Z",
            "20261121120001+0000",
            "20261121120001.0000000001Z",
            "20261321120001Z",
            "20261121120061Z",
            "+0261121120001Z",
            "20261121120001.+1Z",
            "",
        ] {
            assert_eq!(read_time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn accuracies_are_summed() {
        let read = |octets| read_accuracy(octets).ok();
        assert_eq!(read(&[]), Some(Duration::ZERO));
        assert_eq!(read(&[2, 1, 1]), Some(Duration::SECOND));
        assert_eq!(read(&[2, 1, 1, 0x80, 2, 1, 0xf4]), Some(Duration::milliseconds(1500)));
        assert_eq!(read(&[0x81, 1, 5]), Some(Duration::microseconds(5)));
        assert_eq!(read(&[0x80, 2, 3, 0xe8]), None, "1000 milliseconds");
        assert_eq!(read(&[0x80, 1, 0]), None);
        assert_eq!(read(&[2, 1, 0xff]), None, "negative");
        assert_eq!(read(&[0x81, 1, 5, 0x80, 1, 5]), None, "out of order");
    }

    #[test]
    fn the_interval_is_as_wide_as_the_accuracy() {
        let of = |policy: &str, accuracy| TimestampInfo {
            policy: policy.parse().unwrap(),
            imprint: Imprint::of(crate::DigestAlgorithm::Sha256, b"message").unwrap(),
            serial_number: vec![5],
            time: datetime!(2026-11-21 12:00 UTC),
            accuracy,
            nonce: None,
        };
        let width = |info: TimestampInfo| {
            let (earliest, latest) = info.interval();
            assert_eq!(info.time() - earliest, latest - info.time());
            latest - info.time()
        };
        assert_eq!(width(of("1.2.3", Duration::ZERO)), Duration::ZERO);
        assert_eq!(width(of("1.2.3", Duration::milliseconds(1500))), Duration::milliseconds(1500));
        assert_eq!(width(of("0.4.0.2023.1.1", Duration::ZERO)), Duration::SECOND);
        assert_eq!(width(of("0.4.0.2023.1.1", Duration::MILLISECOND)), Duration::MILLISECOND);
    }

    #[test]
    fn critical_extensions_must_be_understood() {
        let imprint = Imprint::of(crate::DigestAlgorithm::Sha256, b"message").unwrap();
        let saying = Saying {
            policy: "1.2.3".parse().unwrap(),
            imprint: &imprint,
            serial_number: &[5],
            time: crate::asn1::generalized_time(datetime!(2026-11-21 12:00 UTC)).unwrap(),
            accuracy_seconds: 1,
            nonce: None,
        };
        let plain = saying.to_der().unwrap();
        assert!(TimestampInfo::from_der(&plain).is_ok());
        for (critical, taken) in [(&[1, 1, 0xff][..], false), (&[], true)] {
            let extension = [&[6, 2, 0x2a, 3], critical, &[4, 2, 5, 0]].concat();
            let length = u8::try_from(extension.len()).unwrap();
            let extensions = [&[0xa1, length + 2, 0x30, length], extension.as_slice()].concat();
            let mut der = [plain.as_slice(), &extensions].concat();
            der[1] += length + 4;
            assert_eq!(TimestampInfo::from_der(&der).is_ok(), taken);
        }
    }
}
