-- What a profile's owner permits other accounts, and the index from an account that signed with another's profile
-- to the job that this became there.

-- A profile has a policy while it has statements; each change gives it a new revision.
CREATE TABLE profile_policies (
    account_id text NOT NULL,
    profile_name text NOT NULL,
    revision_id uuid NOT NULL,
    CONSTRAINT profile_policies_pkey PRIMARY KEY (account_id, profile_name),
    CONSTRAINT profile_policies_profile FOREIGN KEY (account_id, profile_name) REFERENCES profiles
);

CREATE TABLE profile_permissions (
    account_id text NOT NULL,
    profile_name text NOT NULL,
    statement_id text NOT NULL,
    action text NOT NULL,
    principal text NOT NULL,
    -- Null: every version.
    profile_version text,
    created_at timestamptz NOT NULL,
    CONSTRAINT profile_permissions_pkey PRIMARY KEY (account_id, profile_name, statement_id),
    CONSTRAINT profile_permissions_policy FOREIGN KEY (account_id, profile_name) REFERENCES profile_policies
);

CREATE TABLE invoked_jobs (
    account_id text NOT NULL,
    job_id uuid NOT NULL,
    owner_account_id text NOT NULL,
    CONSTRAINT invoked_jobs_pkey PRIMARY KEY (account_id, job_id),
    CONSTRAINT invoked_jobs_another CHECK (account_id <> owner_account_id)
);
CREATE TRIGGER invoked_jobs_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON invoked_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, DELETE ON profile_policies, profile_permissions TO hallmark_app;
GRANT UPDATE (revision_id) ON profile_policies TO hallmark_app;
GRANT SELECT, INSERT ON invoked_jobs TO hallmark_app;
GRANT SELECT ON profile_policies, profile_permissions, invoked_jobs TO hallmark_auditor;
