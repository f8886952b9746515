-- Who refers to somebody refers to his id, which stands in a table of its own: rows of `users` change with every gift, and PostgreSQL
-- asked each of twenty-two foreign keys whether it minds (docs/adr/0018-ids-of-users.md).
CREATE TABLE user_ids (
  id bigint NOT NULL CONSTRAINT user_ids_pkey PRIMARY KEY CONSTRAINT user_ids_id_fkey REFERENCES users (id)
);
INSERT INTO user_ids SELECT id FROM users ORDER BY id;
CREATE TRIGGER user_ids_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON user_ids
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_let_go();

CREATE FUNCTION add_ids_of_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_ids SELECT id FROM added ORDER BY id;
  RETURN NULL;
END
$$;
CREATE TRIGGER users_have_ids AFTER INSERT ON users REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION add_ids_of_users();

ALTER TABLE agencies
  DROP CONSTRAINT agencies_decided_by_fkey,
  ADD CONSTRAINT agencies_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES user_ids (id),
  DROP CONSTRAINT agencies_owner_id_fkey,
  ADD CONSTRAINT agencies_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES user_ids (id);
ALTER TABLE audit_log
  DROP CONSTRAINT audit_log_actor_id_fkey,
  ADD CONSTRAINT audit_log_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES user_ids (id);
ALTER TABLE coin_movements
  DROP CONSTRAINT coin_movements_actor_id_fkey,
  ADD CONSTRAINT coin_movements_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES user_ids (id),
  DROP CONSTRAINT coin_movements_user_id_fkey,
  ADD CONSTRAINT coin_movements_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_ids (id);
ALTER TABLE conversation_members
  DROP CONSTRAINT conversation_members_user_id_fkey,
  ADD CONSTRAINT conversation_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_ids (id);
ALTER TABLE conversations
  DROP CONSTRAINT conversations_user_high_fkey,
  ADD CONSTRAINT conversations_user_high_fkey FOREIGN KEY (user_high) REFERENCES user_ids (id),
  DROP CONSTRAINT conversations_user_low_fkey,
  ADD CONSTRAINT conversations_user_low_fkey FOREIGN KEY (user_low) REFERENCES user_ids (id);
ALTER TABLE diamond_movements
  DROP CONSTRAINT diamond_movements_host_id_fkey,
  ADD CONSTRAINT diamond_movements_host_id_fkey FOREIGN KEY (host_id) REFERENCES user_ids (id);
ALTER TABLE exchanges
  DROP CONSTRAINT exchanges_host_id_fkey,
  ADD CONSTRAINT exchanges_host_id_fkey FOREIGN KEY (host_id) REFERENCES user_ids (id);
ALTER TABLE host_applications
  DROP CONSTRAINT host_applications_decided_by_fkey,
  ADD CONSTRAINT host_applications_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES user_ids (id),
  DROP CONSTRAINT host_applications_host_id_fkey,
  ADD CONSTRAINT host_applications_host_id_fkey FOREIGN KEY (host_id) REFERENCES user_ids (id),
  DROP CONSTRAINT host_applications_invited_by_fkey,
  ADD CONSTRAINT host_applications_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES user_ids (id);
ALTER TABLE live_session_viewers
  DROP CONSTRAINT live_session_viewers_user_id_fkey,
  ADD CONSTRAINT live_session_viewers_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_ids (id);
ALTER TABLE live_sessions
  DROP CONSTRAINT live_sessions_host_id_fkey,
  ADD CONSTRAINT live_sessions_host_id_fkey FOREIGN KEY (host_id) REFERENCES user_ids (id);
ALTER TABLE memberships
  DROP CONSTRAINT memberships_host_id_fkey,
  ADD CONSTRAINT memberships_host_id_fkey FOREIGN KEY (host_id) REFERENCES user_ids (id);
ALTER TABLE salary_policies
  DROP CONSTRAINT salary_policies_activated_by_fkey,
  ADD CONSTRAINT salary_policies_activated_by_fkey FOREIGN KEY (activated_by) REFERENCES user_ids (id);
ALTER TABLE salary_requests
  DROP CONSTRAINT salary_requests_decided_by_fkey,
  ADD CONSTRAINT salary_requests_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES user_ids (id),
  DROP CONSTRAINT salary_requests_host_id_fkey,
  ADD CONSTRAINT salary_requests_host_id_fkey FOREIGN KEY (host_id) REFERENCES user_ids (id);
ALTER TABLE salary_statements
  DROP CONSTRAINT salary_statements_host_id_fkey,
  ADD CONSTRAINT salary_statements_host_id_fkey FOREIGN KEY (host_id) REFERENCES user_ids (id);
ALTER TABLE user_blocks
  DROP CONSTRAINT user_blocks_blocked_id_fkey,
  ADD CONSTRAINT user_blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES user_ids (id),
  DROP CONSTRAINT user_blocks_blocker_id_fkey,
  ADD CONSTRAINT user_blocks_blocker_id_fkey FOREIGN KEY (blocker_id) REFERENCES user_ids (id);

CREATE OR REPLACE FUNCTION refuse_gifts_of_nobody() RETURNS trigger LANGUAGE plpgsql
  -- By their keys: a session keeps the plan of its first gifts, when there may be few users.
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF EXISTS (SELECT FROM sent LEFT JOIN user_ids sender ON sender.id = sent.sender_id
                              LEFT JOIN user_ids receiver ON receiver.id = sent.receiver_id
              WHERE sender.id IS NULL OR receiver.id IS NULL)
  THEN
    RAISE EXCEPTION 'a gift is from nobody or for nobody, which gifts_between_users forbids'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'gifts_between_users';
  END IF;
  RETURN NULL;
END
$$;
