//! What is left of a profile's signatures: what its revocation would touch.

use crate::job::{Job, Row};
use crate::{StoreError, View};
use hallmark_api::profile::{ProfileName, ProfileVersion};
use time::{Duration, OffsetDateTime};

/// How many signatures of a profile are looked at: as many as one core counts in two seconds.
pub const COUNTED: usize = 500_000;

/// Which signatures count, of those that are not revoked.
#[derive(Debug, Clone)]
pub struct UseQuestion {
    /// Those of this profile.
    pub profile_name: ProfileName,
    /// Only of this version.
    pub profile_version: Option<ProfileVersion>,
    /// Only those made at or after this time.
    pub since: Option<OffsetDateTime>,
    /// Only those that have not expired by now.
    pub now: OffsetDateTime,
    /// How many jobs, and how many requesters, are wanted at most.
    pub limit: usize,
}

/// What a [`UseQuestion`] found.
#[derive(Debug)]
pub struct ProfileUse {
    /// The counts are of signatures made at or after this time, where there are more than can be counted.
    pub counted_since: Option<OffsetDateTime>,
    /// How many signatures there are.
    pub signatures: u64,
    /// How many artifacts they are over.
    pub artifacts: u64,
    /// How many principals asked for them.
    pub requesters: u64,
    /// The last of the jobs, the latest first.
    pub jobs: Vec<Job>,
    /// Who asked, the most recent first.
    pub last_requesters: Vec<Requester>,
}

/// A principal that asked for signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// Its ARN.
    pub arn: String,
    /// How many it asked for.
    pub signatures: u64,
    /// When it asked for the last of them.
    pub last_signing_time: OffsetDateTime,
}

/// A statement about the signatures that count. The parameters from `$6` on are those of `with`.
macro_rules! counted {
    ($query:ident!($($row:ty,)? $select:literal, $account:ident, $question:ident, $since:ident,
     then $then:literal with [$($with:expr),*])) => {
        sqlx::$query!(
            $($row,)?
            $select + " FROM unrevoked_jobs
             WHERE account_id = $1 AND profile_name = $2 AND ($3::text IS NULL OR profile_version = $3)
               AND signing_time >= $4 AND expires_at > $5 " + $then,
            $account.as_str(),
            $question.profile_name.as_str(),
            $question.profile_version.as_ref().map(ProfileVersion::as_str),
            $since,
            $question.now
            $(, $with)*
        )
    };
}

fn count(count: i64) -> Result<u64, StoreError> {
    u64::try_from(count).map_err(|error| StoreError::unreadable("count")(&error))
}

impl View {
    /// What there is of a profile of the account, looking at no more than the last `most` signatures that it made
    /// ([`COUNTED`]).
    pub async fn profile_use(
        &mut self,
        question: &UseQuestion,
        most: usize,
    ) -> Result<ProfileUse, StoreError> {
        self.count_at_length().await?;
        let counted_since = self.counted_since(question, most).await?;
        let since = counted_since.or(question.since).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (signatures, requesters, last_requesters) = self.requesters(question, since).await?;
        let artifacts = self.artifacts(question, since).await?;
        let jobs = self.last_good_jobs(question, since).await?;
        Ok(ProfileUse { counted_since, signatures, artifacts, requesters, jobs, last_requesters })
    }

    /// Counting works in memory as far as it can; and compiling a plan over every year's partition takes longer than
    /// running it.
    async fn count_at_length(&mut self) -> Result<(), StoreError> {
        sqlx::query!(
            "SELECT set_config('work_mem', '64MB', true) AS memory, set_config('jit', 'off', true) AS jit"
        )
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// The time from which on there are at most `most` signatures; none if that is so from the beginning. Of a second
    /// all signatures count or none, so that the counts are exact from that time on.
    async fn counted_since(
        &mut self,
        question: &UseQuestion,
        most: usize,
    ) -> Result<Option<OffsetDateTime>, StoreError> {
        let account = self.account().clone();
        let passed_over = sqlx::query_scalar!(
            "SELECT signing_time FROM signing_jobs
             WHERE account_id = $1 AND profile_name = $2 AND ($3::text IS NULL OR profile_version = $3)
               AND ($4::timestamptz IS NULL OR signing_time >= $4)
             ORDER BY signing_time DESC OFFSET $5 LIMIT 1",
            account.as_str(),
            question.profile_name.as_str(),
            question.profile_version.as_ref().map(ProfileVersion::as_str),
            question.since,
            i64::try_from(most).unwrap_or(i64::MAX)
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        Ok(passed_over.map(|last| last + Duration::SECOND))
    }

    async fn requesters(
        &mut self,
        question: &UseQuestion,
        since: OffsetDateTime,
    ) -> Result<(u64, u64, Vec<Requester>), StoreError> {
        let account = self.account().clone();
        let rows = counted!(query!(
            r#"SELECT requested_by AS "arn!", count(*) AS "signatures!", max(signing_time) AS "last_signing_time!",
                      (sum(count(*)) OVER ())::bigint AS "all_signatures!", count(*) OVER () AS "all_requesters!""#,
            account, question, since,
            then "GROUP BY requested_by ORDER BY max(signing_time) DESC, requested_by LIMIT $6"
            with [i64::try_from(question.limit).unwrap_or(i64::MAX)]
        ));
        let rows = rows.fetch_all(&mut *self.transaction).await?;
        let (signatures, requesters) =
            rows.first().map_or((0, 0), |row| (row.all_signatures, row.all_requesters));
        let last = rows.into_iter().map(|row| {
            let signatures = count(row.signatures)?;
            Ok(Requester { arn: row.arn, signatures, last_signing_time: row.last_signing_time })
        });
        Ok((count(signatures)?, count(requesters)?, last.collect::<Result<_, StoreError>>()?))
    }

    async fn artifacts(&mut self, question: &UseQuestion, since: OffsetDateTime) -> Result<u64, StoreError> {
        let account = self.account().clone();
        // Counted as rows of a sub-query, which hashes them; count(DISTINCT …) would sort them.
        let artifacts = counted!(query_scalar!(
            r#"SELECT count(*) AS "artifacts!" FROM (SELECT DISTINCT artifact_digest"#,
            account, question, since,
            then ") AS artifacts" with []
        ));
        count(artifacts.fetch_one(&mut *self.transaction).await?)
    }

    async fn last_good_jobs(
        &mut self,
        question: &UseQuestion,
        since: OffsetDateTime,
    ) -> Result<Vec<Job>, StoreError> {
        self.follow_indexes().await?;
        let account = self.account().clone();
        let rows = counted!(query_as!(
            Row,
            r#"SELECT j.account_id AS "account_id!", j.job_id AS "job_id!", profile_name AS "profile_name!",
                      profile_version AS "profile_version!", platform_id AS "platform_id!",
                      signing_parameters AS "signing_parameters!", invoker_account_id AS "invoker_account_id!",
                      requested_by AS "requested_by!", signing_time AS "signing_time!", expires_at AS "expires_at!",
                      artifact_digest AS "artifact_digest!", payload_digest AS "payload_digest!",
                      serial_number AS "serial_number!", revocation_reason, revoked_at, revoked_by
               FROM (SELECT account_id AS owner, job_id AS id, signing_time AS time"#,
            account, question, since,
            then "ORDER BY signing_time DESC, job_id DESC LIMIT $6) AS last
                  CROSS JOIN LATERAL (SELECT * FROM judged_jobs WHERE account_id = owner AND job_id = id OFFSET 0) AS j
                  ORDER BY time DESC, id DESC"
            with [i64::try_from(question.limit).unwrap_or(i64::MAX)]
        ));
        rows.fetch_all(&mut *self.transaction).await?.into_iter().map(Job::try_from).collect()
    }
}
