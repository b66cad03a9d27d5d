//! Times as restJson1 carries them: epoch seconds in bodies, ISO 8601 in query strings.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

/// A time in a JSON body: seconds since 1970, fractions allowed (Smithy `epoch-seconds`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = f64, minimum = 0, exclusive_maximum = 221_876_928_000_i64, example = 1_767_225_600)]
pub struct EpochSeconds(pub OffsetDateTime);

/// The years that a caller's time may lie in, so that adding 135 months never overflows.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9000;

impl Serialize for EpochSeconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = self.0.unix_timestamp_nanos() / 1_000_000;
        match i64::try_from(millis) {
            Ok(millis) if millis % 1000 == 0 => serializer.serialize_i64(millis / 1000),
            #[expect(clippy::cast_precision_loss, reason = "below 2^53 for every year to come")]
            Ok(millis) => serializer.serialize_f64(millis as f64 / 1000.0),
            Err(_) => Err(serde::ser::Error::custom("time out of range")),
        }
    }
}

impl<'de> Deserialize<'de> for EpochSeconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = || de::Error::custom("a time here is a number: seconds since 1970-01-01T00:00:00Z");
        let number = serde_json::Number::deserialize(deserializer)?;
        let nanos = if let Some(seconds) = number.as_i64() {
            i128::from(seconds) * 1_000_000_000
        } else {
            let seconds = number.as_f64().filter(|s| s.abs() < 1e12).ok_or_else(wanted)?;
            // Microseconds are all that a double of this size carries faithfully, and all that clients send.
            #[expect(clippy::cast_possible_truncation, reason = "bounded by the filter above")]
            let micros = (seconds * 1e6).round() as i64;
            i128::from(micros) * 1000
        };
        OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .filter(|time| YEARS.contains(&time.year()))
            .map(Self)
            .ok_or_else(wanted)
    }
}

/// A time in a query string: ISO 8601 with zone, fractions allowed (Smithy `date-time`, RFC 3339).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = "date-time", example = "2026-01-01T00:00:00Z")]
pub struct DateTime(pub OffsetDateTime);

impl std::str::FromStr for DateTime {
    type Err = crate::newtype::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .map(|time| time.to_offset(time::UtcOffset::UTC))
            .filter(|time| YEARS.contains(&time.year()))
            .map(Self)
            .ok_or_else(|| Self::Err::new(text, "a time: write it as 2026-11-21T12:00:00Z"))
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.format(&Rfc3339).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn bodies_carry_epoch_seconds() {
        let read = |text| serde_json::from_str::<EpochSeconds>(text).map(|t| t.0);
        assert_eq!(read("1709296245").unwrap(), datetime!(2024-03-01 12:30:45 UTC));
        assert_eq!(read("1709296245.123456").unwrap(), datetime!(2024-03-01 12:30:45.123456 UTC));
        assert_eq!(read("1.709296245E9").unwrap(), datetime!(2024-03-01 12:30:45 UTC));
        for wrong in ["\"2024-03-01T12:30:45Z\"", "null", "1e300", "-1", "999999999999999", "[1]"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            serde_json::to_string(&EpochSeconds(datetime!(2024-03-01 12:30:45 UTC))).unwrap(),
            "1709296245"
        );
        assert_eq!(
            serde_json::to_string(&EpochSeconds(datetime!(2024-03-01 12:30:45.5 UTC))).unwrap(),
            "1709296245.5"
        );
    }

    #[test]
    fn queries_carry_iso_8601() {
        let read = |text: &str| text.parse::<DateTime>().map(|t| t.0);
        assert_eq!(read("2024-03-01T12:30:45.123456Z").unwrap(), datetime!(2024-03-01 12:30:45.123456 UTC));
        assert_eq!(read("2024-03-01T14:30:45+02:00").unwrap(), datetime!(2024-03-01 12:30:45 UTC));
        for wrong in ["", "2024-03-01", "2024-03-01T12:30:45", "1709296245", "2024-02-30T00:00:00Z"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
