-- What hosts received and fans gave: one row for each hour, day, week and month of the business calendar, and one for all
-- time (`all`, which starts at the epoch). Each is written in the transaction of the gift, and can be made anew from `gifts`.
CREATE TABLE host_totals (
  host_id bigint NOT NULL CONSTRAINT host_totals_host_id_fkey REFERENCES users (id),
  period varchar(7) NOT NULL,
  starts_at timestamptz NOT NULL,
  coins bigint NOT NULL,
  gifts bigint NOT NULL,
  normal_income bigint NOT NULL,
  luxury_income bigint NOT NULL,
  lucky_income bigint NOT NULL,
  s_lucky_income bigint NOT NULL,
  reached_at timestamptz NOT NULL, -- when the last of the coins came: who got there first ranks first
  CONSTRAINT host_totals_pkey PRIMARY KEY (host_id, period, starts_at),
  CONSTRAINT host_totals_period_known CHECK (period IN ('hourly', 'daily', 'weekly', 'monthly', 'all')),
  CONSTRAINT host_totals_coins_within_range CHECK (coins BETWEEN 1 AND 9007199254740991),
  CONSTRAINT host_totals_gifts_within_range CHECK (gifts BETWEEN 1 AND 9007199254740991),
  CONSTRAINT host_totals_normal_income_within_range CHECK (normal_income BETWEEN 0 AND 9007199254740991),
  CONSTRAINT host_totals_luxury_income_within_range CHECK (luxury_income BETWEEN 0 AND 9007199254740991),
  CONSTRAINT host_totals_lucky_income_within_range CHECK (lucky_income BETWEEN 0 AND 9007199254740991),
  CONSTRAINT host_totals_s_lucky_income_within_range CHECK (s_lucky_income BETWEEN 0 AND 9007199254740991)
) WITH (fillfactor = 80); -- room for sums to grow in place
CREATE INDEX host_totals_ranking_idx ON host_totals (period, starts_at, coins DESC, reached_at, host_id);

CREATE TABLE fan_totals (
  host_id bigint NOT NULL CONSTRAINT fan_totals_host_id_fkey REFERENCES users (id),
  fan_id bigint NOT NULL CONSTRAINT fan_totals_fan_id_fkey REFERENCES users (id),
  period varchar(7) NOT NULL,
  starts_at timestamptz NOT NULL,
  coins bigint NOT NULL,
  reached_at timestamptz NOT NULL,
  CONSTRAINT fan_totals_pkey PRIMARY KEY (host_id, fan_id, period, starts_at),
  CONSTRAINT fan_totals_period_known CHECK (period IN ('hourly', 'daily', 'weekly', 'monthly', 'all')),
  CONSTRAINT fan_totals_coins_within_range CHECK (coins BETWEEN 1 AND 9007199254740991)
) WITH (fillfactor = 80);
CREATE INDEX fan_totals_ranking_idx ON fan_totals (host_id, period, starts_at, coins DESC, reached_at, fan_id);
CREATE INDEX fan_totals_fan_id_idx ON fan_totals (fan_id);

-- In which zone the totals are kept; no row: they are yet to be made from the gifts that were sent before.
CREATE TABLE totals_calendar (
  is_only boolean NOT NULL DEFAULT true CONSTRAINT totals_calendar_pkey PRIMARY KEY,
  zone varchar(64) NOT NULL,
  CONSTRAINT totals_calendar_is_only CHECK (is_only)
);
