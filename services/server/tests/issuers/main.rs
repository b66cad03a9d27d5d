//! `hallmark root` and `hallmark issuer` on the command line, against a Postgres of their own, with OpenSSL for
//! everything that others make.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod brought;
mod commands;
mod offline;
