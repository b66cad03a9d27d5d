//! What the service has on record of a signature: that nothing of it is revoked, and that its job, its certificate and
//! its signing time are the ones that it says.

use super::{Checked, Signer};
use crate::connection::Connection;
use crate::error::ClientError;
use crate::revocation;
use aws_lc_rs::digest::{SHA256, digest};
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::certificate::{CertificatePath, GetCertificateChain};
use hallmark_api::job::{
    DescribeSigningJob, DescribeSigningJobOutput, JobId, JobPath, ListSigningJobs, ListSigningJobsQuery,
    SigningJob,
};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::platform::NOTATION;
use hallmark_api::revocation::{CertificateHashes, GetRevocationStatusQuery};
use hallmark_api::timestamp::DateTime;
use hallmark_notary::{Report, SignedEnvelope, SigningTime};
use hallmark_pki::Certificate;
use time::Duration;

/// How far a stated signing time may be from the service's clock.
const STATED: Duration = Duration::minutes(5);

/// What the service has on record of a signature.
#[derive(Debug)]
pub struct OnRecord {
    /// Everything that was checked, in order.
    pub checked: Vec<Checked>,
    /// Why the service could not be asked, when nothing else speaks against the signature.
    pub unanswered: Option<ClientError>,
}

/// Why a check did not pass.
enum Doubt {
    /// What is on record speaks against the signature.
    No(String),
    /// The service could not be asked.
    Unasked(ClientError),
}

impl From<String> for Doubt {
    fn from(sentence: String) -> Self {
        Self::No(sentence)
    }
}

impl From<ClientError> for Doubt {
    /// That something is not there is an answer.
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Service(exception) if exception.status == 404 => Self::No(exception.to_string()),
            error => Self::Unasked(error),
        }
    }
}

impl<const N: usize> From<[(&str, Result<String, Doubt>); N]> for OnRecord {
    fn from(said: [(&str, Result<String, Doubt>); N]) -> Self {
        let contradicted = said.iter().any(|(_, said)| matches!(said, Err(Doubt::No(_))));
        let (mut checked, mut unanswered) = (Vec::new(), None);
        for (check, said) in said {
            let said = said.map_err(|doubt| match doubt {
                Doubt::No(sentence) => sentence,
                Doubt::Unasked(error) => {
                    let sentence = error.to_string();
                    unanswered.get_or_insert(error);
                    sentence
                }
            });
            checked.push(Checked::new(check, said));
        }
        Self { checked, unanswered: unanswered.filter(|_| !contradicted) }
    }
}

/// Asks the service about a signature whose signer is known. What cannot be asked has failed.
pub async fn on_record(
    connection: &Connection,
    envelope: &SignedEnvelope,
    report: &Report,
    signer: &Signer,
) -> OnRecord {
    let (Some(path), Some(payload)) = (report.path(), report.payload()) else {
        return [("record", Err("nothing is known of the signature".to_owned().into()))].into();
    };
    let signature = Signature {
        connection,
        signer,
        leaf: path.leaf(),
        serial_number: path.leaf().serial_number().to_string(),
        artifact_digest: payload.artifact_digest(),
        payload: envelope.payload(),
        signing_time: envelope.header().signing_time(),
        hashes: path.certificate_hashes().iter().map(|hash| hex::encode(hash.octets())).collect(),
    };
    match signature.job().await {
        Ok(job) => [
            ("job", signature.record(job).await),
            ("certificate", signature.issued().await),
            ("revocation", signature.not_revoked(job).await),
        ]
        .into(),
        Err(doubt) => {
            let mut found = OnRecord::from([("job", Err(doubt)), ("certificate", signature.issued().await)]);
            found.checked.push(Checked::left_out("revocation", "it is not known which job it is of"));
            found
        }
    }
}

/// A signature, as far as the service is asked about it.
struct Signature<'a> {
    connection: &'a Connection,
    signer: &'a Signer,
    leaf: &'a Certificate,
    serial_number: String,
    artifact_digest: &'a str,
    payload: &'a [u8],
    signing_time: SigningTime,
    hashes: Vec<String>,
}

impl Signature<'_> {
    /// The job that made it: the one that it names, or else the one that is on record with its certificate.
    async fn job(&self) -> Result<JobId, Doubt> {
        if let Some((_, Arn { resource: Resource::SigningJob(job), .. })) = &self.signer.named {
            return Ok(*job);
        }
        let found = self.jobs().await?;
        let is_its = |job: &&SigningJob| job.serial_number.as_str().eq_ignore_ascii_case(&self.serial_number);
        let mut own = found.iter().filter(is_its);
        match (own.next(), own.next()) {
            (Some(job), None) => Ok(job.job_id),
            (None, _) => Err(format!(
                "no job of the account is on record that signed {} with the certificate {}",
                self.artifact_digest, self.serial_number
            )
            .into()),
            (Some(_), Some(_)) => {
                Err("several jobs are on record with this artifact and certificate".to_owned().into())
            }
        }
    }

    async fn jobs(&self) -> Result<Vec<SigningJob>, ClientError> {
        let mut jobs = Vec::new();
        let mut query = ListSigningJobsQuery {
            artifact_digest: Some(
                self.artifact_digest.parse().map_err(|error| ClientError::Setting(format!("{error}")))?,
            ),
            ..ListSigningJobsQuery::default()
        };
        loop {
            let request =
                Request::<ListSigningJobs> { path: Nothing {}, query: query.clone(), body: Nothing {} };
            let page = self.connection.send(&request).await?;
            jobs.extend(page.jobs);
            if page.next_token.is_none() {
                return Ok(jobs);
            }
            query.next_token = page.next_token;
        }
    }

    /// Whether the job on record made exactly this signature.
    async fn record(&self, job: JobId) -> Result<String, Doubt> {
        let request = Request::<DescribeSigningJob> {
            path: JobPath { job_id: job },
            query: Nothing {},
            body: Nothing {},
        };
        Ok(self.compare(&self.connection.send(&request).await?)?)
    }

    fn compare(&self, on_record: &DescribeSigningJobOutput) -> Result<String, String> {
        let certified = &self.signer.certified;
        let payload_digest = format!("sha256:{}", hex::encode(digest(&SHA256, self.payload)));
        let pairs = [
            ("artifact", on_record.artifact_digest.to_string(), self.artifact_digest.to_owned()),
            ("payload", on_record.payload_digest.to_string(), payload_digest),
            (
                "certificate",
                on_record.serial_number.to_string().to_lowercase(),
                self.serial_number.to_lowercase(),
            ),
            ("profile", on_record.profile_name.to_string(), certified.profile.to_string()),
            ("profile version", on_record.profile_version.to_string(), certified.version.to_string()),
            ("account", on_record.job_owner.to_string(), certified.account.to_string()),
        ];
        let apart = (on_record.created_at.0 - self.signing_time.time()).abs();
        if apart > self.allowance() {
            let (recorded, signed) = (on_record.created_at.0, self.signing_time.time());
            return Err(format!(
                "the job {} signed at {recorded} on record, not at {signed}",
                on_record.job_id
            ));
        }
        match pairs.iter().find(|(_, recorded, signed)| recorded != signed) {
            Some((what, recorded, signed)) => {
                Err(format!("the job {} has the {what} {recorded} on record, not {signed}", on_record.job_id))
            }
            None => Ok(format!(
                "the job {} is on record with this payload, certificate and signing time, asked for by {}",
                on_record.job_id, on_record.requested_by
            )),
        }
    }

    /// By how much the signing time may differ from the one on record. A signer that writes the envelope itself states a
    /// time by its own clock, which the service compares with its own; everybody else signs at the service's time.
    fn allowance(&self) -> Duration {
        match self.signing_time {
            SigningTime::Authentic(_) => Duration::ZERO,
            SigningTime::Stated(_) => STATED,
        }
    }

    /// Whether the service issued the certificate.
    async fn issued(&self) -> Result<String, Doubt> {
        let wrong = |error: &dyn std::fmt::Display| Doubt::No(error.to_string());
        let serial_number = self.serial_number.parse().map_err(|error| wrong(&error))?;
        let request = Request::<GetCertificateChain> {
            path: CertificatePath { serial_number },
            query: Nothing {},
            body: Nothing {},
        };
        let chain = self.connection.send(&request).await?;
        let first = chain.certificates.first().ok_or_else(|| "the chain on record is empty".to_owned())?;
        let on_record = Certificate::from_pem(&first.certificate).map_err(|error| wrong(&error))?;
        if on_record == *self.leaf {
            Ok(format!("the certificate {} is on record", self.serial_number))
        } else {
            Err(format!("another certificate is on record with the serial number {}", self.serial_number)
                .into())
        }
    }

    /// Whether nothing of it is revoked.
    async fn not_revoked(&self, job: JobId) -> Result<String, Doubt> {
        let query = self.question(job)?;
        revocation::check(self.connection, query, str::to_owned).await??;
        Ok("neither the job, the profile version nor a certificate is revoked".to_owned())
    }

    fn question(&self, job: JobId) -> Result<GetRevocationStatusQuery, String> {
        let Signer { certified, named } = self.signer;
        let arn = |resource| Arn {
            region: self.connection.settings().region.clone(),
            account: certified.account.clone(),
            resource,
        };
        let (profile_version_arn, job_arn) = named.clone().unwrap_or_else(|| {
            let version = Resource::ProfileVersion(certified.profile.clone(), certified.version.clone());
            (arn(version), arn(Resource::SigningJob(job)))
        });
        let hashes = self.hashes.iter().map(|hash| hash.parse()).collect::<Result<Vec<_>, _>>();
        let hashes = hashes.and_then(CertificateHashes::try_from).map_err(|error| error.to_string())?;
        Ok(GetRevocationStatusQuery {
            signature_timestamp: DateTime(self.signing_time.time()),
            platform_id: NOTATION.id.to_owned(),
            profile_version_arn,
            job_arn,
            certificate_hashes: hashes,
        })
    }
}
