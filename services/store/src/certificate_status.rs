//! What becomes of certificates, for whoever asks about them by their issuer and serial number.

use crate::error::pki;
use crate::{Store, StoreError};
use hallmark_api::account::AccountId;
use hallmark_pki::{CertificateHash, CertificateStatus, Revocation, RevocationReason, SerialNumber};

/// A question about one certificate.
#[derive(Debug, Clone)]
pub struct StatusQuestion {
    /// The account of the issuing CA.
    pub account: AccountId,
    /// The hash of the issuing CA's certificate.
    pub issuer: CertificateHash,
    /// The certificate.
    pub serial_number: SerialNumber,
}

impl Store {
    /// What is known of certificates, in the order of the questions and from one snapshot. One that its issuing CA
    /// never issued is unknown; one that expired before it was revoked is good, as its CRL does not list it.
    pub async fn certificate_statuses(
        &self,
        questions: &[StatusQuestion],
    ) -> Result<Vec<CertificateStatus>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT c.serial_number IS NOT NULL AS "known!", c.revoked_from, c.reason_code
               FROM unnest($1::text[], $2::bytea[], $3::bytea[]) WITH ORDINALITY
                    AS q (account_id, issuer_hash, serial_number, at)
               LEFT JOIN LATERAL (
                   SELECT serial_number, CASE WHEN revoked_from <= not_after THEN revoked_from END AS revoked_from,
                          reason_code
                   FROM issued_certificates i
                   WHERE i.account_id = q.account_id AND i.serial_number = q.serial_number
                     AND substring(i.certificate_hash FROM 49) = q.issuer_hash) c ON true
               ORDER BY q.at"#,
            &questions.iter().map(|question| question.account.to_string()).collect::<Vec<_>>(),
            &questions.iter().map(|question| question.issuer.own().to_vec()).collect::<Vec<_>>(),
            &questions.iter().map(|question| question.serial_number.as_bytes().to_vec()).collect::<Vec<_>>()
        )
        .fetch_all(&self.pool)
        .await?;
        if rows.len() != questions.len() {
            return Err(StoreError::unreadable("certificates")(&"a question has not one answer"));
        }
        rows.into_iter()
            .map(|row| match (row.known, row.revoked_from) {
                (false, _) => Ok(CertificateStatus::Unknown),
                (true, None) => Ok(CertificateStatus::Good),
                (true, Some(from)) => revocation(from, row.reason_code).map(CertificateStatus::Revoked),
            })
            .collect()
    }
}

/// A revocation as it is published.
pub(crate) fn revocation(
    effective_at: time::OffsetDateTime,
    reason_code: Option<i16>,
) -> Result<Revocation, StoreError> {
    let code = reason_code.and_then(|code| u8::try_from(code).ok());
    let reason = code.and_then(RevocationReason::from_code);
    Revocation::new(effective_at, reason).map_err(pki("revocations.effective_at"))
}
