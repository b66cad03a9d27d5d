//! Operations on certificates.

use super::effect::{effective_time, moves_earlier};
use super::filter::{check_span, check_version};
use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::paging::{place_text, read_place};
use hallmark_api::certificate::{
    CertificateRevocationReason, CertificateSummary, GetCertificateChain, GetCertificateChainOutput,
    IssuedCertificate, ListCertificates, ListCertificatesOutput, ListCertificatesQuery, RevokeCertificate,
    SerialNumber as SerialNumberText,
};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::timestamp::EpochSeconds;
use hallmark_pki::{Certificate, RevocationReason, SerialNumber};
use hallmark_store::Change;
use hallmark_store::certificate::{self as record, CertificateFilter, Place};
use hallmark_store::revocation::{NewRevocation, Subject};
use std::sync::Arc;

/// `ListCertificates`.
pub(super) async fn list(
    context: Arc<Context>,
    call: Call,
    request: Request<ListCertificates>,
) -> Result<ListCertificatesOutput, ApiError> {
    let query = request.query;
    let filter = filter(&query)?;
    // What a page token of this list is bound to: the caller and every filter.
    let scope = format!("ListCertificates {} {filter:?}", call.principal());
    let before = place(context.paging.read(&scope, query.next_token.as_deref())?.as_deref())?;
    let count = query.max_results.unwrap_or_default().count();

    let mut view = context.report(&call).await?;
    let certificates = view.certificates_before(before.as_ref(), &filter, count + 1).await?;
    let (certificates, next_token) = context.paging.page(&scope, certificates, count, |last| {
        place_text(last.issued_at, last.certificate.serial_number())
    })?;
    let certificates = certificates.iter().map(summary).collect::<Result<_, _>>()?;
    Ok(ListCertificatesOutput { certificates, next_token })
}

fn filter(query: &ListCertificatesQuery) -> Result<CertificateFilter, ApiError> {
    check_version(query.profile_name.as_ref(), query.profile_version.as_ref())?;
    check_span(("expiresAfter", query.expires_after), ("expiresBefore", query.expires_before))?;
    let issuer = query.issuer_serial_number.as_ref();
    Ok(CertificateFilter {
        profile_name: query.profile_name.clone(),
        profile_version: query.profile_version.clone(),
        issuer: issuer.map(|text| serial_number("issuerSerialNumber", text)).transpose()?,
        revoked: query.is_revoked,
        expires_before: query.expires_before.map(|time| time.0),
        expires_after: query.expires_after.map(|time| time.0),
    })
}

/// Where a list of certificates goes on, from the words of its page token.
pub(super) fn place(last: Option<&str>) -> Result<Option<Place>, ApiError> {
    let Some((issued_at, id)) = last.map(read_place).transpose()? else { return Ok(None) };
    let octets = hex::decode(id).map_err(ApiError::internal)?;
    let serial_number = SerialNumber::from_bytes(&octets).map_err(ApiError::internal)?;
    Ok(Some(Place { issued_at, serial_number }))
}

/// The serial number that a parameter names.
pub(super) fn serial_number(parameter: &str, text: &SerialNumberText) -> Result<SerialNumber, ApiError> {
    let octets = hex::decode(text.as_str()).map_err(ApiError::internal)?;
    SerialNumber::from_bytes(&octets).map_err(|error| ApiError::validation(format!("{parameter}: {error}")))
}

/// A serial number as it travels.
pub(super) fn serial_number_text(serial_number: &SerialNumber) -> Result<SerialNumberText, ApiError> {
    serial_number.to_string().parse().map_err(ApiError::internal)
}

fn summary(issued: &record::IssuedCertificate) -> Result<CertificateSummary, ApiError> {
    let certificate = &issued.certificate;
    let (profile_name, profile_version) = issued.profile_version.clone().unzip();
    Ok(CertificateSummary {
        serial_number: serial_number_text(certificate.serial_number())?,
        subject: certificate.subject_text().to_owned(),
        issuer_serial_number: serial_number_text(&issued.issuer)?,
        purpose: issued.purpose,
        profile_name,
        profile_version,
        not_before: EpochSeconds(certificate.validity().not_before()),
        not_after: EpochSeconds(certificate.validity().not_after()),
        issued_at: EpochSeconds(issued.issued_at),
        certificate_hash: issued.hash.to_string(),
        is_revoked: issued.revoked_from.is_some(),
        revocation_effective_from: issued.revoked_from.map(EpochSeconds),
    })
}

/// A certificate with all of it.
pub(super) fn issued(issued: &record::IssuedCertificate) -> Result<IssuedCertificate, ApiError> {
    Ok(IssuedCertificate { summary: summary(issued)?, certificate: issued.certificate.to_pem() })
}

/// `GetCertificateChain`.
pub(super) async fn chain(
    context: Arc<Context>,
    call: Call,
    request: Request<GetCertificateChain>,
) -> Result<GetCertificateChainOutput, ApiError> {
    let serial_number = serial_number("serialNumber", &request.path.serial_number)?;
    let mut view = context.view(&call).await?;
    let chain = view.certificate_chain(&serial_number).await?;
    if chain.is_empty() {
        return Err(no_certificate(&serial_number));
    }
    check_chain(chain.iter().map(|issued| &issued.certificate))?;
    Ok(GetCertificateChainOutput {
        serial_number: serial_number_text(&serial_number)?,
        certificates: chain.iter().map(issued).collect::<Result<_, _>>()?,
        pem: chain.iter().map(|issued| issued.certificate.to_pem()).collect(),
    })
}

/// `RevokeCertificate`. A repeat may move the effective time earlier, never later.
pub(super) async fn revoke(
    context: Arc<Context>,
    call: Call,
    request: Request<RevokeCertificate>,
) -> Result<Nothing, ApiError> {
    let serial_number = serial_number("serialNumber", &request.path.serial_number)?;
    let body = request.body;
    let mut tx = context.lock(&call).await?;
    let Some(issued) = tx.issued_certificate(&serial_number).await? else {
        return Err(no_certificate(&serial_number));
    };
    let effective_at = match body.effective_time {
        Some(time) => effective_time(time.0, tx.head_time())?,
        None => issued.certificate.validity().not_before(),
    };
    let known = tx.certificate_revocation(&serial_number).await?;
    if !moves_earlier("certificate", known, effective_at)? {
        return Ok(Nothing {});
    }
    tx.insert_revocation(&NewRevocation {
        id: uuid::Builder::from_random_bytes(context.chance.octets()?).into_uuid(),
        subject: Subject::Certificate(&serial_number, body.reason_code.map(code)),
        effective_at,
        reason: body.reason.as_str(),
        recorded_by: &call.principal().to_string(),
    })
    .await?;
    tx.commit(Change::Revocation).await?;
    Ok(Nothing {})
}

fn no_certificate(serial_number: &SerialNumber) -> ApiError {
    ApiError::not_found(format!("Certificate {serial_number} does not exist."))
}

fn code(reason: CertificateRevocationReason) -> RevocationReason {
    match reason {
        CertificateRevocationReason::KeyCompromise => RevocationReason::KeyCompromise,
        CertificateRevocationReason::CaCompromise => RevocationReason::CaCompromise,
        CertificateRevocationReason::AffiliationChanged => RevocationReason::AffiliationChanged,
        CertificateRevocationReason::Superseded => RevocationReason::Superseded,
        CertificateRevocationReason::CessationOfOperation => RevocationReason::CessationOfOperation,
        CertificateRevocationReason::PrivilegeWithdrawn => RevocationReason::PrivilegeWithdrawn,
        CertificateRevocationReason::AaCompromise => RevocationReason::AaCompromise,
    }
}

/// Nothing is handed out as a chain that does not verify as one.
fn check_chain<'a>(chain: impl DoubleEndedIterator<Item = &'a Certificate>) -> Result<(), ApiError> {
    let mut issuer = None;
    for certificate in chain.rev() {
        certificate.check_issued_by(issuer.unwrap_or(certificate)).map_err(ApiError::internal)?;
        issuer = Some(certificate);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use hallmark_pki::{Issuer, SigningKey, Subject, Validity, self_signed_root};
    use time::macros::datetime;

    /// A root and an issuing CA.
    fn hierarchy() -> [Certificate; 2] {
        let chance = Chance::default();
        let key = || SigningKey::generate(chance.source()).unwrap();
        let subject = |name: &str| Subject {
            country: "US".into(),
            state: "WA".into(),
            organization: "Tests".into(),
            organizational_unit: None,
            common_name: name.into(),
            serial_number: None,
        };
        let validity = Validity::new(datetime!(2026-01-01 0:00 UTC), datetime!(2027-01-01 0:00 UTC)).unwrap();
        let number = |octet| SerialNumber::from_parts(0, [octet; 12]);
        let root_key = key();
        let root = self_signed_root(&root_key, &subject("Root"), &number(1), &validity).unwrap();
        let root = Issuer::new(root, root_key).unwrap();
        let issuer = root.issue_issuer(&key(), &subject("Issuer"), &number(2), &validity).unwrap();
        [root.certificate().clone(), issuer]
    }

    #[test]
    fn a_chain_that_does_not_verify_is_not_handed_out() {
        let ([root, issuer], [other, _]) = (hierarchy(), hierarchy());
        assert!(check_chain([&issuer, &root].into_iter()).is_ok());
        for wrong in
            [vec![&issuer, &other], vec![&root, &issuer], vec![&issuer], vec![&issuer, &root, &other]]
        {
            assert!(check_chain(wrong.iter().copied()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn filters_that_contradict_each_other_are_refused() {
        let check = |text| {
            let request = hallmark_api::operation::parse::<ListCertificates>(Vec::new(), text, &[])?;
            filter(&request.query)
        };
        assert!(check("profileName=profile&profileVersion=aaaaaaaaaa&issuerSerialNumber=0A").is_ok());
        for wrong in [
            "profileVersion=aaaaaaaaaa",
            "expiresAfter=2026-01-01T00:00:00Z&expiresBefore=2026-01-01T00:00:00Z",
            "issuerSerialNumber=00",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
