DROP TABLE fan_totals;
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
DELETE FROM totals_calendar;
DELETE FROM host_totals;
