//! What is said about a revoked certificate, in CRLs and OCSP answers alike.

use crate::PkiError;
use crate::asn1::{Criticality, extension};
use der::Decode;
use der::asn1::{GeneralizedTime, ObjectIdentifier};
use time::{Duration, OffsetDateTime};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;

const ID_CE_REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const ID_CE_INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");

/// Why a certificate was revoked (RFC 5280 section 5.3.1). Absent stands for *unspecified*; there is
/// no *certificateHold*, since revocations never reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevocationReason {
    /// The private key is not its owner's alone.
    KeyCompromise,
    /// The issuer's private key is not its owner's alone.
    CaCompromise,
    /// The subject's name or affiliation is not what it was.
    AffiliationChanged,
    /// Another certificate took its place.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// The subject lost a privilege that the certificate stood for.
    PrivilegeWithdrawn,
    /// The attribute authority's private key is not its owner's alone.
    AaCompromise,
}

impl RevocationReason {
    const CODES: [(Self, u8); 7] = [
        (Self::KeyCompromise, 1),
        (Self::CaCompromise, 2),
        (Self::AffiliationChanged, 3),
        (Self::Superseded, 4),
        (Self::CessationOfOperation, 5),
        (Self::PrivilegeWithdrawn, 9),
        (Self::AaCompromise, 10),
    ];

    /// The reason of a `CRLReason` code; none for unspecified (0), hold (6), its removal (8) and codes
    /// that mean nothing.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::CODES.into_iter().find_map(|(reason, own)| (own == code).then_some(reason))
    }

    /// The `CRLReason` code.
    pub fn code(self) -> u8 {
        Self::CODES.into_iter().find_map(|(reason, code)| (reason == self).then_some(code)).unwrap_or(0)
    }
}

/// Since when a certificate is revoked, and why. Published as revocationDate (revocationTime) and as an
/// equal invalidityDate, which alone lets a Notary Project verifier keep what was signed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    effective_at: OffsetDateTime,
    reason: Option<RevocationReason>,
}

impl Revocation {
    /// A revocation of what was signed at this time or later. A fraction of a second is rounded up, so
    /// that the judgement about times in whole seconds stays the same; a time before 1970 becomes 1970,
    /// which no OCSP answer can go below.
    pub fn new(effective_at: OffsetDateTime, reason: Option<RevocationReason>) -> Result<Self, PkiError> {
        let out_of_range = PkiError::TimeOutOfRange { time: effective_at };
        let up = if effective_at.nanosecond() == 0 { Duration::ZERO } else { Duration::SECOND };
        let rounded = effective_at.replace_nanosecond(0).ok().and_then(|whole| whole.checked_add(up));
        match rounded.and_then(|whole| whole.checked_to_offset(time::UtcOffset::UTC)) {
            Some(whole) if whole.year() <= 9999 => {
                Ok(Self { effective_at: whole.max(OffsetDateTime::UNIX_EPOCH), reason })
            }
            _ => Err(out_of_range),
        }
    }

    /// Since when, in whole seconds of UTC.
    pub fn effective_at(&self) -> OffsetDateTime {
        self.effective_at
    }

    /// Why; none when unspecified.
    pub fn reason(&self) -> Option<RevocationReason> {
        self.reason
    }

    /// Why, as DER writes it.
    pub(crate) fn reason_code(&self) -> Option<CrlReason> {
        CrlReason::try_from(u32::from(self.reason?.code())).ok()
    }

    /// The extension reasonCode (RFC 5280 section 5.3.1); absent when unspecified.
    pub(crate) fn reason_extension(&self) -> der::Result<Option<Extension>> {
        let code = self.reason_code();
        code.map(|code| extension(ID_CE_REASON_CODE, Criticality::Ignorable, &code)).transpose()
    }

    /// The extension invalidityDate (RFC 5280 section 5.3.2), never critical.
    pub(crate) fn invalidity_extension(date: GeneralizedTime) -> der::Result<Extension> {
        extension(ID_CE_INVALIDITY_DATE, Criticality::Ignorable, &date)
    }
}

/// What the extensions of a CRL entry say, if they are the ones written here.
pub(crate) fn read_entry(
    extensions: &[Extension],
) -> der::Result<(Option<RevocationReason>, Option<GeneralizedTime>)> {
    let (mut reason, mut invalidity) = (None, None);
    for extension in extensions {
        let value = extension.extn_value.as_bytes();
        match extension.extn_id {
            ID_CE_REASON_CODE => {
                reason = RevocationReason::from_code(CrlReason::from_der(value)? as u8);
            }
            ID_CE_INVALIDITY_DATE => invalidity = Some(GeneralizedTime::from_der(value)?),
            _ if extension.critical => return Err(der::ErrorKind::Failed.into()),
            _ => {}
        }
    }
    Ok((reason, invalidity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn codes_are_those_of_rfc_5280() {
        let known: Vec<u8> =
            (0..=u8::MAX).filter(|code| RevocationReason::from_code(*code).is_some()).collect();
        assert_eq!(known, [1, 2, 3, 4, 5, 9, 10]);
        for code in known {
            assert_eq!(RevocationReason::from_code(code).unwrap().code(), code);
        }
    }

    #[test]
    fn the_effective_time_is_rounded_up() {
        let at = |time| Revocation::new(time, None).unwrap().effective_at();
        let whole = datetime!(2026-11-21 12:00 UTC);
        assert_eq!(at(whole), whole);
        assert_eq!(at(whole + Duration::NANOSECOND), whole + Duration::SECOND);
        assert_eq!(at(whole.to_offset(time::macros::offset!(+2))).offset(), time::UtcOffset::UTC);
    }

    #[test]
    fn times_beyond_what_can_be_written_do_not_stop_publication() {
        let early = Revocation::new(datetime!(1900-01-01 0:00 UTC), None).unwrap();
        assert_eq!(early.effective_at(), OffsetDateTime::UNIX_EPOCH);
        let late = datetime!(9999-12-31 23:59:59.5 UTC);
        assert_eq!(Revocation::new(late, None), Err(PkiError::TimeOutOfRange { time: late }));
    }
}
