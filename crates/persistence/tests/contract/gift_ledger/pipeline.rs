//! BEGIN and COMMIT go out together with what is between them, and yet come before and after it.

use domain::gift::{GiftLedger as _, GiftRefusal};

use crate::support::{Calls, Fixture, at, deciding, order, refused, until};

/// Refuses what is written by a transaction that has not locked rows of users before: FOR NO KEY UPDATE holds the table ROW SHARE,
/// and nothing of what is written does before its foreign keys are looked at.
const ONLY_BEHIND_LOCKS: &str = "
    CREATE FUNCTION refuse_without_locks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'users'::regclass
                        AND mode = 'RowShareLock') THEN
        RAISE 'written outside of the transaction';
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER only_behind_locks BEFORE INSERT ON gifts EXECUTE FUNCTION refuse_without_locks();
    CREATE TRIGGER only_behind_locks BEFORE INSERT ON idempotency_keys EXECUTE FUNCTION refuse_without_locks();";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_is_committed_behind_it_even_where_its_plan_is_made_last() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(30).await, fixture.user().await);
    fixture.execute(ONLY_BEHIND_LOCKS).await;
    // The session meets each kind of group for the first time: a refusal that is kept, and its COMMIT; a gift, whose statement is
    // prepared while the COMMIT is already; and once more, when both are.
    let poor = order(sender, receiver, "rose", 9_999, "poor");
    assert!(matches!(refused(fixture.send(&poor).await), GiftRefusal::InsufficientBalance { .. }));
    for key in ["first", "second"] {
        fixture.send(&order(sender, receiver, "rose", 1, key)).await.unwrap();
    }
    // And one that meets the gift first.
    let other = Fixture::new().await;
    let (sender, receiver) = (other.user_with(30).await, other.user().await);
    other.execute(ONLY_BEHIND_LOCKS).await;
    other.send(&order(sender, receiver, "rose", 1, "first")).await.unwrap();
    fixture.assert_in_order().await;
    other.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_nobody_ends_is_in_nobody_s_way() {
    let fixture = Fixture::with_pool(1).await;
    let (sender, receiver) = (fixture.user_with(30).await, fixture.user().await);
    fixture.send(&order(sender, receiver, "rose", 1, "before")).await.unwrap();
    let sessions = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND query = 'COMMIT'";
    let [before] = fixture.texts(sessions).await.try_into().unwrap();
    let one = order(sender, receiver, "rose", 1, "k");
    let died = fixture.gifts().settle(one.clone(), at(0), Box::new(|_| panic!("a rule with a bug"))).await;
    assert!(died.is_err(), "{died:?}");

    let calls = Calls::default();
    fixture.gifts().settle(one.clone(), at(0), deciding(&one, &calls)).await.unwrap();

    assert_eq!((calls.count(), fixture.balance(sender).await), (1, 10));
    until("another session is used", async || {
        let now = fixture.texts(sessions).await;
        now.len() == 1 && now != [before.clone()]
    })
    .await;
    fixture.assert_in_order().await;
}
