//! The credential of a request: whose key, and the scope that the key was derived for.

use super::error::SignatureError;
use std::borrow::Cow;

/// Longer than any access-key id with any scope.
const MAX_CREDENTIAL: usize = 512;
/// The last element of every scope.
pub(super) const TERMINATOR: &str = "aws4_request";

/// What a derived key is good for: one day, one region, one service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CredentialScope {
    text: String,
    region: usize,
    service: usize,
}

impl CredentialScope {
    /// Reads `20150830/us-east-1/signer/aws4_request`.
    fn parse(text: &str) -> Result<Self, SignatureError> {
        let mut elements = text.split('/');
        let (Some(date), Some(region), Some(service), Some(terminator), None) =
            (elements.next(), elements.next(), elements.next(), elements.next(), elements.next())
        else {
            return Err(SignatureError::Credential);
        };
        if date.len() != 8 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SignatureError::Credential);
        }
        if region.is_empty() || service.is_empty() {
            return Err(SignatureError::Credential);
        }
        if terminator != TERMINATOR {
            return Err(SignatureError::Terminator);
        }
        Ok(Self { text: text.to_owned(), region: region.len(), service: service.len() })
    }

    /// The day, in UTC: `20150830`.
    pub fn date(&self) -> &str {
        &self.text[..8]
    }

    /// The region, as the client wrote it.
    pub fn region(&self) -> &str {
        &self.text[9..9 + self.region]
    }

    /// The service's signing name, as the client wrote it.
    pub fn service(&self) -> &str {
        let start = 10 + self.region;
        &self.text[start..start + self.service]
    }

    /// The whole scope, as it is signed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// An access-key id and its scope, in the client's words.
pub(super) struct Credential<'a> {
    text: Cow<'a, str>,
    id: usize,
    scope: CredentialScope,
}

impl<'a> Credential<'a> {
    /// Reads `AKIDEXAMPLE/20150830/us-east-1/signer/aws4_request`.
    pub(super) fn parse(text: Cow<'a, str>) -> Result<Self, SignatureError> {
        if text.len() > MAX_CREDENTIAL {
            return Err(SignatureError::Credential);
        }
        let (id, scope) = text.split_once('/').ok_or(SignatureError::Credential)?;
        let is_id_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if id.is_empty() || !id.bytes().all(is_id_byte) {
            return Err(SignatureError::Credential);
        }
        let (id, scope) = (id.len(), CredentialScope::parse(scope)?);
        Ok(Self { text, id, scope })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn access_key_id(&self) -> &str {
        &self.text[..self.id]
    }

    pub(super) fn scope(&self) -> &CredentialScope {
        &self.scope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_elements() {
        let text = "AKID_1/20150830/us-east-1/signer/aws4_request";
        let credential = Credential::parse(text.into()).unwrap();
        assert_eq!(credential.as_str(), text);
        assert_eq!(credential.access_key_id(), "AKID_1");
        let scope = credential.scope();
        assert_eq!(scope.date(), "20150830");
        assert_eq!(scope.region(), "us-east-1");
        assert_eq!(scope.service(), "signer");
        assert_eq!(scope.as_str(), &text[7..]);
    }

    #[test]
    fn anything_else_is_refused() {
        let long = "A".repeat(MAX_CREDENTIAL) + "/20150830/r/s/aws4_request";
        for (text, error) in [
            ("", SignatureError::Credential),
            ("AKID", SignatureError::Credential),
            ("/20150830/r/s/aws4_request", SignatureError::Credential),
            ("A-B/20150830/r/s/aws4_request", SignatureError::Credential),
            ("A/20150830/r/s", SignatureError::Credential),
            ("A/20150830/r/s/aws4_request/", SignatureError::Credential),
            ("A/20150830/r/s/t/aws4_request", SignatureError::Credential),
            ("A/2015083/r/s/aws4_request", SignatureError::Credential),
            ("A/2015083é/r/s/aws4_request", SignatureError::Credential),
            ("A/20150830//s/aws4_request", SignatureError::Credential),
            ("A/20150830/r//aws4_request", SignatureError::Credential),
            ("A/20150830/r/s/aws4_requesT", SignatureError::Terminator),
            (&long, SignatureError::Credential),
        ] {
            assert_eq!(Credential::parse(text.into()).err(), Some(error), "{text}");
        }
    }
}
