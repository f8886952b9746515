-- Diamonds: what hosts earn by gifts and salaries, and (negative) what they exchange for coins.
CREATE TABLE host_income (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT host_income_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT host_income_host_id_fkey REFERENCES users (id),
  gift_id bigint CONSTRAINT host_income_gift_id_key UNIQUE,
  income bigint NOT NULL,
  type varchar(50) NOT NULL,
  created_at timestamptz NOT NULL,
  -- A gift's income goes to its receiver and is exactly his share, or it is not written.
  CONSTRAINT host_income_gift_id_fkey FOREIGN KEY (gift_id, host_id, income) REFERENCES gifts (id, receiver_id, host_income),
  CONSTRAINT host_income_income_within_range CHECK (income BETWEEN -9007199254740991 AND 9007199254740991),
  CONSTRAINT host_income_type_known
    CHECK (type IN ('normal', 'luxury', 'lucky', 's-lucky', 'exchange', 'salary')),
  CONSTRAINT host_income_gift_id_matches_type CHECK ((gift_id IS NULL) = (type IN ('exchange', 'salary'))),
  CONSTRAINT host_income_only_exchanges_take CHECK (income >= 0 OR type = 'exchange')
);
CREATE INDEX host_income_host_id_idx ON host_income (host_id, created_at, id);
CREATE TRIGGER host_income_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON host_income
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
