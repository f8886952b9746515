CREATE INDEX gifts_sender_id_idx ON gifts (sender_id, created_at, id);
ALTER TABLE gifts
  ADD CONSTRAINT gifts_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES users (id),
  ADD CONSTRAINT gifts_receiver_id_fkey FOREIGN KEY (receiver_id) REFERENCES users (id);
DROP TRIGGER users_stay ON users;
DROP FUNCTION refuse_to_let_go();
DROP TRIGGER gifts_between_users ON gifts;
DROP FUNCTION refuse_gifts_of_nobody();
