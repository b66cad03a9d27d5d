//! Reading CBOR that someone else wrote, in the one way that it can be written (core deterministic encoding, RFC 8949
//! section 4.2.1): what an envelope says has one encoding alone, and two readers never see different values.

use super::{ARRAY, BYTES, MAP, NEGATIVE, TAG, TEXT, UNSIGNED};
use crate::json::DEEPEST;

const SIMPLE: u8 = 7;
/// False, true and null (RFC 8949 section 3.3); there are no others, and no floats.
const SIMPLE_VALUES: std::ops::RangeInclusive<u64> = 20..=22;

/// What is wrong with the octets, as the rest of a sentence about them.
pub(crate) type Broken = &'static str;

/// Reads values one after the other.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

/// A key of a map, as COSE has them (RFC 9052 section 1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label<'a> {
    Integer(i64),
    Text(&'a str),
}

/// Reads octets to their end.
pub(crate) fn read<'a, T>(
    octets: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Broken>,
) -> Result<T, Broken> {
    let mut reader = Reader(octets);
    let value = read(&mut reader)?;
    if reader.0.is_empty() { Ok(value) } else { Err("is followed by octets that do not belong to it") }
}

impl<'a> Reader<'a> {
    pub(crate) fn integer(&mut self) -> Result<i64, Broken> {
        match self.head()? {
            (UNSIGNED, argument) => signed(argument),
            (NEGATIVE, argument) => signed(argument).map(|argument| !argument),
            _ => Err("holds something else where an integer must stand"),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Broken> {
        match self.head()? {
            (BYTES, length) => self.take(length),
            _ => Err("holds something else where a byte string must stand"),
        }
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Broken> {
        match self.head()? {
            (TEXT, length) => self.utf8(length),
            _ => Err("holds something else where a text must stand"),
        }
    }

    /// Begins an array; says how many values follow.
    pub(crate) fn array(&mut self) -> Result<u64, Broken> {
        match self.head()? {
            (ARRAY, elements) => Ok(elements),
            _ => Err("holds something else where an array must stand"),
        }
    }

    /// Steps over a tag.
    pub(crate) fn tag(&mut self, number: u8) -> Result<(), Broken> {
        if self.head()? == (TAG, number.into()) { Ok(()) } else { Err("lacks the tag that it must have") }
    }

    /// Reads a map of labels, each with its value as it is encoded, and with values that are checked.
    pub(crate) fn map(&mut self) -> Result<Vec<(Label<'a>, &'a [u8])>, Broken> {
        let (MAP, count) = self.head()? else {
            return Err("holds something else where a map must stand");
        };
        let mut pairs = Vec::new();
        let mut last: &[u8] = &[];
        for _ in 0..count {
            last = self.key_after(last, DEEPEST)?;
            let value = self.item(DEEPEST)?;
            pairs.push((read(last, Self::label)?, value));
        }
        Ok(pairs)
    }

    fn label(&mut self) -> Result<Label<'a>, Broken> {
        match self.0.first().map(|initial| initial >> 5) {
            Some(TEXT) => self.text().map(Label::Text),
            Some(UNSIGNED | NEGATIVE) => self.integer().map(Label::Integer),
            _ => Err("has a label that is neither an integer nor a text"),
        }
    }

    /// The encoding of the next key of a map, which must follow the last one in the order of encodings.
    fn key_after(&mut self, last: &[u8], left: usize) -> Result<&'a [u8], Broken> {
        let key = self.item(left)?;
        match key.cmp(last) {
            std::cmp::Ordering::Greater => Ok(key),
            std::cmp::Ordering::Equal => Err("holds a key of a map twice"),
            std::cmp::Ordering::Less => Err("has a map whose keys are out of order"),
        }
    }

    /// Checks the next value of whatever type, and gives its encoding. As many levels may still be opened.
    fn item(&mut self, left: usize) -> Result<&'a [u8], Broken> {
        let before = self.0;
        let (major, argument) = self.head()?;
        let inside = || left.checked_sub(1).ok_or("nests more than 32 levels deep");
        match major {
            UNSIGNED | NEGATIVE => signed(argument).map(drop)?,
            BYTES => self.take(argument).map(drop)?,
            TEXT => self.utf8(argument).map(drop)?,
            ARRAY => {
                let inside = inside()?;
                for _ in 0..argument {
                    self.item(inside)?;
                }
            }
            MAP => {
                let inside = inside()?;
                let mut last: &[u8] = &[];
                for _ in 0..argument {
                    last = self.key_after(last, inside)?;
                    self.item(inside)?;
                }
            }
            TAG => self.item(inside()?).map(drop)?,
            SIMPLE if SIMPLE_VALUES.contains(&argument) && before[0] & 31 < 24 => {}
            _ => return Err("holds a float, or a simple value other than false, true and null"),
        }
        Ok(&before[..before.len() - self.0.len()])
    }

    /// A major type with its argument.
    fn head(&mut self) -> Result<(u8, u64), Broken> {
        let initial = self.take(1)?[0];
        let (octets, least) = match initial & 31 {
            small @ 0..=23 => return Ok((initial >> 5, small.into())),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            31 => return Err("has a value of indefinite length"),
            _ => return Err("has a head that is reserved"),
        };
        let argument = self.take(octets)?.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
        // The heads of floats are as long as their type, whatever their number is.
        if argument < least && initial >> 5 != SIMPLE {
            return Err("has a head that is longer than it need be");
        }
        Ok((initial >> 5, argument))
    }

    fn utf8(&mut self, length: u64) -> Result<&'a str, Broken> {
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| "holds a text that is not UTF-8")?;
        if text.contains('\0') { Err("holds a text with the character NUL") } else { Ok(text) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Broken> {
        let split = usize::try_from(length).ok().and_then(|length| self.0.split_at_checked(length));
        let (taken, rest) = split.ok_or("ends too early")?;
        self.0 = rest;
        Ok(taken)
    }
}

/// An argument as an integer; those of RFC 8949 reach twice as far.
fn signed(argument: u64) -> Result<i64, Broken> {
    i64::try_from(argument).map_err(|_| "holds an integer out of range")
}

#[cfg(test)]
mod tests {
    use super::super::Writer;
    use super::*;

    /// What is said about a value of any type.
    fn said(octets: &[u8]) -> Result<(), Broken> {
        read(octets, |reader| reader.item(DEEPEST)).map(|value| assert_eq!(value, octets))
    }

    #[test]
    fn what_is_written_is_read() {
        for exponent in [0, 4, 5, 8, 16, 32, 62] {
            let border = 1_i64 << exponent;
            for number in [border - 1, border, border + 1, -border, !border, i64::MAX, i64::MIN] {
                let mut writer = Writer::default();
                writer.integer(number);
                assert_eq!(read(&writer.finish(), Reader::integer), Ok(number));
            }
        }
        for length in [0, 23, 24, 255, 256, 65_535, 65_536] {
            let mut writer = Writer::default();
            writer.text(&"a".repeat(length));
            writer.bytes(&vec![7; length]);
            let written = writer.finish();
            let values = read(&written, |reader| Ok((reader.text()?, reader.bytes()?))).unwrap();
            assert_eq!(values, ("a".repeat(length).as_str(), vec![7; length].as_slice()));
        }
    }

    #[test]
    fn maps_give_their_values_as_they_are_encoded() {
        let map = [0xa3, 0x01, 0x38, 0x22, 0x20, 0xf5, 0x61, b'a', 0xa1, 0x61, b'b', 0x80];
        let pairs = read(&map, Reader::map).unwrap();
        let expected: [(Label<'_>, &[u8]); 3] = [
            (Label::Integer(1), &[0x38, 0x22]),
            (Label::Integer(-1), &[0xf5]),
            (Label::Text("a"), &[0xa1, 0x61, b'b', 0x80]),
        ];
        assert_eq!(pairs, expected);
        let refused = read(&[0xa1, 0x41, 0, 0], Reader::map);
        assert_eq!(refused, Err("has a label that is neither an integer nor a text"));
    }

    #[test]
    fn every_value_has_one_encoding() {
        let long = "has a head that is longer than it need be";
        let float = "holds a float, or a simple value other than false, true and null";
        for (octets, expected) in [
            (&[0x18, 0x17][..], long),
            (&[0x19, 0, 0xff], long),
            (&[0x1a, 0, 0, 0xff, 0xff], long),
            (&[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], long),
            (&[0x58, 1, 0], long),
            (&[0xd8, 1, 0], long),
            (&[0x9f, 0xff], "has a value of indefinite length"),
            (&[0x5f, 0x41, 0, 0xff], "has a value of indefinite length"),
            (&[0xff], "has a value of indefinite length"),
            (&[0x1c], "has a head that is reserved"),
            (&[0xf9, 0x7e, 0], float),
            (&[0xfa, 0x7f, 0xc0, 0, 0], float),
            (&[0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0], float),
            (&[0xf7], float),
            (&[0xf8, 0x15], float),
            (&[0xa2, 0x02, 0, 0x01, 0], "has a map whose keys are out of order"),
            (&[0xa2, 0x01, 0, 0x01, 0], "holds a key of a map twice"),
            (&[0x81, 0xa2, 0x61, b'a', 0, 0x61, b'a', 0], "holds a key of a map twice"),
            (&[0x61, 0xff], "holds a text that is not UTF-8"),
            (&[0x61, 0], "holds a text with the character NUL"),
            (&[0x00, 0x00], "is followed by octets that do not belong to it"),
            (&[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0], "holds an integer out of range"),
            (&[], "ends too early"),
        ] {
            assert_eq!(said(octets), Err(expected), "{octets:02x?}");
        }
        for octets in [&[0xf4][..], &[0xf6], &[0x82, 0, 0x20], &[0xc1, 0x1a, 0x6b, 1, 0x87, 0xc0]] {
            assert_eq!(said(octets), Ok(()), "{octets:02x?}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        for initial in [0x5b, 0x7b, 0x9b, 0xbb] {
            for last in [0x7f, 0xff] {
                let huge = [initial, last, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0];
                assert!(said(&huge).is_err());
            }
        }
        for (opening, closing) in [(0x81, 0x80), (0xc1, 0x00)] {
            let nested = |depth: usize| [vec![opening; depth - 1], vec![closing]].concat();
            assert_eq!(said(&nested(DEEPEST)), Ok(()));
            assert_eq!(said(&nested(100_000)), Err("nests more than 32 levels deep"));
        }
    }
}
