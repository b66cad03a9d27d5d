//! `GetCallerIdentity` of AWS STS in the document: it speaks STS's query protocol and XML, not restJson1
//! (STS API reference, `GetCallerIdentity`).

use super::Document;
use http::Method;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Required, Schema};

const ACTION: &str = "GetCallerIdentity";
const VERSION: &str = "2011-06-15";
const FORM: &str = "application/x-www-form-urlencoded";
const XML: &str = "text/xml";

/// Status and codes of what it may fail with.
const FAILURES: [(&str, &str); 6] = [
    (
        "400",
        "`MissingAction`, `InvalidAction`, `MalformedQueryString`: it is not this question. \
         `IncompleteSignatureException`: what should be a signature has not its form.",
    ),
    (
        "403",
        "`MissingAuthenticationTokenException`, `InvalidSignatureException`, `UnrecognizedClientException`: \
         the caller is not known.",
    ),
    ("408", "`RequestTimeoutException`: the body did not arrive whole or in time."),
    ("413", "`RequestEntityTooLargeException`: the body is longer than any operation needs."),
    ("429", "`TooManyRequestsException`: the service cannot take more at the moment."),
    ("500", "`InternalServiceErrorException`: the fault is the service's."),
];

impl Document {
    /// Adds `GetCallerIdentity`, in a body and, as presigned requests carry it, in the query string.
    pub fn add_caller_identity(&mut self) {
        let operation = || {
            let operation = OperationBuilder::new()
                .tag("sts")
                .summary(Some("sts:GetCallerIdentity"))
                .description(Some("Who the caller is. Everybody may ask."))
                .response("200", answer("Account, ARN and name of the caller."))
                .security(super::requirement("sts"));
            FAILURES
                .iter()
                .fold(operation, |operation, (status, codes)| operation.response(*status, answer(codes)))
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
    let content = ContentBuilder::new().schema(Some(schema)).build();
    RequestBodyBuilder::new().content(FORM, content).required(Some(Required::True)).build()
}

fn parameter(name: &str, value: &str) -> Parameter {
    ParameterBuilder::new()
        .parameter_in(ParameterIn::Query)
        .required(Required::True)
        .name(name)
        .schema(Some(Schema::from(only(value))))
        .build()
}

fn answer(description: &str) -> Response {
    let text = Schema::from(ObjectBuilder::new().schema_type(Type::String));
    let content = ContentBuilder::new().schema(Some(text)).build();
    ResponseBuilder::new()
        .description(description)
        .header("x-amzn-RequestId", super::request_id())
        .content(XML, content)
        .build()
}
