//! What strangers ask `/tsa`, written by hand (RFC 3161 section 2.4.1).

use crate::ocsp::element;

/// The octets of SHA-256's object identifier.
pub const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];

/// `TimeStampReq` with an imprint by this algorithm and of this length, and whatever follows it.
pub fn stamp_request(algorithm: &[u8], length: usize, rest: &[u8]) -> Vec<u8> {
    let algorithm = element(0x30, &[&element(0x06, &[algorithm]), &[5, 0]]);
    let imprint = element(0x30, &[&algorithm, &element(0x04, &[&vec![7; length]])]);
    element(0x30, &[&[2, 1, 1], &imprint, rest])
}
