//! Media types as descriptors name them.

/// Type, slash, subtype, as names of RFC 6838 section 4.2; no parameters.
pub(crate) fn is_plain(text: &str) -> bool {
    text.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

/// A media type with or without parameters (RFC 9110 section 8.3.1). Manifests have none, but blobs do, such as
/// `application/spdx+json; version=2.3`.
pub(crate) fn is_media_type(text: &str) -> bool {
    let (plain, parameters) = text.split_at(text.find([';', ' ']).unwrap_or(text.len()));
    is_plain(plain) && are_parameters(parameters)
}

fn are_parameters(mut rest: &str) -> bool {
    while !rest.is_empty() {
        let Some((name, value)) =
            rest.trim_start_matches(' ').strip_prefix(';').and_then(|rest| rest.split_once('='))
        else {
            return false;
        };
        let length = if value.starts_with('"') { quoted_length(value) } else { token_length(value) };
        if !is_name(name.trim_start_matches(' ')) || length == 0 {
            return false;
        }
        rest = &value[length..];
    }
    true
}

/// How many octets of a token stand first (RFC 9110 section 5.6.2).
fn token_length(text: &str) -> usize {
    let ordinary = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
    text.bytes().take_while(|octet| ordinary(*octet)).count()
}

/// How long the quoted string is that stands first, quotes included (RFC 9110 section 5.6.4); 0 if it does not end.
fn quoted_length(text: &str) -> usize {
    let mut octets = text.bytes().enumerate().skip(1);
    while let Some((place, octet)) = octets.next() {
        match octet {
            b'"' => return place + 1,
            b'\\' => match octets.next() {
                Some((_, b' '..=b'~')) => {}
                _ => return 0,
            },
            b' '..=b'~' => {}
            _ => return 0,
        }
    }
    0
}

fn is_name(name: &str) -> bool {
    let ordinary = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&octet);
    name.len() <= 127
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(ordinary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_may_follow() {
        for sound in [
            "a/b",
            "application/spdx+json;version=2.3",
            "text/plain; charset=utf-8",
            "text/plain ; charset=utf-8;  x=\"a; \\\"b\\\" = c\"",
            "a/b;c=\"\"",
        ] {
            assert!(is_media_type(sound), "{sound}");
        }
        assert!(!is_plain("a/b;c=d"));
    }

    #[test]
    fn anything_else_may_not() {
        for broken in [
            "",
            "a",
            "a/",
            ";",
            "a/b;",
            "a/b; ",
            "a/b ",
            "a/b;c",
            "a/b;c=",
            "a/b;=d",
            "a/b;c =d",
            "a/b;c= d",
            "a/b;c=d;",
            "a/b;c=d ",
            "a/b;c=d e",
            "a/b c=d",
            "a/b;c=\"",
            "a/b;c=\"d\\\"",
            "a/b;c=\"d\"e",
            "a/b;c=\"ü\"",
            "a/b;c=ü",
            "a/b;\tc=d",
            "a/b;c=\"\n\"",
            "a;b=c/d",
        ] {
            assert!(!is_media_type(broken), "{broken:?}");
        }
    }
}
