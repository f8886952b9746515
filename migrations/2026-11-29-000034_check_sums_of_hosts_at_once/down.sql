DROP INDEX host_totals_ranking_idx;
ALTER TABLE host_totals DROP COLUMN coins_step;
ALTER TABLE host_totals
  ADD COLUMN coins_step integer NOT NULL
    GENERATED ALWAYS AS (length(coins::text) * 1000 + left(coins::text, 3)::integer) STORED;
CREATE INDEX host_totals_ranking_idx ON host_totals (period, starts_at, coins_step DESC);
ALTER TABLE host_totals
  DROP CONSTRAINT host_totals_sums_within_range,
  ADD CONSTRAINT host_totals_coins_within_range CHECK (coins BETWEEN 1 AND 9007199254740991),
  ADD CONSTRAINT host_totals_gifts_within_range CHECK (gifts BETWEEN 1 AND 9007199254740991),
  ADD CONSTRAINT host_totals_normal_income_within_range CHECK (normal_income BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT host_totals_luxury_income_within_range CHECK (luxury_income BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT host_totals_lucky_income_within_range CHECK (lucky_income BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT host_totals_s_lucky_income_within_range CHECK (s_lucky_income BETWEEN 0 AND 9007199254740991);
