-- Where the status of certificates is published, and what revokes them there.

-- What stands above issuing CAs: our own roots, and what came with issuing CAs that were brought. Serial numbers are
-- unique below one issuer alone, so a certificate's hash is what it is known by.
ALTER TABLE trust_anchors
    DROP CONSTRAINT trust_anchors_pkey,
    DROP CONSTRAINT trust_anchors_certificate_hash,
    ADD CONSTRAINT trust_anchors_pkey PRIMARY KEY (certificate_hash),
    -- Null once the key was taken offline, and of what was brought.
    ALTER COLUMN sealed_key DROP NOT NULL,
    ADD COLUMN brought boolean NOT NULL DEFAULT false;

-- A key can be taken away, and nothing else of a trust anchor ever changes.
CREATE FUNCTION trust_anchors_only_go_offline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sealed_key IS NOT NULL OR (to_jsonb(OLD) - 'sealed_key') <> (to_jsonb(NEW) - 'sealed_key') THEN
        RAISE EXCEPTION 'UPDATE on trust_anchors is refused: a key can only be taken offline'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER trust_anchors_only_go_offline BEFORE UPDATE ON trust_anchors
    FOR EACH ROW EXECUTE FUNCTION trust_anchors_only_go_offline();
CREATE TRIGGER trust_anchors_refuse_change BEFORE DELETE OR TRUNCATE ON trust_anchors
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT UPDATE (sealed_key) ON trust_anchors TO hallmark_app;
GRANT SELECT (brought) ON trust_anchors TO hallmark_auditor;

-- The root's CRLs. The one in force is the one with the highest number of those that have begun; a root whose key is
-- offline has signed a year of them ahead.
CREATE TABLE root_crls (
    crl_number bigint NOT NULL,
    this_update timestamptz NOT NULL,
    next_update timestamptz NOT NULL,
    crl bytea NOT NULL,
    CONSTRAINT root_crls_pkey PRIMARY KEY (crl_number),
    CONSTRAINT root_crls_validity CHECK (next_update > this_update)
);
CREATE INDEX root_crls_by_time ON root_crls (this_update, crl_number);
CREATE TRIGGER root_crls_refuse_change BEFORE UPDATE OR TRUNCATE ON root_crls
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What is over and superseded may go.
GRANT SELECT, INSERT, DELETE ON root_crls TO hallmark_app;
GRANT SELECT ON root_crls TO hallmark_auditor;

ALTER TABLE issuers
    -- What URLs call the issuer: its serial number, or, of one that was brought, a number that leads to the account.
    ADD COLUMN issuer_id bytea,
    -- The one profile that it issues for; null for the account's.
    ADD COLUMN profile_name text,
    -- From when on it issues. Until then it is published alone, so that whoever pins it has time to learn of it.
    ADD COLUMN used_from timestamptz,
    -- How many places in its CRLs were given out.
    ADD COLUMN places bigint NOT NULL DEFAULT 0,
    -- What OCSP calls its key (RFC 6960 section 4.1.1).
    ADD COLUMN key_sha1 bytea,
    ADD COLUMN key_sha256 bytea;
UPDATE issuers i SET
    issuer_id = i.serial_number,
    used_from = i.created_at,
    -- The subjectKeyIdentifier of what is issued here is this very hash.
    key_sha1 = substring(c.certificate FROM position('\x0603551d0e04160414'::bytea IN c.certificate) + 9 FOR 20),
    key_sha256 = sha256(substring(c.certificate
        FROM position('\x301006072a8648ce3d020106052b81040022036200'::bytea IN c.certificate) + 21 FOR 97))
FROM certificates c WHERE c.account_id = i.account_id AND c.serial_number = i.serial_number;
ALTER TABLE issuers
    ALTER COLUMN issuer_id SET NOT NULL,
    ALTER COLUMN used_from SET NOT NULL,
    ALTER COLUMN key_sha1 SET NOT NULL,
    ALTER COLUMN key_sha256 SET NOT NULL,
    ADD CONSTRAINT issuers_issuer_id UNIQUE (account_id, issuer_id),
    ADD CONSTRAINT issuers_profile FOREIGN KEY (account_id, profile_name) REFERENCES profiles,
    ADD CONSTRAINT issuers_key_hashes CHECK (octet_length(key_sha1) = 20 AND octet_length(key_sha256) = 32);
CREATE INDEX issuers_by_key_sha1 ON issuers (key_sha1);
CREATE INDEX issuers_by_key_sha256 ON issuers (key_sha256);
GRANT UPDATE (places) ON issuers TO hallmark_app;
GRANT SELECT (issuer_id, profile_name, used_from, places, key_sha1, key_sha256) ON issuers TO hallmark_auditor;

-- Keys that wait for the certificate that a root which is offline issues for them.
CREATE TABLE issuer_requests (
    account_id text NOT NULL,
    key_sha256 bytea NOT NULL,
    profile_name text,
    request bytea NOT NULL,
    sealed_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT issuer_requests_pkey PRIMARY KEY (account_id, key_sha256),
    CONSTRAINT issuer_requests_account FOREIGN KEY (account_id) REFERENCES accounts,
    CONSTRAINT issuer_requests_profile FOREIGN KEY (account_id, profile_name) REFERENCES profiles
);
GRANT SELECT, INSERT, DELETE ON issuer_requests TO hallmark_app;
GRANT SELECT (account_id, key_sha256, profile_name, request, created_at) ON issuer_requests TO hallmark_auditor;

ALTER TABLE certificates
    ADD COLUMN purpose text NOT NULL DEFAULT 'code_signing',
    -- The CRL that it names; null where it names none of its issuer's shards.
    ADD COLUMN crl_shard integer,
    -- Of a certificate for one signature: the job, and when it signed.
    ADD COLUMN job_id uuid,
    ADD COLUMN signed_at timestamptz,
    -- Until when its revocation is listed: half a year after the last signature that it can have made expires. Null:
    -- without end.
    ADD COLUMN status_until timestamptz,
    ADD CONSTRAINT certificates_purpose
        CHECK (purpose IN ('issuer', 'code_signing', 'ocsp_signing', 'time_stamping')),
    ADD CONSTRAINT certificates_one_signature CHECK ((job_id IS NULL) = (signed_at IS NULL));

-- The new column of old rows; what was recorded stays as it is.
ALTER TABLE certificates DISABLE TRIGGER certificates_refuse_change;
UPDATE certificates SET purpose = 'issuer' WHERE profile_name IS NULL;
ALTER TABLE certificates ENABLE TRIGGER certificates_refuse_change;

DROP INDEX certificates_by_issuer_hash;
CREATE INDEX certificates_issuers_by_hash ON certificates (account_id, substring(certificate_hash FOR 48))
    WHERE purpose = 'issuer';
CREATE INDEX certificates_by_shard ON certificates (account_id, substring(certificate_hash FROM 49), crl_shard)
    WHERE crl_shard IS NOT NULL;

-- A code of RFC 5280 section 5.3.1; null when unspecified. Only certificates are revoked with one.
ALTER TABLE revocations
    ADD COLUMN reason_code smallint,
    ADD CONSTRAINT revocations_reason_code
        CHECK (reason_code IS NULL OR (subject = 'certificate' AND reason_code IN (1, 2, 3, 4, 5, 9, 10)));

-- As before; and a certificate for one signature is revoked exactly when that signature is: with its job, and by a
-- profile version's revocation that takes effect no later than it signed.
CREATE OR REPLACE VIEW issued_certificates AS
SELECT c.account_id, c.serial_number, c.profile_name, c.profile_version, c.certificate, c.certificate_hash,
       c.not_after, c.issued_at,
       coalesce(
           (SELECT i.serial_number FROM certificates i
            WHERE i.account_id = c.account_id AND i.purpose = 'issuer'
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
              AND r.effective_at <= coalesce(c.signed_at, c.not_after)),
           (SELECT min(r.effective_at) FROM revocations r
            WHERE r.account_id = c.account_id AND r.job_id = c.job_id AND r.subject = 'job')
       ) AS revoked_from,
       c.purpose, c.crl_shard, c.status_until, c.job_id,
       (SELECT r.reason_code FROM revocations r
        WHERE r.account_id = c.account_id AND r.serial_number = c.serial_number AND r.subject = 'certificate'
        ORDER BY r.effective_at, r.recorded_at LIMIT 1) AS reason_code
FROM certificates c;

-- What was published last of each shard. Its number and its time only move forward.
CREATE TABLE crls (
    account_id text NOT NULL,
    issuer_id bytea NOT NULL,
    crl_shard integer NOT NULL,
    crl_number bigint NOT NULL,
    this_update timestamptz NOT NULL,
    next_update timestamptz NOT NULL,
    -- The account's when its revocations were read, and the database's clock then.
    revocation_epoch bigint NOT NULL,
    read_at timestamptz NOT NULL,
    crl bytea NOT NULL,
    CONSTRAINT crls_pkey PRIMARY KEY (account_id, issuer_id, crl_shard),
    CONSTRAINT crls_issuer FOREIGN KEY (account_id, issuer_id) REFERENCES issuers (account_id, issuer_id),
    CONSTRAINT crls_validity CHECK (next_update > this_update)
);
CREATE FUNCTION crls_only_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.crl_number <= OLD.crl_number OR NEW.this_update < OLD.this_update
       OR NEW.revocation_epoch < OLD.revocation_epoch THEN
        RAISE EXCEPTION 'UPDATE on crls is refused: its number and its time only move forward'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER crls_only_forward BEFORE UPDATE ON crls FOR EACH ROW EXECUTE FUNCTION crls_only_forward();
CREATE TRIGGER crls_refuse_change BEFORE DELETE OR TRUNCATE ON crls
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON crls TO hallmark_app;
GRANT UPDATE (crl_number, this_update, next_update, revocation_epoch, read_at, crl) ON crls TO hallmark_app;
GRANT SELECT ON crls TO hallmark_auditor;
