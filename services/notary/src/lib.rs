//! hallmark-notary
