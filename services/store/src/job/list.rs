//! Lists of jobs, newest first, at a cost that does not grow with the account.
//!
//! A page looks at one span of job ids and at no other. Where every candidate that an index yields passes the filter
//! (there is none, or it names who asked or the artifact alone), the span holds a page's worth of them. Otherwise it holds the newest
//! [`LOOKED_AT`] candidates, the page shows those that pass, which may be none, and the next one goes on below the
//! span. Candidates come from up to three sources, each newest first from an index:
//!
//! - the account's own jobs, of one requester if the filter names one;
//! - its revoked jobs, where only revoked ones are wanted: its own are then looked at only if a profile is revoked;
//! - the jobs that it, or whoever the filter names, asked another account for.
//!
//! Where the filter names an artifact, the candidates are its jobs, of the account's own and of those that it asked
//! another account for, and all else is passed over: few signatures are over one artifact.
//!
//! A source that has more candidates than it may show is cut. A page reaches down to the highest place at which a
//! source was cut, so no source's jobs are passed over, and the next page begins right below.

use super::{Job, Row};
use crate::{StoreError, View};
use hallmark_api::account::AccountId;
use hallmark_api::digest::Digest;
use hallmark_api::job::JobId;
use hallmark_api::platform::PlatformId;
use std::cmp::Reverse;
use time::OffsetDateTime;
use uuid::Uuid;

/// How many candidates of each source a page looks at where a filter may pass them over.
pub const LOOKED_AT: usize = 2_000;

/// Which jobs a list shows.
#[derive(Debug, Clone)]
pub struct JobFilter {
    /// Whether jobs that succeeded are among them; there are no others on record.
    pub succeeded: bool,
    /// Only of this platform.
    pub platform: Option<PlatformId>,
    /// Only asked for by this principal.
    pub requested_by: Option<String>,
    /// Only those whose signature is, or is not, revoked.
    pub revoked: Option<bool>,
    /// Only those that expire before this time.
    pub expires_before: Option<OffsetDateTime>,
    /// Only those that expire after this time.
    pub expires_after: Option<OffsetDateTime>,
    /// Only asked for by this account.
    pub invoker: Option<AccountId>,
    /// Only those that signed this artifact.
    pub artifact: Option<Digest>,
}

impl Default for JobFilter {
    fn default() -> Self {
        Self {
            succeeded: true,
            platform: None,
            requested_by: None,
            revoked: None,
            expires_before: None,
            expires_after: None,
            invoker: None,
            artifact: None,
        }
    }
}

/// One page of a list of jobs.
#[derive(Debug, Default)]
pub struct JobPage {
    /// The jobs, newest first; also where there is a next page there may be few of them, or none.
    pub jobs: Vec<Job>,
    /// The next page holds jobs that come before this one. Without it this page is the last.
    pub next: Option<JobId>,
}

impl JobPage {
    /// A page of at most `limit` of `found`, which holds all there is down to `cut`.
    fn new(mut found: Vec<Job>, limit: usize, cut: Option<Uuid>) -> Self {
        let cut = cut.map(JobId::from);
        found.retain(|job| cut.is_none_or(|cut| cut <= job.id));
        found.sort_by_key(|job| Reverse(job.id));
        // One that is revoked by itself and with its profile was found twice.
        found.dedup_by_key(|job| job.id);
        if found.len() > limit {
            found.truncate(limit);
            return Self { next: found.last().map(|job| job.id), jobs: found };
        }
        Self { jobs: found, next: cut }
    }
}

/// The job ids that a page looks at, both ends among them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    greatest: Uuid,
    least: Uuid,
}

impl Span {
    pub(super) fn of(id: JobId) -> Self {
        Self { greatest: id.as_uuid(), least: id.as_uuid() }
    }
}

/// The sources of a list's candidates.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    filter: &'a JobFilter,
    /// Whether the account's own jobs are looked through.
    own: bool,
    /// Whether jobs that were asked of another account are.
    asked: bool,
    /// Who asked another account for the jobs.
    invoker: AccountId,
    /// Which account they asked, if not any.
    invoked: Option<AccountId>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(account: &AccountId, filter: &'a JobFilter) -> Self {
        let itself = Self { filter, own: true, asked: true, invoker: account.clone(), invoked: None };
        match &filter.invoker {
            // Only the index of its own jobs knows the artifact and that it is the account's own.
            Some(other) if other != account && filter.artifact.is_some() => Self { asked: false, ..itself },
            Some(other) if other != account => {
                Self { own: false, invoker: other.clone(), invoked: Some(account.clone()), ..itself }
            }
            _ => itself,
        }
    }

    fn artifact(&self) -> Option<&str> {
        self.filter.artifact.as_ref().map(Digest::as_str)
    }

    /// The requester that an index finds among the account's own jobs. There is none of one artifact's jobs.
    fn requester(&self) -> Option<&str> {
        self.filter.requested_by.as_deref().filter(|_| self.filter.artifact.is_none())
    }

    /// The requester of an artifact's jobs. No index is to find it: it would yield all that the requester asked for.
    fn requester_of_artifact(&self) -> Option<&str> {
        self.filter.requested_by.as_deref().filter(|_| self.filter.artifact.is_some())
    }

    /// The requester that an index finds among the jobs asked of other accounts. There is none of one account's
    /// jobs asked of one other by one requester.
    fn invoking_requester(&self) -> Option<&str> {
        self.requester().filter(|_| self.invoked.is_none())
    }

    fn revoked(&self) -> bool {
        self.own && self.filter.revoked == Some(true) && self.filter.artifact.is_none()
    }

    /// Whether every candidate passes the filter.
    fn decide(&self) -> bool {
        let JobFilter {
            platform,
            requested_by,
            revoked,
            expires_before,
            expires_after,
            invoker,
            artifact,
            ..
        } = self.filter;
        let passed_over = platform.is_some()
            || revoked.is_some()
            || expires_before.is_some()
            || expires_after.is_some()
            || invoker.is_some() && (self.own || requested_by.is_some())
            || artifact.is_some() && requested_by.is_some();
        !passed_over
    }
}

/// Judged jobs that pass the filter. The parameters from `$13` on are those of `with`.
macro_rules! jobs {
    ($account:ident, $sources:ident, $span:ident, $limit:ident,
     from $from:literal then $then:literal with [$($with:expr),*]) => {
        sqlx::query_as!(
            Row,
            r#"SELECT account_id AS "account_id!", job_id AS "job_id!", profile_name AS "profile_name!",
                      profile_version AS "profile_version!", platform_id AS "platform_id!",
                      signing_parameters AS "signing_parameters!", invoker_account_id AS "invoker_account_id!",
                      requested_by AS "requested_by!", signing_time AS "signing_time!", expires_at AS "expires_at!",
                      artifact_digest AS "artifact_digest!", payload_digest AS "payload_digest!",
                      serial_number AS "serial_number!", revocation_reason, revoked_at, revoked_by
               FROM "# + $from + r#"
                 AND ($4::text IS NULL OR platform_id = $4)
                 AND ($5::bool IS NULL OR (revoked_at IS NOT NULL) = $5)
                 AND ($6::text IS NULL OR requested_by = $6)
                 AND ($7::timestamptz IS NULL OR expires_at < $7)
                 AND ($8::timestamptz IS NULL OR expires_at > $8)
                 AND ($9::text IS NULL OR invoker_account_id = $9)
                 AND ($10::text IS NULL OR artifact_digest = $10)
                 AND ($11::text IS NULL OR requested_by || '' = $11) "# + $then,
            $account.as_str(),
            $span.least,
            $span.greatest,
            $sources.filter.platform.map(PlatformId::as_str),
            $sources.filter.revoked,
            $sources.requester(),
            $sources.filter.expires_before,
            $sources.filter.expires_after,
            $sources.filter.invoker.as_ref().map(AccountId::as_str),
            $sources.artifact(),
            $sources.requester_of_artifact(),
            i64::try_from($limit).unwrap_or(i64::MAX)
            $(, $with)*
        )
    };
}

impl View {
    /// A page of at most `limit` jobs that this account owns or asked for, that pass the filter and come before
    /// `before`, newest first.
    pub async fn jobs_before(
        &mut self,
        before: Option<JobId>,
        filter: &JobFilter,
        limit: usize,
    ) -> Result<JobPage, StoreError> {
        if !filter.succeeded {
            return Ok(JobPage::default());
        }
        self.follow_indexes().await?;
        let sources = Sources::new(self.account(), filter);
        let looked_at = if sources.decide() { limit + 1 } else { LOOKED_AT.max(limit + 1) };
        let (newest, mut cut) = self.reach(&sources, before, looked_at).await?;
        let Some(greatest) = newest.iter().copied().flatten().max() else { return Ok(JobPage::default()) };
        let span = Span { greatest, least: cut.unwrap_or(Uuid::nil()) };

        let mut found = Vec::new();
        let [own, others @ ..] = newest;
        if own.is_some() {
            found.push(self.own_jobs(&sources, span, limit + 1).await?);
        }
        if others.iter().any(Option::is_some) {
            found.push(self.named_jobs(&sources, span, limit + 1).await?);
        }
        for jobs in found.iter().filter(|jobs| jobs.len() > limit) {
            cut = cut.max(jobs.last().map(|job| job.id.as_uuid()));
        }
        Ok(JobPage::new(found.into_iter().flatten().collect(), limit, cut))
    }

    /// An index gives every order that is asked for here. Statistics that do not know yet how an account has grown
    /// would have its jobs sorted instead, all of them.
    pub(crate) async fn follow_indexes(&mut self) -> Result<(), StoreError> {
        sqlx::query!(
            "SELECT set_config('enable_seqscan', 'off', true) AS seqscan,
                    set_config('enable_bitmapscan', 'off', true) AS bitmapscan"
        )
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// The newest candidate of each source (own, revoked, asked of others), and the highest place at which one is
    /// cut after `looked_at` candidates.
    async fn reach(
        &mut self,
        sources: &Sources<'_>,
        before: Option<JobId>,
        looked_at: usize,
    ) -> Result<([Option<Uuid>; 3], Option<Uuid>), StoreError> {
        let account = self.account().clone();
        // A platform that no profile is of, or revoked jobs where no profile is revoked, need no look.
        let rows = sqlx::query!(
            r#"SELECT ids[1] AS newest, ids[$3] AS cut FROM (
                   SELECT 1 AS source, array_agg(job_id) AS ids FROM (
                       SELECT job_id FROM signing_jobs
                       WHERE account_id = $1 AND $4 AND ($2::uuid IS NULL OR job_id < $2)
                         AND ($5::text IS NULL OR requested_by = $5)
                         AND ($6::text IS NULL OR EXISTS (
                             SELECT FROM profiles WHERE account_id = $1 AND platform_id = $6))
                         AND (NOT $7 OR EXISTS (
                             SELECT FROM revocations WHERE account_id = $1 AND subject = 'profile_version'))
                         AND ($11::text IS NULL OR artifact_digest = $11)
                       ORDER BY job_id DESC LIMIT $3) own
                   UNION ALL
                   SELECT 2, array_agg(job_id) FROM (
                       SELECT job_id FROM revocations
                       WHERE account_id = $1 AND subject = 'job' AND $7 AND ($2::uuid IS NULL OR job_id < $2)
                       ORDER BY job_id DESC LIMIT $3) revoked
                   UNION ALL
                   SELECT 3, array_agg(job_id) FROM (
                       SELECT job_id FROM invoked_jobs
                       WHERE account_id = $8 AND $12 AND ($2::uuid IS NULL OR job_id < $2)
                         AND ($9::text IS NULL OR owner_account_id = $9)
                         AND ($10::text IS NULL OR requested_by = $10)
                         AND ($11::text IS NULL OR artifact_digest = $11)
                       ORDER BY job_id DESC LIMIT $3) invoked) sources
               ORDER BY source"#,
            account.as_str(),
            before.map(JobId::as_uuid),
            i64::try_from(looked_at).unwrap_or(i64::MAX),
            sources.own,
            sources.requester(),
            sources.filter.platform.map(PlatformId::as_str),
            sources.revoked(),
            sources.invoker.as_str(),
            sources.invoked.as_ref().map(AccountId::as_str),
            sources.invoking_requester(),
            sources.artifact(),
            sources.asked
        )
        .fetch_all(&mut *self.transaction)
        .await?;
        let mut newest = [None; 3];
        for (place, row) in newest.iter_mut().zip(&rows) {
            *place = row.newest;
        }
        Ok((newest, rows.iter().filter_map(|row| row.cut).max()))
    }

    /// Up to `limit` jobs of the account in this span that pass the filter, newest first; of those that are revoked
    /// the ones of revoked profiles.
    pub(super) async fn own_jobs(
        &mut self,
        sources: &Sources<'_>,
        span: Span,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        let account = self.account().clone();
        let rows = jobs!(account, sources, span, limit,
            from "judged_jobs
                  WHERE account_id = $1 AND job_id BETWEEN $2 AND $3
                    AND ($4::text IS NULL OR profile_name IN (
                        SELECT profile_name FROM profiles WHERE account_id = $1 AND platform_id = $4))
                    AND (NOT $13 OR profile_name IN (
                        SELECT profile_name FROM revocations WHERE account_id = $1 AND subject = 'profile_version'))"
            then "ORDER BY job_id DESC LIMIT $12"
            with [sources.revoked()]);
        rows.fetch_all(&mut *self.transaction).await?.into_iter().map(Job::try_from).collect()
    }

    /// Up to `limit` jobs in this span that pass the filter, newest first, out of those that a revocation of the
    /// account names or that were asked of another account.
    pub(super) async fn named_jobs(
        &mut self,
        sources: &Sources<'_>,
        span: Span,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        let account = self.account().clone();
        // The limits inside keep each source's order, and OFFSET 0 keeps a job from being looked up in any other way
        // than by its key. No index but the one by artifact knows an artifact's span and order as they are written
        // here: by the key, all jobs in the span would be looked at.
        let rows = jobs!(account, sources, span, limit,
        from "(SELECT owner, id FROM (
                       (SELECT account_id AS owner, job_id AS id FROM revocations
                        WHERE account_id = $1 AND subject = 'job' AND $13 AND job_id BETWEEN $2 AND $3
                        ORDER BY job_id DESC LIMIT $17)
                       UNION ALL
                       (SELECT owner_account_id, job_id FROM invoked_jobs
                        WHERE account_id = $14 AND $18 AND ($10::text IS NOT NULL OR job_id BETWEEN $2 AND $3)
                          AND ($15::text IS NULL OR owner_account_id = $15)
                          AND ($16::text IS NULL OR requested_by = $16)
                          AND ($10::text IS NULL OR (artifact_digest, job_id) >= ($10, $2))
                          AND ($10::text IS NULL OR (artifact_digest, job_id) <= ($10, $3))
                        ORDER BY CASE WHEN $10::text IS NOT NULL THEN artifact_digest END DESC, job_id DESC
                        LIMIT $17)) AS source
                   ORDER BY id DESC) AS named
                  CROSS JOIN LATERAL (
                      SELECT * FROM judged_jobs
                      WHERE account_id = owner AND job_id = id AND job_id BETWEEN $2 AND $3"
        then "OFFSET 0) AS judged ORDER BY id DESC LIMIT $12"
        with [
            sources.revoked(),
            sources.invoker.as_str(),
            sources.invoked.as_ref().map(AccountId::as_str),
            sources.invoking_requester(),
            i64::try_from(LOOKED_AT.max(limit)).unwrap_or(i64::MAX),
            sources.asked
        ]);
        rows.fetch_all(&mut *self.transaction).await?.into_iter().map(Job::try_from).collect()
    }
}
