//! JSON objects, and nothing that `serde` would take in their place.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A structure that is read from a JSON object alone: a derived `Deserialize` would also take an array of
/// its members in their order, which no AWS client sends and no other reader understands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object<T>(pub(crate) T);

/// Reads a member that is an object.
pub(crate) fn required<'de, T: Deserialize<'de>, D: Deserializer<'de>>(member: D) -> Result<T, D::Error> {
    Object::deserialize(member).map(|Object(value)| value)
}

/// Reads a member that is an object, or null.
pub(crate) fn optional<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    member: D,
) -> Result<Option<T>, D::Error> {
    Option::<Object<T>>::deserialize(member).map(|object| object.map(|Object(value)| value))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Pair {
        a: u8,
        b: u8,
    }

    #[test]
    fn arrays_are_no_objects() {
        let read = serde_json::from_str::<Object<Pair>>;
        assert_eq!(read(r#"{"a":1,"b":2}"#).unwrap(), Object(Pair { a: 1, b: 2 }));
        for wrong in ["[1,2]", "null", "5", "\"x\""] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("expected a JSON object"), "{wrong}: {error}");
        }
    }
}
