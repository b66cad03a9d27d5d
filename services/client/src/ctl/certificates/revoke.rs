//! `hallmarkctl certificates revoke`.

use super::affected::affected;
use super::{facts, find};
use crate::ctl::confirm::Confirmation;
use crate::ctl::context::Context;
use crate::ctl::exit::Failure;
use crate::ctl::filter::When;
use crate::ctl::page::Page;
use crate::ctl::text::effective_text;
use clap::{Args, ValueEnum};
use hallmark_api::certificate::{
    CertificatePath, CertificateRevocationReason, RevokeCertificate, RevokeCertificateBody, SerialNumber,
};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::revocation::RevocationReason;

/// Revoke a certificate: what it signed is not to be trusted; of an issuing CA, everything below it. This is for ever.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The certificate's serial number, in hexadecimal digits.
    #[arg(value_name = "SERIAL")]
    serial_number: SerialNumber,
    /// What it signed at or after this time is revoked: 'now', or a time in the past; everything otherwise.
    #[arg(long, value_name = "TIME")]
    effective_time: Option<When>,
    /// Why, for whoever looks at the revocation later.
    #[arg(long, value_name = "TEXT")]
    reason: RevocationReason,
    /// The same as a code, for CRLs and OCSP answers.
    #[arg(long, value_enum, value_name = "CODE")]
    reason_code: Option<ReasonCode>,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// Codes of RFC 5280 section 5.3.1.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReasonCode {
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

impl From<ReasonCode> for CertificateRevocationReason {
    fn from(code: ReasonCode) -> Self {
        match code {
            ReasonCode::KeyCompromise => Self::KeyCompromise,
            ReasonCode::CaCompromise => Self::CaCompromise,
            ReasonCode::AffiliationChanged => Self::AffiliationChanged,
            ReasonCode::Superseded => Self::Superseded,
            ReasonCode::CessationOfOperation => Self::CessationOfOperation,
            ReasonCode::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
            ReasonCode::AaCompromise => Self::AaCompromise,
        }
    }
}

impl Revoke {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let effective_time = self.effective_time.map(When::time);
        let certificate = find(&service, self.serial_number).await?.summary;
        let found = affected(&service, &certificate, effective_time).await?;
        let from =
            effective_time.map_or_else(String::new, |time| format!(" at or after {}", effective_text(time)));
        let what =
            format!("Revoking a certificate: what it signed{from} is not to be trusted any more, for ever.");
        context.output.say(&Page::new().line(what).table(facts(&certificate)).page(found));
        let serial_number = certificate.serial_number;
        self.confirmation.ask(&format!("Revoke the certificate {serial_number}?"))?;
        let request = Request::<RevokeCertificate> {
            path: CertificatePath { serial_number: serial_number.clone() },
            query: Nothing {},
            body: RevokeCertificateBody {
                reason: self.reason,
                reason_code: self.reason_code.map(Into::into),
                effective_time,
            },
        };
        let done = service.ask(request).await?;
        context
            .output
            .show(&done, || Page::new().line(format!("The certificate {serial_number} is revoked.")))
    }
}
