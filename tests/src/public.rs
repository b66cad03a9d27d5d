//! A stranger, who sees what is published and nothing else.

use std::net::SocketAddr;

/// A stranger at one replica.
#[derive(Debug, Clone)]
pub struct Public {
    http: reqwest::Client,
    address: SocketAddr,
}

/// What a stranger is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type as it was sent; empty when there is none.
    pub media_type: String,
    /// The tag; empty when there is none.
    pub tag: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Public {
    /// A stranger at the replica that publishes at this address.
    pub fn at(address: SocketAddr) -> Self {
        Self { http: reqwest::Client::new(), address }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Answer {
        let reply = request.send().await.expect("the replica answers");
        let text =
            |name| reply.headers().get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
        let (media_type, tag) = (text("content-type"), text("etag"));
        let status = reply.status().as_u16();
        Answer { status, media_type, tag, body: reply.bytes().await.expect("a whole body").to_vec() }
    }

    /// Gets what is at a path, which is sent as it is.
    pub async fn get(&self, path: &str) -> Answer {
        self.answer(self.http.get(self.url(path))).await
    }

    /// Gets what is at a path unless it is what has this tag.
    pub async fn get_unless(&self, path: &str, tag: &str) -> Answer {
        self.answer(self.http.get(self.url(path)).header("if-none-match", tag)).await
    }

    /// Posts a body.
    pub async fn post(&self, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.http.post(self.url(path)).header("content-type", media_type);
        self.answer(request.body(body.into())).await
    }

    /// Posts an OCSP question; answers with the `OCSPResponse`.
    pub async fn ask(&self, question: &[u8]) -> Vec<u8> {
        let answer = self.post("/ocsp", "application/ocsp-request", question).await;
        assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/ocsp-response"));
        answer.body
    }
}
