-- What administrators changed, and what of a person was shown to them in full.
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_log_pkey PRIMARY KEY,
  actor_id bigint CONSTRAINT audit_log_actor_id_fkey REFERENCES users (id), -- NULL: the command line
  action varchar(32) NOT NULL,
  subject_kind varchar(32) NOT NULL,
  subject_key varchar(64) NOT NULL,
  before jsonb NOT NULL, -- pairs of name and value, in their order
  after jsonb NOT NULL,
  reason text,
  created_at timestamptz NOT NULL,
  CONSTRAINT audit_log_before_is_a_list CHECK (jsonb_typeof(before) = 'array'),
  CONSTRAINT audit_log_after_is_a_list CHECK (jsonb_typeof(after) = 'array')
);
CREATE INDEX audit_log_actor_id_idx ON audit_log (actor_id);
CREATE INDEX audit_log_created_at_idx ON audit_log (created_at, id);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
