//! `BulkBooks`: many wishes in one transaction come to what they come to one by one, or to nothing.

use chrono::{DateTime, Utc};
use domain::{
    bulk::BulkBooks as _,
    gift::{GiftContext, GiftOrder, GiftPosting, GiftRefusal, SendGiftError, settle},
    id::UserId,
    idempotency::Actor,
    money::Coins,
    ranking::GiftTotals as _,
    store::StoreError,
    wallet::{CoinChange, CoinContext, CoinError, CoinOrder, CoinPosting, CoinRefusal, change_balance},
};
use persistence::{PgBulkBooks, PgGiftTotals};

use crate::support::{Fixture, at, calendar, new_user, order, wish};

fn books(fixture: &Fixture) -> PgBulkBooks {
    PgBulkBooks::new(fixture.database.clone())
}

fn person(number: i64) -> UserId {
    UserId::new(10_000_000 + number)
}

/// Everybody gives everybody, so that most send and receive.
fn orders() -> Vec<(DateTime<Utc>, GiftOrder)> {
    let gifts = ["rose", "cute", "cupid", "burger"];
    (0..40)
        .map(|number| {
            let (from, step) = (number % 4, 1 + number / 4 % 3);
            let gift = gifts[usize::try_from(number).unwrap() % gifts.len()];
            let order = order(person(from), person((from + step) % 4), gift, 1 + number % 3, &format!("gift-{number}"));
            (at(number * 900), order)
        })
        .collect()
}

fn wishes() -> Vec<(DateTime<Utc>, CoinOrder)> {
    // Two for each, the second one on what the first one left; one of them by a user.
    let by = |number| if number == 5 { Actor::User(person(0)) } else { Actor::CommandLine };
    let wish = |number| wish(by(number), person(number % 4), 40_000 + number, &format!("coins-{number}"));
    (0..8).map(|number| (at(number), wish(number))).collect()
}

async fn people(fixture: &Fixture) {
    let people: Vec<_> = (0..4).map(|number| new_user(10_000_000 + number)).collect();
    books(fixture).insert_users(&people).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_wishes_come_to_the_rows_of_single_ones() {
    let (single, many) = (Fixture::new().await, Fixture::new().await);
    assert!(books(&many).is_empty().await.unwrap());
    people(&single).await;
    people(&many).await;
    assert!(!books(&many).is_empty().await.unwrap());

    for (number, (_, wish)) in (0..).zip(wishes()) {
        single.grant_at(wish, number).await.unwrap();
    }
    books(&many).change_coins(&wishes(), change_balance).await.unwrap();
    for (number, (_, order)) in (0..).zip(orders()) {
        single.send_at(&order, number * 900).await.unwrap();
    }
    let orders = orders();
    for some in orders.chunks(15) {
        books(&many).settle(some, settle).await.unwrap();
    }
    PgGiftTotals::new(many.database.clone(), calendar()).rebuild().await.unwrap();
    books(&many).settle_down().await.unwrap();

    assert_eq!(many.books().await, single.books().await);
    single.assert_in_order().await;
    many.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refusal_among_many_writes_nothing() {
    let fixture = Fixture::new().await;
    people(&fixture).await;
    books(&fixture).change_coins(&wishes(), change_balance).await.unwrap();
    let before = fixture.books().await;

    let mut orders = orders();
    orders.push((at(0), order(person(0), person(1), "cake", 9_999, "dear")));
    let refused = books(&fixture).settle(&orders, settle).await;
    assert!(matches!(refused, Err(SendGiftError::Refused(GiftRefusal::InsufficientBalance { .. }))), "{refused:?}");
    orders.pop();
    orders.push((at(0), order(person(0), UserId::new(1), "rose", 1, "nobody")));
    let refused = books(&fixture).settle(&orders, settle).await;
    assert!(matches!(refused, Err(SendGiftError::Refused(GiftRefusal::UnknownReceiver))), "{refused:?}");

    let wishes = [
        (at(0), wish(Actor::CommandLine, person(0), 1, "a")),
        (at(0), wish(Actor::CommandLine, UserId::new(1), 1, "b")),
    ];
    let refused = books(&fixture).change_coins(&wishes, change_balance).await;
    assert!(matches!(refused, Err(CoinError::Refused(CoinRefusal::UnknownUser))), "{refused:?}");
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_wrong_decision_among_many_writes_nothing() {
    fn generous(order: &GiftOrder, facts: &GiftContext) -> Result<GiftPosting, GiftRefusal> {
        let posting = settle(order, facts)?;
        let balance_after = posting.balance_after.checked_add(Coins::new(1).unwrap()).unwrap();
        Ok(GiftPosting { balance_after, ..posting })
    }
    fn mean(change: CoinChange, facts: &CoinContext) -> Result<CoinPosting, CoinRefusal> {
        let posting = change_balance(change, facts)?;
        Ok(CoinPosting { balance_after: posting.balance_after.checked_sub(Coins::new(1).unwrap()).unwrap() })
    }
    let fixture = Fixture::new().await;
    people(&fixture).await;
    books(&fixture).change_coins(&wishes(), change_balance).await.unwrap();
    let before = fixture.books().await;
    let wrong = books(&fixture).settle(&orders(), generous).await;
    assert!(matches!(wrong, Err(SendGiftError::Store(StoreError::Corrupt(_)))), "{wrong:?}");
    let other = [(at(0), wish(Actor::CommandLine, person(0), 1, "other"))];
    let wrong = books(&fixture).change_coins(&other, mean).await;
    assert!(matches!(wrong, Err(CoinError::Store(StoreError::Corrupt(_)))), "{wrong:?}");
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_is_not_written_again() {
    let fixture = Fixture::new().await;
    people(&fixture).await;
    books(&fixture).change_coins(&wishes(), change_balance).await.unwrap();
    books(&fixture).settle(&orders(), settle).await.unwrap();
    PgGiftTotals::new(fixture.database.clone(), calendar()).rebuild().await.unwrap();
    let before = fixture.books().await;

    let again = books(&fixture).settle(&orders()[30..], settle).await;
    assert!(matches!(again, Err(SendGiftError::Store(StoreError::Unavailable(_)))), "{again:?}");
    let again = books(&fixture).change_coins(&wishes()[..1], change_balance).await;
    assert!(matches!(again, Err(CoinError::Store(StoreError::Unavailable(_)))), "{again:?}");
    let again = books(&fixture).insert_users(&[new_user(10_000_009), new_user(10_000_000)]).await;
    assert!(matches!(again, Err(StoreError::Corrupt(_))), "{again:?}");
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}
