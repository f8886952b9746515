DROP INDEX host_totals_ranking_idx;
ALTER TABLE host_totals
  DROP COLUMN coins_step,
  SET (fillfactor = 80);
CREATE INDEX host_totals_ranking_idx ON host_totals (period, starts_at, coins DESC, reached_at, host_id);
