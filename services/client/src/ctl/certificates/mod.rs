//! `hallmarkctl certificates`.

mod affected;
mod revoke;

use super::context::{Context, Service};
use super::exit::{Exit, Failure};
use super::filter::RevokedFilter;
use super::limit::Limit;
use super::page::Page;
use super::table::{Table, Tone, Word};
use super::text::time_text;
use clap::{Args, Subcommand};
use hallmark_api::certificate::{
    CertificatePath, CertificateSummary, GetCertificateChain, GetCertificateChainOutput, IssuedCertificate,
    ListCertificates, ListCertificatesQuery, SerialNumber,
};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_api::timestamp::DateTime;

/// Certificates, every one that was ever issued.
#[derive(Debug, Subcommand)]
pub(crate) enum CertificatesCommand {
    /// List certificates, the last issued first.
    List(CertificateList),
    /// Show a certificate.
    Show(OneCertificate),
    /// Write a certificate and its issuers, the root last, in PEM.
    Chain(OneCertificate),
    /// Revoke a certificate: what it signed is not to be trusted; of an issuing CA, everything below it.
    Revoke(revoke::Revoke),
}

/// One certificate of the account.
#[derive(Debug, Args)]
pub(crate) struct OneCertificate {
    /// The certificate's serial number, in hexadecimal digits.
    #[arg(value_name = "SERIAL")]
    serial_number: SerialNumber,
}

/// List certificates, the last issued first.
#[derive(Debug, Args)]
pub(crate) struct CertificateList {
    /// Only certificates of this profile.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<ProfileName>,
    /// Only certificates of this version of the profile.
    #[arg(long, value_name = "VERSION", requires = "profile")]
    version: Option<ProfileVersion>,
    /// Only certificates that this one issued.
    #[arg(long, value_name = "SERIAL")]
    issuer: Option<SerialNumber>,
    /// Only certificates whose validity ends before this time.
    #[arg(long, value_name = "TIME")]
    expires_before: Option<DateTime>,
    /// Only certificates whose validity ends after this time.
    #[arg(long, value_name = "TIME")]
    expires_after: Option<DateTime>,
    #[command(flatten)]
    revoked: RevokedFilter,
    #[command(flatten)]
    limit: Limit,
}

impl CertificatesCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(OneCertificate { serial_number }) => show(context, serial_number).await,
            Self::Chain(OneCertificate { serial_number }) => {
                let chain = chain(&context.service().await?, serial_number).await?;
                if context.output.is_json() {
                    context.output.show(&chain, Page::new)
                } else {
                    context.output.print(&chain.pem)
                }
            }
            Self::Revoke(command) => command.run(context).await,
        }
    }
}

impl CertificateList {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let query = ListCertificatesQuery {
            profile_name: self.profile,
            profile_version: self.version,
            issuer_serial_number: self.issuer,
            is_revoked: self.revoked.wanted(),
            expires_before: self.expires_before,
            expires_after: self.expires_after,
            ..ListCertificatesQuery::default()
        };
        self.limit.list::<ListCertificates>(context, query, |found| table(found.iter())).await
    }
}

/// Certificates as lists show them.
pub(crate) fn table<'a>(certificates: impl Iterator<Item = &'a CertificateSummary>) -> Table {
    let mut table = Table::new(["SERIAL", "PURPOSE", "VALID FROM", "UNTIL", "REVOKED", "SUBJECT"]);
    for certificate in certificates {
        table.row([
            certificate.serial_number.as_str().into(),
            format!("{:?}", certificate.purpose).into(),
            time_text(certificate.not_before).into(),
            time_text(certificate.not_after).into(),
            Word::revoked(certificate.is_revoked),
            certificate.subject.as_str().into(),
        ]);
    }
    table
}

/// A certificate with everything that it relies on.
pub(crate) async fn chain(
    service: &Service,
    serial_number: SerialNumber,
) -> Result<GetCertificateChainOutput, Failure> {
    let path = CertificatePath { serial_number };
    service.ask(Request::<GetCertificateChain> { path, query: Nothing {}, body: Nothing {} }).await
}

/// One certificate.
async fn find(service: &Service, serial_number: SerialNumber) -> Result<IssuedCertificate, Failure> {
    let chain = chain(service, serial_number).await?;
    let empty = || Failure::new(Exit::Unanswered, "the service answered with a chain of no certificates");
    chain.certificates.into_iter().next().ok_or_else(empty)
}

async fn show(context: &Context, serial_number: SerialNumber) -> Result<(), Failure> {
    let certificate = find(&context.service().await?, serial_number).await?;
    context.output.show(&certificate, || {
        let pem = certificate.certificate.trim_end();
        pem.lines().fold(Page::from(facts(&certificate.summary)).line(""), Page::line)
    })
}

/// What is known of a certificate.
fn facts(certificate: &CertificateSummary) -> Table {
    let mut facts = Table::facts();
    facts.fact("serial number", certificate.serial_number.as_str());
    facts.fact("subject", certificate.subject.as_str());
    facts.fact("purpose", format!("{:?}", certificate.purpose));
    facts.fact("issuer", certificate.issuer_serial_number.as_str());
    if let (Some(name), Some(version)) = (&certificate.profile_name, &certificate.profile_version) {
        facts.fact("profile", format!("{name} version {version}"));
    }
    facts.fact("valid from", time_text(certificate.not_before));
    facts.fact("valid until", time_text(certificate.not_after));
    facts.fact("issued at", time_text(certificate.issued_at));
    match certificate.revocation_effective_from {
        Some(from) => facts.fact("revoked from", Word::toned(time_text(from), Tone::Bad)),
        None => facts.fact("revoked", if certificate.is_revoked { "yes" } else { "no" }),
    }
    facts
}
