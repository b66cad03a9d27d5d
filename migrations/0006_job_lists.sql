-- Lists of jobs: newest first from an index, whoever asks and whoever asked for the signature.

-- Every job with its platform and with what revoked its signature first: the one place that says whether a job's is.
-- Its own revocation does, or its profile version's from a time no later than the signing time.
CREATE VIEW judged_jobs AS
SELECT j.account_id, j.job_id, j.profile_name, j.profile_version, p.platform_id, p.signing_parameters,
       j.invoker_account_id, j.requested_by, j.signing_time, j.expires_at,
       r.reason AS revocation_reason, r.recorded_at AS revoked_at, r.recorded_by AS revoked_by
FROM signing_jobs j
JOIN profiles p USING (account_id, profile_name)
LEFT JOIN LATERAL (
    SELECT reason, recorded_at, recorded_by FROM (
        SELECT reason, recorded_at, recorded_by FROM revocations
        WHERE account_id = j.account_id AND job_id = j.job_id AND subject = 'job'
        UNION ALL
        SELECT reason, recorded_at, recorded_by FROM revocations
        WHERE account_id = j.account_id AND profile_name = j.profile_name
          AND profile_version = j.profile_version AND subject = 'profile_version'
          AND effective_at <= j.signing_time) either
    ORDER BY recorded_at LIMIT 1) r ON true;
GRANT SELECT ON judged_jobs TO hallmark_app, hallmark_auditor;

-- The one index beside the key that every signature pays for.
CREATE INDEX signing_jobs_by_requester ON signing_jobs (account_id, requested_by, job_id);

-- The principal that asked, beside the job that it asked another account for.
ALTER TABLE invoked_jobs ADD COLUMN requested_by text;
CREATE FUNCTION invoked_jobs_know_requester() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT requested_by INTO NEW.requested_by
    FROM signing_jobs WHERE account_id = NEW.owner_account_id AND job_id = NEW.job_id;
    RETURN NEW;
END
$$;
-- For a replica that does not know the column yet.
CREATE TRIGGER invoked_jobs_know_requester BEFORE INSERT ON invoked_jobs
    FOR EACH ROW WHEN (NEW.requested_by IS NULL) EXECUTE FUNCTION invoked_jobs_know_requester();

-- The new column of old rows; what was recorded stays as it is.
ALTER TABLE invoked_jobs DISABLE TRIGGER invoked_jobs_refuse_change;
UPDATE invoked_jobs i SET requested_by = j.requested_by
FROM signing_jobs j WHERE j.account_id = i.owner_account_id AND j.job_id = i.job_id;
ALTER TABLE invoked_jobs ENABLE TRIGGER invoked_jobs_refuse_change;

CREATE INDEX invoked_jobs_by_requester ON invoked_jobs (account_id, requested_by, job_id);
CREATE INDEX invoked_jobs_by_owner ON invoked_jobs (account_id, owner_account_id, job_id);
