-- A gift's transaction no longer changes the totals of its host and its fan: it notes which gifts they lack, and a roll-up adds many
-- at once. Whoever reads totals rolls up first what is here (docs/adr/0012-totals-beside-the-gifts.md).
CREATE TABLE pending_rollups (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pending_rollups_pkey PRIMARY KEY,
  -- The spans of the business calendar that all of these gifts lie in.
  hour_starts_at timestamptz NOT NULL,
  day_starts_at timestamptz NOT NULL,
  week_starts_at timestamptz NOT NULL,
  month_starts_at timestamptz NOT NULL,
  gift_ids bigint[] NOT NULL CONSTRAINT pending_rollups_gift_ids_not_empty CHECK (cardinality(gift_ids) > 0)
) WITH (
  -- Rows stay for a moment only, so that nearly all of the table is dead before long: it is cleaned when there are some thousand.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1
);
-- As those of fans, totals of hosts are made of gifts, which have the foreign keys. A roll-up waits for nobody who holds a user.
ALTER TABLE host_totals DROP CONSTRAINT host_totals_host_id_fkey;
