//! `GiftHistory`: what a host received.

use domain::{
    gift::{Contribution, Contributions, GiftHistory as _},
    id::{GiftId, UserId},
    page::{Cursor, Limit, PageRequest},
    time::{Period, Span},
};
use persistence::PgGiftHistory;

use crate::support::{Fixture, at, calendar, order};

const ALL: PageRequest = PageRequest { limit: Limit::MAX, after: None };

/// The span that this second lies in.
fn span(period: Period, second: i64) -> Span {
    calendar().span(period, at(second))
}

fn always() -> Span {
    span(Period::All, 0)
}

async fn contributions(fixture: &Fixture, host: UserId, span: Span, page: PageRequest) -> Contributions {
    PgGiftHistory::new(fixture.database.clone()).contributions(host, span, page).await.unwrap()
}

fn ids(items: &[Contribution]) -> Vec<GiftId> {
    items.iter().map(|item| item.gift_id).collect()
}

/// Sends gifts of so many roses at these seconds; answers sender, host and the gifts, newest first.
async fn sent(fixture: &Fixture, seconds: impl IntoIterator<Item = (i64, i64)>) -> (UserId, UserId, Vec<GiftId>) {
    let (sender, host) = (fixture.user_with(1_000_000).await, fixture.user().await);
    let mut gifts = Vec::new();
    for (number, (second, roses)) in seconds.into_iter().enumerate() {
        let order = order(sender, host, "rose", roses, &format!("gift-{number}"));
        gifts.push((second, fixture.send_at(&order, second).await.unwrap().gift_id));
    }
    gifts.sort_unstable();
    (sender, host, gifts.into_iter().rev().map(|(_, gift)| gift).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contribution_has_its_gifts_name_of_then_and_its_senders_of_now() {
    let fixture = Fixture::new().await;
    let (sender, host, gifts) = sent(&fixture, [(5, 3)]).await;
    // Nothing that he sent himself, or that others received, is his.
    fixture.top_up(host, 100).await;
    fixture.send(&order(host, sender, "cute", 1, "back")).await.unwrap();
    fixture.execute("UPDATE gift_catalogue SET name = 'Mawar', coin_value = 999 WHERE key = 'rose'").await;
    fixture.execute(&format!("UPDATE users SET name = 'Siti' WHERE id = {sender}")).await;

    let found = contributions(&fixture, host, always(), ALL).await;

    assert_eq!((found.total.value(), found.page.next), (30, None));
    let [only] = found.page.items.as_slice() else { panic!("{:?}", found.page) };
    assert_eq!((only.gift_id, only.gift_name.as_str(), only.total.value()), (gifts[0], "Rose", 30));
    assert_eq!((only.sender_name.as_str(), only.created_at), ("Siti", at(5)));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_and_a_host_without_gifts_have_no_contributions() {
    let fixture = Fixture::new().await;
    let (sender, ..) = sent(&fixture, [(0, 1)]).await;
    for host in [UserId::new(1), sender] {
        let found = contributions(&fixture, host, always(), ALL).await;
        assert_eq!((found.page.items.len(), found.page.next, found.total.value()), (0, None, 0));
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_includes_its_start_and_excludes_its_end() {
    let fixture = Fixture::new().await;
    // The tests' time begins at 09:13:20.123456 in Jakarta: so many seconds before the next hour, and the next day.
    let (hour, day) = (2_799, 53_199);
    let (_, host, gifts) = sent(&fixture, [(0, 1), (hour, 2), (hour + 1, 4), (day, 8), (day + 1, 16)]).await;
    for (period, second, expected, total) in [
        (Period::Hourly, 0, &gifts[3..], 30),
        (Period::Hourly, hour, &gifts[3..], 30),
        (Period::Hourly, hour + 1, &gifts[2..3], 40),
        (Period::Hourly, 10_000, &[], 0),
        (Period::Daily, 0, &gifts[1..], 150),
        (Period::Daily, day, &gifts[1..], 150),
        (Period::Daily, day + 1, &gifts[..1], 160),
        (Period::Daily, -86_400, &[], 0),
        (Period::Weekly, 0, &gifts[..], 310),
        (Period::Monthly, 0, &gifts[..], 310),
        (Period::All, 0, &gifts[..], 310),
    ] {
        let found = contributions(&fixture, host, span(period, second), ALL).await;
        assert_eq!((ids(&found.page.items).as_slice(), found.total.value()), (expected, total), "{period:?} {second}");
    }
    fixture.assert_in_order().await;
}

/// Walks through all pages of a span; every page says the whole span's total.
async fn walk(fixture: &Fixture, host: UserId, span: Span, limit: u32, total: i64) -> Vec<GiftId> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { limit: Limit::parse(limit).unwrap(), after };
        let found = contributions(fixture, host, span, page).await;
        assert_eq!(found.total.value(), total);
        assert!(found.page.items.len() <= usize::try_from(limit).unwrap());
        seen.extend(ids(&found.page.items));
        // As the wire carries it.
        after = found.page.next.map(|next| Cursor::parse(&next.to_text()).unwrap());
        if after.is_none() {
            return seen;
        }
        assert!(!found.page.items.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_have_no_gaps_and_no_repeats_when_many_gifts_share_an_instant() {
    let fixture = Fixture::new().await;
    // Twenty-four gifts in three instants, not in the order of time; the last of them in the next hour.
    let (_, host, gifts) = sent(&fixture, (0..24).map(|number| ([20, 10, 3_000][number % 3], 1))).await;
    for limit in [1, 2, 3, 7, 8, 12, 23, 24, 25, 100] {
        assert_eq!(walk(&fixture, host, always(), limit, 240).await, gifts, "pages of {limit}");
        assert_eq!(walk(&fixture, host, span(Period::Hourly, 0), limit, 160).await, gifts[8..], "pages of {limit}");
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_meanwhile_does_not_move_the_next_page() {
    let fixture = Fixture::new().await;
    let (sender, host, gifts) = sent(&fixture, (0..6).map(|second| (second, 1))).await;
    let page = PageRequest { limit: Limit::parse(3).unwrap(), after: None };
    let first = contributions(&fixture, host, always(), page).await;
    fixture.send_at(&order(sender, host, "rose", 1, "meanwhile"), 100).await.unwrap();
    let page = PageRequest { after: first.page.next, ..page };
    let second = contributions(&fixture, host, always(), page).await;
    assert_eq!([ids(&first.page.items), ids(&second.page.items)].concat(), gifts);
    assert_eq!((first.total.value(), second.total.value(), second.page.next), (60, 70, None));
    fixture.assert_in_order().await;
}
