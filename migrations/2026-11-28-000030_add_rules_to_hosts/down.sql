ALTER TABLE host_applications DROP CONSTRAINT host_applications_one_host_per_card;
DROP TYPE card_hash_range;
ALTER TABLE membership_totals DROP COLUMN valid_micros;
DROP INDEX memberships_open_idx;
