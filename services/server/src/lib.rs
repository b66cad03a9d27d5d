//! Hallmark's decisions and its HTTP: what a request may do, and what is signed.
//!
//! [`routes`] is the table of contents. Time, chance and the environment come in here and nowhere else:
//! [`clock`], [`chance`], [`config`].

pub mod addresses;
pub mod answer;
pub mod batcher;
pub mod caller;
mod caretaker;
pub mod chance;
pub mod clock;
pub mod command;
pub mod config;
pub mod context;
pub mod dev;
mod env_file;
pub mod error;
pub mod facts;
mod first_words;
pub mod idempotency;
pub mod init;
pub mod issuing;
pub mod lifecycle;
pub mod listener;
pub mod made;
pub mod ops;
pub mod paging;
pub mod postgres;
mod private_file;
pub mod publish;
pub mod readiness;
pub mod routes;
mod say;
mod scram;
pub mod serve;
pub mod service;
pub mod signing;
pub mod status;
pub mod timestamp_client;
pub mod tls;
