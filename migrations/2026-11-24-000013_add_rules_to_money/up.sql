-- An exchange takes diamonds and nothing else does.
ALTER TABLE host_income
  DROP CONSTRAINT host_income_only_exchanges_take,
  ADD CONSTRAINT host_income_only_exchanges_take CHECK ((income < 0) = (type = 'exchange'));

-- A gift's income is booked under the gift's own category.
ALTER TABLE host_income DROP CONSTRAINT host_income_gift_id_fkey;
ALTER TABLE gifts
  DROP CONSTRAINT gifts_income_key,
  ADD CONSTRAINT gifts_income_key UNIQUE (id, receiver_id, host_income, category);
ALTER TABLE host_income
  ADD CONSTRAINT host_income_gift_id_fkey FOREIGN KEY (gift_id, host_id, income, type)
    REFERENCES gifts (id, receiver_id, host_income, category);

-- A key that no order can name would make the whole catalogue unreadable.
ALTER TABLE gift_catalogue ADD CONSTRAINT gift_catalogue_key_visible CHECK (key ~ '^[!-~]{1,64}$');
