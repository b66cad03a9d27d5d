//! hallmark-server
