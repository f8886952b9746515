ALTER TABLE gift_catalogue DROP CONSTRAINT gift_catalogue_key_visible;

ALTER TABLE host_income DROP CONSTRAINT host_income_gift_id_fkey;
ALTER TABLE gifts
  DROP CONSTRAINT gifts_income_key,
  ADD CONSTRAINT gifts_income_key UNIQUE (id, receiver_id, host_income);
ALTER TABLE host_income
  ADD CONSTRAINT host_income_gift_id_fkey FOREIGN KEY (gift_id, host_id, income)
    REFERENCES gifts (id, receiver_id, host_income);

ALTER TABLE host_income
  DROP CONSTRAINT host_income_only_exchanges_take,
  ADD CONSTRAINT host_income_only_exchanges_take CHECK (income >= 0 OR type = 'exchange');
