//! Requests: JSON on standard input, of contract version 1.0.

use super::error::{ErrorCode, PluginError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io::Read;

/// The only version of the contract there is.
pub(super) const CONTRACT_VERSION: &str = "1.0";
/// The most octets of a request that are read; a payload has 4096 at the most, and a chain some thousands.
const LONGEST: usize = 1024 * 1024;

/// Reads a request to its end.
pub(super) fn read(input: impl Read) -> Result<Vec<u8>, PluginError> {
    let mut octets = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    input
        .take(most + 1)
        .read_to_end(&mut octets)
        .map_err(|error| PluginError::validation(format!("the request cannot be read: {error}")))?;
    if octets.len() > LONGEST {
        return Err(PluginError::validation(format!("the request is longer than {LONGEST} bytes")));
    }
    Ok(octets)
}

/// A request of any version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned {
    contract_version: Option<String>,
}

/// Takes a request of this version apart. Its version is looked at first, for that says how to read the rest.
pub(super) fn parse<T: DeserializeOwned>(request: &[u8]) -> Result<T, PluginError> {
    match members::<Versioned>(request)?.contract_version.as_deref() {
        Some(CONTRACT_VERSION) => members(request),
        Some(other) => {
            let other: String = other.chars().take(64).collect();
            Err(PluginError::new(
                ErrorCode::UnsupportedContractVersion,
                format!(
                    "the request is of contract version {other:?}; {CONTRACT_VERSION:?} alone is supported"
                ),
            ))
        }
        None => Err(PluginError::validation(format!(
            "contractVersion: it is missing; {CONTRACT_VERSION:?} is supported"
        ))),
    }
}

/// Reads a JSON object; members that are not known are passed over, as the contract wants it.
pub(super) fn members<T: DeserializeOwned>(request: &[u8]) -> Result<T, PluginError> {
    let wrong = |path: &str, reason: &serde_json::Error| {
        let place = if matches!(path, "." | "?") { String::new() } else { format!("{path}: ") };
        PluginError::validation(format!("the request is not as the contract wants it: {place}{reason}"))
    };
    if request.iter().find(|octet| !octet.is_ascii_whitespace()) != Some(&b'{') {
        return Err(PluginError::validation("the request is no JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(request);
    let read = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| wrong(&error.path().to_string(), error.inner()))?;
    reader.end().map_err(|error| wrong(".", &error))?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Example {
        key_id: String,
    }

    fn refusal(request: &str) -> PluginError {
        parse::<Example>(request.as_bytes()).unwrap_err()
    }

    #[test]
    fn unknown_members_are_passed_over() {
        let read = parse::<Example>(br#" {"contractVersion":"1.0","keyId":"k","more":[1]} "#).unwrap();
        assert_eq!(read, Example { key_id: "k".to_owned() });
    }

    #[test]
    fn other_versions_are_told_from_none() {
        for other in ["2.0", "1.1", "1", "1.0 ", ""] {
            let error = refusal(&format!(r#"{{"contractVersion":"{other}","key":[]}}"#));
            assert_eq!(error.code(), ErrorCode::UnsupportedContractVersion, "{other}");
        }
        for none in [r#"{"keyId":"k"}"#, r#"{"contractVersion":null,"keyId":"k"}"#] {
            assert_eq!(refusal(none).code(), ErrorCode::ValidationError, "{none}");
        }
    }

    #[test]
    fn malformed_requests_are_refused() {
        for (wrong, reason) in [
            ("", "no JSON object"),
            ("{", "EOF"),
            ("null", "no JSON object"),
            (r#"["1.0","k"]"#, "no JSON object"),
            (r#"{"contractVersion":"1.0"}"#, "missing field `keyId`"),
            (r#"{"contractVersion":"1.0","keyId":"k"}{}"#, "trailing characters"),
            (r#"{"contractVersion":"1.0","contractVersion":"1.0","keyId":"k"}"#, "duplicate field"),
            (r#"{"contractVersion":1.0,"keyId":"k"}"#, "contractVersion: invalid type"),
            (r#"{"contractVersion":"1.0","keyId":7}"#, "keyId: invalid type"),
        ] {
            let error = refusal(wrong);
            assert_eq!(error.code(), ErrorCode::ValidationError, "{wrong}");
            assert!(error.message().contains(reason), "{wrong}: {error:?}");
        }
        assert!(parse::<Example>(b"{\"contractVersion\":\"1.0\",\"keyId\":\"\xff\"}").is_err());
        assert!(parse::<Example>("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn endless_requests_are_not_read_to_their_end() {
        assert!(read(std::io::repeat(b' ')).unwrap_err().message().contains("longer than"));
        assert_eq!(read(&b"{}"[..]).unwrap(), b"{}");
    }
}
