//! What an operation answers when it succeeds.

use crate::error::ApiError;
use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderValue, header};
use serde::Serialize;
use std::marker::PhantomData;

/// An output that is written already, because it is kept as it was sent.
#[derive(Debug, Clone)]
pub struct Written<T> {
    body: Bytes,
    output: PhantomData<fn() -> T>,
}

impl<T> Written<T> {
    /// An output of `T` as it was written.
    pub fn new(body: Bytes) -> Self {
        Self { body, output: PhantomData }
    }
}

/// What a handler of an operation with the output `T` comes back with.
pub trait Answer<T> {
    /// The answer as it is sent.
    fn into_response(self) -> Result<Response, ApiError>;
}

impl<T: Serialize> Answer<T> for Result<T, ApiError> {
    fn into_response(self) -> Result<Response, ApiError> {
        self.and_then(|output| write(&output)).map(respond)
    }
}

impl<T> Answer<T> for Result<Written<T>, ApiError> {
    fn into_response(self) -> Result<Response, ApiError> {
        self.map(|written| respond(written.body))
    }
}

/// The body of an answer.
pub fn write<T: Serialize>(output: &T) -> Result<Bytes, ApiError> {
    serde_json::to_vec(output).map(Bytes::from).map_err(ApiError::internal)
}

fn respond(body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
