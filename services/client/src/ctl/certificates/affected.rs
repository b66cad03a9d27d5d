//! What revoking a certificate would touch, counted and sampled.

use super::table;
use crate::ctl::context::Service;
use crate::ctl::exit::Failure;
use crate::ctl::page::Page;
use crate::ctl::profiles::profile_use;
use crate::ctl::text::effective_text;
use hallmark_api::certificate::{
    CertificatePurpose, CertificateSummary, ListCertificates, ListCertificatesQuery,
};
use hallmark_api::timestamp::{DateTime, EpochSeconds};

/// How many certificates of an issuing CA are counted.
const COUNTED: usize = 1000;
/// How many of them are shown.
const SAMPLE: usize = 5;

/// What is affected when a certificate is revoked from some time on, or from its beginning.
pub(super) async fn affected(
    service: &Service,
    certificate: &CertificateSummary,
    effective_time: Option<EpochSeconds>,
) -> Result<Page, Failure> {
    match certificate.purpose {
        CertificatePurpose::Issuer => below(service, certificate).await,
        CertificatePurpose::CodeSigning => signatures(service, certificate, effective_time).await,
        CertificatePurpose::OcspSigning => Ok(Page::new()
            .line("Its answers about the status of certificates count no more; others take its place.")),
        CertificatePurpose::TimeStamping => Ok(Page::new().line(
            "Signatures whose timestamp it made are no longer proven to be older than their certificates.",
        )),
    }
}

async fn below(service: &Service, issuer: &CertificateSummary) -> Result<Page, Failure> {
    let query = ListCertificatesQuery {
        issuer_serial_number: Some(issuer.serial_number.clone()),
        ..ListCertificatesQuery::default()
    };
    let below = service.list::<ListCertificates>(query, Some(COUNTED), "certificates below it").await;
    let (certificates, more) = below?;
    let count = if more { format!("more than {COUNTED}") } else { certificates.len().to_string() };
    let sample = &certificates[..certificates.len().min(SAMPLE)];
    let shown = format!("The last issued, {} of {count}:", sample.len());
    Ok(Page::new()
        .line(format!("With it, every certificate below it is revoked: {count}."))
        .table_under(&shown, table(sample.iter())))
}

/// The signatures of its profile version within its validity: those of the certificate are among them, and with one
/// certificate for each signature it is a single one.
async fn signatures(
    service: &Service,
    certificate: &CertificateSummary,
    effective_time: Option<EpochSeconds>,
) -> Result<Page, Failure> {
    let (Some(name), Some(version)) = (&certificate.profile_name, &certificate.profile_version) else {
        return Ok(Page::new().line("It belongs to no profile on record."));
    };
    let since = effective_time.map_or(certificate.not_before, |time| time.max(certificate.not_before));
    let (_, found) = profile_use(service, name, Some(version.clone()), Some(DateTime(since.0))).await?;
    let since = effective_text(since);
    let what =
        format!("What its profile version signed since {since}, of which this certificate made some or all:");
    Ok(Page::new().line("").line(what).page(found))
}
