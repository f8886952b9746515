-- Diamonds that their host turned into coins. Each exchange has two legs: what it takes (`host_income`) and what it gives
-- (`coin_movements`). None of the three exists without the others.
CREATE TABLE exchanges (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT exchanges_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT exchanges_host_id_fkey REFERENCES users (id),
  diamonds bigint NOT NULL,
  income bigint NOT NULL GENERATED ALWAYS AS (-diamonds) STORED, -- as `host_income` books it
  rate_bp integer NOT NULL,
  coins bigint NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT exchanges_diamonds_within_range CHECK (diamonds BETWEEN 1 AND 9007199254740991),
  CONSTRAINT exchanges_coins_within_range CHECK (coins BETWEEN 1 AND 9007199254740991),
  -- Another rate is another migration.
  CONSTRAINT exchanges_rate_bp_known CHECK (rate_bp = 3000),
  -- Floored, as the domain floors it; in two parts, because the product of all diamonds and the rate may be above 2^63.
  CONSTRAINT exchanges_rate_exact
    CHECK (coins = diamonds / 10000 * rate_bp + diamonds % 10000 * rate_bp / 10000),
  -- What the legs refer to: whose they are, and how much.
  CONSTRAINT exchanges_income_key UNIQUE (id, host_id, income),
  CONSTRAINT exchanges_coins_key UNIQUE (id, host_id, coins)
);
CREATE INDEX exchanges_host_id_idx ON exchanges (host_id, created_at, id);
CREATE TRIGGER exchanges_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exchanges
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No leg without its exchange. The indexes are partial: a gift's income pays nothing for them.
ALTER TABLE host_income
  ADD COLUMN exchange_id bigint,
  ADD CONSTRAINT host_income_exchange_id_fkey FOREIGN KEY (exchange_id, host_id, income)
    REFERENCES exchanges (id, host_id, income),
  ADD CONSTRAINT host_income_type_matches_exchange_id CHECK ((type = 'exchange') = (exchange_id IS NOT NULL));
CREATE UNIQUE INDEX host_income_exchange_id_key ON host_income (exchange_id) WHERE exchange_id IS NOT NULL;

ALTER TABLE coin_movements
  ADD COLUMN exchange_id bigint,
  ADD CONSTRAINT coin_movements_exchange_id_fkey FOREIGN KEY (exchange_id, user_id, amount)
    REFERENCES exchanges (id, host_id, coins),
  ADD CONSTRAINT coin_movements_kind_matches_exchange_id CHECK ((kind = 'exchange') = (exchange_id IS NOT NULL));
CREATE UNIQUE INDEX coin_movements_exchange_id_key ON coin_movements (exchange_id) WHERE exchange_id IS NOT NULL;

-- No exchange without both legs, looked at in the commit. No foreign key can say so: it would refer to a unique index of
-- all incomes. Nothing is ever deleted, so that what was there at the commit stays.
CREATE FUNCTION refuse_half_exchange() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER exchanges_both_legs AFTER INSERT ON exchanges DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION refuse_half_exchange();

ALTER TABLE idempotency_keys
  DROP CONSTRAINT idempotency_keys_operation_known,
  ADD CONSTRAINT idempotency_keys_operation_known CHECK (operation IN ('gift', 'grant', 'exchange'));
