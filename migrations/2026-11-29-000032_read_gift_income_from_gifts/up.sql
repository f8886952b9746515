-- A gift's row says whose its income is, how much, of which category and when. A second row that repeated it cost an eighth of the
-- gift, so that the income is read from the gift now, and what is left of the table are the diamonds that no gift brought, the
-- counterpart of `coin_movements`. It is made anew: to delete a row for every gift would take longer and leave their room behind.
LOCK TABLE gifts, host_income IN ACCESS EXCLUSIVE MODE;
DO $$
DECLARE
  differing bigint;
BEGIN
  SELECT COALESCE(g.id, i.gift_id) INTO differing
    FROM gifts g FULL JOIN (SELECT * FROM host_income WHERE gift_id IS NOT NULL) i ON i.gift_id = g.id
   WHERE (i.host_id, i.income, i.type, i.created_at)
         IS DISTINCT FROM (g.receiver_id, g.host_income, g.category, g.created_at)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'gift % has not exactly its income: nothing is migrated', differing;
  END IF;
END
$$;

CREATE TABLE diamond_movements (
  -- A host's incomes are paged through by instant and id, whatever they are: so their ids are drawn from one sequence, and none
  -- is a gift's.
  id bigint DEFAULT nextval('gifts_id_seq') CONSTRAINT diamond_movements_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT diamond_movements_host_id_fkey REFERENCES users (id),
  income bigint NOT NULL,
  type varchar(50) NOT NULL,
  created_at timestamptz NOT NULL,
  exchange_id bigint,
  salary_request_id bigint,
  CONSTRAINT diamond_movements_income_within_range CHECK (income BETWEEN -9007199254740991 AND 9007199254740991),
  CONSTRAINT diamond_movements_type_known CHECK (type IN ('exchange', 'salary')),
  -- An exchange takes diamonds and nothing else does.
  CONSTRAINT diamond_movements_only_exchanges_take CHECK ((income < 0) = (type = 'exchange')),
  -- No leg without its exchange, no salary without its approved request: whose it is, and how much.
  CONSTRAINT diamond_movements_exchange_id_fkey FOREIGN KEY (exchange_id, host_id, income)
    REFERENCES exchanges (id, host_id, income),
  CONSTRAINT diamond_movements_type_matches_exchange_id CHECK ((type = 'exchange') = (exchange_id IS NOT NULL)),
  CONSTRAINT diamond_movements_salary_request_id_fkey FOREIGN KEY (salary_request_id, host_id, income)
    REFERENCES salary_requests (id, host_id, payout),
  CONSTRAINT diamond_movements_type_matches_salary_request_id
    CHECK ((type = 'salary') = (salary_request_id IS NOT NULL))
);
-- The rows that are there get new ids, because theirs may be a gift's.
INSERT INTO diamond_movements (host_id, income, type, created_at, exchange_id, salary_request_id)
  SELECT host_id, income, type, created_at, exchange_id, salary_request_id
    FROM host_income WHERE gift_id IS NULL ORDER BY id;
CREATE INDEX diamond_movements_host_id_idx ON diamond_movements (host_id, created_at, id);
CREATE UNIQUE INDEX diamond_movements_exchange_id_key ON diamond_movements (exchange_id) WHERE exchange_id IS NOT NULL;
CREATE UNIQUE INDEX diamond_movements_salary_request_id_key
  ON diamond_movements (salary_request_id) WHERE salary_request_id IS NOT NULL;
CREATE TRIGGER diamond_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON diamond_movements
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Receipts of salaries name what was paid; nothing else does by its id.
ALTER TABLE idempotency_keys DISABLE TRIGGER idempotency_keys_append_only;
UPDATE idempotency_keys k SET outcome = jsonb_set(k.outcome, '{decided,income_id}', to_jsonb(m.id))
  FROM diamond_movements m
 WHERE k.operation = 'salary' AND (k.outcome -> 'decided' ->> 'request_id')::bigint = m.salary_request_id;
ALTER TABLE idempotency_keys ENABLE TRIGGER idempotency_keys_append_only;

DROP VIEW ledger_entries;
DROP TABLE host_income;
ALTER TABLE gifts DROP CONSTRAINT gifts_income_key;

-- What hosts earned and what was taken from them, all of it. No branch leaves anything out and the types are the same, so that
-- a page is merged from an index of each.
CREATE VIEW host_income (id, host_id, gift_id, income, type, created_at, exchange_id, salary_request_id) AS
  SELECT id, receiver_id, id, host_income, category::varchar(50), created_at, NULL::bigint, NULL::bigint FROM gifts
  UNION ALL
  SELECT id, host_id, NULL::bigint, income, type, created_at, exchange_id, salary_request_id FROM diamond_movements;

-- Every movement as two entries that add up to zero: what one account gains, another loses.
-- Accounts: user_coins and user_diamonds (of a user), mint (coins come from it), platform (takes gifts, pays diamonds).
CREATE VIEW ledger_entries (source, source_id, currency, account, user_id, amount, created_at) AS
  SELECT 'gifts', id, 'coins', 'user_coins', sender_id, -total_cost, created_at FROM gifts
  UNION ALL
  SELECT 'gifts', id, 'coins', 'platform', NULL, total_cost, created_at FROM gifts
  UNION ALL
  SELECT 'gifts', id, 'diamonds', 'user_diamonds', receiver_id, host_income, created_at FROM gifts
  UNION ALL
  SELECT 'gifts', id, 'diamonds', 'platform', NULL, -host_income, created_at FROM gifts
  UNION ALL
  SELECT 'diamond_movements', id, 'diamonds', 'user_diamonds', host_id, income, created_at FROM diamond_movements
  UNION ALL
  SELECT 'diamond_movements', id, 'diamonds', 'platform', NULL, -income, created_at FROM diamond_movements
  UNION ALL
  SELECT 'coin_movements', id, 'coins', 'user_coins', user_id, amount, created_at FROM coin_movements
  UNION ALL
  SELECT 'coin_movements', id, 'coins', 'mint', NULL, -amount, created_at FROM coin_movements;

CREATE OR REPLACE FUNCTION refuse_half_exchange() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM diamond_movements WHERE exchange_id = NEW.id)
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
  IF NOT EXISTS (SELECT FROM diamond_movements WHERE salary_request_id = NEW.id) THEN
    RAISE EXCEPTION 'salary request % is approved and not paid', NEW.id
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'salary_requests_paid_when_approved';
  END IF;
  RETURN NULL;
END
$$;
