-- Gifts that were sent. A row carries its own copy of name, price, category and share, so that the catalogue may change;
-- `gift_key` therefore has no foreign key.
CREATE TABLE gifts (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT gifts_pkey PRIMARY KEY,
  sender_id bigint NOT NULL CONSTRAINT gifts_sender_id_fkey REFERENCES users (id),
  receiver_id bigint NOT NULL CONSTRAINT gifts_receiver_id_fkey REFERENCES users (id),
  gift_key varchar(64) NOT NULL,
  gift_name varchar(100) NOT NULL,
  category varchar(20) NOT NULL,
  coin_value bigint NOT NULL,
  quantity integer NOT NULL,
  total_cost bigint NOT NULL GENERATED ALWAYS AS (coin_value * quantity) STORED,
  host_share_bp integer NOT NULL,
  host_income bigint NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT gifts_no_self_gift CHECK (sender_id <> receiver_id),
  CONSTRAINT gifts_category_known CHECK (category IN ('normal', 'luxury', 'lucky', 's-lucky')),
  CONSTRAINT gifts_coin_value_within_range CHECK (coin_value BETWEEN 1 AND 1000000000),
  CONSTRAINT gifts_quantity_within_range CHECK (quantity BETWEEN 1 AND 9999),
  CONSTRAINT gifts_host_share_bp_within_range CHECK (host_share_bp BETWEEN 0 AND 10000),
  -- Floored, as the domain floors it. The factors above keep the product far below 2^63.
  CONSTRAINT gifts_split_exact CHECK (host_income = coin_value * quantity * host_share_bp / 10000),
  -- What the income of a gift refers to: whose it is, and how much.
  CONSTRAINT gifts_income_key UNIQUE (id, receiver_id, host_income)
);
CREATE INDEX gifts_sender_id_idx ON gifts (sender_id, created_at, id);
CREATE INDEX gifts_receiver_id_idx ON gifts (receiver_id, created_at, id);
CREATE TRIGGER gifts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gifts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
