//! `IncomeHistory`: what a host earned.

use domain::{
    id::{IncomeId, UserId},
    income::{Income, IncomeGift, IncomeHistory as _},
    money::Diamonds,
    page::{Cursor, Limit, Page, PageRequest},
    time::Period,
};
use persistence::PgIncomeHistory;

use crate::support::{Fixture, at, calendar, exchange_of, order};

fn incomes(fixture: &Fixture) -> PgIncomeHistory {
    PgIncomeHistory::new(fixture.database.clone())
}

/// By category: normal, luxury, lucky, s-lucky; and all together.
async fn gift_income(fixture: &Fixture, host: UserId, period: Period, second: i64) -> ([i64; 4], i64) {
    let income = incomes(fixture).gift_income(host, calendar().span(period, at(second))).await.unwrap();
    let categories = [income.normal, income.luxury, income.lucky, income.super_lucky].map(Diamonds::value);
    (categories, income.total().unwrap().value())
}

async fn history(fixture: &Fixture, host: UserId, limit: u32, after: Option<Cursor>) -> Page<Income> {
    incomes(fixture).history(host, PageRequest { limit: Limit::parse(limit).unwrap(), after }).await.unwrap()
}

/// A host with gifts of 5, 70 and 1499 diamonds at the seconds 10, 20 and 30, a salary and an exchange between them.
async fn host(fixture: &Fixture) -> UserId {
    let (sender, host) = (fixture.user_with(100_000).await, fixture.user().await);
    for (number, (gift, quantity, second)) in
        [("rose", 1, 10), ("cute", 7, 20), ("burger", 1, 30)].into_iter().enumerate()
    {
        let order = order(sender, host, gift, quantity, &format!("gift-{number}"));
        fixture.send_at(&order, second).await.unwrap();
    }
    fixture.pay_salary(host, 2_000, 15).await;
    fixture.exchange_at(exchange_of(host, 300, "exchange"), 25).await.unwrap();
    host
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gift_income_counts_gifts_alone_by_category_within_its_span() {
    let fixture = Fixture::new().await;
    let host = host(&fixture).await;
    for period in Period::EVERY {
        assert_eq!(gift_income(&fixture, host, period, 60).await, ([5, 1_499, 0, 70], 1_574), "{period:?}");
    }
    // The next hour and the next day.
    for (period, second, expected) in [
        (Period::Hourly, 3_600, 0),
        (Period::Daily, 3_600, 1_574),
        (Period::Daily, 86_400, 0),
        (Period::Monthly, 86_400, 1_574),
        (Period::All, 864_000_000, 1_574),
    ] {
        assert_eq!(gift_income(&fixture, host, period, second).await.1, expected, "{period:?} {second}");
    }
    assert_eq!(gift_income(&fixture, UserId::new(1), Period::All, 0).await.1, 0);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_has_every_movement_newest_first_with_the_gift_of_then() {
    let fixture = Fixture::new().await;
    let host = host(&fixture).await;
    fixture.execute("UPDATE gift_catalogue SET name = 'Other', coin_value = 1").await;

    let page = history(&fixture, host, 100, None).await;

    let gift = |name: &str, unit_price, quantity| Some((name.to_owned(), unit_price, quantity));
    let found: Vec<_> = page
        .items
        .iter()
        .map(|income| {
            let gift = income.gift.as_ref().map(|gift| (gift.name.clone(), gift.unit_price, gift.quantity));
            (income.kind.as_str(), income.diamonds, income.created_at, gift)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("luxury", 1_499, at(30), gift("Burger", 2_999, 1)),
            ("exchange", -300, at(25), None),
            ("s-lucky", 70, at(20), gift("Labu", 100, 7)),
            ("salary", 2_000, at(15), None),
            ("normal", 5, at(10), gift("Rose", 10, 1)),
        ]
    );
    assert!(page.items.iter().all(|income| income.host_id == host));
    assert_eq!(page.next, None);
    // The gift is the one that the income belongs to.
    let first = &page.items[0];
    let gift = first.gift.as_ref().map(|IncomeGift { id, .. }| id.value());
    let of_income = format!("SELECT gift_id FROM host_income WHERE id = {}", first.id);
    assert_eq!(gift, Some(fixture.number(&of_income).await));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_no_history() {
    let fixture = Fixture::new().await;
    host(&fixture).await;
    let page = history(&fixture, UserId::new(1), 100, None).await;
    assert_eq!((page.items, page.next), (vec![], None));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_have_no_gaps_and_no_repeats_when_many_incomes_share_an_instant() {
    let fixture = Fixture::new().await;
    let (sender, host) = (fixture.user_with(1_000).await, fixture.user().await);
    for number in 0..12 {
        let order = order(sender, host, "rose", 1, &format!("gift-{number}"));
        fixture.send_at(&order, [20, 10][number % 2]).await.unwrap();
        fixture.pay_salary(host, 1, [10, 20, 30][number % 3]).await;
    }
    let all = "SELECT id::text FROM host_income i ORDER BY i.created_at DESC, i.id DESC";
    let all: Vec<IncomeId> = fixture.texts(all).await.iter().map(|id| IncomeId::new(id.parse().unwrap())).collect();
    assert_eq!(all.len(), 24);
    for limit in [1, 2, 5, 8, 23, 24, 25] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = history(&fixture, host, limit, after).await;
            seen.extend(page.items.iter().map(|income| income.id));
            after = page.next;
            if after.is_none() {
                break;
            }
            assert_eq!(page.items.len(), usize::try_from(limit).unwrap());
        }
        assert_eq!(seen, all, "pages of {limit}");
    }
    fixture.assert_in_order().await;
}
