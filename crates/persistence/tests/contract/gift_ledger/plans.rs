//! What settling reads and leaves behind, however much there is already.

use domain::gift::GiftLedger as _;
use persistence::PgGiftLedger;

use crate::{
    reports::counted,
    support::{Calls, Fixture, at, calendar, deciding, order, roll_up},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_looked_up_and_changes_totals_in_place_from_the_first_gift_on() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(100_000).await, fixture.user().await);
    // Plans are made while there is nothing, and kept.
    counted(&fixture, async |database| {
        let gifts = PgGiftLedger::new(database.clone(), calendar());
        for number in 0..200 {
            let quantity = if number == 0 { 1_000 } else { 1 };
            let one = order(sender, receiver, "rose", quantity, &format!("k{number}"));
            gifts.settle(one.clone(), at(0), deciding(&one, &Calls::default())).await.unwrap();
            // Rolled up one by one, by whoever reads totals.
            roll_up(&database).await;
        }
    })
    .await;
    let whole_reads = "SELECT relname || ' ' || seq_scan FROM pg_stat_user_tables
        WHERE relname IN ('idempotency_keys', 'memberships', 'host_totals', 'fan_totals', 'gifts') AND seq_scan > 0";
    assert_eq!(fixture.texts(whole_reads).await, Vec::<String>::new());
    // From ten thousand coins on every tenth rose makes another step; some more changes find no room on their page.
    let in_place = "SELECT n_tup_upd || ' ' || (n_tup_hot_upd >= n_tup_upd * 7 / 10) FROM pg_stat_user_tables
        WHERE relname = 'host_totals'";
    assert_eq!(fixture.texts(in_place).await, ["995 true"]);
    fixture.assert_in_order().await;
}
