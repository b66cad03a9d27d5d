-- A replica compares what was applied with what it knows before it serves. The list is the migrator's own
-- table; it is not there when these files are applied by hand.
DO $$
BEGIN
    IF to_regclass('_sqlx_migrations') IS NOT NULL THEN
        GRANT SELECT ON _sqlx_migrations TO hallmark_app, hallmark_auditor;
    END IF;
END
$$;
