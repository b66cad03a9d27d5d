//! Every SQL statement of Hallmark, and the sealing of secrets at rest. It takes no decisions.
//!
//! Two ways in: a [`View`] reads one snapshot, a [`Tx`] writes behind the lock on the account's ledger
//! head. Both know the account's epoch, so that whoever decided from cached facts can tell whether
//! those facts still stand ([`View::epoch`]). A `Tx` ends in [`Tx::commit`]; there is no other way to commit.

pub mod account;
pub mod certificate;
pub mod certificate_status;
pub mod connect;
pub mod crl;
pub mod deployment;
pub mod error;
pub mod head;
pub mod idempotency;
pub mod issuer;
pub mod issuer_request;
pub mod job;
pub mod permission;
pub mod principal;
pub mod profile;
pub mod profile_use;
pub mod revocation;
pub mod revocation_record;
pub mod root_crl;
pub mod seal;
pub mod tag;
mod transaction;
pub mod trust_anchor;

pub use connect::Store;
pub use error::StoreError;
pub use head::{Change, Epoch, Tx, View};
