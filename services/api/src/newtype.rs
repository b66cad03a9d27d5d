//! How every string-shaped name of the contract is made: one constructor, shared by `FromStr` and serde,
//! and one rule, read by the constructor and by the OpenAPI document.

use regex::Regex;
use std::ops::RangeInclusive;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// What a text must be.
pub(crate) struct Text {
    /// Completes the sentence "'x' is not …".
    what: &'static str,
    /// The count of its characters.
    length: RangeInclusive<usize>,
    /// A regular expression (ECMA-262, as OpenAPI has them) for the whole of it; any text when absent.
    pattern: Option<&'static str>,
    /// What it must not begin with.
    reserved: Option<&'static str>,
    /// One that is right.
    example: &'static str,
}

impl Text {
    pub(crate) const fn new(
        what: &'static str,
        length: RangeInclusive<usize>,
        pattern: Option<&'static str>,
        example: &'static str,
    ) -> Self {
        Self { what, length, pattern, reserved: None, example }
    }

    pub(crate) const fn reserving(self, prefix: &'static str) -> Self {
        let Self { what, length, pattern, example, .. } = self;
        Self { what, length, pattern, reserved: Some(prefix), example }
    }

    /// The rule as JSON Schema.
    pub(crate) fn schema(&self, description: &str) -> Object {
        let reserved = self.reserved.map_or_else(String::new, |prefix| format!("(?!{prefix})"));
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description.trim()))
            .min_length(Some(*self.length.start()))
            .max_length(Some(*self.length.end()))
            .pattern(self.pattern.map(|pattern| format!("^{reserved}{pattern}$")))
            .examples([self.example])
            .build()
    }
}

/// A [`Text`] that is ready to judge.
pub(crate) struct Rule {
    text: Text,
    /// `None` for a pattern that is none: it admits nothing, which the first test sees.
    whole: Option<Regex>,
}

impl Rule {
    pub(crate) fn new(text: Text) -> Self {
        let whole = Regex::new(&format!("^(?:{})$", text.pattern.unwrap_or("(?s:.*)"))).ok();
        Self { text, whole }
    }

    pub(crate) fn judge(&self, given: &str) -> Result<(), Malformed> {
        let text = &self.text;
        // No character is longer than four octets: a longer text is refused before it is read.
        let right = given.len() <= text.length.end() * 4
            && text.length.contains(&given.chars().count())
            && !text.reserved.is_some_and(|prefix| given.starts_with(prefix))
            && self.whole.as_ref().is_some_and(|whole| whole.is_match(given));
        if right { Ok(()) } else { Err(Malformed::new(given, text.what)) }
    }
}

/// Declares a newtype over `String` whose only constructor is `FromStr`, for what a [`Text`] admits.
macro_rules! string_newtype {
    ($(#[doc = $doc:literal])* $name:ident, $text:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            const TEXT: $crate::newtype::Text = $text;

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
                static RULE: std::sync::LazyLock<$crate::newtype::Rule> =
                    std::sync::LazyLock::new(|| $crate::newtype::Rule::new($name::TEXT));
                RULE.judge(&text)?;
                Ok(Self(text))
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

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                Self::TEXT.schema(concat!($($doc, "\n"),*)).into()
            }
        }

        impl utoipa::ToSchema for $name {}
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
