//! The date of a request (`X-Amz-Date`): ISO 8601 basic format, whole seconds, UTC.

use super::error::SignatureError;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

const FORMAT: StaticFormatDescription = format_description!("[year][month][day]T[hour][minute][second]Z");

/// When a client says it signed.
pub(super) struct RequestDate {
    text: String,
    at: OffsetDateTime,
}

impl RequestDate {
    /// Reads `20150830T123600Z` and nothing looser.
    pub(super) fn parse(text: &str) -> Result<Self, SignatureError> {
        let shaped = text.len() == 16
            && text.bytes().enumerate().all(|(place, byte)| match place {
                8 => byte == b'T',
                15 => byte == b'Z',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return Err(SignatureError::Date);
        }
        let at = PrimitiveDateTime::parse(text, FORMAT).map_err(|_| SignatureError::Date)?;
        Ok(Self { text: text.to_owned(), at: at.assume_utc() })
    }

    /// The sixteen characters, as they are signed.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The date alone, as the credential scope repeats it: `20150830`.
    pub(super) fn day(&self) -> &str {
        &self.text[..8]
    }

    pub(super) fn at(&self) -> OffsetDateTime {
        self.at
    }
}

/// A time in the same format, for the sentences of errors.
pub(super) fn compact(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(FORMAT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn one_format() {
        let date = RequestDate::parse("20150830T123600Z").unwrap();
        assert_eq!(date.at(), datetime!(2015-08-30 12:36 UTC));
        assert_eq!(date.day(), "20150830");
        assert_eq!(compact(date.at()), "20150830T123600Z");
        for wrong in [
            "",
            "20150830T123600",
            "20150830t123600Z",
            "20150830T123600z",
            "2015-08-30T12:36:00Z",
            "20150830T123600.0Z",
            "20150230T123600Z",
            "20151330T123600Z",
            "20150830T243600Z",
            "20150830T123660Z",
            "+2150830T123600Z",
            " 0150830T123600Z",
            "Sun, 30 Aug 2015 12:36:00 GMT",
            "２015083T12360Z",
        ] {
            assert_eq!(RequestDate::parse(wrong).err(), Some(SignatureError::Date), "{wrong}");
        }
    }
}
