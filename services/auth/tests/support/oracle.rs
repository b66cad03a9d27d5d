//! The oracle: AWS's own signer (`aws-sigv4`), and requests for it to sign.

use super::{SECRET, Sent, Verifier};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use std::time::Duration;
use time::macros::datetime;

pub const NOW: time::OffsetDateTime = datetime!(2026-11-21 00:31:43 UTC);
pub const ID: &str = "AKIDEXAMPLE";
pub const TOKEN: &str = "TOKEN+/=";

/// How the oracle is to sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    Header,
    HeaderWithPayloadHash,
    Presigned,
}

pub const FORMS: [Form; 3] = [Form::Header, Form::HeaderWithPayloadHash, Form::Presigned];

pub fn verifier() -> Verifier {
    Verifier { secret: SECRET, region: "us-east-1".to_owned(), service: "signer".to_owned(), now: NOW }
}

/// A request with nothing secret about it yet.
pub fn unsigned(method: &str, target: &str, headers: &[(&'static str, &str)], body: &[u8]) -> Sent {
    let mut sent = Sent::read(format!("{method} {target}\nhost: signer.example.test").as_bytes());
    for (name, value) in headers {
        sent.append(name, value);
    }
    body.clone_into(&mut sent.body);
    sent
}

/// `sent`, signed with [`SECRET`] as of [`NOW`].
pub fn signed(sent: &Sent, form: Form, token: Option<&str>) -> Sent {
    let mut settings = SigningSettings::default();
    match form {
        Form::Header => {}
        Form::HeaderWithPayloadHash => {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        Form::Presigned => {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_mins(15));
        }
    }
    let secret = str::from_utf8(SECRET).unwrap();
    let identity = Credentials::new(ID, secret, token.map(str::to_owned), None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("signer")
        .time(NOW.into())
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let uri = uri(sent);
    let headers = sent.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let body = SignableBody::Bytes(&sent.body);
    let signable = SignableRequest::new(&sent.method, uri.as_str(), headers, body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();

    let mut request = http::Request::builder().method(sent.method.as_str()).uri(uri).body(()).unwrap();
    *request.headers_mut() = sent.headers.clone();
    instructions.apply_to_request_http1x(&mut request);
    Sent {
        method: sent.method.clone(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
        body: sent.body.clone(),
    }
}

fn uri(sent: &Sent) -> String {
    let question_mark = if sent.query.is_empty() { "" } else { "?" };
    let host = sent.header("host");
    format!("http://{host}{}{question_mark}{}", sent.path, sent.query)
}

/// Requests of the shapes that the API has, each kind of octet that needs care among them.
pub fn samples() -> Vec<Sent> {
    let json: [(&str, &str); 1] = [("content-type", "application/json")];
    let tags = "/tags/arn%3Aaws%3Asigner%3Aus-east-1%3A123456789012%3A%2Fsigning-profiles%2Fp";
    vec![
        unsigned("GET", "/signing-platforms", &[], b""),
        unsigned("POST", "/signing-jobs/with-payload", &json, br#"{"payload":"aGk="}"#),
        unsigned("POST", tags, &json, br#"{"tags":{"a":"b"}}"#),
        unsigned("DELETE", &format!("{tags}?tagKeys=a&tagKeys=b%20c&tagKeys=%C3%A9%2A"), &[], b""),
        unsigned(
            "GET",
            "/signing-profiles?statuses=Canceled&statuses=Active&nextToken=a%2Bc%2Fd%3D&x",
            &[],
            b"",
        ),
        unsigned("DELETE", "/signing-profiles/p/permissions/s%201?revisionId=r-1&a-b=1&a=2", &[], b""),
        unsigned("PUT", "/signing-profiles/p", &[("x-amz-target", "T"), ("my-header", " a   b ")], b"{}"),
    ]
}

/// A small generator of numbers; the same ones in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    /// Text in which each octet is as it is, escaped as a client would, or awkward.
    pub fn text(&mut self) -> String {
        const PIECES: [&str; 16] = [
            "a",
            "Z",
            "9",
            "-",
            "_",
            "~",
            ".a",
            "%20",
            "%2B",
            "%3D",
            "%C3%A9",
            "%E1%88%B4",
            "%26",
            "%25",
            "%3A",
            "%7C",
        ];
        let count = 1 + self.below(6);
        (0..count).map(|_| PIECES[self.below(16)]).collect()
    }

    /// A request out of such texts.
    pub fn request(&mut self) -> Sent {
        const METHODS: [&str; 4] = ["GET", "PUT", "POST", "DELETE"];
        let method = METHODS[self.below(4)];
        let mut target = String::new();
        for _ in 0..=self.below(4) {
            target = target + "/" + &self.text();
        }
        for index in 0..self.below(6) {
            target.push(if index == 0 { '?' } else { '&' });
            let key = if self.below(2) == 0 { "k".to_owned() } else { self.text() };
            target = target + &key + "=" + &self.text();
        }
        let body: Vec<u8> = (0..=255).take(self.below(40)).collect();
        let value = format!("{}  {}", self.text(), self.text());
        unsigned(method, &target, &[("my-header", &value), ("my-header", "2")], &body)
    }
}
