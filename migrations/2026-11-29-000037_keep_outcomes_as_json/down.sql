ALTER TABLE idempotency_keys ALTER COLUMN outcome TYPE jsonb;
