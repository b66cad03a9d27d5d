//! Envelopes, taken apart by readers of their own and verified by other implementations.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod cbor;
mod cose;
mod forgery;
mod jws;
mod reader;
mod signer;
mod timestamp;
