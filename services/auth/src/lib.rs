//! Who asks, and may they: AWS Signature Version 4 verification and the built-in roles.
//!
//! No I/O and no clock: the caller hands in the bytes as they came, the key it looked up, and the time.

pub mod role;
pub mod sigv4;
