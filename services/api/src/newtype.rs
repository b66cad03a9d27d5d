//! How every string-shaped name of the contract is made: one constructor, shared by `FromStr` and serde.

/// Declares a newtype over `String` whose only constructor is `FromStr`, for which the caller
/// supplies `fn check(&str) -> bool` and the sentence that says what is allowed.
macro_rules! string_newtype {
    ($(#[$meta:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as it travels.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::newtype::Malformed;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::newtype::Malformed;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err($crate::newtype::Malformed::new(&text, $what)) }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use string_newtype;

/// A text that is not what its place asks for; says what was given and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not {wanted}")]
pub struct Malformed {
    given: String,
    wanted: &'static str,
}

impl Malformed {
    /// `wanted` completes the sentence "'x' is not …" and says what is allowed.
    ///
    /// Of `given` at most 64 characters are quoted, control characters escaped, so that a caller's
    /// text cannot flood or forge a log line.
    pub(crate) fn new(given: &str, wanted: &'static str) -> Self {
        let mut quoted: String = given.chars().take(64).flat_map(char::escape_debug).collect();
        if given.chars().nth(64).is_some() {
            quoted.push('…');
        }
        Self { given: quoted, wanted }
    }
}
