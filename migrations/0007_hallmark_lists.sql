-- Lists of certificates and revocations: newest first from an index, whatever the one thing they are filtered by.

-- Every certificate of an account with who issued it, and since when it is revoked: the one place that says when a
-- certificate is. Its own revocation revokes it, or its profile version's unless it expired before the effective
-- time: what it signed until then is good, and afterwards it signed nothing. (The second half of a certificate's
-- hash is the first half of its issuer's.)
CREATE INDEX certificates_by_issuer_hash ON certificates (account_id, substring(certificate_hash FOR 48))
    WHERE profile_name IS NULL;
CREATE VIEW issued_certificates AS
SELECT c.account_id, c.serial_number, c.profile_name, c.profile_version, c.certificate, c.certificate_hash,
       c.not_after, c.issued_at,
       coalesce(
           (SELECT i.serial_number FROM certificates i
            WHERE i.account_id = c.account_id AND i.profile_name IS NULL
              AND substring(i.certificate_hash FOR 48) = substring(c.certificate_hash FROM 49)),
           (SELECT a.serial_number FROM trust_anchors a
            WHERE substring(a.certificate_hash FOR 48) = substring(c.certificate_hash FROM 49))
       ) AS issuer_serial_number,
       least(
           (SELECT min(r.effective_at) FROM revocations r
            WHERE r.account_id = c.account_id AND r.serial_number = c.serial_number AND r.subject = 'certificate'),
           (SELECT min(r.effective_at) FROM revocations r
            WHERE r.account_id = c.account_id AND r.profile_name = c.profile_name
              AND r.profile_version = c.profile_version AND r.subject = 'profile_version'
              AND r.effective_at <= c.not_after)
       ) AS revoked_from
FROM certificates c;
GRANT SELECT ON issued_certificates TO hallmark_app, hallmark_auditor;

CREATE INDEX certificates_latest ON certificates (account_id, issued_at, serial_number, not_after);
CREATE INDEX certificates_latest_by_profile ON certificates (account_id, profile_name, issued_at, serial_number);
CREATE INDEX certificates_latest_by_issuer
    ON certificates (account_id, substring(certificate_hash FROM 49), issued_at, serial_number);
CREATE INDEX certificates_by_expiry ON certificates (account_id, not_after);
-- Whoever looks for what ended before some time need not look at what was issued long after it.
ALTER TABLE certificates
    ADD CONSTRAINT certificates_issued_in_time CHECK (issued_at < not_after + interval '24 hours');
CREATE INDEX issuers_latest ON issuers (account_id, created_at, serial_number);

-- The profile version that a revocation concerns: the revoked one, or the one that the revoked job or certificate
-- signed with. Kept beside the revocation, because jobs are detached one day.
ALTER TABLE revocations
    -- Null for an issuing CA's certificate.
    ADD COLUMN concerns_profile_name text,
    ADD COLUMN concerns_profile_version text;

CREATE FUNCTION revocations_concern_profile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.concerns_profile_name := NEW.profile_name;
    NEW.concerns_profile_version := NEW.profile_version;
    IF NEW.subject = 'job' THEN
        SELECT profile_name, profile_version INTO NEW.concerns_profile_name, NEW.concerns_profile_version
        FROM signing_jobs WHERE account_id = NEW.account_id AND job_id = NEW.job_id;
    ELSIF NEW.subject = 'certificate' THEN
        SELECT profile_name, profile_version INTO NEW.concerns_profile_name, NEW.concerns_profile_version
        FROM certificates WHERE account_id = NEW.account_id AND serial_number = NEW.serial_number;
    END IF;
    RETURN NEW;
END
$$;
-- A trigger, so that a replica that does not know the columns yet fills them too.
CREATE TRIGGER revocations_concern_profile BEFORE INSERT ON revocations
    FOR EACH ROW EXECUTE FUNCTION revocations_concern_profile();

-- The new columns of old rows; what was recorded stays as it is.
ALTER TABLE revocations DISABLE TRIGGER revocations_refuse_change;
UPDATE revocations r SET concerns_profile_name = j.profile_name, concerns_profile_version = j.profile_version
FROM signing_jobs j WHERE r.subject = 'job' AND j.account_id = r.account_id AND j.job_id = r.job_id;
UPDATE revocations r SET concerns_profile_name = c.profile_name, concerns_profile_version = c.profile_version
FROM certificates c
WHERE r.subject = 'certificate' AND c.account_id = r.account_id AND c.serial_number = r.serial_number;
UPDATE revocations SET concerns_profile_name = profile_name, concerns_profile_version = profile_version
WHERE subject = 'profile_version';
ALTER TABLE revocations ENABLE TRIGGER revocations_refuse_change;

CREATE INDEX revocations_latest ON revocations (account_id, recorded_at, revocation_id, effective_at);
CREATE INDEX revocations_latest_by_subject ON revocations (account_id, subject, recorded_at, revocation_id);
CREATE INDEX revocations_latest_by_profile
    ON revocations (account_id, concerns_profile_name, recorded_at, revocation_id);
CREATE INDEX revocations_latest_by_principal ON revocations (account_id, recorded_by, recorded_at, revocation_id);
CREATE INDEX revocations_by_effect ON revocations (account_id, effective_at);
