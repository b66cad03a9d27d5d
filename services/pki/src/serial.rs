//! Serial numbers of certificates. They lead to their account without a search.

use crate::PkiError;
use std::fmt;

/// A certificate's serial number: the content octets of a positive DER INTEGER, at most 20
/// (RFC 5280 section 4.1.2.2).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SerialNumber(Vec<u8>);

/// Stands first in every serial number that this service makes; keeps the INTEGER positive and
/// minimal.
const MARKER: u8 = 0x01;
const ACCOUNT_LENGTH: usize = 5;
const RANDOM_LENGTH: usize = 12;
const MADE_HERE_LENGTH: usize = 1 + ACCOUNT_LENGTH + RANDOM_LENGTH;
const LONGEST: usize = 20;

/// Account numbers have twelve digits.
const ACCOUNT_LIMIT: u64 = 1_000_000_000_000;
/// What five octets can hold.
const ACCOUNT_CEILING: u64 = (1 << (8 * ACCOUNT_LENGTH)) - 1;

impl SerialNumber {
    /// A serial number for a certificate of an account (0: of nobody's, as the root is), from 96
    /// random bits.
    ///
    /// A number of more than twelve digits is no account's; the serial number then leads to none.
    pub fn from_parts(account: u64, random: [u8; RANDOM_LENGTH]) -> Self {
        let account = account.min(ACCOUNT_CEILING).to_be_bytes();
        let mut octets = Vec::with_capacity(MADE_HERE_LENGTH);
        octets.push(MARKER);
        octets.extend_from_slice(&account[account.len() - ACCOUNT_LENGTH..]);
        octets.extend_from_slice(&random);
        Self(octets)
    }

    /// Reads the content octets of a DER INTEGER.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, PkiError> {
        let refuse = |rule| Err(PkiError::SerialNumberInvalid { rule });
        match octets {
            [] => refuse("is empty"),
            [0] => refuse("is zero"),
            [0x80..=0xff, ..] => refuse("is negative"),
            [0, ..=0x7f, ..] => refuse("begins with a superfluous zero"),
            _ if octets.len() > LONGEST => refuse("is longer than 20 octets"),
            _ => Ok(Self(octets.to_vec())),
        }
    }

    /// The number of the account that the certificate belongs to; none when it is nobody's or the
    /// serial number was made elsewhere.
    pub fn account(&self) -> Option<u64> {
        let [MARKER, rest @ ..] = self.0.as_slice() else {
            return None;
        };
        let (account, random) = rest.split_at_checked(ACCOUNT_LENGTH)?;
        let account = account.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
        (random.len() == RANDOM_LENGTH && (1..ACCOUNT_LIMIT).contains(&account)).then_some(account)
    }

    /// The content octets of the INTEGER.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for SerialNumber {
    /// Lower-case hexadecimal without separators.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_read_back() {
        for account in [1, 123_456_789_012, 999_999_999_999] {
            let serial_number = SerialNumber::from_parts(account, [0xff; 12]);
            assert_eq!(serial_number.account(), Some(account));
            let read = SerialNumber::from_bytes(serial_number.as_bytes()).unwrap();
            assert_eq!(read, serial_number);
        }
    }

    #[test]
    fn what_is_nobodys_leads_nowhere() {
        for account in [0, 1_000_000_000_000, (1 << 40) | 7, u64::MAX] {
            assert_eq!(SerialNumber::from_parts(account, [1; 12]).account(), None, "{account}");
        }
        let mut longer = SerialNumber::from_parts(7, [1; 12]).as_bytes().to_vec();
        longer.push(1);
        assert_eq!(SerialNumber::from_bytes(&longer).unwrap().account(), None);
        assert_eq!(SerialNumber::from_bytes(&[1]).unwrap().account(), None);
        assert_eq!(SerialNumber::from_bytes(&[2; 18]).unwrap().account(), None);
    }

    #[test]
    fn it_is_written_in_lower_hexadecimal() {
        let serial_number = SerialNumber::from_parts(0x1_abcd, [0xef; 12]);
        assert_eq!(serial_number.to_string(), format!("01000001abcd{}", "ef".repeat(12)));
    }

    #[test]
    fn what_der_or_rfc_5280_forbids_is_refused() {
        for (octets, rule) in [
            (&[][..], "is empty"),
            (&[0], "is zero"),
            (&[0x80], "is negative"),
            (&[0, 0x7f], "begins with a superfluous zero"),
            (&[0, 0], "begins with a superfluous zero"),
            (&[1; 21], "is longer than 20 octets"),
        ] {
            let refused = Err(PkiError::SerialNumberInvalid { rule });
            assert_eq!(SerialNumber::from_bytes(octets), refused);
        }
        for octets in [&[1][..], &[0x7f], &[0, 0x80], &[1; 20]] {
            assert_eq!(SerialNumber::from_bytes(octets).unwrap().as_bytes(), octets);
        }
    }
}
