-- Salaries that wait for an agency's decision, or had it: one of a host and a week, exactly what his statement says.
CREATE TABLE salary_requests (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT salary_requests_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT salary_requests_host_id_fkey REFERENCES users (id),
  monday date NOT NULL,
  year integer NOT NULL GENERATED ALWAYS AS (extract(isoyear FROM monday)::integer) STORED,
  week_number integer NOT NULL GENERATED ALWAYS AS (extract(week FROM monday)::integer) STORED,
  agency_id bigint NOT NULL CONSTRAINT salary_requests_agency_id_fkey REFERENCES agencies (id),
  salary_amount bigint NOT NULL,
  total_lives integer NOT NULL,
  status varchar(8) NOT NULL,
  payout bigint GENERATED ALWAYS AS (CASE status WHEN 'approved' THEN salary_amount END) STORED,
  decided_by bigint CONSTRAINT salary_requests_decided_by_fkey REFERENCES users (id),
  decided_at timestamptz,
  reason text,
  created_at timestamptz NOT NULL,
  CONSTRAINT salary_requests_one_per_week UNIQUE (host_id, monday),
  CONSTRAINT salary_requests_statement_fkey FOREIGN KEY (host_id, monday, agency_id, salary_amount, total_lives)
    REFERENCES salary_statements (host_id, monday, agency_id, salary_amount, total_lives),
  CONSTRAINT salary_requests_salary_amount_within_range CHECK (salary_amount BETWEEN 1 AND 1000000000),
  CONSTRAINT salary_requests_status_known CHECK (status IN ('pending', 'approved', 'rejected')),
  CONSTRAINT salary_requests_decided_at_when_decided CHECK ((decided_at IS NULL) = (status = 'pending')),
  CONSTRAINT salary_requests_decided_by_when_decided CHECK ((decided_by IS NULL) = (status = 'pending')),
  CONSTRAINT salary_requests_not_decided_by_the_host CHECK (decided_by <> host_id),
  CONSTRAINT salary_requests_reason_when_rejected CHECK (reason IS NULL OR status = 'rejected'),
  -- What a payout refers to: whose it is, and how much; nothing unless it is approved.
  CONSTRAINT salary_requests_payout_key UNIQUE (id, host_id, payout)
);
CREATE INDEX salary_requests_agency_id_idx ON salary_requests (agency_id, created_at, id);
CREATE INDEX salary_requests_decided_by_idx ON salary_requests (decided_by) WHERE decided_by IS NOT NULL;

-- A request begins pending and is decided once: nothing else of it ever changes.
CREATE FUNCTION refuse_second_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status = 'pending' THEN
      RETURN NEW;
    END IF;
  ELSIF OLD.status = 'pending' AND NEW.status <> 'pending'
    AND (NEW.id, NEW.host_id, NEW.monday, NEW.agency_id, NEW.salary_amount, NEW.total_lives, NEW.created_at)
      = (OLD.id, OLD.host_id, OLD.monday, OLD.agency_id, OLD.salary_amount, OLD.total_lives, OLD.created_at)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'salary request % is decided once', NEW.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'salary_requests_decided_once';
END
$$;
CREATE TRIGGER salary_requests_decided_once BEFORE INSERT OR UPDATE ON salary_requests
  FOR EACH ROW EXECUTE FUNCTION refuse_second_decision();
CREATE TRIGGER salary_requests_append_only BEFORE DELETE OR TRUNCATE ON salary_requests
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No salary without its approved request, and one of each. The index is partial: a gift's income pays nothing for it.
ALTER TABLE host_income
  ADD COLUMN salary_request_id bigint,
  ADD CONSTRAINT host_income_salary_request_id_fkey FOREIGN KEY (salary_request_id, host_id, income)
    REFERENCES salary_requests (id, host_id, payout),
  ADD CONSTRAINT host_income_type_matches_salary_request_id
    CHECK ((type = 'salary') = (salary_request_id IS NOT NULL));
CREATE UNIQUE INDEX host_income_salary_request_id_key
  ON host_income (salary_request_id) WHERE salary_request_id IS NOT NULL;

-- No approval without its payout, looked at in the commit.
CREATE FUNCTION refuse_unpaid_salary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM host_income WHERE salary_request_id = NEW.id) THEN
    RAISE EXCEPTION 'salary request % is approved and not paid', NEW.id
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'salary_requests_paid_when_approved';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER salary_requests_paid_when_approved AFTER UPDATE ON salary_requests DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.status = 'approved') EXECUTE FUNCTION refuse_unpaid_salary();

ALTER TABLE idempotency_keys
  DROP CONSTRAINT idempotency_keys_operation_known,
  ADD CONSTRAINT idempotency_keys_operation_known CHECK (operation IN ('gift', 'grant', 'exchange', 'salary'));
