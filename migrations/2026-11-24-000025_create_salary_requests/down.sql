ALTER TABLE idempotency_keys
  DROP CONSTRAINT idempotency_keys_operation_known,
  ADD CONSTRAINT idempotency_keys_operation_known CHECK (operation IN ('gift', 'grant', 'exchange'));

ALTER TABLE host_income DROP CONSTRAINT host_income_type_matches_salary_request_id, DROP COLUMN salary_request_id;
DROP TABLE salary_requests;
DROP FUNCTION refuse_second_decision();
DROP FUNCTION refuse_unpaid_salary();
