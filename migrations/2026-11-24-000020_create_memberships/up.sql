-- A host belongs to an agency, from `starts_at` (included) to `ends_at` (excluded; NULL: to this day). The record stays.
CREATE TABLE memberships (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT memberships_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT memberships_host_id_fkey REFERENCES users (id),
  agency_id bigint NOT NULL CONSTRAINT memberships_agency_id_fkey REFERENCES agencies (id),
  application_id bigint CONSTRAINT memberships_application_id_fkey REFERENCES host_applications (id),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz,
  CONSTRAINT memberships_ends_at_after_start CHECK (ends_at >= starts_at),
  -- One approval begins one membership.
  CONSTRAINT memberships_application_id_key UNIQUE (application_id),
  -- What totals refer to: whose they are.
  CONSTRAINT memberships_host_agency_key UNIQUE (id, host_id, agency_id),
  -- One agency at a time. The host's id as a range of one, because equal numbers need an extension in such an index.
  CONSTRAINT memberships_no_overlap
    EXCLUDE USING gist (int8range(host_id, host_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)
);
CREATE UNIQUE INDEX memberships_one_open_per_host ON memberships (host_id) WHERE ends_at IS NULL;
CREATE INDEX memberships_host_id_idx ON memberships (host_id, starts_at);
CREATE INDEX memberships_agency_id_idx ON memberships (agency_id, starts_at, id);

-- What a host did within a membership: one row for each day, week and month of the business calendar, and one for all time
-- (`all`, which starts at the epoch). Written in the transaction of the gift, or of the end of the session.
CREATE TABLE membership_totals (
  membership_id bigint NOT NULL,
  host_id bigint NOT NULL,
  agency_id bigint NOT NULL,
  period varchar(7) NOT NULL,
  starts_at timestamptz NOT NULL,
  income bigint NOT NULL DEFAULT 0, -- diamonds of gifts
  lives bigint NOT NULL DEFAULT 0, -- sessions of which a part lies within
  viewers bigint NOT NULL DEFAULT 0, -- of those sessions, each by itself
  live_seconds bigint NOT NULL DEFAULT 0, -- of the parts that lie within
  CONSTRAINT membership_totals_pkey PRIMARY KEY (membership_id, period, starts_at),
  CONSTRAINT membership_totals_membership_id_fkey FOREIGN KEY (membership_id, host_id, agency_id)
    REFERENCES memberships (id, host_id, agency_id),
  CONSTRAINT membership_totals_period_known CHECK (period IN ('daily', 'weekly', 'monthly', 'all')),
  CONSTRAINT membership_totals_income_within_range CHECK (income BETWEEN 0 AND 9007199254740991),
  CONSTRAINT membership_totals_lives_within_range CHECK (lives BETWEEN 0 AND 9007199254740991),
  CONSTRAINT membership_totals_viewers_within_range CHECK (viewers BETWEEN 0 AND 9007199254740991),
  CONSTRAINT membership_totals_live_seconds_within_range CHECK (live_seconds BETWEEN 0 AND 9007199254740991)
) WITH (fillfactor = 80); -- room for sums to grow in place
CREATE INDEX membership_totals_membership_id_idx ON membership_totals (membership_id, host_id, agency_id);
CREATE INDEX membership_totals_agency_id_idx ON membership_totals (agency_id, period, starts_at, income DESC);
