-- A host's totals grow with every gift. While the index of rankings had the coins themselves, each change left an entry in it, and
-- in the key's index too; of a busy host there were soon thousands of dead ones to read. Now it has steps that grow with the
-- coins and seldom change (their number of digits, and the first three), so that most changes touch no index. Rankings read the
-- steps that they need and sort what is in them.
DROP INDEX host_totals_ranking_idx;
ALTER TABLE host_totals
  ADD COLUMN coins_step integer NOT NULL
    GENERATED ALWAYS AS (length(coins::text) * 1000 + left(coins::text, 3)::integer) STORED,
  SET (fillfactor = 50); -- sums are in place as long as there is room on their page
CREATE INDEX host_totals_ranking_idx ON host_totals (period, starts_at, coins_step DESC);
