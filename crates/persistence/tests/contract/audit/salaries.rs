//! What the audit finds of salaries.

use domain::{id::UserId, review::Verdict};

use super::{plant_and_audit, sent_fixture};
use crate::support::{decision_of, week};

pub(super) const PAID: &str = "an approved salary is paid exactly once";
const STATED: &str = "a salary is what its statement says";
const COUNTED: &str = "a statement counts exactly its gifts";
const KEY: &str = "a decided salary has one key";

/// The same books, in which user 10000003 then approved a salary of two thousand diamonds for user 10000002's week of
/// 2026-11-16, and another one of his waits.
async fn check(plant: &str, expected: &[(&str, &str, i64)]) {
    let fixture = sent_fixture().await;
    let (host, owner) = (UserId::new(10_000_002), fixture.user().await);
    let agency = fixture.agency_of(owner).await;
    let request = fixture.asked(host, agency, week("2026-W47"), 2_000).await;
    fixture.asked(host, agency, week("2026-W46"), 500).await;
    let receipt = fixture.decide_salary(decision_of(owner, request, Verdict::Approve, "s")).await.unwrap();
    assert_eq!((request.value(), receipt.income.unwrap().value()), (1, 2));
    fixture.assert_in_order().await;
    plant_and_audit(&fixture, plant, expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_salary_that_is_not_paid_exactly_once_is_found() {
    check("DELETE FROM diamond_movements WHERE type = 'salary'", &[(PAID, "salary request 1", -2_000)]).await;
    check("UPDATE diamond_movements SET income = 2001 WHERE type = 'salary'", &[(PAID, "salary request 1", 1)]).await;
    let others = "UPDATE diamond_movements SET host_id = 10000001 WHERE type = 'salary'";
    check(others, &[(PAID, "salary request 1", 0)]).await;
    let later = "UPDATE diamond_movements SET created_at = created_at + interval '1 second' WHERE type = 'salary'";
    check(later, &[(PAID, "salary request 1", 0)]).await;
    let twice = "DROP INDEX diamond_movements_salary_request_id_key;
        INSERT INTO diamond_movements (host_id, income, type, created_at, salary_request_id)
          SELECT host_id, income, type, created_at, salary_request_id FROM diamond_movements WHERE type = 'salary'";
    check(twice, &[(PAID, "salary request 1", 2_000)]).await;
    let untied = "ALTER TABLE diamond_movements DROP CONSTRAINT diamond_movements_type_matches_salary_request_id;
        UPDATE diamond_movements SET salary_request_id = NULL WHERE type = 'salary'";
    check(untied, &[(PAID, "income 2", 2_000), (PAID, "salary request 1", -2_000)]).await;
    let waiting = "INSERT INTO diamond_movements (host_id, income, type, created_at, salary_request_id)
        VALUES (10000002, 500, 'salary', 'epoch', 2)";
    check(waiting, &[(PAID, "salary request 2", 500)]).await;
    let unsaid = "UPDATE salary_requests SET status = 'pending', decided_by = NULL, decided_at = NULL";
    check(unsaid, &[(PAID, "salary request 1", 2_000)]).await;
    let rejected = "UPDATE salary_requests SET status = 'rejected' WHERE id = 1;
        UPDATE idempotency_keys SET outcome = jsonb_set(outcome::jsonb, '{decided,status}', '\"rejected\"')
         WHERE operation = 'salary'";
    check(rejected, &[(PAID, "salary request 1", 2_000)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_salary_that_its_statement_does_not_say_is_found() {
    let second = "host 10000002 week of 2026-11-09";
    check("DELETE FROM salary_requests WHERE id = 2", &[(STATED, second, -500)]).await;
    check("DELETE FROM salary_statements WHERE salary_amount = 500", &[(STATED, second, 500)]).await;
    check("UPDATE salary_requests SET salary_amount = 501 WHERE id = 2", &[(STATED, second, 1)]).await;
    check("UPDATE salary_requests SET total_lives = 5 WHERE id = 2", &[(STATED, second, 0)]).await;
    check("UPDATE salary_requests SET agency_id = 1 WHERE id = 2", &[(STATED, second, 0)]).await;
    let gifts = "UPDATE salary_statements SET gift_diamonds = 7 WHERE salary_amount = 500";
    check(gifts, &[(COUNTED, second, 7)]).await;
    let frozen = "UPDATE salary_statements
        SET inputs = jsonb_set(inputs, '{gifts}', '[{\"diamonds\": 3}, {\"diamonds\": 4}]') WHERE salary_amount = 500";
    check(frozen, &[(COUNTED, second, -7)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decided_salary_without_exactly_one_key_is_found() {
    check("DELETE FROM idempotency_keys WHERE operation = 'salary'", &[(KEY, "salary request 1", -1)]).await;
    let copy = "INSERT INTO idempotency_keys SELECT actor_id, 'copy', operation, fingerprint, outcome, created_at
        FROM idempotency_keys WHERE operation = 'salary'";
    check(copy, &[(KEY, "salary request 1", 1)]).await;
    for lie in ["'{decided,request_id}', '2'", "'{decided,status}', '\"rejected\"'"] {
        let plant = format!(
            "UPDATE idempotency_keys SET outcome = jsonb_set(outcome::jsonb, {lie}) WHERE operation = 'salary'"
        );
        check(&plant, &[(KEY, "salary request 1", -1)]).await;
    }
    let anothers = "UPDATE idempotency_keys SET actor_id = 10000001 WHERE operation = 'salary'";
    check(anothers, &[(KEY, "salary request 1", -1)]).await;
}
