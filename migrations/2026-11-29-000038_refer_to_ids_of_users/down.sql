CREATE OR REPLACE FUNCTION refuse_gifts_of_nobody() RETURNS trigger LANGUAGE plpgsql
  -- By their keys: a session keeps the plan of its first gifts, when there may be few users.
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF EXISTS (SELECT FROM sent LEFT JOIN users sender ON sender.id = sent.sender_id
                              LEFT JOIN users receiver ON receiver.id = sent.receiver_id
              WHERE sender.id IS NULL OR receiver.id IS NULL)
  THEN
    RAISE EXCEPTION 'a gift is from nobody or for nobody, which gifts_between_users forbids'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'gifts_between_users';
  END IF;
  RETURN NULL;
END
$$;
ALTER TABLE agencies
  DROP CONSTRAINT agencies_decided_by_fkey,
  ADD CONSTRAINT agencies_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES users (id),
  DROP CONSTRAINT agencies_owner_id_fkey,
  ADD CONSTRAINT agencies_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id);
ALTER TABLE audit_log
  DROP CONSTRAINT audit_log_actor_id_fkey,
  ADD CONSTRAINT audit_log_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users (id);
ALTER TABLE coin_movements
  DROP CONSTRAINT coin_movements_actor_id_fkey,
  ADD CONSTRAINT coin_movements_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users (id),
  DROP CONSTRAINT coin_movements_user_id_fkey,
  ADD CONSTRAINT coin_movements_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE conversation_members
  DROP CONSTRAINT conversation_members_user_id_fkey,
  ADD CONSTRAINT conversation_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE conversations
  DROP CONSTRAINT conversations_user_high_fkey,
  ADD CONSTRAINT conversations_user_high_fkey FOREIGN KEY (user_high) REFERENCES users (id),
  DROP CONSTRAINT conversations_user_low_fkey,
  ADD CONSTRAINT conversations_user_low_fkey FOREIGN KEY (user_low) REFERENCES users (id);
ALTER TABLE diamond_movements
  DROP CONSTRAINT diamond_movements_host_id_fkey,
  ADD CONSTRAINT diamond_movements_host_id_fkey FOREIGN KEY (host_id) REFERENCES users (id);
ALTER TABLE exchanges
  DROP CONSTRAINT exchanges_host_id_fkey,
  ADD CONSTRAINT exchanges_host_id_fkey FOREIGN KEY (host_id) REFERENCES users (id);
ALTER TABLE host_applications
  DROP CONSTRAINT host_applications_decided_by_fkey,
  ADD CONSTRAINT host_applications_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES users (id),
  DROP CONSTRAINT host_applications_host_id_fkey,
  ADD CONSTRAINT host_applications_host_id_fkey FOREIGN KEY (host_id) REFERENCES users (id),
  DROP CONSTRAINT host_applications_invited_by_fkey,
  ADD CONSTRAINT host_applications_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES users (id);
ALTER TABLE live_session_viewers
  DROP CONSTRAINT live_session_viewers_user_id_fkey,
  ADD CONSTRAINT live_session_viewers_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE live_sessions
  DROP CONSTRAINT live_sessions_host_id_fkey,
  ADD CONSTRAINT live_sessions_host_id_fkey FOREIGN KEY (host_id) REFERENCES users (id);
ALTER TABLE memberships
  DROP CONSTRAINT memberships_host_id_fkey,
  ADD CONSTRAINT memberships_host_id_fkey FOREIGN KEY (host_id) REFERENCES users (id);
ALTER TABLE salary_policies
  DROP CONSTRAINT salary_policies_activated_by_fkey,
  ADD CONSTRAINT salary_policies_activated_by_fkey FOREIGN KEY (activated_by) REFERENCES users (id);
ALTER TABLE salary_requests
  DROP CONSTRAINT salary_requests_decided_by_fkey,
  ADD CONSTRAINT salary_requests_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES users (id),
  DROP CONSTRAINT salary_requests_host_id_fkey,
  ADD CONSTRAINT salary_requests_host_id_fkey FOREIGN KEY (host_id) REFERENCES users (id);
ALTER TABLE salary_statements
  DROP CONSTRAINT salary_statements_host_id_fkey,
  ADD CONSTRAINT salary_statements_host_id_fkey FOREIGN KEY (host_id) REFERENCES users (id);
ALTER TABLE user_blocks
  DROP CONSTRAINT user_blocks_blocked_id_fkey,
  ADD CONSTRAINT user_blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES users (id),
  DROP CONSTRAINT user_blocks_blocker_id_fkey,
  ADD CONSTRAINT user_blocks_blocker_id_fkey FOREIGN KEY (blocker_id) REFERENCES users (id);
DROP TRIGGER users_have_ids ON users;
DROP FUNCTION add_ids_of_users();
DROP TABLE user_ids;
