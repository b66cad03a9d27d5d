-- Jobs found by what they signed, and what is left of a profile's signatures.

-- Which signatures there are over an artifact, latest first.
CREATE INDEX signing_jobs_by_artifact ON signing_jobs (account_id, artifact_digest, job_id);

-- The artifact, beside the job that was asked of another account.
ALTER TABLE invoked_jobs ADD COLUMN artifact_digest text;
CREATE FUNCTION invoked_jobs_know_artifact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT artifact_digest INTO NEW.artifact_digest
    FROM signing_jobs WHERE account_id = NEW.owner_account_id AND job_id = NEW.job_id;
    RETURN NEW;
END
$$;
-- For a replica that does not know the column yet.
CREATE TRIGGER invoked_jobs_know_artifact BEFORE INSERT ON invoked_jobs
    FOR EACH ROW WHEN (NEW.artifact_digest IS NULL) EXECUTE FUNCTION invoked_jobs_know_artifact();

-- The new column of old rows; what was recorded stays as it is.
ALTER TABLE invoked_jobs DISABLE TRIGGER invoked_jobs_refuse_change;
UPDATE invoked_jobs i SET artifact_digest = j.artifact_digest
FROM signing_jobs j WHERE j.account_id = i.owner_account_id AND j.job_id = i.job_id;
ALTER TABLE invoked_jobs ENABLE TRIGGER invoked_jobs_refuse_change;

CREATE INDEX invoked_jobs_by_artifact ON invoked_jobs (account_id, artifact_digest, job_id);

-- As before; and what was signed with which certificate.
CREATE OR REPLACE VIEW judged_jobs AS
SELECT j.account_id, j.job_id, j.profile_name, j.profile_version, p.platform_id, p.signing_parameters,
       j.invoker_account_id, j.requested_by, j.signing_time, j.expires_at,
       r.reason AS revocation_reason, r.recorded_at AS revoked_at, r.recorded_by AS revoked_by,
       j.artifact_digest, 'sha256:' || encode(j.payload_sha256, 'hex') AS payload_digest, j.serial_number
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

-- What a profile signed since some time, latest first. (It has one version.)
CREATE INDEX signing_jobs_by_profile ON signing_jobs (account_id, profile_name, signing_time, job_id);

-- Every leaf that is revoked by its own revocation or its issuer's, and from when on.
CREATE VIEW revoked_leaves AS
SELECT account_id, serial_number, effective_at FROM revocations WHERE subject = 'certificate'
UNION ALL
SELECT r.account_id, c.serial_number, r.effective_at
FROM revocations r
JOIN certificates i ON i.account_id = r.account_id AND i.serial_number = r.serial_number AND i.purpose = 'issuer'
JOIN certificates c ON c.account_id = r.account_id
    AND substring(c.certificate_hash FROM 49) = substring(i.certificate_hash FOR 48)
WHERE r.subject = 'certificate';

-- Every job whose signature nothing revokes, as GetRevocationStatus judges it: neither its own revocation, nor its
-- profile version's or one in its chain from a time no later than the signing time. For counting many of them;
-- whoever wants to know of one what revoked it asks judged_jobs.
CREATE VIEW unrevoked_jobs AS
SELECT j.account_id, j.job_id, j.profile_name, j.profile_version, j.requested_by, j.artifact_digest, j.signing_time,
       j.expires_at
FROM signing_jobs j
WHERE NOT EXISTS (
        SELECT FROM revocations r
        WHERE r.account_id = j.account_id AND r.job_id = j.job_id AND r.subject = 'job')
  AND NOT EXISTS (
        SELECT FROM revocations r
        WHERE r.account_id = j.account_id AND r.profile_name = j.profile_name
          AND r.profile_version = j.profile_version AND r.subject = 'profile_version'
          AND r.effective_at <= j.signing_time)
  AND NOT EXISTS (
        SELECT FROM revoked_leaves l
        WHERE l.account_id = j.account_id AND l.serial_number = j.serial_number AND l.effective_at <= j.signing_time);
GRANT SELECT ON revoked_leaves, unrevoked_jobs TO hallmark_app, hallmark_auditor;
