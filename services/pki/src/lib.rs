//! hallmark-pki
