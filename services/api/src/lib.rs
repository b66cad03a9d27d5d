//! The contract of Hallmark: its nouns, their names and ids, and one [`Operation`](operation::Operation)
//! per endpoint. No I/O, no cryptography, no clock.
//!
//! The same types are parsed by the server and sent by the client; one file per noun, and the same
//! file name on every floor (`api/src/job.rs`, `store/src/job.rs`, `server/src/routes/job.rs`).

pub mod access_key;
pub mod account;
pub mod algorithm;
pub mod arn;
pub mod base64;
pub mod blob_job;
pub mod certificate;
pub mod digest;
pub mod exception;
pub mod expiry_duration;
pub mod idempotency;
pub mod issuer;
pub mod job;
mod newtype;
mod object;
pub mod object_job;
pub mod openapi;
pub mod operation;
pub mod overrides;
pub mod payload_job;
pub mod permission;
pub mod platform;
pub mod principal;
pub mod profile;
pub mod profile_use;
pub mod revocation;
pub mod revocation_record;
pub mod signing_material;
pub mod tag;
pub mod timestamp;
pub mod validity;
pub mod verification_plugin;
