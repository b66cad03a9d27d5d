//! Answers: what is said of one certificate, and the errors that say nothing.

use super::CertId;
use super::responder::not_encoded;
use crate::asn1::{generalized_time, only};
use crate::{PkiError, Revocation};
use der::asn1::{Any, AnyRef, GeneralizedTime};
use der::{Decode, Encode, Sequence, Tag, TagNumber};
use time::{Duration, OffsetDateTime};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;

/// For how long an answer may be kept.
const LONGEST_KEPT: Duration = Duration::HOUR;

/// What is known about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateStatus {
    /// It was issued and is not revoked.
    Good,
    /// It was issued and is revoked.
    Revoked(Revocation),
    /// It was never issued, or by another issuer.
    Unknown,
}

/// An answer about one certificate.
#[derive(Debug, Clone, Copy)]
pub struct OcspAnswer<'a> {
    /// The name by which it was asked for; answers carry it as it was received.
    pub cert_id: &'a CertId,
    /// What is known about it.
    pub status: CertificateStatus,
    /// When this was known.
    pub this_update: OffsetDateTime,
    /// Until when the answer may be kept: at most an hour later.
    pub next_update: OffsetDateTime,
}

/// An answer that is no answer: unsigned, one octet of reason (RFC 6960 section 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcspError {
    /// The question cannot be understood.
    MalformedRequest,
    /// The responder is in no state to answer.
    InternalError,
    /// The responder has too much to do.
    TryLater,
    /// The responder does not answer this question at all (RFC 5019 section 2.2.3).
    Unauthorized,
}

impl OcspError {
    /// The `OCSPResponse` in DER.
    pub fn to_der(self) -> [u8; 5] {
        let status = match self {
            Self::MalformedRequest => 1,
            Self::InternalError => 2,
            Self::TryLater => 3,
            Self::Unauthorized => 6,
        };
        [0x30, 0x03, 0x0a, 0x01, status]
    }
}

/// `SingleResponse` (RFC 6960 section 4.2.1).
#[derive(Debug, Sequence)]
pub(super) struct SingleResponse<'a> {
    cert_id: AnyRef<'a>,
    status: Any,
    this_update: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    next_update: GeneralizedTime,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

#[derive(Debug, Sequence)]
struct RevokedInfo {
    time: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    reason: Option<CrlReason>,
}

impl OcspAnswer<'_> {
    pub(super) fn encode(&self) -> Result<SingleResponse<'_>, PkiError> {
        let refused = |rule| PkiError::Refused { noun: "OCSP answer", rule };
        if self.next_update <= self.this_update {
            return Err(refused("would be superseded no later than it is known"));
        }
        if self.next_update - self.this_update > LONGEST_KEPT {
            return Err(refused("could be kept for more than an hour"));
        }
        let (status, extensions) = match self.status {
            CertificateStatus::Good => (choice(0, &[]), None),
            CertificateStatus::Unknown => (choice(2, &[]), None),
            CertificateStatus::Revoked(revocation) => {
                let time = generalized_time(revocation.effective_at())?;
                let invalidity = Revocation::invalidity_extension(time).map_err(not_encoded)?;
                let info = RevokedInfo { time, reason: revocation.reason_code() };
                let info = info.to_der().and_then(|der| choice(1, only(&der, Tag::Sequence)?));
                (info, Some(vec![invalidity]))
            }
        };
        Ok(SingleResponse {
            cert_id: AnyRef::from_der(self.cert_id.der()).map_err(not_encoded)?,
            status: status.map_err(not_encoded)?,
            this_update: generalized_time(self.this_update)?,
            next_update: generalized_time(self.next_update)?,
            extensions,
        })
    }
}

/// `CertStatus`: a NULL or a SEQUENCE behind its own tag.
fn choice(number: u32, content: &[u8]) -> der::Result<Any> {
    Any::new(Tag::ContextSpecific { constructed: number == 1, number: TagNumber(number) }, content)
}
