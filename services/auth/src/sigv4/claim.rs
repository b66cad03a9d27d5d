//! The claim: what a request says about its own signature, in either of its two forms.

use super::date::RequestDate;
use super::error::SignatureError;
use super::headers::{self, SignedHeaders};
use super::query::Query;
use super::scope::Credential;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::borrow::Cow;
use time::Duration;
use zeroize::Zeroizing;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// One week, the most that AWS allows.
const MAX_EXPIRES: i64 = 604_800;

const P_ALGORITHM: &str = "X-Amz-Algorithm";
const P_CREDENTIAL: &str = "X-Amz-Credential";
const P_DATE: &str = "X-Amz-Date";
const P_EXPIRES: &str = "X-Amz-Expires";
const P_SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
const P_SIGNATURE: &str = "X-Amz-Signature";
const P_SECURITY_TOKEN: &str = "X-Amz-Security-Token";
const P_CONTENT_SHA256: &str = "X-Amz-Content-Sha256";
/// The query parameters that mean something here.
const PARAMETERS: [&str; 8] = [
    P_ALGORITHM,
    P_CREDENTIAL,
    P_DATE,
    P_EXPIRES,
    P_SIGNED_HEADERS,
    P_SIGNATURE,
    P_SECURITY_TOKEN,
    P_CONTENT_SHA256,
];

/// How long a signature is good for.
#[derive(Clone, Copy)]
pub(super) enum Lifetime {
    /// In the `Authorization` header: five minutes to either side of its date.
    Header,
    /// In the query: from its date (five minutes before it, for skewed clocks) for so long.
    Presigned(Duration),
}

/// Credential, signed headers, signature, date and token of one request.
pub(super) struct Claim<'a> {
    pub(super) credential: Credential<'a>,
    pub(super) signed_headers: SignedHeaders<'a>,
    pub(super) signature: [u8; 32],
    pub(super) date: RequestDate,
    pub(super) lifetime: Lifetime,
    pub(super) session_token: Option<Zeroizing<String>>,
    /// The body's hash in hexadecimal digits, where the client states it.
    pub(super) content_sha256: Option<Cow<'a, str>>,
}

impl<'a> Claim<'a> {
    /// Finds the one form of credentials, and takes the signature out of the query.
    pub(super) fn find(headers: &'a HeaderMap, query: &mut Query<'a>) -> Result<Self, SignatureError> {
        let in_query = query.pairs().iter().any(|pair| is_parameter(&pair.name));
        let mut in_header = headers.get_all(AUTHORIZATION).iter();
        match (in_header.next(), in_header.next(), in_query) {
            (None, _, false) => Err(SignatureError::Missing),
            (Some(value), None, false) => {
                let text = value.to_str().map_err(|_| SignatureError::Authorization)?;
                Self::from_header(text, headers)
            }
            (None, _, true) => {
                let claim = Self::from_query(query, headers)?;
                query.remove(P_SIGNATURE);
                Ok(claim)
            }
            (Some(_), Some(_), _) | (Some(_), None, true) => Err(SignatureError::SeveralCredentials),
        }
    }

    fn from_header(text: &'a str, headers: &'a HeaderMap) -> Result<Self, SignatureError> {
        let (algorithm, parameters) = text.split_once(' ').unwrap_or((text, ""));
        if algorithm != ALGORITHM {
            return Err(SignatureError::Algorithm);
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in parameters.split(',') {
            let (name, value) = parameter.trim().split_once('=').ok_or(SignatureError::Authorization)?;
            let (name, place) = match name {
                "Credential" => ("Credential", &mut credential),
                "SignedHeaders" => ("SignedHeaders", &mut signed_headers),
                "Signature" => ("Signature", &mut signature),
                _ => return Err(SignatureError::Authorization),
            };
            if place.replace(value).is_some() {
                return Err(SignatureError::HeaderParameter(name));
            }
        }
        let missing = SignatureError::HeaderParameter;
        let credential = credential.ok_or_else(|| missing("Credential"))?;
        let signed_headers = signed_headers.ok_or_else(|| missing("SignedHeaders"))?;
        let signature = signature.ok_or_else(|| missing("Signature"))?;
        let date = headers::single(headers, "x-amz-date")?.ok_or(SignatureError::MissingDate)?;
        let token = headers::single(headers, "x-amz-security-token")?;
        Ok(Self {
            credential: Credential::parse(credential.into())?,
            signed_headers: SignedHeaders::parse(signed_headers.into())?,
            signature: parse_signature(signature)?,
            date: RequestDate::parse(date)?,
            lifetime: Lifetime::Header,
            session_token: token.map(|token| Zeroizing::new(token.to_owned())),
            content_sha256: headers::content_sha256(headers)?.map(Cow::Borrowed),
        })
    }

    fn from_query(query: &Query<'a>, headers: &'a HeaderMap) -> Result<Self, SignatureError> {
        if headers.contains_key("x-amz-date") || headers.contains_key("x-amz-security-token") {
            return Err(SignatureError::SeveralCredentials);
        }
        let parameters = Parameters::collect(query)?;
        if parameters.required(P_ALGORITHM)? != ALGORITHM {
            return Err(SignatureError::Algorithm);
        }
        let credential = parameters.required(P_CREDENTIAL)?;
        let signed_headers = parameters.required(P_SIGNED_HEADERS)?;
        // Anything but the body's own hash cannot verify; these two deserve their own sentence.
        let in_query = parameters.optional(P_CONTENT_SHA256)?;
        let in_header = headers::content_sha256(headers)?;
        let content_sha256 = match (in_query, in_header) {
            (Some(_), Some(_)) => return Err(SignatureError::SeveralCredentials),
            (Some(text), None) if text.len() != 64 => return Err(SignatureError::UnsignedPayload),
            (in_query, in_header) => in_query.map(Cow::Owned).or(in_header.map(Cow::Borrowed)),
        };
        Ok(Self {
            credential: Credential::parse(credential.into())?,
            signed_headers: SignedHeaders::parse(signed_headers.into())?,
            signature: parse_signature(&parameters.required(P_SIGNATURE)?)?,
            date: RequestDate::parse(&parameters.required(P_DATE)?)?,
            lifetime: Lifetime::Presigned(parse_expires(&parameters.required(P_EXPIRES)?)?),
            session_token: parameters.optional(P_SECURITY_TOKEN)?.map(Zeroizing::new),
            content_sha256,
        })
    }
}

/// The values of [`PARAMETERS`], still encoded, each at most once.
struct Parameters<'q>([Option<&'q str>; PARAMETERS.len()]);

impl<'q> Parameters<'q> {
    fn collect(query: &'q Query<'_>) -> Result<Self, SignatureError> {
        let mut values = [None; PARAMETERS.len()];
        for pair in query.pairs() {
            let Some(place) = place(&pair.name) else {
                continue;
            };
            let exact = PARAMETERS[place] == pair.name;
            if values[place].replace(pair.value.as_ref()).is_some() || !exact {
                return Err(SignatureError::QueryParameter(PARAMETERS[place]));
            }
        }
        Ok(Self(values))
    }

    fn optional(&self, name: &'static str) -> Result<Option<String>, SignatureError> {
        let Some(value) = place(name).and_then(|place| self.0[place]) else {
            return Ok(None);
        };
        let decoded = super::encoding::decode(value)?.into_owned();
        String::from_utf8(decoded).map(Some).map_err(|_| SignatureError::QueryParameter(name))
    }

    fn required(&self, name: &'static str) -> Result<String, SignatureError> {
        self.optional(name)?.ok_or(SignatureError::QueryParameter(name))
    }
}

/// Which of [`PARAMETERS`] a name spells, in whatever case. The names are all unreserved characters,
/// so a canonical encoding of one is the name itself.
fn place(name: &str) -> Option<usize> {
    PARAMETERS.iter().position(|parameter| parameter.eq_ignore_ascii_case(name))
}

fn is_parameter(name: &str) -> bool {
    place(name).is_some()
}

/// One spelling only: lower-case digits.
fn parse_signature(text: &str) -> Result<[u8; 32], SignatureError> {
    let mut signature = [0; 32];
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(SignatureError::Signature);
    }
    hex::decode_to_slice(text, &mut signature).map_err(|_| SignatureError::Signature)?;
    Ok(signature)
}

fn parse_expires(text: &str) -> Result<Duration, SignatureError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits);
    seconds
        .filter(|seconds| (1..=MAX_EXPIRES).contains(seconds))
        .map(Duration::seconds)
        .ok_or(SignatureError::Expires)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_a_second_to_a_week() {
        for good in ["1", "3600", "604800"] {
            assert!(parse_expires(good).is_ok(), "{good}");
        }
        for wrong in ["", "0", "-1", "+1", "604801", "1.5", " 1", "1s", "99999999999999999999"] {
            assert_eq!(parse_expires(wrong), Err(SignatureError::Expires), "{wrong}");
        }
    }

    #[test]
    fn signatures_have_one_spelling() {
        assert_eq!(parse_signature(&"0a".repeat(32)), Ok([10; 32]));
        for wrong in ["", "0a", &"0A".repeat(32), &"0g".repeat(32), &"0a".repeat(33)] {
            assert_eq!(parse_signature(wrong), Err(SignatureError::Signature));
        }
    }
}
