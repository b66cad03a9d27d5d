//! What every JSON document that a caller sends must obey before anything reads it.
//!
//! `serde_json` lets a later duplicate key win and nests 128 deep. Two readers of one document
//! must never see different values, so both are refused here (RFC 8259 section 4, RFC 7493 section 2.3).

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// The deepest nesting of objects and arrays that is read.
pub const DEPTH_LIMIT: usize = 32;

/// Checks that `document` is one JSON value without duplicate keys, at most [`DEPTH_LIMIT`] deep.
///
/// Builds nothing: memory stays proportional to the keys of the objects that are open at a time.
pub fn check(document: &[u8]) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(document);
    Strict { depth: 0 }.deserialize(&mut reader)?;
    reader.end()
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_LIMIT {
            return Err(E::custom(format_args!("nested more than {DEPTH_LIMIT} levels deep")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        let mut seen = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(de::Error::custom(format_args!("the key {key:?} stands twice in one object")));
            }
            seen.insert(key);
            members.next_value_seed(inner)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_documents_pass() {
        for text in ["{}", "null", r#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#, " [1.5, -1, true] "] {
            check(text.as_bytes()).unwrap();
        }
    }

    #[test]
    fn unsound_documents_are_refused_with_the_reason() {
        let deep = "[".repeat(33) + &"]".repeat(33);
        for (text, reason) in [
            (r#"{"a":1,"a":1}"#, "stands twice"),
            (r#"{"x":[{"a":1,"\u0061":2}]}"#, "stands twice"),
            (deep.as_str(), "levels deep"),
            ("{} {}", "trailing"),
            ("{", "EOF"),
            ("", "EOF"),
            ("\u{feff}{}", "expected value"),
        ] {
            let error = check(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(check(&[b'"', 0xff, b'"']).is_err(), "not UTF-8");
    }
}
