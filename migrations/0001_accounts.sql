-- Who there is: the deployment, its accounts, the head of each account's history, and who may call.

-- The service works as hallmark_app, auditors read as hallmark_auditor, and the owner of this schema
-- migrates it. Roles belong to the whole cluster, so another database may have made them already.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['hallmark_app', 'hallmark_auditor'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        -- Since Postgres 16 whoever makes a role administers it without being able to act in it.
        IF NOT pg_has_role(current_user, name, 'USAGE') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', name);
        END IF;
    END LOOP;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO hallmark_app, hallmark_auditor;

-- Refuses whatever statement it is attached to: history is only ever added to.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- One row: what every certificate and ARN of this deployment has in common.
CREATE TABLE deployment (
    only_row boolean NOT NULL DEFAULT true,
    region text NOT NULL,
    country text NOT NULL,
    state text NOT NULL,
    organization text NOT NULL,
    -- A known text sealed under the key-encryption key, by which a replica proves that it holds the right one.
    sealed_proof bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT deployment_pkey PRIMARY KEY (only_row),
    CONSTRAINT deployment_only_row CHECK (only_row)
);

CREATE TABLE accounts (
    account_id text NOT NULL,
    account_name text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (account_id),
    CONSTRAINT accounts_account_id_digits CHECK (account_id ~ '^[0-9]{12}$')
);

-- The row that every write to an account locks first. Small and rewritten often: a low fillfactor
-- keeps its updates on one page (HOT).
CREATE TABLE ledger_heads (
    account_id text NOT NULL,
    epoch bigint NOT NULL DEFAULT 1,
    revocation_epoch bigint NOT NULL DEFAULT 0,
    last_recorded_at timestamptz NOT NULL,
    CONSTRAINT ledger_heads_pkey PRIMARY KEY (account_id),
    CONSTRAINT ledger_heads_account FOREIGN KEY (account_id) REFERENCES accounts
) WITH (fillfactor = 20);

CREATE TABLE principals (
    account_id text NOT NULL,
    principal_name text NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT principals_pkey PRIMARY KEY (account_id, principal_name),
    CONSTRAINT principals_account FOREIGN KEY (account_id) REFERENCES accounts,
    CONSTRAINT principals_role CHECK (role IN ('Operator', 'SecurityAdmin', 'Signer', 'Verifier', 'Auditor'))
);

CREATE TABLE access_keys (
    account_id text NOT NULL,
    access_key_id text NOT NULL,
    principal_name text NOT NULL,
    sealed_secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT access_keys_pkey PRIMARY KEY (account_id, access_key_id),
    CONSTRAINT access_keys_principal FOREIGN KEY (account_id, principal_name) REFERENCES principals
);

GRANT SELECT, INSERT ON deployment, accounts, ledger_heads, principals, access_keys TO hallmark_app;
GRANT UPDATE (epoch, revocation_epoch, last_recorded_at) ON ledger_heads TO hallmark_app;
GRANT SELECT ON accounts, ledger_heads, principals TO hallmark_auditor;
GRANT SELECT (account_id, access_key_id, principal_name, created_at) ON access_keys TO hallmark_auditor;
