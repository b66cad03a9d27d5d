//! Accounts: the tenants. Everything but the trust anchor belongs to exactly one.

use crate::newtype::{Text, string_newtype};

string_newtype! {
    /// The 12-digit number of an account (AWS Signer model, shape `AccountId`).
    AccountId,
    Text::new("an account id: exactly 12 digits", 12..=12, Some("[0-9]{12}"), "123456789012")
}

impl AccountId {
    /// The account of a number below 10^12, zero-padded to twelve digits; `None` beyond that.
    pub fn from_number(number: u64) -> Option<Self> {
        (number < 1_000_000_000_000).then(|| Self(format!("{number:012}")))
    }

    /// The id as a number below 10^12, as it is embedded in serial numbers and access-key ids.
    pub fn number(&self) -> u64 {
        self.0.bytes().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
    }
}

string_newtype! {
    /// The region of the deployment: part of every ARN and of the SigV4 credential scope.
    Region,
    Text::new(
        "a region: 1 to 32 lower-case letters, digits and hyphens",
        1..=32,
        Some("[a-z0-9-]+"),
        "us-east-1",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_twelve_digits() {
        assert_eq!("000000000042".parse::<AccountId>().unwrap().number(), 42);
        assert_eq!(AccountId::from_number(42).unwrap().as_str(), "000000000042");
        assert_eq!(AccountId::from_number(1_000_000_000_000), None);
        for wrong in ["", "12345678901", "1234567890123", "12345678901a", "１２３４"] {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong}");
        }
    }
}
