//! The entries of a CRL.

use crate::asn1::{from_unix, generalized_time, x509_time};
use crate::revocation::read_entry;
use crate::{PkiError, Revocation, SerialNumber};
use x509_cert::crl::RevokedCert;

/// A revoked certificate as a CRL lists it: revocationDate and a non-critical invalidityDate, both the
/// effective time, and the reason unless it is unspecified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlEntry {
    /// Which certificate.
    pub serial_number: SerialNumber,
    /// Since when, and why.
    pub revocation: Revocation,
}

impl CrlEntry {
    pub(super) fn encode(&self) -> Result<RevokedCert, PkiError> {
        let effective_at = self.revocation.effective_at();
        let invalidity = generalized_time(effective_at)?;
        let revocation_date = x509_time(effective_at)?;
        let encode = || -> der::Result<RevokedCert> {
            let mut extensions: Vec<_> = self.revocation.reason_extension()?.into_iter().collect();
            extensions.push(Revocation::invalidity_extension(invalidity)?);
            Ok(RevokedCert {
                serial_number: x509_cert::serial_number::SerialNumber::new(self.serial_number.as_bytes())?,
                revocation_date,
                crl_entry_extensions: Some(extensions),
            })
        };
        encode().map_err(super::list::not_encoded)
    }

    /// Reads an entry; one whose invalidityDate differs is not of this service, and refused.
    pub(super) fn decode(entry: &RevokedCert) -> Result<Self, PkiError> {
        let refused = |rule| PkiError::Refused { noun: super::list::NOUN, rule };
        let (reason, invalidity) = read_entry(entry.crl_entry_extensions.as_deref().unwrap_or_default())
            .map_err(|_| refused("has an entry with an extension that cannot be read"))?;
        let date = entry.revocation_date.to_unix_duration();
        if invalidity.is_some_and(|invalidity| invalidity.to_unix_duration() != date) {
            return Err(refused("has an entry whose invalidityDate is not its revocationDate"));
        }
        let date = from_unix(date).ok_or(refused("has an entry whose date lies out of range"))?;
        Ok(Self {
            serial_number: SerialNumber::from_bytes(entry.serial_number.as_bytes())?,
            revocation: Revocation::new(date, reason)?,
        })
    }
}
