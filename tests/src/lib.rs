//! What the tests of the whole share: a real Postgres, replicas of the service on it, and a client that
//! signs its requests with AWS's own SigV4 crate.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up has failed"
)]

pub mod client;
pub mod deployment;
pub mod moving;
pub mod ocsp;
pub mod openssl;
pub mod public;
pub mod publication;
pub mod signing_input;
pub mod timestamp;
