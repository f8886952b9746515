-- The outcome of every money request under its key: the same key with the same content gets it again.
CREATE TABLE idempotency_keys (
  actor_id bigint NOT NULL, -- a user's id, or 0 for the command line (therefore no foreign key)
  key varchar(64) NOT NULL,
  operation varchar(20) NOT NULL,
  fingerprint bytea NOT NULL, -- SHA-256 of the request's content
  outcome jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (actor_id, key),
  CONSTRAINT idempotency_keys_operation_known CHECK (operation IN ('gift', 'grant')),
  CONSTRAINT idempotency_keys_fingerprint_is_sha256 CHECK (octet_length(fingerprint) = 32)
);
CREATE TRIGGER idempotency_keys_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency_keys
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
