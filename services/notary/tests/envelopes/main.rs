//! Envelopes, taken apart by readers of their own and verified by other implementations.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod cbor;
mod chance;
mod cose;
mod forgery;
mod jws;
mod reader;
mod signed_envelope;
mod signed_header;
mod signer;
mod signing_input;
mod stamper;
mod timestamp;
mod verify;
