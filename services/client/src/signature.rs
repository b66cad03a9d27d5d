//! AWS Signature Version 4, by AWS's own crate.

use crate::clock;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as sign_request};
use aws_sigv4::sign::v4;
use hallmark_api::account::Region;

/// Signs a request whole: method, URL, headers and body.
pub(crate) fn sign(
    request: &mut http::Request<Vec<u8>>,
    credentials: &Credentials,
    region: &Region,
    service: &str,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region.as_str())
        .name(service)
        .time(clock::now().into())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let mut headers = Vec::new();
    for (name, value) in request.headers() {
        headers.push((name.as_str(), value.to_str()?));
    }
    let url = request.uri().to_string();
    let signable = SignableRequest::new(
        request.method().as_str(),
        url,
        headers.into_iter(),
        SignableBody::Bytes(request.body()),
    )?;
    let (instructions, _) = sign_request(signable, &params)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}
