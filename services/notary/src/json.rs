//! Reading JSON that someone else wrote, without surprises: two readers of one document must never
//! see different values.
//!
//! A JSON parser usually lets the last of two equal keys win and another the first, so equal keys
//! are refused (RFC 8259 section 4); so is nesting that exhausts a reader.

use crate::EnvelopeError;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;

/// How many objects and arrays may lie within each other.
pub const DEEPEST: usize = 32;

/// Checks that a document is one JSON value, that no object in it holds a key twice (compared after
/// unescaping), that no text holds the character NUL, and that it nests at most [`DEEPEST`] deep. Builds no tree.
pub fn check(document: &str) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(document);
    Checker { left: DEEPEST }.deserialize(&mut reader)?;
    reader.end()
}

/// Walks one value and forgets it.
#[derive(Clone, Copy)]
struct Checker {
    /// How many levels may still be opened.
    left: usize,
}

impl Checker {
    fn descend<E: Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1);
        left.map(|left| Self { left })
            .ok_or_else(|| E::custom(format_args!("it nests more than {DEEPEST} levels deep")))
    }
}

impl<'de> DeserializeSeed<'de> for Checker {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checker {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        without_nul(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let inside = self.descend()?;
        while elements.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inside = self.descend()?;
        let mut keys = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            without_nul(&key)?;
            if let Some(repeated) = keys.replace(key) {
                return Err(A::Error::custom(format_args!("an object holds the key {repeated:?} twice")));
            }
            members.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// Databases and C libraries end a text at the character NUL, so no text may hold it.
fn without_nul<E: Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("a text holds the character NUL")) } else { Ok(()) }
}

/// The members of an object, in the order they were written, values as they stand in the document.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of an object in UTF-8 that passes [`check`]; errors name the part of an envelope that it is.
    pub(crate) fn parse(part: &'static str, octets: &'a [u8]) -> Result<Self, EnvelopeError> {
        let malformed = |rule| EnvelopeError::malformed(part, rule);
        let text = std::str::from_utf8(octets).map_err(|_| malformed("is not UTF-8 text"))?;
        check(text).map_err(|error| EnvelopeError::NotJson { part, reason: error.to_string() })?;
        Self::read(text).ok_or(malformed("is not a JSON object"))
    }

    /// The members of an object; none when the value is not an object.
    pub(crate) fn read(value: &'a str) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_str(value);
        let members = reader.deserialize_map(MemberVisitor).ok()?;
        reader.end().ok()?;
        Some(Self(members))
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        "[".repeat(depth) + &"]".repeat(depth)
    }

    #[test]
    fn sound_documents_pass() {
        for document in [
            "null",
            " {\"a\": [1, -2, 3.5e6, true, \"x\"], \"b\": {\"a\": null}} ",
            "[{\"a\":1},{\"a\":1}]",
            &nested(DEEPEST),
        ] {
            check(document).unwrap();
        }
    }

    #[test]
    fn ambiguous_and_broken_documents_are_refused() {
        for (document, reason) in [
            (r#"{"a":1,"a":1}"#, "the key \"a\" twice"),
            (r#"{"a":1,"\u0061":2}"#, "the key \"a\" twice"),
            (r#"[{"x":{"a":1,"b":2,"a":3}}]"#, "the key \"a\" twice"),
            (&nested(DEEPEST + 1), "levels deep"),
            (&nested(100_000), "levels deep"),
            ("{\"a\":1} {}", "trailing"),
            ("{\"a\":1,}", "trailing comma"),
            ("{'a':1}", "key must be a string"),
            ("[01]", "invalid number"),
            ("[NaN]", "expected value"),
            (r#"["\ud800"]"#, "hex escape"),
            ("[1", "EOF"),
            ("", "EOF"),
        ] {
            let refused = check(document).unwrap_err().to_string();
            assert!(refused.contains(reason), "{document:.40}: {refused}");
        }
    }

    #[test]
    fn members_are_those_of_objects_alone() {
        let members = Members::read(r#"{"a": 1.0, "b":{"c":"d"}}"#).unwrap();
        let written: Vec<_> = members.0.iter().map(|(key, value)| (key.as_str(), value.get())).collect();
        assert_eq!(written, [("a", "1.0"), ("b", r#"{"c":"d"}"#)]);
        for other in ["[]", "null", "1", "\"{}\"", "{} {}"] {
            assert!(Members::read(other).is_none(), "{other}");
        }
    }
}
