//! Access keys: the long-lived credentials of a principal.

use crate::account::AccountId;
use crate::newtype::{Text, string_newtype};

string_newtype! {
    /// The public half of an access key (AWS IAM, shape `accessKeyIdType`).
    AccessKeyId,
    Text::new(
        "an access key id: 16 to 128 letters, digits and underscores",
        16..=128,
        Some("[a-zA-Z0-9_]+"),
        "AKIAIOSFODNN7EXAMPLE",
    )
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PREFIX: &str = "AKIA";

impl AccessKeyId {
    /// A new id: `AKIA`, eight characters that hold the account's number, eight random ones.
    ///
    /// The account is embedded so that a key leads to its account without a search.
    pub fn from_parts(account: &AccountId, random: [u8; 5]) -> Self {
        let chance = random.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet));
        let mut text = String::with_capacity(20);
        text.push_str(PREFIX);
        push_base32(&mut text, account.number());
        push_base32(&mut text, chance);
        Self(text)
    }

    /// The account embedded in an id that this service made; `None` for any other id.
    pub fn account(&self) -> Option<AccountId> {
        let embedded = self.0.strip_prefix(PREFIX).filter(|rest| rest.len() == 16)?.get(..8)?;
        let number = embedded.bytes().try_fold(0_u64, |sum, byte| {
            let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
            Some(sum << 5 | digit as u64)
        })?;
        AccountId::from_number(number)
    }
}

/// Appends the lower 40 bits of `value` as eight base32 characters (RFC 4648 section 6).
fn push_base32(text: &mut String, value: u64) {
    for place in (0..8).rev() {
        let digit = (value >> (place * 5)) & 31;
        text.push(char::from(ALPHABET[digit as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_to_their_account() {
        for number in [0, 1, 123_456_789_012, 999_999_999_999] {
            let account = AccountId::from_number(number).unwrap();
            let id = AccessKeyId::from_parts(&account, [0xff, 0, 1, 2, 3]);
            assert_eq!(id.as_str().len(), 20);
            assert_eq!(id.account(), Some(account));
        }
    }

    #[test]
    fn foreign_ids_name_no_account() {
        for foreign in ["AKIDEXAMPLE_0123456", "ASIAAAAAAAAAAAAAAAAA", "AKIA7777777777777777"] {
            let id: AccessKeyId = foreign.parse().unwrap();
            assert_eq!(id.account(), None, "{foreign}");
        }
    }
}
