ALTER TABLE idempotency_keys
  DROP CONSTRAINT idempotency_keys_operation_known,
  ADD CONSTRAINT idempotency_keys_operation_known CHECK (operation IN ('gift', 'grant'));

ALTER TABLE coin_movements DROP CONSTRAINT coin_movements_kind_matches_exchange_id, DROP COLUMN exchange_id;
ALTER TABLE host_income DROP CONSTRAINT host_income_type_matches_exchange_id, DROP COLUMN exchange_id;
DROP TABLE exchanges;
DROP FUNCTION refuse_half_exchange();
