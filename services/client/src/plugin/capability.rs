//! Capabilities: what of the contract a plugin can do.

use serde::{Deserialize, Serialize};

/// A capability under its name in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) enum Capability {
    /// Signs bytes that notation makes an envelope around.
    #[serde(rename = "SIGNATURE_GENERATOR.RAW")]
    Signature,
    /// Makes envelopes.
    #[serde(rename = "SIGNATURE_GENERATOR.ENVELOPE")]
    Envelope,
    /// Tells whether whoever signed is trusted.
    #[serde(rename = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY")]
    TrustedIdentity,
    /// Tells whether a signature is revoked.
    #[serde(rename = "SIGNATURE_VERIFIER.REVOCATION_CHECK")]
    RevocationCheck,
}

/// A capability that a verification can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Verification {
    /// [`Capability::TrustedIdentity`].
    #[serde(rename = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY")]
    TrustedIdentity,
    /// [`Capability::RevocationCheck`].
    #[serde(rename = "SIGNATURE_VERIFIER.REVOCATION_CHECK")]
    RevocationCheck,
}
