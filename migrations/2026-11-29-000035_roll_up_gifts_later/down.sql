-- What the totals lack would be forgotten: the next start makes all totals anew.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pending_rollups) THEN
    DELETE FROM totals_calendar;
  END IF;
END
$$;
DROP TABLE pending_rollups;
ALTER TABLE host_totals ADD CONSTRAINT host_totals_host_id_fkey FOREIGN KEY (host_id) REFERENCES users (id);
