-- An income has the id of its gift; the others keep theirs, which no gift has.
LOCK TABLE gifts, diamond_movements IN ACCESS EXCLUSIVE MODE;
DROP VIEW ledger_entries;
ALTER VIEW host_income RENAME TO incomes;
ALTER TABLE gifts ADD CONSTRAINT gifts_income_key UNIQUE (id, receiver_id, host_income, category);

CREATE TABLE host_income (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT host_income_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT host_income_host_id_fkey REFERENCES users (id),
  gift_id bigint CONSTRAINT host_income_gift_id_key UNIQUE,
  income bigint NOT NULL,
  type varchar(50) NOT NULL,
  created_at timestamptz NOT NULL,
  exchange_id bigint,
  salary_request_id bigint,
  CONSTRAINT host_income_gift_id_fkey FOREIGN KEY (gift_id, host_id, income, type)
    REFERENCES gifts (id, receiver_id, host_income, category),
  CONSTRAINT host_income_income_within_range CHECK (income BETWEEN -9007199254740991 AND 9007199254740991),
  CONSTRAINT host_income_type_known
    CHECK (type IN ('normal', 'luxury', 'lucky', 's-lucky', 'exchange', 'salary')),
  CONSTRAINT host_income_gift_id_matches_type CHECK ((gift_id IS NULL) = (type IN ('exchange', 'salary'))),
  CONSTRAINT host_income_only_exchanges_take CHECK ((income < 0) = (type = 'exchange')),
  CONSTRAINT host_income_exchange_id_fkey FOREIGN KEY (exchange_id, host_id, income)
    REFERENCES exchanges (id, host_id, income),
  CONSTRAINT host_income_type_matches_exchange_id CHECK ((type = 'exchange') = (exchange_id IS NOT NULL)),
  CONSTRAINT host_income_salary_request_id_fkey FOREIGN KEY (salary_request_id, host_id, income)
    REFERENCES salary_requests (id, host_id, payout),
  CONSTRAINT host_income_type_matches_salary_request_id
    CHECK ((type = 'salary') = (salary_request_id IS NOT NULL))
);
INSERT INTO host_income (id, host_id, gift_id, income, type, created_at, exchange_id, salary_request_id)
  OVERRIDING SYSTEM VALUE
  SELECT id, host_id, gift_id, income, type, created_at, exchange_id, salary_request_id FROM incomes ORDER BY id;
SELECT setval('host_income_id_seq', COALESCE(MAX(id), 0) + 1, false) FROM host_income;
CREATE INDEX host_income_host_id_idx ON host_income (host_id, created_at, id);
CREATE INDEX host_income_other_idx ON host_income (host_id, created_at, id) WHERE gift_id IS NULL;
CREATE UNIQUE INDEX host_income_exchange_id_key ON host_income (exchange_id) WHERE exchange_id IS NOT NULL;
CREATE UNIQUE INDEX host_income_salary_request_id_key
  ON host_income (salary_request_id) WHERE salary_request_id IS NOT NULL;
CREATE TRIGGER host_income_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON host_income
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DROP VIEW incomes;
DROP TABLE diamond_movements;

CREATE VIEW ledger_entries (source, source_id, currency, account, user_id, amount, created_at) AS
  SELECT 'gifts', id, 'coins', 'user_coins', sender_id, -total_cost, created_at FROM gifts
  UNION ALL
  SELECT 'gifts', id, 'coins', 'platform', NULL, total_cost, created_at FROM gifts
  UNION ALL
  SELECT 'host_income', id, 'diamonds', 'user_diamonds', host_id, income, created_at FROM host_income
  UNION ALL
  SELECT 'host_income', id, 'diamonds', 'platform', NULL, -income, created_at FROM host_income
  UNION ALL
  SELECT 'coin_movements', id, 'coins', 'user_coins', user_id, amount, created_at FROM coin_movements
  UNION ALL
  SELECT 'coin_movements', id, 'coins', 'mint', NULL, -amount, created_at FROM coin_movements;

CREATE OR REPLACE FUNCTION refuse_half_exchange() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM host_income WHERE exchange_id = NEW.id)
    OR NOT EXISTS (SELECT FROM coin_movements WHERE exchange_id = NEW.id)
  THEN
    RAISE EXCEPTION 'exchange % lacks a leg', NEW.id
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'exchanges_both_legs';
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION refuse_unpaid_salary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM host_income WHERE salary_request_id = NEW.id) THEN
    RAISE EXCEPTION 'salary request % is approved and not paid', NEW.id
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'salary_requests_paid_when_approved';
  END IF;
  RETURN NULL;
END
$$;
