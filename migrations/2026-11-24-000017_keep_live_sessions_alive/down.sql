DROP TABLE live_session_viewers;
DROP INDEX live_sessions_open_idx;
ALTER TABLE live_sessions DROP COLUMN last_sign_at;
