//! `GiftHistory`: what a host received.

use domain::{
    gift::{Contribution, Contributions, GiftHistory as _},
    id::{GiftId, UserId},
    page::{Cursor, Limit, PageRequest},
    time::Window,
};
use persistence::PgGiftHistory;

use crate::support::{Fixture, at, order};

const ALL: PageRequest = PageRequest { limit: Limit::MAX, after: None };

fn window(start: Option<i64>, end: Option<i64>) -> Window {
    Window { start: start.map(at), end: end.map(at) }
}

async fn contributions(fixture: &Fixture, host: UserId, window: Window, page: PageRequest) -> Contributions {
    PgGiftHistory::new(fixture.database.clone()).contributions(host, window, page).await.unwrap()
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

    let found = contributions(&fixture, host, Window::ALWAYS, ALL).await;

    assert_eq!((found.total.value(), found.page.next), (30, None));
    let [only] = found.page.items.as_slice() else { panic!("{:?}", found.page) };
    assert_eq!((only.gift_id, only.gift_name.as_str(), only.total.value()), (gifts[0], "Rose", 30));
    assert_eq!((only.sender_name.as_str(), only.created_at), ("Siti", at(5)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_and_a_host_without_gifts_have_no_contributions() {
    let fixture = Fixture::new().await;
    let (sender, ..) = sent(&fixture, [(0, 1)]).await;
    for host in [UserId::new(1), sender] {
        let found = contributions(&fixture, host, Window::ALWAYS, ALL).await;
        assert_eq!((found.page.items.len(), found.page.next, found.total.value()), (0, None, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_includes_its_start_and_excludes_its_end() {
    let fixture = Fixture::new().await;
    let (_, host, gifts) = sent(&fixture, [(10, 1), (20, 2), (30, 4)]).await;
    for (start, end, expected, total) in [
        (None, None, &gifts[..], 70),
        (Some(10), Some(30), &gifts[1..], 30),
        (Some(10), Some(31), &gifts[..], 70),
        (Some(11), Some(30), &gifts[1..2], 20),
        (Some(20), None, &gifts[..2], 60),
        (None, Some(20), &gifts[2..], 10),
        (Some(20), Some(20), &[], 0),
        (Some(31), None, &[], 0),
        (None, Some(10), &[], 0),
    ] {
        let found = contributions(&fixture, host, window(start, end), ALL).await;
        assert_eq!((ids(&found.page.items).as_slice(), found.total.value()), (expected, total), "{start:?}..{end:?}");
    }
}

/// Walks through all pages of a window; every page says the whole window's total.
async fn walk(fixture: &Fixture, host: UserId, window: Window, limit: u32, total: i64) -> Vec<GiftId> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { limit: Limit::parse(limit).unwrap(), after };
        let found = contributions(fixture, host, window, page).await;
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
    // Twenty-four gifts in three instants, not in the order of time.
    let (_, host, gifts) = sent(&fixture, (0..24).map(|number| ([20, 10, 30][number % 3], 1))).await;
    for limit in [1, 2, 3, 7, 8, 12, 23, 24, 25, 100] {
        assert_eq!(walk(&fixture, host, Window::ALWAYS, limit, 240).await, gifts, "pages of {limit}");
        assert_eq!(walk(&fixture, host, window(Some(10), Some(30)), limit, 160).await, gifts[8..], "pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_meanwhile_does_not_move_the_next_page() {
    let fixture = Fixture::new().await;
    let (sender, host, gifts) = sent(&fixture, (0..6).map(|second| (second, 1))).await;
    let page = PageRequest { limit: Limit::parse(3).unwrap(), after: None };
    let first = contributions(&fixture, host, Window::ALWAYS, page).await;
    fixture.send_at(&order(sender, host, "rose", 1, "meanwhile"), 100).await.unwrap();
    let page = PageRequest { after: first.page.next, ..page };
    let second = contributions(&fixture, host, Window::ALWAYS, page).await;
    assert_eq!([ids(&first.page.items), ids(&second.page.items)].concat(), gifts);
    assert_eq!((first.total.value(), second.total.value(), second.page.next), (60, 70, None));
}
