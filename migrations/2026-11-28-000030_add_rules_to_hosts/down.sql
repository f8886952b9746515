ALTER TABLE membership_totals DROP COLUMN valid_micros;
DROP INDEX memberships_open_idx;
