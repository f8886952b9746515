DROP TABLE live_sessions;
