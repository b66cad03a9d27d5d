//! Operations as HTTP messages: what `hallmark_api::operation::parse` reads, written.

use crate::error::Exception;
use hallmark_api::operation::{Operation, Request};
use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

/// What RFC 3986 section 2.3 leaves as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One request before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) method: Method,
    /// Path and query, encoded.
    pub(crate) target: String,
    /// JSON, or empty.
    pub(crate) body: Vec<u8>,
    /// The service that it is signed for.
    pub(crate) service: &'static str,
}

impl Message {
    /// The message of a request.
    pub(crate) fn new<O: Operation>(request: &Request<O>) -> Result<Self, serde_json::Error> {
        let path = path(O::PATH, &serde_json::to_value(&request.path)?);
        let query = query(&request.query)?;
        let body = if O::has_body() {
            let mut body = serde_json::to_value(&request.body)?;
            drop_nulls(&mut body);
            serde_json::to_vec(&body)?
        } else {
            Vec::new()
        };
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        Ok(Self { method: O::METHOD, target, body, service: O::SERVICE })
    }
}

/// The template with each parameter in the place of its name.
fn path(template: &str, parameters: &Value) -> String {
    let mut path = template.to_owned();
    for (name, value) in parameters.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        path = path.replace(&format!("{{{name}}}"), &utf8_percent_encode(value, UNRESERVED).to_string());
    }
    path
}

/// The query string; spaces as `%20`, for a plus sign is one (SigV4).
fn query(parameters: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_html_form::to_string(parameters)
        .map(|form| form.replace('+', "%20"))
        .map_err(serde::ser::Error::custom)
}

/// Members that are absent are not sent at all.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// The exception that an answer is (restJson1: the name in `x-amzn-ErrorType`, the sentence in `message`).
pub(crate) fn exception(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<Exception> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let name = header("x-amzn-errortype").or_else(|| body["__type"].as_str())?;
    Some(Exception {
        status,
        name: name.split(':').next().unwrap_or(name).to_owned(),
        message: body["message"].as_str().or_else(|| body["Message"].as_str()).unwrap_or_default().to_owned(),
        request_id: header("x-amzn-requestid").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_api::job::{ListSigningJobs, ListSigningJobsQuery};
    use hallmark_api::operation::{Nothing, parse};
    use hallmark_api::payload_job::{SignPayload, SignPayloadBody};
    use hallmark_api::profile::{ListSigningProfiles, ListSigningProfilesQuery};
    use hallmark_api::tag::{ResourcePath, TagKeys, UntagResource, UntagResourceQuery};

    fn read_back<O: Operation>(request: &Request<O>) -> Request<O> {
        let message = Message::new(request).unwrap();
        let (_, query) = message.target.split_once('?').unwrap_or_default();
        let path = serde_json::to_value(&request.path).unwrap();
        let path = path.as_object().unwrap().iter();
        let path = path.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        parse(path, query, &message.body).unwrap()
    }

    #[test]
    fn arns_are_encoded_in_paths() {
        let arn = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/app";
        let request = Request::<UntagResource> {
            path: serde_json::from_value(serde_json::json!({ "resourceArn": arn })).unwrap(),
            query: UntagResourceQuery {
                tag_keys: TagKeys::try_from(vec!["a=b+c".parse().unwrap(), "d".parse().unwrap()]).unwrap(),
            },
            body: Nothing {},
        };
        let message = Message::new(&request).unwrap();
        assert_eq!(
            message.target,
            "/tags/arn%3Aaws%3Asigner%3Aus-east-1%3A123456789012%3A%2Fsigning-profiles%2Fapp?tagKeys=a%3Db%2Bc&tagKeys=d"
        );
        assert!(message.body.is_empty());
        let _: &ResourcePath = &request.path;
        assert_eq!(read_back(&request).query.tag_keys, request.query.tag_keys);
    }

    #[test]
    fn absent_parameters_are_not_sent() {
        let query = ListSigningProfilesQuery {
            include_canceled: false,
            max_results: None,
            next_token: None,
            platform_id: None,
            statuses: Vec::new(),
        };
        let message =
            Message::new(&Request::<ListSigningProfiles> { path: Nothing {}, query, body: Nothing {} })
                .unwrap();
        assert_eq!(message.target, "/signing-profiles?includeCanceled=false");
        let query: ListSigningJobsQuery = serde_json::from_str("{}").unwrap();
        let message =
            Message::new(&Request::<ListSigningJobs> { path: Nothing {}, query, body: Nothing {} }).unwrap();
        assert_eq!(message.target, "/signing-jobs");
    }

    #[test]
    fn absent_members_are_not_sent() {
        let body: SignPayloadBody = serde_json::from_str(
            r#"{"profileName":"app","payload":"e30=","payloadFormat":"application/vnd.cncf.notary.payload.v1+json"}"#,
        )
        .unwrap();
        let message =
            Message::new(&Request::<SignPayload> { path: Nothing {}, query: Nothing {}, body }).unwrap();
        let sent: Value = serde_json::from_slice(&message.body).unwrap();
        assert_eq!(
            sent,
            serde_json::json!({"profileName": "app", "payload": "e30=",
                               "payloadFormat": "application/vnd.cncf.notary.payload.v1+json"})
        );
    }

    #[test]
    fn exceptions_are_read_in_all_their_forms() {
        let mut headers = HeaderMap::new();
        assert_eq!(exception(500, &headers, b"<html>"), None);
        let in_body =
            exception(400, &headers, br#"{"__type":"ThrottlingException","Message":"slow down"}"#).unwrap();
        assert_eq!((in_body.name.as_str(), in_body.message.as_str()), ("ThrottlingException", "slow down"));
        headers.insert("x-amzn-errortype", "AccessDeniedException:http://x/".parse().unwrap());
        headers.insert("x-amzn-requestid", "r1".parse().unwrap());
        let in_header = exception(403, &headers, br#"{"message":"no"}"#).unwrap();
        assert_eq!(in_header.name, "AccessDeniedException");
        assert_eq!(in_header.request_id.as_deref(), Some("r1"));
    }
}
