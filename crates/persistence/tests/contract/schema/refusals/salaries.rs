//! What is refused of salaries: a week left out, a salary that no statement says, a second decision, a payout
//! without its approval, and an approval without its payout.

use super::{ALLOWED, Books, Table, check};

pub(super) fn tables() -> Vec<Table> {
    vec![policies(), weeks(), statements(), requests(), decisions(), right_decisions()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_begin_on_mondays_and_stay() {
    check(policies()).await;
}

fn policies() -> Table {
    let policy = |values: &str| {
        let insert = "INSERT INTO salary_policies (number, monday, policy, activated_by, activated_at)";
        format!("{insert} VALUES ({values}, 'epoch')")
    };
    let first = policy("1, '2026-11-23', '{}', NULL");
    let rows = [
        (policy("0, '2026-11-23', '{}', NULL"), "salary_policies_number_within_range"),
        (policy("1001, '2026-11-23', '{}', NULL"), "salary_policies_number_within_range"),
        (policy("1, '2026-11-24', '{}', NULL"), "salary_policies_monday_is_one"),
        (policy("1, '2026-11-23', '[]', NULL"), "salary_policies_policy_is_an_object"),
        (policy("1, '2026-11-23', '{}', 1"), "salary_policies_activated_by_fkey"),
        (format!("{first}; {first}"), "salary_policies_pkey"),
        (format!("{first}; UPDATE salary_policies SET policy = '{{}}'"), "salary_policies_append_only"),
        (format!("{first}; DELETE FROM salary_policies"), "salary_policies_append_only"),
        (format!("{first}; TRUNCATE salary_policies CASCADE"), "salary_policies_append_only"),
    ];
    Table::new(Books::Asked, rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weeks_follow_each_other_without_a_gap() {
    check(weeks()).await;
}

fn weeks() -> Table {
    let weeks = |values: &str| format!("INSERT INTO salary_weeks (monday, follows, closed_at) VALUES {values}");
    let first = "('2026-11-23', NULL, 'epoch')";
    let rows = [
        (weeks("('2026-11-24', NULL, 'epoch')"), "salary_weeks_monday_is_one"),
        (weeks("('2026-11-30', '2026-11-23', 'epoch')"), "salary_weeks_follows_fkey"),
        (weeks(&format!("{first}, ('2026-12-07', '2026-11-23', 'epoch')")), "salary_weeks_follows_the_week_before"),
        (weeks(&format!("{first}, ('2026-11-30', NULL, 'epoch')")), "salary_weeks_one_first"),
        (weeks(&format!("{first}, {first}")), "salary_weeks_pkey"),
        (
            weeks(&format!("{first}, ('2026-11-30', '2026-11-23', 'epoch'), ('2026-11-30', '2026-11-23', 'epoch')")),
            "salary_weeks_pkey",
        ),
        (format!("{}; DELETE FROM salary_weeks", weeks(first)), "salary_weeks_append_only"),
        (format!("{}; UPDATE salary_weeks SET closed_at = 'epoch'", weeks(first)), "salary_weeks_append_only"),
    ];
    Table::new(Books::Asked, rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_one_of_a_host_and_a_week_and_stays() {
    check(statements()).await;
}

fn statements() -> Table {
    let statement = |values: &str| {
        format!(
            "INSERT INTO salary_statements (host_id, monday, policy_number, agency_id, gift_diamonds, salary_amount,
               total_lives, inputs, statement, closed_at) VALUES ({values}, '{{}}', '', 'epoch')"
        )
    };
    let rows = [
        (statement("1, '2026-11-23', NULL, NULL, 0, 0, 0"), "salary_statements_host_id_fkey"),
        (statement("10000002, '2026-11-16', NULL, NULL, 0, 0, 0"), "salary_statements_pkey"),
        (statement("10000002, '2026-11-16', NULL, 10000003, 0, 2000, 4"), "salary_statements_pkey"),
        (statement("10000002, '2026-11-24', NULL, NULL, 0, 0, 0"), "salary_statements_monday_is_one"),
        (statement("10000002, '2026-11-23', 1, NULL, 0, 0, 0"), "salary_statements_policy_number_fkey"),
        (statement("10000002, '2026-11-23', NULL, 1, 0, 0, 0"), "salary_statements_agency_id_fkey"),
        (statement("10000002, '2026-11-23', NULL, NULL, -1, 0, 0"), "salary_statements_gift_diamonds_within_range"),
        (statement("10000002, '2026-11-23', NULL, 10000003, 0, -1, 0"), "salary_statements_salary_amount_within_range"),
        (
            statement("10000002, '2026-11-23', NULL, 10000003, 0, 1000000001, 0"),
            "salary_statements_salary_amount_within_range",
        ),
        (statement("10000002, '2026-11-23', NULL, NULL, 0, 1, 0"), "salary_statements_salary_has_an_agency"),
        (statement("10000002, '2026-11-23', NULL, NULL, 0, 0, -1"), "salary_statements_total_lives_non_negative"),
        ("UPDATE salary_statements SET statement = 'x'".to_owned(), "salary_statements_append_only"),
        ("DELETE FROM salary_statements".to_owned(), "salary_statements_append_only"),
    ];
    Table::new(Books::Asked, rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_what_its_statement_says_and_begins_pending() {
    check(requests()).await;
}

fn requests() -> Table {
    let stated = |diamonds: i64| {
        format!(
            "INSERT INTO salary_statements (host_id, monday, agency_id, gift_diamonds, salary_amount, total_lives, inputs,
               statement, closed_at) VALUES (10000002, '2026-11-23', 10000003, 0, {diamonds}, 4, '{{}}', '', 'epoch')"
        )
    };
    let columns = "host_id, monday, agency_id, salary_amount, total_lives, status, decided_by, decided_at, created_at";
    let request =
        |values: &str| format!("{}; INSERT INTO salary_requests ({columns}) VALUES ({values}, 'epoch')", stated(9));
    let numbered = |id: i64, values: &str| {
        let insert = format!("INSERT INTO salary_requests (id, {columns}) OVERRIDING SYSTEM VALUE");
        format!(
            "{}; {insert} VALUES ({id}, 10000002, '2026-11-23', 10000003, 2000, 4, {values}, 'epoch')",
            stated(2_000)
        )
    };
    let nothing = format!(
        "{}; INSERT INTO salary_requests ({columns})
         VALUES (10000002, '2026-11-23', 10000003, 0, 4, 'pending', NULL, NULL, 'epoch')",
        stated(0)
    );
    let right = "10000002, '2026-11-23', 10000003, 9, 4";
    let rows = [
        (request("10000002, '2026-11-23', 10000003, 8, 4, 'pending', NULL, NULL"), "salary_requests_statement_fkey"),
        (request("10000002, '2026-11-23', 10000003, 9, 3, 'pending', NULL, NULL"), "salary_requests_statement_fkey"),
        (request("10000003, '2026-11-23', 10000003, 9, 4, 'pending', NULL, NULL"), "salary_requests_statement_fkey"),
        (request("10000002, '2026-11-16', 10000003, 2000, 4, 'pending', NULL, NULL"), "salary_requests_one_per_week"),
        (
            request("10000002, '2026-11-23', 10000003, 0, 4, 'pending', NULL, NULL"),
            "salary_requests_salary_amount_within_range",
        ),
        (nothing, "salary_requests_salary_amount_within_range"),
        (request("1, '2026-11-23', 10000003, 9, 4, 'pending', NULL, NULL"), "salary_requests_statement_fkey"),
        (request("10000002, '2026-11-23', 1, 9, 4, 'pending', NULL, NULL"), "salary_requests_agency_id_fkey"),
        (numbered(1, "'pending', NULL, NULL"), "salary_requests_pkey"),
        (numbered(3, "'approved', 10000003, 'epoch'"), "salary_requests_decided_once"),
        (request(&format!("{right}, 'lost', NULL, NULL")), "salary_requests_decided_once"),
        (request(&format!("{right}, 'approved', 10000003, 'epoch'")), "salary_requests_decided_once"),
        (request(&format!("{right}, 'pending', 10000003, NULL")), "salary_requests_decided_by_when_decided"),
        (request(&format!("{right}, 'pending', NULL, 'epoch'")), "salary_requests_decided_at_when_decided"),
    ];
    Table::new(Books::Asked, rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_decided_once_and_paid_in_the_same_commit() {
    check(decisions()).await;
    check(right_decisions()).await;
}

const REJECTED: &str = "status = 'rejected', decided_by = 10000003, decided_at = 'epoch'";

fn update(set: &str, id: i64) -> String {
    format!("UPDATE salary_requests SET {set} WHERE id = {id}")
}

fn approved() -> String {
    update("status = 'approved', decided_by = 10000003, decided_at = 'epoch'", 1)
}

fn payout(values: &str) -> String {
    format!(
        "INSERT INTO diamond_movements (host_id, income, type, salary_request_id, created_at) VALUES ({values}, 'epoch')"
    )
}

const PAID_UNDER_A_TAKEN_ID: &str =
    "INSERT INTO diamond_movements (id, host_id, income, type, salary_request_id, created_at)
     SELECT id, host_id, income, type, 1, created_at FROM diamond_movements";

fn decisions() -> Table {
    let (approved, paid) = (approved(), payout("10000002, 2000, 'salary', 1"));
    let rows = [
        (approved.clone(), "salary_requests_paid_when_approved"),
        (paid.clone(), "diamond_movements_salary_request_id_fkey"),
        (format!("{}; {paid}", update(REJECTED, 1)), "diamond_movements_salary_request_id_fkey"),
        (format!("{approved}; {}", payout("10000002, 2001, 'salary', 1")), "diamond_movements_salary_request_id_fkey"),
        (format!("{approved}; {}", payout("10000003, 2000, 'salary', 1")), "diamond_movements_salary_request_id_fkey"),
        (format!("{approved}; {}", payout("10000002, 2000, 'salary', 2")), "diamond_movements_salary_request_id_fkey"),
        (format!("{approved}; {}", payout("1, 2000, 'salary', 1")), "diamond_movements_salary_request_id_fkey"),
        (format!("{approved}; {PAID_UNDER_A_TAKEN_ID}"), "diamond_movements_pkey"),
        (payout("10000002, 2000, 'salary', NULL"), "diamond_movements_type_matches_salary_request_id"),
        (format!("{approved}; {paid}; {paid}"), "diamond_movements_salary_request_id_key"),
        (payout("10000002, 2000, 'salary', 3"), "diamond_movements_salary_request_id_key"),
        (
            update("status = 'approved', decided_by = 10000002, decided_at = 'epoch'", 1),
            "salary_requests_not_decided_by_the_host",
        ),
        (
            update("status = 'rejected', decided_by = 10000002, decided_at = 'epoch'", 1),
            "salary_requests_not_decided_by_the_host",
        ),
        (update("status = 'rejected', decided_by = 1, decided_at = 'epoch'", 1), "salary_requests_decided_by_fkey"),
        (update("status = 'rejected', decided_at = 'epoch'", 1), "salary_requests_decided_by_when_decided"),
        (update("status = 'rejected', decided_by = 10000003", 1), "salary_requests_decided_at_when_decided"),
        (
            format!(
                "{}; {paid}",
                update("status = 'approved', decided_by = 10000003, decided_at = 'epoch', reason = 'x'", 1)
            ),
            "salary_requests_reason_when_rejected",
        ),
        (update("status = 'lost', decided_by = 10000003, decided_at = 'epoch'", 1), "salary_requests_status_known"),
        // Decided, and nothing of it changes any more; and while it waits, nothing but the decision.
        (update(REJECTED, 3), "salary_requests_decided_once"),
        (update("status = 'pending', decided_by = NULL, decided_at = NULL", 3), "salary_requests_decided_once"),
        (update("reason = NULL", 3), "salary_requests_decided_once"),
        (update("salary_amount = 2001", 1), "salary_requests_decided_once"),
        (update(&format!("{REJECTED}, salary_amount = 2001"), 1), "salary_requests_decided_once"),
        (update(&format!("{REJECTED}, host_id = 10000003"), 1), "salary_requests_decided_once"),
        ("DELETE FROM salary_requests WHERE id = 1".to_owned(), "salary_requests_append_only"),
        ("DELETE FROM salary_requests".to_owned(), "salary_requests_append_only"),
        ("TRUNCATE salary_requests, diamond_movements".to_owned(), "salary_requests_append_only"),
    ];
    Table::new(Books::Asked, rows)
}

/// What is right is allowed, or the other tables show nothing.
fn right_decisions() -> Table {
    let paid = payout("10000002, 2000, 'salary', 1");
    let rows = [(format!("{}; {paid}", approved()), ALLOWED), (update(REJECTED, 2), ALLOWED)];
    Table::new(Books::Asked, rows)
}
