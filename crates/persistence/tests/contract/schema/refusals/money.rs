//! What is refused of money: people, gifts, movements, keys and the catalogue.

use super::{ALLOWED, Books, Table, check, refusal};
use crate::support::Fixture;

pub(super) fn tables() -> Vec<Table> {
    vec![users(), gifts(), right_gift(), diamond_movements(), movements_and_keys(), append_only(), catalogue()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_cannot_owe_or_be_nobody() {
    check(users()).await;
}

fn users() -> Table {
    let insert = |values: &str| {
        format!(
            "INSERT INTO users (id, phone, password, name, balance, role, token_epoch, created_at, updated_at)
             VALUES ({values}, '2026-11-23T10:00:00Z', '2026-11-23T10:00:00Z')"
        )
    };
    let rows = [
        ("UPDATE users SET balance = -1".to_owned(), "users_balance_non_negative"),
        ("UPDATE users SET balance = balance - 81 WHERE id = 10000001".to_owned(), "users_balance_non_negative"),
        ("UPDATE users SET balance = 9007199254740992".to_owned(), "users_balance_within_range"),
        ("UPDATE users SET balance = NULL".to_owned(), "balance is missing"),
        ("UPDATE users SET role = 'root'".to_owned(), "users_role_known"),
        ("UPDATE users SET token_epoch = -1".to_owned(), "users_token_epoch_non_negative"),
        (insert("0, '1', '', '', 0, 'user', 0"), "users_id_positive"),
        (insert("9007199254740992, '1', '', '', 0, 'user', 0"), "users_id_positive"),
        (insert("10000001, '1', '', '', 0, 'user', 0"), "users_pkey"),
        (insert("1, '0810000001', '', '', 0, 'user', 0"), "users_phone_key"),
        (insert("1, '1', '', '', -1, 'user', 0"), "users_balance_non_negative"),
        ("DELETE FROM users WHERE id = 10000002".to_owned(), "users_stay"),
        ("UPDATE users SET id = 5 WHERE id = 10000002".to_owned(), "users_stay"),
        ("INSERT INTO user_ids VALUES (5)".to_owned(), "user_ids_id_fkey"),
        ("INSERT INTO user_ids VALUES (10000001)".to_owned(), "user_ids_pkey"),
        ("DELETE FROM user_ids WHERE id = 10000002".to_owned(), "user_ids_stay"),
        ("UPDATE user_ids SET id = 5 WHERE id = 10000002".to_owned(), "user_ids_stay"),
    ];
    Table::new(Books::Sent, rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_is_between_two_people_and_split_exactly() {
    check(gifts()).await;
    check(right_gift()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_added_has_an_id_that_others_refer_to() {
    let fixture = Fixture::new().await;
    let add = "INSERT INTO users (id, phone, password, name, created_at, updated_at)
        SELECT id, id, '', '', 'epoch', 'epoch' FROM generate_series(5, 7) AS added (id)";
    fixture.execute(add).await;
    assert_eq!(fixture.count("user_ids WHERE id BETWEEN 5 AND 7").await, 3);
    let block = "INSERT INTO user_blocks (blocker_id, blocked_id, created_at) VALUES (8, 5, 'epoch')";
    assert_eq!(refusal(&fixture, block).await, "user_blocks_blocker_id_fkey");
    fixture.execute(&add.replace("5, 7", "8, 8")).await;
    fixture.execute(block).await;
    // It is the trigger that adds it.
    fixture.execute("ALTER TABLE users DISABLE TRIGGER users_have_ids").await;
    fixture.execute(&add.replace("5, 7", "9, 9")).await;
    assert_eq!(refusal(&fixture, &block.replace("(8, 5", "(9, 5")).await, "user_blocks_blocker_id_fkey");
}

/// A gift of a rose, right in everything, with some columns given otherwise.
fn gift(otherwise: &[(&str, &str)]) -> String {
    let right = [
        ("sender_id", "10000001"),
        ("receiver_id", "10000003"),
        ("gift_key", "'rose'"),
        ("gift_name", "'Rose'"),
        ("category", "'normal'"),
        ("coin_value", "10"),
        ("quantity", "1"),
        ("host_share_bp", "5000"),
        ("host_income", "5"),
        ("created_at", "'2026-11-23T10:00:00Z'"),
    ];
    let value = |name, value| otherwise.iter().find(|(other, _)| *other == name).map_or(value, |(_, other)| *other);
    let added = otherwise.iter().filter(|(name, _)| right.iter().all(|(column, _)| column != name));
    let columns: Vec<_> =
        right.iter().map(|(name, right)| (*name, value(*name, *right))).chain(added.copied()).collect();
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = columns.iter().map(|(_, value)| *value).collect();
    format!("INSERT INTO gifts ({}) VALUES ({})", names.join(", "), values.join(", "))
}

/// What is right is allowed, or the other table shows nothing.
fn right_gift() -> Table {
    Table::new(Books::Sent, [(gift(&[]), ALLOWED)])
}

fn gifts() -> Table {
    let rows: [(&[(&str, &str)], &str); 21] = [
        (&[("receiver_id", "10000001")], "gifts_no_self_gift"),
        (&[("sender_id", "1")], "gifts_between_users"),
        (&[("receiver_id", "1")], "gifts_between_users"),
        (&[("host_income", "4")], "gifts_split_exact"),
        (&[("host_income", "6")], "gifts_split_exact"),
        (&[("host_income", "10")], "gifts_split_exact"),
        (&[("host_income", "-5")], "gifts_split_exact"),
        (&[("coin_value", "11"), ("host_income", "6")], "gifts_split_exact"),
        (&[("quantity", "2")], "gifts_split_exact"),
        (&[("host_share_bp", "1000")], "gifts_split_exact"),
        (&[("host_share_bp", "10001"), ("host_income", "10")], "gifts_host_share_bp_within_range"),
        (&[("host_share_bp", "-1"), ("host_income", "0")], "gifts_host_share_bp_within_range"),
        (&[("coin_value", "0"), ("host_income", "0")], "gifts_coin_value_within_range"),
        (&[("coin_value", "1000000001"), ("host_income", "500000000")], "gifts_coin_value_within_range"),
        (&[("quantity", "0"), ("host_income", "0")], "gifts_quantity_within_range"),
        (&[("quantity", "-1"), ("host_income", "-5")], "gifts_quantity_within_range"),
        (&[("quantity", "10000"), ("host_income", "50000")], "gifts_quantity_within_range"),
        (&[("category", "'umum'")], "gifts_category_known"),
        (&[("total_cost", "0")], "generated"),
        (&[("id", "7")], "generated"),
        (&[("created_at", "NULL")], "created_at is missing"),
    ];
    let again = |receiver: &str| {
        format!(
            "INSERT INTO gifts (id, sender_id, receiver_id, gift_key, gift_name, category, coin_value, quantity, host_share_bp,
               host_income, created_at) OVERRIDING SYSTEM VALUE
             SELECT id, sender_id, {receiver}, gift_key, gift_name, category, coin_value, quantity, host_share_bp, host_income,
               created_at FROM gifts"
        )
    };
    let again = [(again("10000003"), "gifts_pkey"), (again("receiver_id"), "gifts_pkey")];
    Table::new(Books::Sent, rows.into_iter().map(|(otherwise, expected)| (gift(otherwise), expected)).chain(again))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn diamonds_move_by_exchanges_and_salaries_alone() {
    check(diamond_movements()).await;
}

fn diamond_movements() -> Table {
    let movement = |values: &str| {
        format!(
            "INSERT INTO diamond_movements (host_id, income, type, created_at) VALUES ({values}, '2026-11-23T10:00:00Z')"
        )
    };
    let rows = [
        ("10000002, -5, 'salary'", "diamond_movements_only_exchanges_take"),
        ("10000002, 5, 'exchange'", "diamond_movements_only_exchanges_take"),
        ("10000002, 0, 'exchange'", "diamond_movements_only_exchanges_take"),
        ("10000002, 9007199254740992, 'salary'", "diamond_movements_income_within_range"),
        ("10000002, -9007199254740992, 'exchange'", "diamond_movements_income_within_range"),
        ("10000002, 5, 'salary'", "diamond_movements_type_matches_salary_request_id"),
        ("10000002, -5, 'exchange'", "diamond_movements_type_matches_exchange_id"),
        // What a gift brings is in the gift's own row.
        ("10000002, 5, 'normal'", "diamond_movements_type_known"),
        ("10000002, 5, 'tip'", "diamond_movements_type_known"),
        ("1, 5, 'tip'", "diamond_movements_type_known"),
    ];
    Table::new(Books::Sent, rows.map(|(values, expected)| (movement(values), expected)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn movements_and_keys_are_of_known_kinds() {
    check(movements_and_keys()).await;
}

fn movements_and_keys() -> Table {
    let movement = |values: &str| {
        format!(
            "INSERT INTO coin_movements (user_id, kind, amount, reference, actor_id, reason, created_at)
             VALUES ({values}, 'a test', '2026-11-23T10:00:00Z')"
        )
    };
    let kept = |values: &str| {
        format!(
            "INSERT INTO idempotency_keys (actor_id, key, operation, fingerprint, outcome, created_at)
             VALUES ({values}, '{{}}', '2026-11-23T10:00:00Z')"
        )
    };
    let rows = [
        (movement("10000001, 'grant', 0, 'k', NULL"), "coin_movements_amount_within_range"),
        (movement("10000001, 'grant', 9007199254740992, 'k', NULL"), "coin_movements_amount_within_range"),
        (movement("10000001, 'correction', -9007199254740992, 'k', NULL"), "coin_movements_amount_within_range"),
        (movement("10000001, 'correction', 0, 'k', NULL"), "coin_movements_amount_within_range"),
        (movement("10000001, 'grant', -1, 'k', NULL"), "coin_movements_only_corrections_take"),
        (movement("10000001, 'bonus', 1, 'k', NULL"), "coin_movements_kind_known"),
        (movement("1, 'grant', 1, 'k', NULL"), "coin_movements_user_id_fkey"),
        (movement("10000001, 'grant', 1, 'k', 1"), "coin_movements_actor_id_fkey"),
        (
            "INSERT INTO coin_movements OVERRIDING SYSTEM VALUE SELECT * FROM coin_movements".to_owned(),
            "coin_movements_pkey",
        ),
        (kept("10000001, 'k', 'gift', sha256('')"), "idempotency_keys_pkey"),
        (kept("10000001, 'l', 'theft', sha256('')"), "idempotency_keys_operation_known"),
        (kept("10000001, 'l', 'gift', ''"), "idempotency_keys_fingerprint_is_sha256"),
    ];
    Table::new(Books::Sent, rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_money_are_never_changed_and_never_deleted() {
    check(append_only()).await;
}

fn append_only() -> Table {
    let tables = ["gifts", "exchanges", "diamond_movements", "coin_movements", "idempotency_keys"];
    let mut statements = Vec::new();
    for table in tables {
        let refused_by = format!("{table}_append_only");
        for statement in [
            format!("UPDATE {table} SET created_at = created_at"),
            format!("UPDATE {table} SET created_at = created_at WHERE false"),
            format!("DELETE FROM {table}"),
            format!("DELETE FROM {table} WHERE false"),
            format!("TRUNCATE {table} CASCADE"),
        ] {
            statements.push((statement, refused_by.clone()));
        }
    }
    statements.push(("TRUNCATE users CASCADE".to_owned(), "users_stay".to_owned()));
    statements.push(("TRUNCATE user_ids CASCADE".to_owned(), "user_ids_stay".to_owned()));
    let upsert = "INSERT INTO idempotency_keys SELECT * FROM idempotency_keys
        ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE SET outcome = '{}'";
    statements.push((upsert.to_owned(), "idempotency_keys_append_only".to_owned()));
    Table::new(Books::Sent, statements)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_has_prices_and_shares_within_bounds() {
    check(catalogue()).await;
}

fn catalogue() -> Table {
    let rows = [
        ("UPDATE gift_catalogue SET coin_value = 0", "gift_catalogue_coin_value_within_range"),
        ("UPDATE gift_catalogue SET coin_value = 1000000001", "gift_catalogue_coin_value_within_range"),
        ("UPDATE gift_catalogue SET host_share_bp = -1", "gift_catalogue_host_share_bp_within_range"),
        ("UPDATE gift_catalogue SET host_share_bp = 10001", "gift_catalogue_host_share_bp_within_range"),
        ("UPDATE gift_catalogue SET category = 'umum'", "gift_catalogue_category_known"),
        ("UPDATE gift_catalogue SET size_class = 'huge'", "gift_catalogue_size_class_known"),
        ("UPDATE gift_catalogue SET key = 'rose'", "gift_catalogue_pkey"),
        ("UPDATE gift_catalogue SET key = 'a rose' WHERE key = 'rose'", "gift_catalogue_key_visible"),
        ("UPDATE gift_catalogue SET key = '' WHERE key = 'rose'", "gift_catalogue_key_visible"),
        ("UPDATE gift_catalogue SET coin_value = NULL", "coin_value is missing"),
        ("UPDATE gift_catalogue SET name = repeat('é', 101)", "too long"),
        ("DELETE FROM gift_catalogue WHERE key = 'rose'", "gift_catalogue_append_only"),
        ("TRUNCATE gift_catalogue", "gift_catalogue_append_only"),
    ];
    Table::new(Books::Sent, rows)
}
