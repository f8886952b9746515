//! What the audit finds of receipts that were given and of which nothing else is left.

use super::{RECEIPT, check};

const GIFT_GONE: &str = "DELETE FROM gifts; DELETE FROM host_totals; DELETE FROM fan_totals;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_that_vanished_with_everything_that_belongs_to_it_is_found() {
    let plant = format!("{GIFT_GONE} UPDATE users SET balance = 100 WHERE id = 10000001");
    check(&plant, &[(RECEIPT, "gift 1", -1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_vanished_with_its_coins_is_found() {
    let plant = format!("{GIFT_GONE} DELETE FROM coin_movements; UPDATE users SET balance = 0");
    check(&plant, &[(RECEIPT, "gift 1", -1), (RECEIPT, "grant 1", -1)]).await;
}
