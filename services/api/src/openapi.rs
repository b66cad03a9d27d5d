//! The OpenAPI document (OpenAPI 3.1), made from the very operations that are served: their paths, their types
//! and what they may fail with.

mod caller_identity;
mod schemas;

use crate::exception::Exception;
use crate::idempotency::IdempotencyKey;
use crate::operation::{Effect, Nothing, Operation};
use http::StatusCode;
use schemas::{Members, Schemas};
use serde_json::Value;
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Components, ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Content, ContentBuilder, InfoBuilder, License, OpenApiBuilder, RefOr, Required, Schema,
};
use utoipa::{PartialSchema as _, ToSchema};

const JSON: &str = "application/json";

/// The document while operations are added to it.
#[derive(Default)]
pub struct Document {
    paths: Paths,
    schemas: Schemas,
    services: BTreeSet<&'static str>,
}

/// An answer to a request that did not succeed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here, and written where errors are sent")]
struct Error {
    /// What was wrong and what is allowed, in a sentence.
    #[schema(example = "User: arn:aws:iam::123456789012:user/alice is not authorized")]
    message: String,
    /// The exception's name, or a code that names the fact more finely.
    #[schema(example = "AccessDeniedException")]
    code: String,
}

impl Document {
    /// Adds an operation and names the roles whose principals may call it.
    pub fn add<O: Operation>(&mut self, roles: &[&str]) {
        let description = Members::of::<O>().description;
        let roles = match roles {
            [] => "No role includes it.".to_owned(),
            roles => format!("Roles that include it: {}.", roles.join(", ")),
        };
        let effect = match O::EFFECT {
            Effect::Read => "It changes nothing.",
            Effect::Write => "It changes what is on record, before it is acknowledged.",
        };
        let operation = OperationBuilder::new()
            .tag(O::PATH.split('/').nth(1).unwrap_or_default())
            .operation_id(Some(O::NAME))
            .summary(Some(O::ACTION))
            .description(Some(format!("{description}\n\n{effect} {roles}")))
            .parameters(Some(self.parameters::<O>()))
            .request_body(self.request_body::<O>())
            .responses(self.responses::<O>())
            .security(requirement(O::SERVICE))
            .build();
        self.services.insert(O::SERVICE);
        self.add_to_path(O::PATH, &O::METHOD, operation);
    }

    fn add_to_path(
        &mut self,
        path: &str,
        method: &http::Method,
        operation: utoipa::openapi::path::Operation,
    ) {
        let method = match method.as_str() {
            "PUT" => HttpMethod::Put,
            "POST" => HttpMethod::Post,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Get,
        };
        let item = PathItem::new(method, operation);
        match self.paths.paths.get_mut(path) {
            Some(known) => known.merge_operations(item),
            None => {
                self.paths.paths.insert(path.to_owned(), item);
            }
        }
    }

    fn parameters<O: Operation>(&mut self) -> Vec<Parameter> {
        let mut parameters = self.parameters_in::<O::Path>(&ParameterIn::Path);
        parameters.extend(self.parameters_in::<O::Query>(&ParameterIn::Query));
        if O::TAKES_IDEMPOTENCY_KEY {
            let (name, schema) = (IdempotencyKey::HEADER.to_owned(), IdempotencyKey::schema());
            parameters.push(self.parameter(&ParameterIn::Header, Required::False, name, schema));
        }
        parameters
    }

    fn parameters_in<T: ToSchema>(&mut self, place: &ParameterIn) -> Vec<Parameter> {
        self.schemas.learn_parts::<T>();
        let Members { properties, required, .. } = Members::of::<T>();
        let parameter = |(name, schema)| {
            let required = if required.contains(&name) { Required::True } else { Required::False };
            self.parameter(place, required, name, schema)
        };
        properties.into_iter().map(parameter).collect()
    }

    fn parameter(
        &self,
        place: &ParameterIn,
        required: Required,
        name: String,
        schema: RefOr<Schema>,
    ) -> Parameter {
        let (schema, description) = schemas::described(schemas::without_null(schema));
        ParameterBuilder::new()
            .parameter_in(place.clone())
            .required(required)
            .example(Some(self.schemas.example(&schema)))
            .name(name)
            .description(Some(description))
            .schema(Some(schema))
            .build()
    }

    fn request_body<O: Operation>(&mut self) -> Option<RequestBody> {
        if !O::has_body() {
            return None;
        }
        let schema = self.schemas.learn_asked::<O::Body>();
        let required = !Members::of::<O::Body>().required.is_empty();
        let content =
            ContentBuilder::new().example(Some(self.schemas.request_example(&schema))).schema(Some(schema));
        let required = if required { Required::True } else { Required::False };
        Some(RequestBodyBuilder::new().content(JSON, content.build()).required(Some(required)).build())
    }

    fn responses<O: Operation>(&mut self) -> utoipa::openapi::Responses {
        let mut responses =
            utoipa::openapi::ResponsesBuilder::new().response("200", self.success::<O::Output>());
        let error = self.schemas.learn_answered::<Error>();
        for (status, exceptions) in by_status::<O>() {
            let example = serde_json::json!({
                "message": exceptions[0].meaning(), "code": exceptions[0].name()
            });
            let content = ContentBuilder::new().schema(Some(error.clone())).example(Some(example)).build();
            responses = responses.response(status.as_str(), failure(&exceptions, content));
        }
        responses.build()
    }

    fn success<T: ToSchema + 'static>(&mut self) -> Response {
        let content = if TypeId::of::<T>() == TypeId::of::<Nothing>() {
            let schema = ObjectBuilder::new().schema_type(Type::Object).max_properties(Some(0));
            ContentBuilder::new().schema(Some(schema)).example(Some(serde_json::json!({})))
        } else {
            let schema = self.schemas.learn_answered::<T>();
            ContentBuilder::new().example(Some(self.schemas.example(&schema))).schema(Some(schema))
        };
        ResponseBuilder::new()
            .description("Done.")
            .header("x-amzn-RequestId", request_id())
            .content(JSON, content.build())
            .build()
    }

    /// The document of the given version of the service, as JSON.
    pub fn finish(self, version: &str) -> serde_json::Result<String> {
        let mut components = Components::new();
        components.schemas = self.schemas.finish();
        for service in self.services {
            components.add_security_scheme(scheme_name(service), scheme(service));
        }
        let info = InfoBuilder::new()
            .title("Hallmark")
            .version(version)
            .description(Some(
                "The signing-profile service: AWS Signer's operations on its wire protocol (restJson1), and \
                 Hallmark's own beside them. Requests are signed with AWS Signature Version 4.",
            ))
            .license(Some({
                let mut license = License::new("Apache License 2.0");
                license.identifier = Some("Apache-2.0".to_owned());
                license
            }));
        let document =
            OpenApiBuilder::new().info(info.build()).paths(self.paths).components(Some(components)).build();
        let mut document = serde_json::to_value(document)?;
        for_readers(&mut document);
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }
}

/// Takes what only rustdoc reads out of descriptions: the brackets of links and the ends of lines.
fn for_readers(document: &mut Value) {
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => {
                        let text = text.replace("[`", "`").replace("`]", "`");
                        let paragraphs = text
                            .split("\n\n")
                            .map(|paragraph| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" "));
                        *member = paragraphs.collect::<Vec<_>>().join("\n\n").into();
                    }
                    member => for_readers(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(for_readers),
        _ => {}
    }
}

/// What an operation may fail with, by status.
fn by_status<O: Operation>() -> BTreeMap<StatusCode, Vec<Exception>> {
    let body = if O::has_body() { &Exception::BODY[..] } else { &[] };
    let mut by_status = BTreeMap::<StatusCode, Vec<Exception>>::new();
    for exception in O::ERRORS.iter().chain(&Exception::ANY).chain(body) {
        by_status.entry(exception.status()).or_default().push(*exception);
    }
    by_status
}

fn failure(exceptions: &[Exception], content: Content) -> Response {
    let lines = exceptions.iter().map(|exception| format!("`{}`: {}", exception.name(), exception.meaning()));
    let names = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(exceptions.iter().map(|exception| exception.name())));
    let error_type = HeaderBuilder::new()
        .schema(Some(Schema::from(names)))
        .description(Some("The exception's name."))
        .build();
    ResponseBuilder::new()
        .description(lines.collect::<Vec<_>>().join("\n\n"))
        .header("x-amzn-ErrorType", error_type)
        .header("x-amzn-RequestId", request_id())
        .content(JSON, content)
        .build()
}

fn request_id() -> Header {
    HeaderBuilder::new()
        .schema(Some(Schema::from(ObjectBuilder::new().schema_type(Type::String))))
        .description(Some("By which the request is found again in the log."))
        .build()
}

fn requirement(service: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme_name(service), Vec::<String>::new())
}

fn scheme_name(service: &str) -> String {
    format!("sigv4_{service}")
}

/// AWS Signature Version 4, which OpenAPI has no kind of its own for.
fn scheme(service: &str) -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "Authorization",
        &format!(
            "AWS Signature Version 4 (`AWS4-HMAC-SHA256`) for the service `{service}` in the deployment's \
             region; the presigned form in the query string is taken too."
        ),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload_job::SignPayload;

    #[test]
    fn an_operation_is_described_whole() {
        let mut document = Document::default();
        document.add::<SignPayload>(&["Signer"]);
        let text: Value = serde_json::from_str(&document.finish("1").unwrap()).unwrap();
        let operation = &text["paths"]["/signing-jobs/with-payload"]["post"];
        assert_eq!(operation["operationId"], "SignPayload");
        let header = &operation["parameters"][0];
        assert_eq!((&header["name"], &header["in"]), (&"Idempotency-Key".into(), &"header".into()));
        assert_eq!(header["required"], false);
        let error = operation.pointer("/responses/403/headers/x-amzn-ErrorType/schema/enum").unwrap();
        assert!(error.as_array().unwrap().contains(&"AccessDeniedException".into()));
        let body = &text["components"]["schemas"]["SignPayloadBody"];
        assert_eq!(body["required"], serde_json::json!(["profileName", "payload", "payloadFormat"]));
        let schemas: Vec<_> = text["components"]["schemas"].as_object().unwrap().keys().collect();
        assert_eq!(
            schemas,
            [
                "AccountId",
                "Base64",
                "Error",
                "ExpiryDuration",
                "JobId",
                "ProfileName",
                "SignPayloadBody",
                "SignPayloadOutput",
                "SignatureEnvelopeType"
            ]
        );
    }
}
