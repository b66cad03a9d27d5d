//! What a verifier needs to trust a deployment's signing profiles, in the layout that notation reads: the root's
//! certificate in a trust store, a statement of the trust policy, and the plugin that envelopes name.

mod anchor;
mod directory;
mod policy;
mod profile;

pub use anchor::{AnchorError, Fingerprint, check};
pub use directory::{Change, Directory, DirectoryError};
pub use policy::{PolicyError, Statement, TrustPolicy};
pub use profile::Verification;
