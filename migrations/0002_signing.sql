-- What signs: the hierarchy of certificates and the profiles. What was signed: the jobs.

-- The root belongs to the deployment, not to an account.
CREATE TABLE trust_anchors (
    serial_number bytea NOT NULL,
    certificate bytea NOT NULL,
    certificate_hash bytea NOT NULL,
    sealed_key bytea NOT NULL,
    not_after timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT trust_anchors_pkey PRIMARY KEY (serial_number),
    CONSTRAINT trust_anchors_certificate_hash UNIQUE (certificate_hash)
);

CREATE TABLE profiles (
    account_id text NOT NULL,
    profile_name text NOT NULL,
    platform_id text NOT NULL,
    validity_value integer NOT NULL,
    validity_unit text NOT NULL,
    signing_parameters jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    canceled_at timestamptz,
    canceled_by text,
    CONSTRAINT profiles_pkey PRIMARY KEY (account_id, profile_name),
    CONSTRAINT profiles_account FOREIGN KEY (account_id) REFERENCES accounts,
    CONSTRAINT profiles_validity CHECK (validity_value > 0 AND validity_unit IN ('DAYS', 'MONTHS', 'YEARS')),
    CONSTRAINT profiles_canceled CHECK ((canceled_at IS NULL) = (canceled_by IS NULL))
);

-- What is canceled stays canceled, and nothing else of a profile ever changes.
CREATE FUNCTION profiles_only_cancel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.canceled_at IS NOT NULL
       OR (to_jsonb(OLD) - 'canceled_at' - 'canceled_by') <> (to_jsonb(NEW) - 'canceled_at' - 'canceled_by') THEN
        RAISE EXCEPTION 'UPDATE on profiles is refused: a profile can only be canceled, once'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER profiles_only_cancel BEFORE UPDATE ON profiles
    FOR EACH ROW EXECUTE FUNCTION profiles_only_cancel();

CREATE TABLE profile_versions (
    account_id text NOT NULL,
    profile_name text NOT NULL,
    profile_version text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT profile_versions_pkey PRIMARY KEY (account_id, profile_name, profile_version),
    CONSTRAINT profile_versions_profile FOREIGN KEY (account_id, profile_name) REFERENCES profiles,
    -- No operation of AWS Signer makes a second version.
    CONSTRAINT profile_versions_one_each UNIQUE (account_id, profile_name)
);

CREATE TABLE tags (
    account_id text NOT NULL,
    profile_name text NOT NULL,
    tag_key text NOT NULL,
    tag_value text NOT NULL,
    CONSTRAINT tags_pkey PRIMARY KEY (account_id, profile_name, tag_key),
    CONSTRAINT tags_profile FOREIGN KEY (account_id, profile_name) REFERENCES profiles
);

-- Every certificate ever issued for an account: its issuing CA's and the leaves'.
CREATE TABLE certificates (
    account_id text NOT NULL,
    serial_number bytea NOT NULL,
    -- Null for an issuing CA.
    profile_name text,
    profile_version text,
    certificate bytea NOT NULL,
    certificate_hash bytea NOT NULL,
    not_before timestamptz NOT NULL,
    not_after timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT certificates_pkey PRIMARY KEY (account_id, serial_number),
    CONSTRAINT certificates_account FOREIGN KEY (account_id) REFERENCES accounts,
    CONSTRAINT certificates_profile_version FOREIGN KEY (account_id, profile_name, profile_version)
        REFERENCES profile_versions,
    CONSTRAINT certificates_certificate_hash UNIQUE (account_id, certificate_hash)
);

CREATE TABLE issuers (
    account_id text NOT NULL,
    serial_number bytea NOT NULL,
    sealed_key bytea NOT NULL,
    not_after timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT issuers_pkey PRIMARY KEY (account_id, serial_number),
    CONSTRAINT issuers_certificate FOREIGN KEY (account_id, serial_number) REFERENCES certificates
);

-- One immutable row per signature. Job ids are UUIDv7, so the ranges below are years.
CREATE TABLE signing_jobs (
    account_id text NOT NULL,
    job_id uuid NOT NULL,
    profile_name text NOT NULL,
    profile_version text NOT NULL,
    invoker_account_id text NOT NULL,
    requested_by text NOT NULL,
    payload_sha256 bytea NOT NULL,
    artifact_digest text NOT NULL,
    serial_number bytea NOT NULL,
    signing_time timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT signing_jobs_pkey PRIMARY KEY (account_id, job_id),
    CONSTRAINT signing_jobs_expires CHECK (expires_at > signing_time)
) PARTITION BY RANGE (job_id);

DO $$
DECLARE
    first_year constant integer := 2020;
    last_year constant integer := 2060;
    year integer;
    lower_bound uuid;
    upper_bound uuid;
BEGIN
    FOR year IN first_year..last_year LOOP
        lower_bound := rpad(lpad(to_hex((extract(epoch FROM make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC')) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
        upper_bound := rpad(lpad(to_hex((extract(epoch FROM make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC')) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
        EXECUTE format(
            'CREATE TABLE signing_jobs_%s PARTITION OF signing_jobs FOR VALUES FROM (%L) TO (%L)',
            year, lower_bound, upper_bound);
    END LOOP;
END
$$;

-- Append-only. What is revoked is derived from these rows and never reverses.
CREATE TABLE revocations (
    account_id text NOT NULL,
    revocation_id uuid NOT NULL,
    subject text NOT NULL,
    profile_name text,
    profile_version text,
    job_id uuid,
    serial_number bytea,
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    CONSTRAINT revocations_pkey PRIMARY KEY (account_id, revocation_id),
    CONSTRAINT revocations_account FOREIGN KEY (account_id) REFERENCES accounts,
    CONSTRAINT revocations_profile_version FOREIGN KEY (account_id, profile_name, profile_version)
        REFERENCES profile_versions,
    CONSTRAINT revocations_certificate FOREIGN KEY (account_id, serial_number) REFERENCES certificates,
    CONSTRAINT revocations_subject CHECK (CASE subject
        WHEN 'profile_version' THEN num_nonnulls(profile_name, profile_version) = 2 AND num_nonnulls(job_id, serial_number) = 0
        WHEN 'job' THEN job_id IS NOT NULL AND num_nonnulls(profile_name, profile_version, serial_number) = 0
        WHEN 'certificate' THEN serial_number IS NOT NULL AND num_nonnulls(profile_name, profile_version, job_id) = 0
        ELSE false END)
);
CREATE INDEX revocations_by_profile_version ON revocations (account_id, profile_name, profile_version)
    WHERE subject = 'profile_version';
CREATE INDEX revocations_by_job ON revocations (account_id, job_id) WHERE subject = 'job';
CREATE INDEX revocations_by_certificate ON revocations (account_id, serial_number) WHERE subject = 'certificate';

CREATE TRIGGER revocations_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON revocations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER certificates_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON certificates
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER profile_versions_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON profile_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- For each row, because only such triggers are passed on to the partitions; TRUNCATE knows no rows.
CREATE TRIGGER signing_jobs_refuse_change BEFORE UPDATE OR DELETE ON signing_jobs
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signing_jobs_refuse_truncate BEFORE TRUNCATE ON signing_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'signing_jobs'::regclass LOOP
        EXECUTE format(
            'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            part);
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON trust_anchors, issuers, certificates, profiles, profile_versions, tags, signing_jobs, revocations
    TO hallmark_app;
GRANT UPDATE (canceled_at, canceled_by) ON profiles TO hallmark_app;
GRANT SELECT ON certificates, profiles, profile_versions, tags, signing_jobs, revocations TO hallmark_auditor;
GRANT SELECT (serial_number, certificate, certificate_hash, not_after, created_at) ON trust_anchors TO hallmark_auditor;
GRANT SELECT (account_id, serial_number, not_after, created_at) ON issuers TO hallmark_auditor;
