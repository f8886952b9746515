//! Decisions that are wrong: the database is the second line, and nothing of them is kept.

use domain::{
    gift::{Category, GiftDecision, GiftLedger as _, GiftOrder, GiftPosting, SendGiftError, settle},
    id::UserId,
    money::{BasisPoints, Coins, Diamonds},
    store::StoreError,
};

use crate::support::{Fixture, at, order};

/// What is left by the gifts is not what was decided.
const NO_BALANCE: &str = "null value in column \"balance\" of relation \"users\"";

/// The real rule with something wrong in what it decides.
pub(super) fn deciding_wrongly(
    order: &GiftOrder,
    wrong: impl Fn(&mut GiftPosting) + Send + Sync + 'static,
) -> GiftDecision {
    let order = order.clone();
    Box::new(move |facts| {
        let mut posting = settle(&order, facts)?;
        wrong(&mut posting);
        Ok(posting)
    })
}

/// Settles an order of two roses (20 coins, 10 diamonds) by a sender of 25 coins; what is wrong with the posting must
/// show in the error and leave no trace.
async fn check_refused(fixture: &Fixture, wrong: impl Fn(&mut GiftPosting) + Send + Sync + 'static, expected: &str) {
    let (sender, receiver) = (fixture.user_with(25).await, fixture.user().await);
    let order = order(sender, receiver, "rose", 2, "k");
    let before = fixture.books().await;

    let result = fixture.gifts().settle(order.clone(), at(0), deciding_wrongly(&order, wrong)).await;

    let Err(SendGiftError::Store(StoreError::Corrupt(cause))) = result else { panic!("{expected}: {result:?}") };
    assert!(cause.to_string().contains(expected), "{expected}: {cause}");
    assert_eq!(fixture.books().await, before, "{expected}");
    // The key is free, and the connection is good, for the right decision.
    assert!(fixture.send(&order).await.is_ok(), "{expected}");
    assert_eq!((fixture.balance(sender).await, fixture.diamonds(receiver).await), (5, 10), "{expected}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_posting_that_takes_more_than_there_is_writes_nothing() {
    let fixture = Fixture::new().await;
    // Whatever the decision claims is left, more is taken than there is.
    for claimed in [0, 5, 25, 1_000_000] {
        let wrong = move |posting: &mut GiftPosting| {
            posting.quantity = domain::gift::Quantity::parse(3).unwrap();
            posting.total = Coins::new(30).unwrap();
            posting.host_income = Diamonds::new(15).unwrap();
            posting.balance_after = Coins::new(claimed).unwrap();
        };
        check_refused(&fixture, wrong, NO_BALANCE).await;
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_posting_that_leaves_another_balance_than_it_takes_writes_nothing() {
    let fixture = Fixture::new().await;
    for claimed in [0, 4, 6, 25, 1_000_000] {
        let wrong = move |posting: &mut GiftPosting| posting.balance_after = Coins::new(claimed).unwrap();
        check_refused(&fixture, wrong, NO_BALANCE).await;
    }
    for total in [0, 19, 21] {
        let wrong = move |posting: &mut GiftPosting| {
            posting.total = Coins::new(total).unwrap();
            posting.balance_after = Coins::new(25 - total).unwrap();
        };
        check_refused(&fixture, wrong, NO_BALANCE).await;
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_posting_that_breaks_a_rule_of_the_books_writes_nothing() {
    let fixture = Fixture::new().await;
    let income = |diamonds| move |posting: &mut GiftPosting| posting.host_income = Diamonds::new(diamonds).unwrap();
    for diamonds in [0, 9, 11, 20] {
        check_refused(&fixture, income(diamonds), "gifts_split_exact").await;
    }
    let share = |posting: &mut GiftPosting| posting.host_share = BasisPoints::WHOLE;
    check_refused(&fixture, share, "gifts_split_exact").await;
    let self_gift = |posting: &mut GiftPosting| posting.receiver = posting.sender;
    check_refused(&fixture, self_gift, "gifts_no_self_gift").await;
    let nobody = |posting: &mut GiftPosting| posting.receiver = UserId::new(1);
    check_refused(&fixture, nobody, "gifts_between_users").await;
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_posting_is_stored_as_decided_and_not_looked_up_again() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(25).await, fixture.user().await);
    let order = order(sender, receiver, "rose", 2, "k");
    let decide = deciding_wrongly(&order, |posting| {
        posting.gift_name = "Mawar".to_owned();
        posting.category = Category::Lucky;
        posting.host_share = BasisPoints::new(1_000).unwrap();
        posting.host_income = Diamonds::new(2).unwrap();
    });
    fixture.gifts().settle(order, at(0), decide).await.unwrap();
    let row = "SELECT concat_ws(' ', gift_name, category, host_share_bp, host_income) FROM gifts";
    assert_eq!(fixture.texts(row).await, ["Mawar lucky 1000 2"]);
    fixture.assert_in_order().await;
}
