-- Weeks that are closed to the end: nobody has a statement of them to come. Each but the first follows the one before it, so
-- that none is left out.
CREATE TABLE salary_weeks (
  monday date CONSTRAINT salary_weeks_pkey PRIMARY KEY,
  follows date CONSTRAINT salary_weeks_follows_fkey REFERENCES salary_weeks (monday),
  closed_at timestamptz NOT NULL,
  CONSTRAINT salary_weeks_monday_is_one CHECK (extract(isodow FROM monday) = 1),
  CONSTRAINT salary_weeks_follows_the_week_before CHECK (follows = monday - 7),
  CONSTRAINT salary_weeks_follows_key UNIQUE (follows)
);
CREATE UNIQUE INDEX salary_weeks_one_first ON salary_weeks ((follows IS NULL)) WHERE follows IS NULL;
CREATE TRIGGER salary_weeks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON salary_weeks
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A host's closed week: the facts that it was made from, frozen, and what they came to.
CREATE TABLE salary_statements (
  host_id bigint NOT NULL CONSTRAINT salary_statements_host_id_fkey REFERENCES users (id),
  monday date NOT NULL,
  policy_number integer CONSTRAINT salary_statements_policy_number_fkey REFERENCES salary_policies (number), -- NULL: built in
  agency_id bigint CONSTRAINT salary_statements_agency_id_fkey REFERENCES agencies (id), -- at the week's end; NULL: none
  gift_diamonds bigint NOT NULL,
  salary_amount bigint NOT NULL, -- 0: none is asked for
  total_lives integer NOT NULL, -- valid sessions
  inputs jsonb NOT NULL,
  statement text NOT NULL, -- the same inputs under the same policy give the same text
  closed_at timestamptz NOT NULL,
  CONSTRAINT salary_statements_pkey PRIMARY KEY (host_id, monday),
  CONSTRAINT salary_statements_monday_is_one CHECK (extract(isodow FROM monday) = 1),
  CONSTRAINT salary_statements_gift_diamonds_within_range CHECK (gift_diamonds BETWEEN 0 AND 9007199254740991),
  CONSTRAINT salary_statements_salary_amount_within_range CHECK (salary_amount BETWEEN 0 AND 1000000000),
  CONSTRAINT salary_statements_salary_has_an_agency CHECK (salary_amount = 0 OR agency_id IS NOT NULL),
  CONSTRAINT salary_statements_total_lives_non_negative CHECK (total_lives >= 0),
  -- What a request refers to: whose it is, who decides, how much, and for how many sessions.
  CONSTRAINT salary_statements_claim_key UNIQUE (host_id, monday, agency_id, salary_amount, total_lives)
);
CREATE INDEX salary_statements_monday_idx ON salary_statements (monday, host_id);
CREATE INDEX salary_statements_policy_number_idx ON salary_statements (policy_number);
CREATE INDEX salary_statements_agency_id_idx ON salary_statements (agency_id);
CREATE TRIGGER salary_statements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON salary_statements
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
