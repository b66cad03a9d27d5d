//! Principals: who may call, and in which role.

use crate::account::AccountId;
use crate::newtype::{Text, string_newtype};
use serde::{Deserialize, Serialize};

string_newtype! {
    /// The name of a principal within its account (the character set of AWS IAM's `userNameType`).
    PrincipalName,
    Text::new(
        "a principal's name: 1 to 64 letters, digits and any of +=,.@_-",
        1..=64,
        Some("[a-zA-Z0-9+=,.@_-]+"),
        "alice",
    )
}

/// The built-in roles. No role both grants and signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Runs the deployment: accounts and issuers.
    Operator,
    /// Keeps an account: profiles, permissions, revocation, principals.
    SecurityAdmin,
    /// Asks for signatures.
    Signer,
    /// Asks whether a signature is revoked, and nothing else.
    Verifier,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    /// Every role, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Operator, Self::SecurityAdmin, Self::Signer, Self::Verifier, Self::Auditor];

    /// The name as it stands in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "Operator",
            Self::SecurityAdmin => "SecurityAdmin",
            Self::Signer => "Signer",
            Self::Verifier => "Verifier",
            Self::Auditor => "Auditor",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = crate::newtype::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            Self::Err::new(text, "a role: Operator, SecurityAdmin, Signer, Verifier or Auditor")
        })
    }
}

/// A principal and its account; displayed as the IAM ARN that records name (`arn:aws:iam::…:user/…`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrincipalArn {
    /// The account that the principal belongs to.
    pub account: AccountId,
    /// Its name there.
    pub name: PrincipalName,
}

impl std::fmt::Display for PrincipalArn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arn:aws:iam::{}:user/{}", self.account, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_one_spelling() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!("operator".parse::<Role>().is_err());
    }
}
