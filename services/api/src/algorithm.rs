//! Algorithms and formats that signing platforms use.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a platform encrypts a hash into a signature (AWS Signer model, shape `EncryptionAlgorithm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum EncryptionAlgorithm {
    /// RSA.
    RSA,
    /// ECDSA.
    ECDSA,
}

/// What a platform hashes with (AWS Signer model, shape `HashAlgorithm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum HashAlgorithm {
    /// SHA-1.
    SHA1,
    /// SHA-256.
    SHA256,
    /// SHA-384: on the wire of AWS Signer, though not in its model.
    SHA384,
}

/// What a signed image looks like (AWS Signer model, shape `ImageFormat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ImageFormat {
    /// Reserved.
    JSON,
    /// The payload lies in the signed image.
    JSONEmbedded,
    /// The payload lies beside it.
    JSONDetached,
}
