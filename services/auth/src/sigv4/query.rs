//! The canonical query string.

use super::encoding;
use super::error::SignatureError;
use super::request::MAX_QUERY_PAIRS;
use std::borrow::Cow;

/// One `name=value` of a query, both in canonical encoding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}

/// The pairs of a query, as many as came, sorted by encoded name, then encoded value.
pub(super) struct Query<'a> {
    pairs: Vec<Pair<'a>>,
}

impl<'a> Query<'a> {
    /// Reads a raw query string, without its question mark.
    pub(super) fn parse(raw: &'a str) -> Result<Self, SignatureError> {
        let mut pairs = Vec::new();
        if !raw.is_empty() {
            for pair in raw.split('&') {
                if pairs.len() == MAX_QUERY_PAIRS {
                    return Err(SignatureError::TooLarge("query parameters"));
                }
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                pairs.push(Pair { name: encoding::canonical(name)?, value: encoding::canonical(value)? });
            }
        }
        // By (name, value), not by the joined text: '-' sorts before '='.
        if !pairs.is_sorted() {
            pairs.sort_unstable();
        }
        Ok(Self { pairs })
    }

    pub(super) fn pairs(&self) -> &[Pair<'a>] {
        &self.pairs
    }

    /// Takes out the pairs of this name: a signature does not sign itself.
    pub(super) fn remove(&mut self, name: &str) {
        self.pairs.retain(|pair| pair.name != name);
    }

    /// The canonical query, sorted by encoded pairs as the specification and botocore have it.
    pub(super) fn by_encoded_pairs(&self) -> String {
        join(self.pairs.iter())
    }

    /// The canonical query, sorted by decoded names and values as the Go SDK has it; `None` when that
    /// is the same text.
    pub(super) fn by_decoded_pairs(&self) -> Result<Option<String>, SignatureError> {
        let escaped = |pair: &Pair<'_>| pair.name.contains('%') || pair.value.contains('%');
        if !self.pairs.iter().any(escaped) {
            return Ok(None);
        }
        let mut decoded = Vec::with_capacity(self.pairs.len());
        for pair in &self.pairs {
            let name = encoding::decode(&pair.name)?;
            decoded.push((name, encoding::decode(&pair.value)?, pair));
        }
        if decoded.is_sorted() {
            return Ok(None);
        }
        decoded.sort_unstable();
        Ok(Some(join(decoded.into_iter().map(|(_, _, pair)| pair))))
    }
}

fn join<'p, 'a: 'p>(pairs: impl Iterator<Item = &'p Pair<'a>> + Clone) -> String {
    let length = pairs.clone().map(|pair| pair.name.len() + pair.value.len() + 2).sum();
    let mut query = String::with_capacity(length);
    for pair in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&pair.name);
        query.push('=');
        query.push_str(&pair.value);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_sorted_by_name_then_value() {
        for (raw, wanted) in [
            ("", ""),
            ("a", "a="),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1&a", "a=&a=1&a=2"),
            ("Param-3=3&Param=2", "Param=2&Param-3=3"),
            ("a==", "a=%3D"),
            ("a=1&", "=&a=1"),
            ("B=1&a=1", "B=1&a=1"),
            ("a=b+c", "a=b%2Bc"),
            ("a=%c3%a9&a=%41", "a=%C3%A9&a=A"),
        ] {
            let query = Query::parse(raw).unwrap();
            assert_eq!(query.by_encoded_pairs(), wanted, "{raw}");
        }
    }

    #[test]
    fn the_second_order_exists_only_when_it_differs() {
        let order = |raw| Query::parse(raw).unwrap().by_decoded_pairs().unwrap();
        assert_eq!(order("b=2&a=1"), None);
        assert_eq!(order("a=%20&a=b"), None);
        assert_eq!(order("a=b&a=%C3%A9").as_deref(), Some("a=b&a=%C3%A9"));
        assert_eq!(order("%C3%A9=1&b=1").as_deref(), Some("b=1&%C3%A9=1"));
    }

    #[test]
    fn there_may_be_so_many_pairs_and_no_more() {
        let many = |count| vec!["a=1"; count].join("&");
        assert!(Query::parse(&many(MAX_QUERY_PAIRS)).is_ok());
        let error = Query::parse(&many(MAX_QUERY_PAIRS + 1)).err();
        assert_eq!(error, Some(SignatureError::TooLarge("query parameters")));
    }
}
