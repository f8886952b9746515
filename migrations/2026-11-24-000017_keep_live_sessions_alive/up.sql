-- When the host of a session was last seen to be there. It outlives the server: a session that nobody ends, ends then.
ALTER TABLE live_sessions ADD COLUMN last_sign_at timestamptz;
UPDATE live_sessions SET last_sign_at = COALESCE(end_time, start_time);
ALTER TABLE live_sessions
  ALTER COLUMN last_sign_at SET NOT NULL,
  ADD CONSTRAINT live_sessions_last_sign_at_after_start CHECK (last_sign_at >= start_time);
CREATE INDEX live_sessions_open_idx ON live_sessions (room_id) WHERE end_time IS NULL;

-- Who has seen a session that goes on. Its end counts them and keeps the number alone.
CREATE TABLE live_session_viewers (
  session_id bigint NOT NULL CONSTRAINT live_session_viewers_session_id_fkey REFERENCES live_sessions (id),
  user_id bigint NOT NULL CONSTRAINT live_session_viewers_user_id_fkey REFERENCES users (id),
  CONSTRAINT live_session_viewers_pkey PRIMARY KEY (session_id, user_id)
);
CREATE INDEX live_session_viewers_user_id_idx ON live_session_viewers (user_id);
