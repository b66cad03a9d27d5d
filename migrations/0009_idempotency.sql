-- Replies that are kept for a day, for whoever asks again because none arrived.
CREATE TABLE idempotency_keys (
    -- The account whose profile signed.
    account_id text NOT NULL,
    requested_by text NOT NULL,
    idempotency_key text NOT NULL,
    -- SHA-256 of the request that the key stands for.
    fingerprint bytea NOT NULL,
    job_id uuid NOT NULL,
    -- The body of the answer, octet for octet.
    reply bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (account_id, requested_by, idempotency_key),
    CONSTRAINT idempotency_keys_account FOREIGN KEY (account_id) REFERENCES accounts,
    CONSTRAINT idempotency_keys_form CHECK (idempotency_key ~ '^[a-zA-Z0-9_-]{1,64}$'),
    CONSTRAINT idempotency_keys_fingerprint CHECK (octet_length(fingerprint) = 32)
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (account_id, recorded_at);
CREATE TRIGGER idempotency_keys_refuse_change BEFORE UPDATE OR TRUNCATE ON idempotency_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What is older than a day may go.
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO hallmark_app;
GRANT SELECT (account_id, requested_by, idempotency_key, fingerprint, job_id, recorded_at)
    ON idempotency_keys TO hallmark_auditor;
