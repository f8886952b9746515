-- Corrections of coins have keys as grants have.
ALTER TABLE idempotency_keys
  DROP CONSTRAINT idempotency_keys_operation_known,
  ADD CONSTRAINT idempotency_keys_operation_known
    CHECK (operation IN ('gift', 'grant', 'exchange', 'salary', 'correction'));
