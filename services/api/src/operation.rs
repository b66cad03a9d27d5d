//! The operation: one endpoint of the API, said once for server, client and documentation.

use crate::account::AccountId;
use crate::arn::Resource;
use crate::exception::Exception;
use crate::object::Object;
use serde::de::value::{MapDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};
use std::any::TypeId;
use utoipa::ToSchema;

/// Whether an operation changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Looks, and leaves everything as it was.
    Read,
    /// Changes the account's state and is recorded.
    Write,
}

/// The names under which an operation's caller learns of its own faults: AWS Signer's model has two
/// families of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceptions {
    /// `ValidationException` and `ResourceNotFoundException`.
    Signing,
    /// `BadRequestException` and `NotFoundException`, as the tagging operations have them.
    Tagging,
}

/// Whose resources an operation may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those of the caller's own account, and others' where their profile's permissions say so.
    Permitted,
    /// Those of any account: the caller's own policy suffices.
    AnyAccount,
}

/// One endpoint. The doc comment of the type is what the OpenAPI document says about it.
pub trait Operation: ToSchema + Send + Sync + 'static {
    /// The policy action, `service:Name` (`signer:SignPayload`).
    const ACTION: &'static str;
    /// The HTTP method.
    const METHOD: http::Method;
    /// The path, with its parameters in braces.
    const PATH: &'static str;
    /// The path as a router matches it; another one where a parameter may hold slashes.
    const ROUTE: &'static str = Self::PATH;
    /// Whether it reads or writes.
    const EFFECT: Effect;
    /// What it may fail with, besides [`Exception::ANY`] and, where it has a body, [`Exception::BODY`].
    const ERRORS: &[Exception];
    /// Whose resources it may name.
    const REACH: Reach = Reach::Permitted;
    /// The action that a permission to other accounts names; their role has to include [`ACTION`](Self::ACTION) too.
    const PERMITTED_AS: &'static str = Self::ACTION;
    /// Whether a request may bear a key by which it is recognised when it is sent again
    /// ([`IdempotencyKey`](crate::idempotency::IdempotencyKey)).
    const TAKES_IDEMPOTENCY_KEY: bool = false;
    /// The names of its exceptions.
    const EXCEPTIONS: Exceptions = Exceptions::Signing;
    /// The service that requests are signed for: the action's first part.
    const SERVICE: &'static str = action_parts(Self::ACTION).0;
    /// The name alone, the action's second part: AWS operation, metric label, OpenAPI `operationId`.
    const NAME: &'static str = action_parts(Self::ACTION).1;

    /// Parameters in the path.
    type Path: Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static;
    /// Parameters in the query string; absent ones are `None` or empty.
    type Query: Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static;
    /// The JSON body.
    type Body: Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static;
    /// The JSON answer.
    type Output: Serialize + ToSchema + Send + 'static;

    /// Whether it reads a body; what others send as one is ignored.
    fn has_body() -> bool {
        TypeId::of::<Self::Body>() != TypeId::of::<Nothing>()
    }

    /// Whether an exception is among those that it is said to fail with.
    fn may_fail_with(exception: Exception) -> bool {
        Self::ERRORS.contains(&exception)
            || Exception::ANY.contains(&exception)
            || Self::has_body() && Exception::BODY.contains(&exception)
    }

    /// The resources that authorisation judges; none for operations on the account as a whole.
    fn resources(request: &Request<Self>, caller: &AccountId) -> Vec<Target>
    where
        Self: Sized;
}

const fn action_parts(action: &'static str) -> (&'static str, &'static str) {
    let bytes = action.as_bytes();
    let mut at = 0;
    while bytes[at] != b':' {
        at += 1;
    }
    (action.split_at(at).0, action.split_at(at + 1).1)
}

/// One request of an operation, in its three parts.
pub struct Request<O: Operation> {
    /// Parameters in the path.
    pub path: O::Path,
    /// Parameters in the query string.
    pub query: O::Query,
    /// The JSON body.
    pub body: O::Body,
}

/// A resource and the account it is looked for in; the region is the deployment's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The account that owns the resource.
    pub owner: AccountId,
    /// The resource.
    pub resource: Resource,
}

/// The part of a request that an operation does not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Nothing {}

/// A member or parameter that is missing, repeated or out of bounds, in a sentence for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRequest(String);

/// Reads a request of `O` from the decoded path parameters, the raw query string and the body, which is
/// JSON or empty.
pub fn parse<O: Operation>(
    path: Vec<(String, String)>,
    query: &str,
    body: &[u8],
) -> Result<Request<O>, InvalidRequest> {
    Ok(Request { path: parse_path(path)?, query: parse_query(query)?, body: parse_body(body)? })
}

fn parse_path<T: DeserializeOwned>(path: Vec<(String, String)>) -> Result<T, InvalidRequest> {
    if let Some((name, _)) = path.iter().find(|(_, value)| value.contains('\0')) {
        return Err(InvalidRequest(format!(
            "{name}: the parameter holds the character NUL, which no text may"
        )));
    }
    let members = path.into_iter().map(|(name, value)| (name, IntoDeserializer::into_deserializer(value)));
    let members: MapDeserializer<'_, _, serde::de::value::Error> =
        MapDeserializer::<_, serde::de::value::Error>::new(
            members.map(|(name, value): (String, StringDeserializer<_>)| (name, value)),
        );
    serde_path_to_error::deserialize(members).map_err(constraint)
}

/// Query strings are percent-encoded and nothing else: `+` is a plus sign, as SigV4 signs it. An empty value
/// is refused, because a reader could take it for an absent one.
fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, InvalidRequest> {
    let empty =
        |pair: &&str| !pair.is_empty() && pair.split_once('=').is_none_or(|(_, value)| value.is_empty());
    if let Some(pair) = query.split('&').find(empty) {
        let name: String = pair.trim_end_matches('=').chars().take(64).flat_map(char::escape_debug).collect();
        return Err(InvalidRequest(format!("{name}: the parameter has no value")));
    }
    if query.contains("%00") {
        return Err(InvalidRequest("A parameter holds the character NUL, which no text may.".to_owned()));
    }
    let form = query.replace('+', "%2B");
    let form = serde_html_form::Deserializer::from_bytes(form.as_bytes());
    serde_path_to_error::deserialize(form).map_err(constraint)
}

fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, InvalidRequest> {
    let body = if body.is_empty() { b"{}" } else { body };
    let mut reader = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut reader).map(|Object(body)| body).map_err(constraint)
}

/// "profileName: 'x' is not …", without the position that `serde_json` appends.
fn constraint<E: std::fmt::Display>(error: serde_path_to_error::Error<E>) -> InvalidRequest {
    let path = error.path().to_string();
    let reason = error.into_inner().to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    InvalidRequest(match path.as_str() {
        "." | "?" | "" => reason.to_owned(),
        path => format!("{path}: {reason}"),
    })
}

/// How many entries of a list one page holds (AWS Signer model, shape `MaxResults`): 1 to 25.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "u32")]
#[schema(minimum = 1, maximum = 25, example = 10)]
pub struct MaxResults(u32);

impl TryFrom<u32> for MaxResults {
    type Error = &'static str;

    fn try_from(count: u32) -> Result<Self, Self::Error> {
        if (1..=25).contains(&count) { Ok(Self(count)) } else { Err("a page holds 1 to 25 entries") }
    }
}

impl Default for MaxResults {
    fn default() -> Self {
        Self(25)
    }
}

impl MaxResults {
    /// The count of entries.
    pub fn count(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Query {
        account: AccountId,
        max_results: Option<MaxResults>,
        include_canceled: Option<bool>,
        #[serde(default)]
        statuses: Vec<String>,
    }

    fn query(text: &str) -> Result<Query, String> {
        parse_query(text).map_err(|e| e.to_string())
    }

    #[test]
    fn queries() {
        let read =
            query("account=000000000001&statuses=a%20b&statuses=c+d&maxResults=5&includeCanceled=true&x=1");
        assert_eq!(
            read.unwrap(),
            Query {
                account: "000000000001".parse().unwrap(),
                max_results: Some(MaxResults(5)),
                include_canceled: Some(true),
                statuses: vec!["a b".into(), "c+d".into()],
            }
        );
    }

    #[test]
    fn bad_queries_name_the_parameter() {
        for (text, reason) in [
            ("", "missing field `account`"),
            ("account=1", "account: '1' is not an account id"),
            ("account=000000000001&maxResults=", "maxResults: the parameter has no value"),
            ("account", "account: the parameter has no value"),
            ("account=000000000001&maxResults=26", "maxResults: a page holds 1 to 25 entries"),
            ("account=000000000001&maxResults=x", "maxResults: invalid digit"),
            ("account=000000000001&includeCanceled=yes", "includeCanceled: "),
            ("account=000000000001&statuses=a%00", "the character NUL"),
            ("account=000000000001&account=000000000002", "account: "),
            ("account=000000000001&account=000000000001", "account: "),
        ] {
            let error = query(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn service_and_name_follow_from_actions() {
        assert_eq!(action_parts("signer:SignPayload"), ("signer", "SignPayload"));
    }
}
