//! BEGIN and COMMIT go out together with what is between them, and yet come before and after it.

use domain::{
    gift::{GiftLedger as _, GiftRefusal, SendGiftError},
    store::StoreError,
};

use crate::support::{Calls, Fixture, at, deciding, order, refused, until};

/// Refuses what is written by a transaction that has not locked rows of users before: FOR NO KEY UPDATE holds the table ROW SHARE,
/// and nothing of what is written does.
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
async fn a_commit_that_the_database_refuses_is_no_gift_and_harms_nobody() {
    let fixture = Fixture::with_pool(1).await;
    let (sender, receiver) = (fixture.user_with(30).await, fixture.user().await);
    fixture
        .execute(
            "CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused late'; END $$;
             CREATE CONSTRAINT TRIGGER late AFTER INSERT ON gifts DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION refuse_late();",
        )
        .await;
    let one = order(sender, receiver, "rose", 1, "k");
    let before = fixture.books().await;
    // By a session that meets the statements for the first time, and by one that knows them.
    for _ in 0..2 {
        let result = fixture.send(&one).await;
        let Err(SendGiftError::Store(StoreError::Corrupt(cause))) = result else { panic!("{result:?}") };
        assert!(cause.to_string().contains("refused late"), "{cause}");
        assert_eq!(fixture.books().await, before);
    }
    fixture.execute("DROP TRIGGER late ON gifts").await;
    fixture.send(&one).await.unwrap();
    assert_eq!(fixture.balance(sender).await, 20);
    fixture.assert_in_order().await;
}

/// Those that have committed a group.
const SESSIONS: &str = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND query = 'COMMIT'";

/// What was sent behind the statement that failed is answered too, before the rollback.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_waited_for_in_vain_costs_no_session() {
    let fixture = Fixture::with_pool(1).await;
    let (sender, receiver) = (fixture.user_with(30).await, fixture.user().await);
    fixture.send(&order(sender, receiver, "rose", 1, "before")).await.unwrap();
    let before = fixture.texts(SESSIONS).await;
    let holder = fixture.client().await;
    holder.batch_execute(&format!("BEGIN; SELECT FROM users WHERE id = {sender} FOR UPDATE")).await.unwrap();
    let one = order(sender, receiver, "rose", 1, "k");
    let result = fixture.send(&one).await;
    assert!(matches!(result, Err(SendGiftError::Store(StoreError::Unavailable(_)))), "{result:?}");
    holder.batch_execute("COMMIT").await.unwrap();

    fixture.send(&one).await.unwrap();

    assert_eq!(fixture.texts(SESSIONS).await.iter().filter(|pid| before.contains(pid)).count(), 1);
    fixture.assert_in_order().await;
}

/// Its session is thrown away with it, whatever state it is in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_panics_amid_its_transaction_leaves_none_behind() {
    let fixture = Fixture::with_pool(1).await;
    let (sender, receiver) = (fixture.user_with(30).await, fixture.user().await);
    fixture.send(&order(sender, receiver, "rose", 1, "before")).await.unwrap();
    let [before] = fixture.texts(SESSIONS).await.try_into().unwrap();
    let one = order(sender, receiver, "rose", 1, "k");
    let gifts = fixture.gifts();
    // More often than there are writers: none of them is lost.
    for _ in 0..3 {
        let died = gifts.settle(one.clone(), at(0), Box::new(|_| panic!("a rule with a bug"))).await;
        assert!(died.is_err(), "{died:?}");
    }

    let calls = Calls::default();
    gifts.settle(one.clone(), at(0), deciding(&one, &calls)).await.unwrap();

    assert_eq!((calls.count(), fixture.balance(sender).await), (1, 10));
    until("another session is used", async || {
        let now = fixture.texts(SESSIONS).await;
        now.len() == 1 && now != [before.clone()]
    })
    .await;
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_that_waited_for_its_host_to_join_counts_for_the_membership() {
    let fixture = Fixture::new().await;
    let (sender, host, owner) = (fixture.user_with(30).await, fixture.user().await, fixture.user().await);
    let agency = fixture.agency_of(owner).await;
    let joining = fixture.client().await;
    joining
        .batch_execute(&format!(
            "BEGIN; SELECT FROM users WHERE id = {host} FOR UPDATE;
             INSERT INTO memberships (host_id, agency_id, starts_at) VALUES ({host}, {agency}, 'epoch')"
        ))
        .await
        .unwrap();
    let one = order(sender, host, "rose", 1, "k");
    let sending = tokio::spawn({
        let (gifts, one, decide) = (fixture.gifts(), one.clone(), deciding(&one, &Calls::default()));
        async move { gifts.settle(one, at(0), decide).await }
    });
    fixture.until_waiting(1).await;

    joining.batch_execute("COMMIT").await.unwrap();

    sending.await.unwrap().unwrap();
    fixture.roll_up().await;
    let incomes = format!("SELECT income::text FROM membership_totals WHERE host_id = {host}");
    assert_eq!(fixture.texts(&incomes).await, ["5", "5", "5", "5"], "of the day, week, month and all time");
    fixture.assert_in_order().await;
}
