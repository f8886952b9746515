-- Every movement of coins other than a gift. balance = sum of movements - sum of gifts sent.
CREATE TABLE coin_movements (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT coin_movements_pkey PRIMARY KEY,
  user_id bigint NOT NULL CONSTRAINT coin_movements_user_id_fkey REFERENCES users (id),
  kind varchar(20) NOT NULL,
  amount bigint NOT NULL,
  reference varchar(64) NOT NULL,
  actor_id bigint CONSTRAINT coin_movements_actor_id_fkey REFERENCES users (id), -- NULL: the command line
  reason text NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT coin_movements_kind_known CHECK (kind IN ('top_up', 'grant', 'exchange', 'correction')),
  CONSTRAINT coin_movements_amount_within_range
    CHECK (amount BETWEEN -9007199254740991 AND 9007199254740991 AND amount <> 0),
  CONSTRAINT coin_movements_only_corrections_take CHECK (amount > 0 OR kind = 'correction')
);
CREATE INDEX coin_movements_user_id_idx ON coin_movements (user_id, created_at, id);
CREATE INDEX coin_movements_actor_id_idx ON coin_movements (actor_id) WHERE actor_id IS NOT NULL;
CREATE TRIGGER coin_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON coin_movements
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
