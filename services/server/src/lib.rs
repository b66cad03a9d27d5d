//! Hallmark's decisions and its HTTP: what a request may do, and what is signed.
//!
//! [`routes`] is the table of contents. Time, chance and the environment come in here and nowhere else:
//! [`clock`], [`chance`], [`config`].

pub mod batcher;
pub mod caller;
pub mod chance;
pub mod clock;
pub mod config;
pub mod context;
pub mod dev;
pub mod error;
pub mod facts;
pub mod init;
pub mod lifecycle;
pub mod listener;
pub mod ops;
pub mod paging;
pub mod postgres;
pub mod publish;
pub mod routes;
pub mod serve;
pub mod service;
pub mod signing;
pub mod status;
