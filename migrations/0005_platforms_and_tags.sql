-- What profiles of platforms other than Notation name, and tags that change.

ALTER TABLE profiles
    -- Null on platforms whose keys the service keeps.
    ADD COLUMN signing_certificate_arn text,
    ADD COLUMN overrides jsonb;

GRANT UPDATE (tag_value), DELETE ON tags TO hallmark_app;
