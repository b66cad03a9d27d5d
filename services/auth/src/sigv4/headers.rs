//! The signed headers: which must be signed, and how they are written into a canonical request.

use super::error::SignatureError;
use super::request::MAX_HEADERS;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use std::borrow::Cow;

const CONTENT_SHA256: &str = "x-amz-content-sha256";
/// Headers beside `x-amz-*` that have one value or none.
const SINGLE: [&str; 3] = ["authorization", "content-type", "host"];

/// The names that a client says it signed, in its own (checked) order.
pub(super) struct SignedHeaders<'a> {
    text: Cow<'a, str>,
}

impl<'a> SignedHeaders<'a> {
    /// Reads `host;x-amz-date`: lower-case names, strictly ascending.
    pub(super) fn parse(text: Cow<'a, str>) -> Result<Self, SignatureError> {
        let mut previous = "";
        for (index, name) in text.split(';').enumerate() {
            let valid = HeaderName::from_lowercase(name.as_bytes()).is_ok();
            if index == MAX_HEADERS || name <= previous || !valid {
                return Err(SignatureError::SignedHeaders);
            }
            previous = name;
        }
        Ok(Self { text })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a name, in lower case, is among them.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.text.split(';').any(|signed| signed == name)
    }

    /// The canonical headers block, one line per signed header; refuses a request in which a header
    /// that could be acted on is unsigned or ambiguous.
    pub(super) fn canonical(&self, headers: &HeaderMap) -> Result<Vec<u8>, SignatureError> {
        let names: Vec<&str> = self.text.split(';').collect();
        if names.binary_search(&"host").is_err() || !headers.contains_key("host") {
            return Err(SignatureError::UnsignedHost);
        }
        for name in headers.keys() {
            check_header(name, &names, headers)?;
        }
        let mut block = Vec::with_capacity(512);
        for name in names {
            let mut values = headers.get_all(name).iter();
            let first = values.next().ok_or_else(|| SignatureError::AbsentHeader(name.to_owned()))?;
            block.extend_from_slice(name.as_bytes());
            block.push(b':');
            push_folded(&mut block, first);
            for value in values {
                block.push(b',');
                push_folded(&mut block, value);
            }
            block.push(b'\n');
        }
        Ok(block)
    }
}

fn check_header(name: &HeaderName, signed: &[&str], headers: &HeaderMap) -> Result<(), SignatureError> {
    let name = name.as_str();
    let amazon = name.starts_with("x-amz-");
    if amazon && name != CONTENT_SHA256 && signed.binary_search(&name).is_err() {
        return Err(SignatureError::UnsignedHeader(name.to_owned()));
    }
    if (amazon || SINGLE.contains(&name)) && headers.get_all(name).iter().nth(1).is_some() {
        return Err(SignatureError::RepeatedHeader(name.to_owned()));
    }
    Ok(())
}

/// Appends a value, trimmed, each run of blanks made one space.
fn push_folded(block: &mut Vec<u8>, value: &HeaderValue) {
    let start = block.len();
    let words = value.as_bytes().split(|byte| *byte == b' ' || *byte == b'\t');
    for word in words.filter(|word| !word.is_empty()) {
        if block.len() > start {
            block.push(b' ');
        }
        block.extend_from_slice(word);
    }
}

/// The value of a header that may stand once and must be visible ASCII without blanks: those are
/// folded before signing, so a value with blanks is not the value that was signed.
pub(super) fn single<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> Result<Option<&'h str>, SignatureError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(SignatureError::RepeatedHeader(name.to_owned()));
    }
    let text = value.to_str().ok();
    let text = text.filter(|text| !text.contains([' ', '\t']));
    text.map(Some).ok_or(SignatureError::MalformedHeader(name))
}

/// The body's hash as the client states it, if it does: 64 lower-case hexadecimal digits.
pub(super) fn content_sha256(headers: &HeaderMap) -> Result<Option<&str>, SignatureError> {
    let stated = single(headers, CONTENT_SHA256)?;
    match stated {
        Some(text) if text == "UNSIGNED-PAYLOAD" || text.starts_with("STREAMING-") => {
            Err(SignatureError::UnsignedPayload)
        }
        _ => Ok(stated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn canonical(signed: &'static str, map: &HeaderMap) -> Result<String, SignatureError> {
        let block = SignedHeaders::parse(signed.into())?.canonical(map)?;
        Ok(String::from_utf8(block).unwrap())
    }

    #[test]
    fn values_are_trimmed_folded_and_joined() {
        let map =
            headers(&[("host", "  example.test "), ("my", "  a   b\t c  "), ("my", ""), ("my", "\"x  y\"")]);
        assert_eq!(canonical("host;my", &map).unwrap(), "host:example.test\nmy:a b c,,\"x y\"\n");
    }

    #[test]
    fn the_list_has_one_form() {
        for list in [
            "",
            ";host",
            "host;",
            "Host",
            "x-amz-date;host",
            "host;host",
            "host;;x-amz-date",
            "host;x-amz-Date",
            "host;x y",
            "host;x\r\ny",
            "host;é",
        ] {
            let error = canonical(list, &headers(&[("host", "h")])).unwrap_err();
            assert_eq!(error, SignatureError::SignedHeaders, "{list}");
        }
    }

    #[test]
    fn what_could_be_acted_on_is_signed_and_single() {
        let refused = |list, pairs: &[_]| canonical(list, &headers(pairs)).unwrap_err();
        assert_eq!(refused("my", &[("host", "h"), ("my", "v")]), SignatureError::UnsignedHost);
        assert_eq!(refused("host", &[]), SignatureError::UnsignedHost);
        assert_eq!(
            refused("host", &[("host", "h"), ("x-amz-target", "t")]),
            SignatureError::UnsignedHeader("x-amz-target".into())
        );
        assert_eq!(refused("host;my", &[("host", "h")]), SignatureError::AbsentHeader("my".into()));
        for name in ["host", "content-type", "x-amz-target", CONTENT_SHA256] {
            let pairs = [("host", "h"), (name, "1"), (name, "2")];
            let error = refused("content-type;host;x-amz-content-sha256;x-amz-target", &pairs);
            assert_eq!(error, SignatureError::RepeatedHeader(name.into()));
        }
    }

    #[test]
    fn the_payload_is_signed() {
        for text in
            ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
        {
            let map = headers(&[(CONTENT_SHA256, text)]);
            assert_eq!(content_sha256(&map), Err(SignatureError::UnsignedPayload));
        }
        assert_eq!(content_sha256(&headers(&[])), Ok(None));
    }
}
