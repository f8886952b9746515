-- Versions of the salary policy, in the order of their activation. Version 0, which is built in, has no row.
CREATE TABLE salary_policies (
  number integer CONSTRAINT salary_policies_pkey PRIMARY KEY,
  monday date NOT NULL, -- of the first week that it holds for
  year integer NOT NULL GENERATED ALWAYS AS (extract(isoyear FROM monday)::integer) STORED,
  week_number integer NOT NULL GENERATED ALWAYS AS (extract(week FROM monday)::integer) STORED,
  policy jsonb NOT NULL,
  activated_by bigint CONSTRAINT salary_policies_activated_by_fkey REFERENCES users (id), -- NULL: the command line
  activated_at timestamptz NOT NULL,
  CONSTRAINT salary_policies_number_within_range CHECK (number BETWEEN 1 AND 1000),
  CONSTRAINT salary_policies_monday_is_one CHECK (extract(isodow FROM monday) = 1),
  CONSTRAINT salary_policies_policy_is_an_object CHECK (jsonb_typeof(policy) = 'object')
);
CREATE INDEX salary_policies_activated_by_idx ON salary_policies (activated_by);
CREATE TRIGGER salary_policies_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON salary_policies
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
