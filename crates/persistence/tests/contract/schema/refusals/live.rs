//! What is refused of live sessions.

use super::{ALLOWED, Books, Table, check};

pub(super) fn tables() -> Vec<Table> {
    vec![live_sessions()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_is_live_once_at_a_time_and_ends_after_the_beginning() {
    check(live_sessions()).await;
}

fn live_sessions() -> Table {
    let session = |host: i64, start: &str, end: &str, sign: &str| {
        format!(
            "INSERT INTO live_sessions (host_id, start_time, end_time, last_sign_at, created_at)
             VALUES ({host}, '2026-11-23T{start}Z', {end}, '2026-11-23T{sign}Z', '2026-11-23T10:00:00Z')"
        )
    };
    let viewer = |values: &str| format!("INSERT INTO live_session_viewers VALUES ({values})");
    let rows = [
        (session(1, "10:00", "NULL", "10:00"), "live_sessions_host_id_fkey"),
        (session(10_000_001, "10:00", "NULL", "09:59"), "live_sessions_last_sign_at_after_start"),
        (session(10_000_001, "10:00", "'2026-11-23T09:59Z'", "10:00"), "live_sessions_end_time_after_start"),
        (session(10_000_001, "10:00", "NULL", "10:00"), ALLOWED),
        (session(10_000_001, "11:00", "NULL", "11:00"), "live_sessions_one_open_per_host"),
        (session(10_000_001, "08:00", "'2026-11-23T09:00Z'", "08:59"), ALLOWED),
        (
            "INSERT INTO live_sessions OVERRIDING SYSTEM VALUE SELECT * FROM live_sessions WHERE end_time IS NOT NULL"
                .to_owned(),
            "live_sessions_pkey",
        ),
        ("UPDATE live_sessions SET duration_seconds = -1".to_owned(), "live_sessions_duration_seconds_non_negative"),
        ("UPDATE live_sessions SET total_viewers = -1".to_owned(), "live_sessions_total_viewers_non_negative"),
        ("UPDATE live_sessions SET total_income = -1".to_owned(), "live_sessions_total_income_within_range"),
        ("UPDATE live_sessions SET last_sign_at = NULL".to_owned(), "last_sign_at is missing"),
        (viewer("77, 10000001"), "live_session_viewers_session_id_fkey"),
        (viewer("(SELECT MIN(id) FROM live_sessions), 1"), "live_session_viewers_user_id_fkey"),
        (viewer("(SELECT MIN(id) FROM live_sessions), 10000001"), ALLOWED),
        (viewer("(SELECT MIN(id) FROM live_sessions), 10000001"), "live_session_viewers_pkey"),
    ];
    Table::new(Books::Sent, rows)
}
