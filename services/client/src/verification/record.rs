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

/// Asks the service about a signature whose signer is known. What cannot be asked has failed.
pub async fn on_record(
    connection: &Connection,
    envelope: &SignedEnvelope,
    report: &Report,
    signer: &Signer,
) -> Vec<Checked> {
    let (Some(path), Some(payload)) = (report.path(), report.payload()) else {
        return vec![Checked::new("record", Err("nothing is known of the signature".to_owned()))];
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
    let job = match signature.job().await {
        Ok(job) => job,
        Err(sentence) => {
            return vec![
                Checked::new("job", Err(sentence)),
                signature.certificate().await,
                Checked::left_out("revocation", "the signature's job is not on record"),
            ];
        }
    };
    vec![signature.record(job).await, signature.certificate().await, signature.revocation(job).await]
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
    async fn job(&self) -> Result<JobId, String> {
        if let Some((_, Arn { resource: Resource::SigningJob(job), .. })) = &self.signer.named {
            return Ok(*job);
        }
        let found = self.jobs().await.map_err(|error| error.to_string())?;
        let is_its = |job: &&SigningJob| job.serial_number.as_str().eq_ignore_ascii_case(&self.serial_number);
        let mut own = found.iter().filter(is_its);
        match (own.next(), own.next()) {
            (Some(job), None) => Ok(job.job_id),
            (None, _) => Err(format!(
                "no job of the account is on record that signed {} with the certificate {}",
                self.artifact_digest, self.serial_number
            )),
            (Some(_), Some(_)) => {
                Err("several jobs are on record with this artifact and certificate".to_owned())
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
    async fn record(&self, job: JobId) -> Checked {
        let request = Request::<DescribeSigningJob> {
            path: JobPath { job_id: job },
            query: Nothing {},
            body: Nothing {},
        };
        let said = match self.connection.send(&request).await {
            Ok(on_record) => self.compare(&on_record),
            Err(error) => Err(error.to_string()),
        };
        Checked::new("job", said)
    }

    fn compare(&self, on_record: &DescribeSigningJobOutput) -> Result<String, String> {
        let payload_digest = format!("sha256:{}", hex::encode(digest(&SHA256, self.payload)));
        let pairs = [
            ("artifact", on_record.artifact_digest.to_string(), self.artifact_digest.to_owned()),
            ("payload", on_record.payload_digest.to_string(), payload_digest),
            (
                "certificate",
                on_record.serial_number.to_string().to_lowercase(),
                self.serial_number.to_lowercase(),
            ),
            ("profile", on_record.profile_name.to_string(), self.signer.profile.to_string()),
            ("profile version", on_record.profile_version.to_string(), self.signer.version.to_string()),
            ("account", on_record.job_owner.to_string(), self.signer.account.to_string()),
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
    async fn certificate(&self) -> Checked {
        Checked::new("certificate", self.issued().await)
    }

    async fn issued(&self) -> Result<String, String> {
        let serial_number = self.serial_number.parse().map_err(|error| format!("{error}"))?;
        let request = Request::<GetCertificateChain> {
            path: CertificatePath { serial_number },
            query: Nothing {},
            body: Nothing {},
        };
        let chain = self.connection.send(&request).await.map_err(|error| error.to_string())?;
        let first = chain.certificates.first().ok_or("the chain on record is empty")?;
        let on_record = Certificate::from_pem(&first.certificate).map_err(|error| error.to_string())?;
        if on_record == *self.leaf {
            Ok(format!("the certificate {} is on record", self.serial_number))
        } else {
            Err(format!("another certificate is on record with the serial number {}", self.serial_number))
        }
    }

    /// Whether anything of it is revoked.
    async fn revocation(&self, job: JobId) -> Checked {
        Checked::new("revocation", self.not_revoked(job).await)
    }

    async fn not_revoked(&self, job: JobId) -> Result<String, String> {
        let query = self.question(job)?;
        let answer = revocation::check(self.connection, query, str::to_owned).await;
        answer.map_err(|error| error.to_string())??;
        Ok("neither the job, the profile version nor a certificate is revoked".to_owned())
    }

    fn question(&self, job: JobId) -> Result<GetRevocationStatusQuery, String> {
        let arn = |resource| Arn {
            region: self.connection.settings().region.clone(),
            account: self.signer.account.clone(),
            resource,
        };
        let Signer { profile, version, named, .. } = self.signer;
        let (profile_version_arn, job_arn) = named.clone().unwrap_or_else(|| {
            let version = Resource::ProfileVersion(profile.clone(), version.clone());
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
