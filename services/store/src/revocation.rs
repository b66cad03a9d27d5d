//! Revocations: append-only. What is revoked is derived from them.

use crate::{Epoch, Store, StoreError, Tx, View};
use hallmark_api::account::AccountId;
use hallmark_api::job::JobId;
use hallmark_api::profile::{ProfileName, ProfileVersion};
use hallmark_pki::{RevocationReason, SerialNumber};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// What is revoked.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// What a profile version signed at or after the effective time.
    ProfileVersion(&'a ProfileName, &'a ProfileVersion),
    /// One signature.
    Job(JobId),
    /// What a certificate signed at or after the effective time, with a code of RFC 5280 section 5.3.1.
    Certificate(&'a SerialNumber, Option<RevocationReason>),
}

/// A revocation to be recorded.
#[derive(Debug)]
pub struct NewRevocation<'a> {
    /// Its id.
    pub id: Uuid,
    /// What is revoked.
    pub subject: Subject<'a>,
    /// From when on, in whole seconds.
    pub effective_at: OffsetDateTime,
    /// Why.
    pub reason: &'a str,
    /// ARN of the principal that revokes.
    pub recorded_by: &'a str,
}

impl View {
    /// Whether a job's own signature is revoked, whatever became of its profile.
    pub async fn job_is_revoked(&mut self, job: JobId) -> Result<bool, StoreError> {
        let account = self.account().clone();
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM revocations
                              WHERE account_id = $1 AND job_id = $2 AND subject = 'job') AS "revoked!""#,
            account.as_str(),
            job.as_uuid()
        )
        .fetch_one(&mut *self.transaction)
        .await?)
    }

    /// From when on a certificate is revoked by itself, whatever became of its profile: the earliest time there is.
    pub async fn certificate_revocation(
        &mut self,
        serial_number: &SerialNumber,
    ) -> Result<Option<OffsetDateTime>, StoreError> {
        let account = self.account().clone();
        Ok(sqlx::query_scalar!(
            "SELECT min(effective_at) FROM revocations
             WHERE account_id = $1 AND serial_number = $2 AND subject = 'certificate'",
            account.as_str(),
            serial_number.as_bytes()
        )
        .fetch_one(&mut *self.transaction)
        .await?)
    }
}

impl Tx {
    /// Records a revocation.
    pub async fn insert_revocation(&mut self, revocation: &NewRevocation<'_>) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let (mut profile, mut job, mut certificate, mut code) = (None, None, None, None);
        let subject = match revocation.subject {
            Subject::ProfileVersion(name, version) => {
                profile = Some((name, version));
                "profile_version"
            }
            Subject::Job(id) => {
                job = Some(id);
                "job"
            }
            Subject::Certificate(serial_number, reason) => {
                (certificate, code) = (Some(serial_number), reason.map(RevocationReason::code));
                "certificate"
            }
        };
        let (name, version) = profile.unzip();
        sqlx::query!(
            "INSERT INTO revocations (account_id, revocation_id, subject, profile_name, profile_version, job_id,
                                      serial_number, effective_at, recorded_at, reason, reason_code, recorded_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            account.as_str(),
            revocation.id,
            subject,
            name.map(ProfileName::as_str),
            version.map(ProfileVersion::as_str),
            job.map(JobId::as_uuid),
            certificate.map(SerialNumber::as_bytes),
            revocation.effective_at,
            now,
            revocation.reason,
            code.map(i16::from),
            revocation.recorded_by
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

/// A question about one signature.
#[derive(Debug, Clone)]
pub struct Question {
    /// The account of the profile, and of the certificates.
    pub profile_account: AccountId,
    /// The profile version that signed.
    pub profile_name: ProfileName,
    /// Its version.
    pub profile_version: ProfileVersion,
    /// The account of the job.
    pub job_account: AccountId,
    /// The job.
    pub job: JobId,
    /// The signing time.
    pub signing_time: OffsetDateTime,
    /// The chain's hashes, leaf first.
    pub certificate_hashes: Vec<Vec<u8>>,
}

/// What the record says of one entity of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Issued here and not revoked.
    Good,
    /// Revoked.
    Revoked,
    /// Never issued here.
    Unknown,
}

/// What the record says of a [`Question`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Of the profile version, at the signing time.
    pub profile_version: Standing,
    /// Of the job.
    pub job: Standing,
    /// Of each certificate, in the order of the question.
    pub certificates: Vec<Standing>,
}

/// The answers to a batch of questions, and the epochs of the accounts that asked: one snapshot.
#[derive(Debug)]
pub struct Answers {
    /// One for each question, in their order.
    pub answers: Vec<Answer>,
    /// The epochs of the accounts that were named.
    pub epochs: HashMap<AccountId, Epoch>,
}

const EPOCH: i32 = 0;
const PROFILE_VERSION: i32 = 1;
const JOB: i32 = 2;

impl Store {
    /// Answers a batch of questions in one statement, and so from one snapshot, together with the epochs
    /// of `callers`.
    pub async fn revocation_status(
        &self,
        callers: &[AccountId],
        questions: &[Question],
    ) -> Result<Answers, StoreError> {
        let callers_text: Vec<String> = callers.iter().map(ToString::to_string).collect();
        let column = |text: fn(&Question) -> String| questions.iter().map(text).collect::<Vec<_>>();
        let (mut hash_questions, mut hash_accounts, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
        let mut hash_times = Vec::new();
        for (at, question) in questions.iter().enumerate() {
            for hash in &question.certificate_hashes {
                hash_questions.push(i64::try_from(at).unwrap_or(i64::MAX));
                hash_accounts.push(question.profile_account.to_string());
                hashes.push(hash.clone());
                hash_times.push(question.signing_time);
            }
        }
        let rows = sqlx::query!(
            r#"SELECT 0 AS "kind!", c.at AS "at!", h.epoch AS "epoch!", true AS "known!", false AS "revoked!"
               FROM unnest($1::text[]) WITH ORDINALITY AS c (account_id, at) JOIN ledger_heads h USING (account_id)
               UNION ALL
               SELECT 1, q.at, 0, v.profile_version IS NOT NULL, EXISTS (
                   SELECT FROM revocations r
                   WHERE r.account_id = q.account_id AND r.profile_name = q.profile_name
                     AND r.profile_version = q.profile_version AND r.subject = 'profile_version'
                     AND r.effective_at <= q.signing_time)
               FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY
                    AS q (account_id, profile_name, profile_version, signing_time, at)
               LEFT JOIN profile_versions v USING (account_id, profile_name, profile_version)
               UNION ALL
               SELECT 2, q.at, 0, j.job_id IS NOT NULL, EXISTS (
                   SELECT FROM revocations r
                   WHERE r.account_id = q.account_id AND r.job_id = q.job_id AND r.subject = 'job')
               FROM unnest($6::text[], $7::uuid[]) WITH ORDINALITY AS q (account_id, job_id, at)
               LEFT JOIN signing_jobs j USING (account_id, job_id)
               UNION ALL
               SELECT 3, q.at, 0, c.serial_number IS NOT NULL OR EXISTS (
                   SELECT FROM trust_anchors a WHERE a.certificate_hash = q.certificate_hash), EXISTS (
                   SELECT FROM revocations r
                   WHERE r.account_id = q.account_id AND r.serial_number = c.serial_number
                     AND r.subject = 'certificate' AND r.effective_at <= q.signing_time)
               FROM unnest($8::text[], $9::bytea[], $10::timestamptz[]) WITH ORDINALITY
                    AS q (account_id, certificate_hash, signing_time, at)
               LEFT JOIN certificates c USING (account_id, certificate_hash)"#,
            &callers_text,
            &column(|question| question.profile_account.to_string()),
            &column(|question| question.profile_name.to_string()),
            &column(|question| question.profile_version.to_string()),
            &questions.iter().map(|question| question.signing_time).collect::<Vec<_>>(),
            &column(|question| question.job_account.to_string()),
            &questions.iter().map(|question| question.job.as_uuid()).collect::<Vec<_>>(),
            &hash_accounts,
            &hashes,
            &hash_times
        )
        .fetch_all(&self.pool)
        .await?;

        let mut collected = Collected::new(questions);
        let mut epochs = HashMap::new();
        for row in rows {
            let at = usize::try_from(row.at - 1).unwrap_or(usize::MAX);
            let standing = match (row.revoked, row.known) {
                (true, _) => Standing::Revoked,
                (false, true) => Standing::Good,
                (false, false) => Standing::Unknown,
            };
            match row.kind {
                EPOCH => {
                    let caller = callers.get(at).ok_or_else(unexpected)?;
                    epochs.insert(caller.clone(), Epoch(row.epoch));
                }
                kind => collected.put(kind, at, standing)?,
            }
        }
        Ok(Answers { answers: collected.finish(&hash_questions)?, epochs })
    }
}

fn unexpected() -> StoreError {
    StoreError::Unreadable {
        column: "revocation status",
        reason: "the statement did not answer each question once".into(),
    }
}

/// The rows of a batch on their way to answers. A row that is missing is an error, never "not revoked".
struct Collected {
    profile_versions: Vec<Option<Standing>>,
    jobs: Vec<Option<Standing>>,
    certificates: Vec<Option<Standing>>,
}

impl Collected {
    fn new(questions: &[Question]) -> Self {
        let certificates = questions.iter().map(|question| question.certificate_hashes.len()).sum();
        Self {
            profile_versions: vec![None; questions.len()],
            jobs: vec![None; questions.len()],
            certificates: vec![None; certificates],
        }
    }

    fn put(&mut self, kind: i32, at: usize, standing: Standing) -> Result<(), StoreError> {
        let column = match kind {
            PROFILE_VERSION => &mut self.profile_versions,
            JOB => &mut self.jobs,
            _ => &mut self.certificates,
        };
        match column.get_mut(at) {
            Some(place @ None) => {
                *place = Some(standing);
                Ok(())
            }
            _ => Err(unexpected()),
        }
    }

    fn finish(self, certificate_questions: &[i64]) -> Result<Vec<Answer>, StoreError> {
        let mut certificates: HashMap<i64, Vec<Standing>> = HashMap::new();
        for (question, standing) in certificate_questions.iter().zip(self.certificates) {
            certificates.entry(*question).or_default().push(standing.ok_or_else(unexpected)?);
        }
        (0_i64..)
            .zip(self.profile_versions.into_iter().zip(self.jobs))
            .map(|(at, (profile_version, job))| {
                Ok(Answer {
                    profile_version: profile_version.ok_or_else(unexpected)?,
                    job: job.ok_or_else(unexpected)?,
                    certificates: certificates.remove(&at).unwrap_or_default(),
                })
            })
            .collect()
    }
}
