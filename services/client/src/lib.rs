//! Hallmark seen from outside: what its two clients share.
//!
//! [`Settings`](settings::Settings) say where the service is, [`Connection`](connection::Connection) sends operations
//! there, signed, again when that is safe and never for longer than a deadline. No server code, no SQL.

pub mod certified;
pub mod clock;
pub mod connection;
mod credentials;
pub mod ctl;
pub mod environment;
pub mod error;
pub mod idempotency;
pub mod layout;
mod loopback;
mod message;
pub mod plugin;
mod retry;
mod revocation;
#[cfg(test)]
mod sample;
pub mod settings;
mod signature;
mod transport;
pub mod trust;
pub mod verification;
