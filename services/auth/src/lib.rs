//! hallmark-auth
