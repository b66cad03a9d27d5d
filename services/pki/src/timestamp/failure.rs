//! Refusals: an answer with a reason and no token.

use der::Encode;
use der::Sequence;
use der::asn1::BitStringRef;

/// Why an authority does not stamp (`PKIFailureInfo`, RFC 3161 section 2.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimestampFailure {
    /// badAlg: the imprint is of an algorithm that is not accepted.
    #[error("the imprint must be SHA-256, SHA-384 or SHA-512")]
    BadAlgorithm,
    /// badRequest: the request asks for what is not supported.
    #[error("the request is not of version 1, or has a nonce longer than 64 octets")]
    BadRequest,
    /// badDataFormat: the request is not what its structure says.
    #[error("the request is not the DER of a TimeStampReq, or its imprint has the wrong length")]
    BadDataFormat,
    /// timeNotAvailable: the authority does not trust its clock.
    #[error("the time is not available")]
    TimeNotAvailable,
    /// unacceptedPolicy: the authority stamps under another policy.
    #[error("the requested policy is not supported")]
    UnacceptedPolicy,
    /// unacceptedExtension: the request has extensions; none is supported.
    #[error("extensions are not supported")]
    UnacceptedExtension,
    /// systemFailure: the authority is in no state to stamp.
    #[error("the request cannot be handled at the moment")]
    SystemFailure,
}

/// `PKIStatus` rejection.
const REJECTION: u8 = 2;

/// `TimeStampResp` without a token.
#[derive(Debug, Sequence)]
struct Rejection<'a> {
    status: StatusInfo<'a>,
}

/// `PKIStatusInfo`.
#[derive(Debug, Sequence)]
struct StatusInfo<'a> {
    status: u8,
    text: Vec<String>,
    failure: BitStringRef<'a>,
}

impl TimestampFailure {
    /// The number of the bit that names it.
    fn bit(self) -> u8 {
        match self {
            Self::BadAlgorithm => 0,
            Self::BadRequest => 2,
            Self::BadDataFormat => 5,
            Self::TimeNotAvailable => 14,
            Self::UnacceptedPolicy => 15,
            Self::UnacceptedExtension => 16,
            Self::SystemFailure => 25,
        }
    }

    /// The rejecting `TimeStampResp` in DER.
    pub fn to_der(self) -> Vec<u8> {
        let (octet, place) = (usize::from(self.bit() / 8), self.bit() % 8);
        let mut bits = vec![0; octet + 1];
        bits[octet] = 0x80 >> place;
        // A named bit list ends with its last one (X.690 section 11.2.2).
        let encode = |bits: &[u8]| {
            let failure = BitStringRef::new(7 - place, bits)?;
            let status = StatusInfo { status: REJECTION, text: vec![self.to_string()], failure };
            Rejection { status }.to_der()
        };
        encode(&bits).unwrap_or_else(|_| BARE_REJECTION.to_vec())
    }
}

/// A rejection that gives no reason.
const BARE_REJECTION: [u8; 7] = [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, REJECTION];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_rfc_3161() {
        for (failure, bits) in [
            (TimestampFailure::BadAlgorithm, &[0x03, 0x02, 0x07, 0x80][..]),
            (TimestampFailure::BadRequest, &[0x03, 0x02, 0x05, 0x20]),
            (TimestampFailure::BadDataFormat, &[0x03, 0x02, 0x02, 0x04]),
            (TimestampFailure::TimeNotAvailable, &[0x03, 0x03, 0x01, 0x00, 0x02]),
            (TimestampFailure::UnacceptedPolicy, &[0x03, 0x03, 0x00, 0x00, 0x01]),
            (TimestampFailure::UnacceptedExtension, &[0x03, 0x04, 0x07, 0x00, 0x00, 0x80]),
            (TimestampFailure::SystemFailure, &[0x03, 0x05, 0x06, 0x00, 0x00, 0x00, 0x40]),
        ] {
            let der = failure.to_der();
            assert!(der.ends_with(bits), "{failure}: {der:02x?}");
            let text = failure.to_string();
            assert!(der.windows(text.len()).any(|part| part == text.as_bytes()), "{failure}");
        }
    }
}
