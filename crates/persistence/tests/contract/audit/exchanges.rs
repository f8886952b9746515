//! What the audit finds of exchanges.

use domain::id::UserId;

use super::{BALANCE, RECEIPT, plant_and_audit, salaries::PAID, sent_fixture};
use crate::support::exchange_of;

const TAKEN: &str = "an exchange takes exactly its diamonds";
const GIVEN: &str = "an exchange gives exactly its coins";
const RATED: &str = "an exchange is rated exactly";
const KEY: &str = "an exchange has one key";

/// The same books, in which user 10000002 then exchanged his ten diamonds for three coins.
async fn check(plant: &str, expected: &[(&str, &str, i64)]) {
    let fixture = sent_fixture().await;
    let receipt = fixture.exchange(exchange_of(UserId::new(10_000_002), 10, "x")).await.unwrap();
    assert_eq!((receipt.exchange_id.value(), receipt.coins.value()), (1, 3));
    fixture.assert_in_order().await;
    plant_and_audit(&fixture, plant, expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overdrawn_diamonds_are_found() {
    let plant = "UPDATE exchanges SET diamonds = 11; UPDATE diamond_movements SET income = -11 WHERE type = 'exchange';
        UPDATE idempotency_keys SET outcome = jsonb_set(outcome::jsonb, '{exchanged,diamonds}', '11')
         WHERE operation = 'exchange'";
    check(plant, &[("diamonds are never overdrawn", "user 10000002", -1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_does_not_take_exactly_its_diamonds_is_found() {
    check("DELETE FROM diamond_movements WHERE type = 'exchange'", &[(TAKEN, "exchange 1", 10)]).await;
    check("UPDATE diamond_movements SET income = -9 WHERE type = 'exchange'", &[(TAKEN, "exchange 1", 1)]).await;
    let later = "UPDATE diamond_movements SET created_at = created_at + interval '1 second' WHERE type = 'exchange'";
    check(later, &[(TAKEN, "exchange 1", 0)]).await;
    let others = "UPDATE diamond_movements SET host_id = 10000001 WHERE type = 'exchange'";
    check(others, &[(TAKEN, "exchange 1", 0), ("diamonds are never overdrawn", "user 10000001", -10)]).await;
    let untied = "ALTER TABLE diamond_movements DROP CONSTRAINT diamond_movements_type_matches_exchange_id;
        UPDATE diamond_movements SET exchange_id = NULL WHERE type = 'exchange'";
    check(untied, &[(TAKEN, "exchange 1", 10), (TAKEN, "income 2", -10)]).await;
    let named_otherwise = "ALTER TABLE diamond_movements DROP CONSTRAINT diamond_movements_type_matches_exchange_id,
          DROP CONSTRAINT diamond_movements_only_exchanges_take, DROP CONSTRAINT diamond_movements_type_matches_salary_request_id;
        UPDATE diamond_movements SET type = 'salary' WHERE type = 'exchange'";
    check(named_otherwise, &[(PAID, "income 2", -10), (TAKEN, "exchange 1", 0)]).await;
    let twice = "DROP INDEX diamond_movements_exchange_id_key;
        INSERT INTO diamond_movements (host_id, income, type, created_at, exchange_id)
          SELECT host_id, income, type, created_at, exchange_id FROM diamond_movements WHERE type = 'exchange'";
    check(twice, &[(TAKEN, "exchange 1", -10), ("diamonds are never overdrawn", "user 10000002", -10)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_does_not_give_exactly_its_coins_is_found() {
    let of_kind = "WHERE kind = 'exchange'";
    let deleted = format!("DELETE FROM coin_movements {of_kind}");
    check(&deleted, &[(GIVEN, "exchange 1", -3), (BALANCE, "user 10000002", 3)]).await;
    let more = format!("UPDATE coin_movements SET amount = 4 {of_kind}");
    check(&more, &[(GIVEN, "exchange 1", 1), (BALANCE, "user 10000002", -1)]).await;
    let later = format!("UPDATE coin_movements SET created_at = created_at + interval '1 second' {of_kind}");
    check(&later, &[(GIVEN, "exchange 1", 0)]).await;
    let to_another = format!(
        "UPDATE coin_movements SET user_id = 10000001 {of_kind}; UPDATE users SET balance = 0 WHERE id = 10000002;
         UPDATE users SET balance = balance + 3 WHERE id = 10000001"
    );
    check(&to_another, &[(GIVEN, "exchange 1", 0)]).await;
    let untied = format!(
        "ALTER TABLE coin_movements DROP CONSTRAINT coin_movements_kind_matches_exchange_id;
         UPDATE coin_movements SET exchange_id = NULL {of_kind}"
    );
    check(&untied, &[(GIVEN, "exchange 1", -3), (GIVEN, "movement 2", 3)]).await;
    let named_otherwise = format!(
        "ALTER TABLE coin_movements DROP CONSTRAINT coin_movements_kind_matches_exchange_id;
         UPDATE coin_movements SET kind = 'top_up' {of_kind}"
    );
    check(&named_otherwise, &[(GIVEN, "exchange 1", 0)]).await;
    let twice = format!(
        "DROP INDEX coin_movements_exchange_id_key; UPDATE users SET balance = balance + 3 WHERE id = 10000002;
         INSERT INTO coin_movements (user_id, kind, amount, reference, reason, created_at, exchange_id)
           SELECT user_id, kind, amount, reference, reason, created_at, exchange_id FROM coin_movements {of_kind}"
    );
    check(&twice, &[(GIVEN, "exchange 1", 3)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn legs_without_their_exchange_are_found() {
    let receipt = (RECEIPT, "exchange 1", -1);
    check("DELETE FROM exchanges", &[receipt, (GIVEN, "exchange 1", 3), (TAKEN, "exchange 1", -10)]).await;
    let traceless = "DELETE FROM exchanges; DELETE FROM diamond_movements WHERE type = 'exchange';
        DELETE FROM coin_movements WHERE kind = 'exchange'; UPDATE users SET balance = balance - 3 WHERE id = 10000002";
    check(traceless, &[receipt]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_rate_is_found() {
    let plant = "ALTER TABLE exchanges DROP CONSTRAINT exchanges_rate_exact; UPDATE exchanges SET coins = 5;
        UPDATE coin_movements SET amount = 5 WHERE kind = 'exchange';
        UPDATE users SET balance = balance + 2 WHERE id = 10000002;
        UPDATE idempotency_keys SET outcome = jsonb_set(outcome::jsonb, '{exchanged,coins}', '5')
         WHERE operation = 'exchange'";
    check(plant, &[(RATED, "exchange 1", 2)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_without_exactly_one_key_is_found() {
    check("DELETE FROM idempotency_keys WHERE operation = 'exchange'", &[(KEY, "exchange 1", -1)]).await;
    let copy = "INSERT INTO idempotency_keys SELECT actor_id, 'copy', operation, fingerprint, outcome, created_at
        FROM idempotency_keys WHERE operation = 'exchange'";
    check(copy, &[(KEY, "exchange 1", 1)]).await;
    let lie = |lie: &str| {
        format!("UPDATE idempotency_keys SET outcome = jsonb_set(outcome::jsonb, {lie}) WHERE operation = 'exchange'")
    };
    for what in ["'{exchanged,diamonds}', '9'", "'{exchanged,coins}', '4'"] {
        check(&lie(what), &[(KEY, "exchange 1", -1)]).await;
    }
    let of_another = [(RECEIPT, "exchange 2", -1), (KEY, "exchange 1", -1)];
    check(&lie("'{exchanged,exchange_id}', '2'"), &of_another).await;
    let anothers = "UPDATE idempotency_keys SET actor_id = 10000001 WHERE operation = 'exchange'";
    check(anothers, &[(KEY, "exchange 1", -1)]).await;
}
