//! Percent-encoding as Signature Version 4 defines it (its `UriEncode`): everything but the unreserved
//! characters of RFC 3986 section 2.3 becomes `%XX` with upper-case digits.

use super::error::SignatureError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str};
use std::borrow::Cow;

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes every octet that is not unreserved, `%` and `/` included.
pub(super) fn encode(octets: &[u8]) -> PercentEncode<'_> {
    percent_encoding::percent_encode(octets, RESERVED)
}

/// Decodes `%XX`; `+` stays a plus sign. A `%` without two hexadecimal digits behind it is refused.
pub(super) fn decode(raw: &str) -> Result<Cow<'_, [u8]>, SignatureError> {
    let mut pieces = raw.split('%');
    let _before_the_first = pieces.next();
    for piece in pieces {
        let digits = piece.as_bytes().get(..2).unwrap_or_default();
        if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(SignatureError::PercentEncoding);
        }
    }
    Ok(percent_decode_str(raw).into())
}

/// `raw` decoded and encoded again, so that all spellings of one text become one.
pub(super) fn canonical(raw: &str) -> Result<Cow<'_, str>, SignatureError> {
    if is_canonical(raw) {
        return Ok(Cow::Borrowed(raw));
    }
    Ok(Cow::Owned(encode(&decode(raw)?).to_string()))
}

/// Whether `raw` is what [`canonical`] would make of it, found without decoding: the usual case.
fn is_canonical(raw: &str) -> bool {
    let mut octets = raw.bytes();
    while let Some(octet) = octets.next() {
        if is_unreserved(octet) {
            continue;
        }
        let (b'%', Some(high), Some(low)) =
            (octet, octets.next().and_then(upper_hex), octets.next().and_then(upper_hex))
        else {
            return false;
        };
        if is_unreserved(high << 4 | low) {
            return false;
        }
    }
    true
}

fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~".contains(&octet)
}

fn upper_hex(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'A'..=b'F' => Some(octet - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_become_one() {
        for (raw, wanted) in [
            ("", ""),
            ("Az09-._~", "Az09-._~"),
            ("a+b", "a%2Bb"),
            ("a%2bb", "a%2Bb"),
            ("%41", "A"),
            ("%2F", "%2F"),
            ("/", "%2F"),
            ("é", "%C3%A9"),
            ("%C3%A9", "%C3%A9"),
            ("a b", "a%20b"),
            ("%25", "%25"),
            ("=", "%3D"),
        ] {
            assert_eq!(canonical(raw).unwrap(), wanted, "{raw}");
        }
    }

    #[test]
    fn the_fast_path_agrees_with_the_slow_one() {
        for octet in 0..=255_u8 {
            for raw in [format!("%{octet:02X}"), format!("%{octet:02x}"), char::from(octet).to_string()] {
                let Ok(decoded) = decode(&raw) else { continue };
                let slow = encode(&decoded).to_string();
                assert_eq!(canonical(&raw).unwrap(), slow, "{raw}");
                assert_eq!(is_canonical(&raw), slow == raw, "{raw}");
            }
        }
    }

    #[test]
    fn half_escapes_are_refused() {
        for raw in ["%", "%4", "a%", "%zz", "%%41", "%4é", "%é1"] {
            assert_eq!(canonical(raw), Err(SignatureError::PercentEncoding), "{raw}");
        }
    }
}
