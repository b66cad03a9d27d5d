//! `GetCallerIdentity` of AWS STS in the document: it speaks STS's query protocol and XML, not restJson1
//! (STS API reference, `GetCallerIdentity`).

use super::Document;
use http::Method;
use serde_json::json;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Required, Schema};

const ACTION: &str = "GetCallerIdentity";
const VERSION: &str = "2011-06-15";
const FORM: &str = "application/x-www-form-urlencoded";
const XML: &str = "text/xml";

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const REQUEST: &str = "7a62c49f-347e-4fc4-9331-6e8e0c8d2f10";

/// What it may fail with: status, codes and an example's sentence.
const FAILURES: [(&str, &str, &str); 6] = [
    (
        "400",
        "`MissingAction`, `InvalidAction`, `MalformedQueryString`: it is not this question. \
         `IncompleteSignatureException`: what should be a signature has not its form.",
        "One Action and one Version are needed: GetCallerIdentity and 2011-06-15.",
    ),
    (
        "403",
        "`UnrecognizedClientException`, `MissingAuthenticationTokenException`, `InvalidSignatureException`: \
         the caller is not known.",
        "The security token included in the request is invalid.",
    ),
    (
        "408",
        "`RequestTimeoutException`: the body did not arrive whole or in time.",
        "The request body did not arrive whole and in time.",
    ),
    (
        "413",
        "`RequestEntityTooLargeException`: the body is longer than any operation needs.",
        "The request body is longer than the 65536 octets that are allowed.",
    ),
    (
        "429",
        "`TooManyRequestsException`: the service cannot take more at the moment.",
        "Too many requests are waiting; try again in a moment.",
    ),
    (
        "500",
        "`InternalServiceErrorException`: the fault is the service's.",
        "The service failed to complete the request; nothing was acknowledged.",
    ),
];

impl Document {
    /// Adds `GetCallerIdentity`, in a body and, as presigned requests carry it, in the query string.
    pub fn add_caller_identity(&mut self) {
        let operation = || {
            let operation = OperationBuilder::new()
                .tag("sts")
                .summary(Some("sts:GetCallerIdentity"))
                .description(Some("Who the caller is. Everybody may ask."))
                .response("200", answer("Account, ARN and name of the caller.", &identity()))
                .security(super::requirement("sts"));
            FAILURES.iter().fold(operation, |operation, (status, codes, sentence)| {
                operation.response(*status, answer(codes, &failure(status, codes, sentence)))
            })
        };
        let asked = operation().operation_id(Some(ACTION)).request_body(Some(form()));
        let presigned = operation()
            .operation_id(Some("GetCallerIdentityPresigned"))
            .parameters(Some([parameter("Action", ACTION), parameter("Version", VERSION)]));
        let (asked, presigned) = (asked.build(), presigned.build());
        self.services.insert("sts");
        self.add_to_path("/", &Method::POST, asked);
        self.add_to_path("/", &Method::GET, presigned);
    }
}

fn only(value: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some([value])).build()
}

fn form() -> RequestBody {
    let schema = ObjectBuilder::new()
        .property("Action", only(ACTION))
        .property("Version", only(VERSION))
        .required("Action")
        .required("Version");
    let example = json!({"Action": ACTION, "Version": VERSION});
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    RequestBodyBuilder::new().content(FORM, content).required(Some(Required::True)).build()
}

fn parameter(name: &str, value: &str) -> Parameter {
    ParameterBuilder::new()
        .parameter_in(ParameterIn::Query)
        .required(Required::True)
        .name(name)
        .example(Some(json!(value)))
        .schema(Some(Schema::from(only(value))))
        .build()
}

fn answer(description: &str, example: &str) -> Response {
    let text = Schema::from(ObjectBuilder::new().schema_type(Type::String));
    let content = ContentBuilder::new().schema(Some(text)).example(Some(json!(example))).build();
    ResponseBuilder::new()
        .description(description)
        .header("x-amzn-RequestId", super::request_id())
        .content(XML, content)
        .build()
}

fn identity() -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>alice</UserId><Account>123456789012</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{REQUEST}</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    )
}

/// A failure under the first of its codes.
fn failure(status: &str, codes: &str, sentence: &str) -> String {
    let party = if status.starts_with('5') { "Receiver" } else { "Sender" };
    let code = codes.split('`').nth(1).unwrap_or_default();
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{party}</Type><Code>{code}</Code>\
         <Message>{sentence}</Message></Error><RequestId>{REQUEST}</RequestId></ErrorResponse>"
    )
}
