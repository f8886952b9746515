-- Live sessions of hosts. `end_time` NULL: live now.
CREATE TABLE live_sessions (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT live_sessions_pkey PRIMARY KEY,
  host_id bigint NOT NULL CONSTRAINT live_sessions_host_id_fkey REFERENCES users (id),
  room_id varchar(100),
  start_time timestamptz NOT NULL,
  end_time timestamptz,
  duration_seconds integer NOT NULL DEFAULT 0,
  total_income bigint NOT NULL DEFAULT 0,
  total_viewers integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  CONSTRAINT live_sessions_end_time_after_start CHECK (end_time >= start_time),
  CONSTRAINT live_sessions_duration_seconds_non_negative CHECK (duration_seconds >= 0),
  CONSTRAINT live_sessions_total_income_within_range CHECK (total_income BETWEEN 0 AND 9007199254740991),
  CONSTRAINT live_sessions_total_viewers_non_negative CHECK (total_viewers >= 0)
);
CREATE INDEX live_sessions_host_id_idx ON live_sessions (host_id, start_time);
CREATE UNIQUE INDEX live_sessions_one_open_per_host ON live_sessions (host_id) WHERE end_time IS NULL;
