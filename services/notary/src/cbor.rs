//! CBOR as COSE wants it signed: definite lengths and the shortest head for every value (core deterministic
//! encoding, RFC 8949 section 4.2.1). What is written leaves the order of map keys to the caller; what is read must
//! have them in order.

mod reader;

pub(crate) use reader::{Broken, Label, Reader, read};

/// Major types (RFC 8949 section 3.1).
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// Encoded values, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn with_capacity(octets: usize) -> Self {
        Self(Vec::with_capacity(octets))
    }

    /// How many octets are written.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    /// Takes over values that are encoded already.
    pub(crate) fn encoded(&mut self, values: &[u8]) {
        self.0.extend_from_slice(values);
    }

    pub(crate) fn integer(&mut self, value: i64) {
        // The argument of a negative integer is -1 - value (RFC 8949 section 3.1), which is its complement.
        if value < 0 { self.head(NEGATIVE, !value) } else { self.head(UNSIGNED, value) }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.length(BYTES, bytes.len());
        self.encoded(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.length(TEXT, text.len());
        self.encoded(text.as_bytes());
    }

    /// Begins an array; as many values must follow.
    pub(crate) fn array(&mut self, elements: usize) {
        self.length(ARRAY, elements);
    }

    /// Begins a map; as many pairs must follow.
    pub(crate) fn map(&mut self, pairs: usize) {
        self.length(MAP, pairs);
    }

    /// Tags the value that follows.
    pub(crate) fn tag(&mut self, number: u8) {
        self.head(TAG, number.into());
    }

    fn length(&mut self, major: u8, length: usize) {
        // No memory holds more than i64::MAX octets.
        self.head(major, i64::try_from(length).unwrap_or(i64::MAX));
    }

    /// A major type with its argument, which is not negative.
    fn head(&mut self, major: u8, argument: i64) {
        let octets = argument.to_be_bytes();
        let (information, from) = match argument {
            0..=23 => return self.0.push(major << 5 | octets[7]),
            24..=0xff => (24, 7),
            0x100..=0xffff => (25, 6),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 0),
        };
        self.0.push(major << 5 | information);
        self.0.extend_from_slice(&octets[from..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coset::cbor::Value;

    fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::default();
        write(&mut writer);
        writer.finish()
    }

    fn by_another(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        coset::cbor::ser::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn values_are_written_as_in_the_appendix_of_rfc_8949() {
        for (value, hex) in [
            (0, "00"),
            (23, "17"),
            (24, "1818"),
            (1_000, "1903e8"),
            (1_000_000, "1a000f4240"),
            (1_000_000_000_000, "1b000000e8d4a51000"),
            (-1, "20"),
            (-100, "3863"),
            (-1_000, "3903e7"),
        ] {
            assert_eq!(hex::encode(written(|writer| writer.integer(value))), hex, "{value}");
        }
        assert_eq!(hex::encode(written(|writer| writer.text("\"\\"))), "62225c");
        assert_eq!(hex::encode(written(|writer| writer.bytes(&[1, 2, 3, 4]))), "4401020304");
        assert_eq!(hex::encode(written(|writer| writer.array(25))), "9819");
        assert_eq!(hex::encode(written(|writer| writer.map(2))), "a2");
        assert_eq!(hex::encode(written(|writer| writer.tag(32))), "d820");
    }

    #[test]
    fn heads_are_the_shortest_at_every_border() {
        for exponent in [0, 4, 5, 8, 16, 32, 62] {
            let border = 1_i64 << exponent;
            for value in [border - 1, border, border + 1, 23, 24, i64::MAX] {
                for value in [value, -value, !value] {
                    assert_eq!(written(|writer| writer.integer(value)), by_another(&value.into()), "{value}");
                }
            }
        }
        for length in [0, 23, 24, 255, 256, 65_535, 65_536] {
            let bytes = vec![0x61; length];
            let text = "a".repeat(length);
            assert_eq!(written(|writer| writer.text(&text)), by_another(&Value::Text(text.clone())));
            assert_eq!(written(|writer| writer.bytes(&bytes)), by_another(&Value::Bytes(bytes.clone())));
        }
    }
}
