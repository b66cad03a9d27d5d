//! Idempotency keys: by them a request that is sent again is told from another one.

use crate::newtype::{Text, string_newtype};

string_newtype! {
    /// Names a request, so that it can be sent again without being carried out again. Whoever asks with the same key
    /// within 24 hours gets the same answer, octet for octet; another request with the same key is refused. The header
    /// must be signed.
    IdempotencyKey,
    Text::new(
        "an idempotency key: 1 to 64 letters, digits, hyphens and underscores",
        1..=64,
        Some("[a-zA-Z0-9_-]+"),
        "build-7f3a-image-1",
    )
}

impl IdempotencyKey {
    /// The header that it travels in (`draft-ietf-httpapi-idempotency-key-header`, as a bare token).
    pub const HEADER: &'static str = "Idempotency-Key";
}
