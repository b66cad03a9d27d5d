//! Signature validity periods, in calendar arithmetic.

use crate::object::Object;
use serde::{Deserialize, Serialize};
use time::{Duration, Month, OffsetDateTime};
use utoipa::ToSchema;

/// The unit of a [`SignatureValidityPeriod`] (AWS Signer model, shape `ValidityType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ValidityType {
    /// 24 hours.
    Days,
    /// Calendar months; a day that the month lacks becomes its last.
    Months,
    /// Twelve calendar months.
    Years,
}

impl ValidityType {
    /// The name as it stands in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Days => "DAYS",
            Self::Months => "MONTHS",
            Self::Years => "YEARS",
        }
    }

    /// The largest value in this unit that stays within 135 months whatever the day of signing.
    const fn most(self) -> u32 {
        match self {
            Self::Days => MAX_DAYS,
            Self::Months => MAX_MONTHS,
            Self::Years => MAX_MONTHS / 12,
        }
    }
}

impl std::str::FromStr for ValidityType {
    type Err = crate::newtype::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Days, Self::Months, Self::Years]
            .into_iter()
            .find(|unit| unit.as_str() == text)
            .ok_or_else(|| Self::Err::new(text, "a validity type: DAYS, MONTHS or YEARS"))
    }
}

/// 135 months, the default and the maximum (AWS Signer developer guide, "Getting started: profiles").
const MAX_MONTHS: u32 = 135;
/// The fewest days that 135 calendar months can have.
const MAX_DAYS: u32 = 4107;

/// How long a signature of a profile is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Object<Unchecked>")]
pub struct SignatureValidityPeriod {
    /// The count of units: at most 135 months, 11 years or 4107 days.
    #[schema(minimum = 1, maximum = 4107, example = 12)]
    value: u32,
    /// The unit.
    #[serde(rename = "type")]
    unit: ValidityType,
}

#[derive(Deserialize)]
struct Unchecked {
    value: i64,
    #[serde(rename = "type")]
    unit: ValidityType,
}

/// A validity period beyond what a profile may ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a signature validity period of {value} {} is not possible: 1 to {} {} are allowed", unit.as_str(), unit.most(), unit.as_str())]
pub struct PeriodOutOfRange {
    value: i64,
    unit: ValidityType,
}

impl TryFrom<Object<Unchecked>> for SignatureValidityPeriod {
    type Error = PeriodOutOfRange;

    fn try_from(Object(Unchecked { value, unit }): Object<Unchecked>) -> Result<Self, PeriodOutOfRange> {
        Self::new(value, unit)
    }
}

impl Default for SignatureValidityPeriod {
    fn default() -> Self {
        Self { value: MAX_MONTHS, unit: ValidityType::Months }
    }
}

impl SignatureValidityPeriod {
    /// A period of at least one unit and at most 135 months.
    pub fn new(value: i64, unit: ValidityType) -> Result<Self, PeriodOutOfRange> {
        match u32::try_from(value) {
            Ok(value) if (1..=unit.most()).contains(&value) => Ok(Self { value, unit }),
            _ => Err(PeriodOutOfRange { value, unit }),
        }
    }

    /// The count of units.
    pub fn value(self) -> u32 {
        self.value
    }

    /// The unit.
    pub fn unit(self) -> ValidityType {
        self.unit
    }

    /// When a signature made at `signing_time` expires: the same time of day, calendar arithmetic.
    ///
    /// `None` only past the year 9999, which no clock that passed readiness shows.
    pub fn expiry(self, signing_time: OffsetDateTime) -> Option<OffsetDateTime> {
        match self.unit {
            ValidityType::Days => signing_time.checked_add(Duration::days(i64::from(self.value))),
            ValidityType::Months => add_months(signing_time, self.value),
            ValidityType::Years => add_months(signing_time, self.value * 12),
        }
    }
}

fn add_months(from: OffsetDateTime, months: u32) -> Option<OffsetDateTime> {
    let months = i32::try_from(months).ok()? + i32::from(u8::from(from.month())) - 1;
    let year = from.year().checked_add(months / 12)?;
    let month = Month::try_from(u8::try_from(months % 12).ok()? + 1).ok()?;
    let day = from.day().min(month.length(year));
    let date = time::Date::from_calendar_date(year, month, day).ok()?;
    Some(from.replace_date(date))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn expiry(value: i64, unit: ValidityType, from: OffsetDateTime) -> OffsetDateTime {
        SignatureValidityPeriod::new(value, unit).unwrap().expiry(from).unwrap()
    }

    #[test]
    fn calendar_arithmetic() {
        // A live signature of AWS Signer: 135 months.
        assert_eq!(
            expiry(135, ValidityType::Months, datetime!(2023-07-18 10:51:39 UTC)),
            datetime!(2034-10-18 10:51:39 UTC)
        );
        assert_eq!(
            expiry(3, ValidityType::Years, datetime!(2024-02-29 01:00:00 UTC)),
            datetime!(2027-02-28 01:00:00 UTC)
        );
        assert_eq!(
            expiry(1, ValidityType::Months, datetime!(2023-12-31 00:00:00 UTC)),
            datetime!(2024-01-31 00:00:00 UTC)
        );
        assert_eq!(
            expiry(1, ValidityType::Months, datetime!(2024-01-31 00:00:00 UTC)),
            datetime!(2024-02-29 00:00:00 UTC)
        );
        assert_eq!(
            expiry(1, ValidityType::Days, datetime!(2024-02-28 23:59:59 UTC)),
            datetime!(2024-02-29 23:59:59 UTC)
        );
    }

    #[test]
    fn no_unit_exceeds_135_months() {
        let mut day = datetime!(1999-01-01 00:00:00 UTC);
        let mut fewest = i64::MAX;
        while day < datetime!(2010-01-01 00:00:00 UTC) {
            let longest = expiry(135, ValidityType::Months, day);
            fewest = fewest.min((longest - day).whole_days());
            assert!(expiry(i64::from(ValidityType::Years.most()), ValidityType::Years, day) <= longest);
            day += Duration::days(1);
        }
        assert_eq!(fewest, i64::from(MAX_DAYS));
    }

    #[test]
    fn out_of_range_is_refused() {
        for (value, unit) in [
            (0, ValidityType::Days),
            (-1, ValidityType::Years),
            (136, ValidityType::Months),
            (12, ValidityType::Years),
            (4108, ValidityType::Days),
            (i64::MAX, ValidityType::Days),
        ] {
            let error = SignatureValidityPeriod::new(value, unit).unwrap_err().to_string();
            assert!(error.contains("are allowed"), "{error}");
        }
    }
}
