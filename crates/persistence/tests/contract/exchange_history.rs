//! `ExchangeHistory`: what a host exchanged.

use domain::{
    id::UserId,
    page::{Cursor, Limit, Page, PageRequest},
    wallet::{Exchange, ExchangeHistory as _},
};
use persistence::PgExchangeHistory;

use crate::support::{Fixture, at, exchange_of};

async fn history(fixture: &Fixture, host: UserId, limit: u32, after: Option<Cursor>) -> Page<Exchange> {
    let page = PageRequest { limit: Limit::parse(limit).unwrap(), after };
    PgExchangeHistory::new(fixture.database.clone()).exchanges(host, page).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_has_a_hosts_own_exchanges_newest_first() {
    let fixture = Fixture::new().await;
    let (host, other) = (fixture.host_with(100).await, fixture.host_with(100).await);
    for (diamonds, second) in [(10, 20), (4, 30), (33, 10)] {
        fixture.exchange_at(exchange_of(host, diamonds, &diamonds.to_string()), second).await.unwrap();
    }
    fixture.exchange(exchange_of(other, 50, "k")).await.unwrap();
    // Neither a refusal nor a repeated request is one.
    assert!(fixture.exchange(exchange_of(host, 99, "refused")).await.is_err());
    fixture.exchange(exchange_of(host, 4, "4")).await.unwrap();

    let page = history(&fixture, host, 100, None).await;

    let found = page.items.iter().map(|item| (item.diamonds.value(), item.coins.value(), item.created_at));
    assert_eq!(found.collect::<Vec<_>>(), [(4, 1, at(30)), (10, 3, at(20)), (33, 9, at(10))]);
    assert_eq!(page.next, None);
    assert_eq!(history(&fixture, other, 1, None).await.items.len(), 1);
    assert_eq!(history(&fixture, UserId::new(1), 100, None).await, Page { items: vec![], next: None });
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_have_no_gaps_and_no_repeats_when_many_exchanges_share_an_instant() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(100).await;
    for number in 0..12 {
        let order = exchange_of(host, 4, &number.to_string());
        fixture.exchange_at(order, [20, 10, 30][number % 3]).await.unwrap();
    }
    let all = fixture.texts("SELECT id::text FROM exchanges e ORDER BY e.created_at DESC, e.id DESC").await;
    assert_eq!(all.len(), 12);
    for limit in [1, 2, 5, 11, 12, 13] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = history(&fixture, host, limit, after).await;
            seen.extend(page.items.iter().map(|item| item.id.to_string()));
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
