-- Weekly salaries that wait for an agency's decision, or had it. One request per host and ISO week.
CREATE TABLE salary_requests (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT salary_requests_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT salary_requests_host_id_fkey REFERENCES users (id),
  year integer NOT NULL,
  week_number integer NOT NULL,
  salary_amount bigint NOT NULL DEFAULT 0,
  total_lives integer NOT NULL DEFAULT 0,
  status varchar(20) NOT NULL DEFAULT 'pending',
  created_at timestamptz NOT NULL,
  approved_at timestamptz,
  CONSTRAINT salary_requests_week_number_within_range CHECK (week_number BETWEEN 1 AND 53),
  CONSTRAINT salary_requests_salary_amount_within_range CHECK (salary_amount BETWEEN 0 AND 9007199254740991),
  CONSTRAINT salary_requests_total_lives_non_negative CHECK (total_lives >= 0),
  CONSTRAINT salary_requests_status_known CHECK (status IN ('pending', 'approved', 'rejected')),
  CONSTRAINT salary_requests_approved_at_when_decided CHECK ((approved_at IS NULL) = (status = 'pending')),
  CONSTRAINT salary_requests_one_per_week UNIQUE (host_id, year, week_number)
);
CREATE INDEX salary_requests_status_idx ON salary_requests (status);
