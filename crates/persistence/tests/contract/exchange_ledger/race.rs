//! What happens when much is exchanged at once.

use std::pin::Pin;

use domain::{
    gift::GiftLedger as _,
    wallet::{ExchangeLedger as _, MoneyAudit as _},
};
use persistence::PgMoneyAudit;
use tokio::time::timeout;

use super::insufficient;
use crate::{
    race::deadlocks,
    support::{Calls, DEADLINE, Fixture, at, at_once, calendar, deciding, exchange_of, exchanging, order},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_exchanges_of_all_diamonds_exactly_one_wins() {
    const RIVALS: usize = 30;
    const ROUNDS: usize = 20;

    let fixture = Fixture::new().await;
    for round in 1..=ROUNDS {
        let host = fixture.host_with(100).await;
        let rivals = (0..RIVALS).map(|rival| exchange_of(host, 100, &rival.to_string())).collect();

        let (results, decided) = fixture.exchange_at_once(rivals).await;

        let won = results.iter().filter(|result| result.is_ok()).count();
        let lost = results.iter().filter(|result| **result == Err(insufficient(100, 0))).count();
        assert_eq!((won, lost, decided), (1, RIVALS - 1, 30), "round {round}");
        assert_eq!((fixture.balance(host).await, fixture.diamonds(host).await), (30, 0), "round {round}");
    }
    assert_eq!(fixture.count("exchanges").await, i64::try_from(ROUNDS).unwrap());
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_that_not_all_diamonds_suffice_for_add_up() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(100).await;
    let orders = (0..30).map(|number| exchange_of(host, 7, &number.to_string())).collect();

    let (results, _) = fixture.exchange_at_once(orders).await;

    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 14);
    assert_eq!((fixture.balance(host).await, fixture.diamonds(host).await), (14 * 2, 2));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_exchange_while_they_send_each_other_gifts_and_nobody_waits_in_a_circle() {
    type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

    let fixture = Fixture::with_pool(6).await;
    let hosts = [fixture.host_with(400).await, fixture.host_with(400).await, fixture.host_with(400).await];
    for host in hosts {
        fixture.top_up(host, 200).await;
    }
    let mut tasks: Vec<Task> = Vec::new();
    for turn in 0..20 {
        for place in 0..3 {
            let (host, next) = (hosts[place], hosts[(place + 1 + turn % 2) % 3]);
            let (gifts, gift) = (fixture.gifts(), order(host, next, "rose", 1, &format!("gift-{turn}")));
            tasks.push(Box::pin(async move {
                let decide = deciding(&gift, &Calls::default());
                gifts.settle(gift, at(0), decide).await.unwrap();
            }));
            let (exchanges, exchange) = (fixture.exchanges(), exchange_of(host, 20, &format!("exchange-{turn}")));
            tasks.push(Box::pin(async move {
                let decide = exchanging(&exchange, &Calls::default());
                exchanges.exchange(exchange, at(0), decide).await.unwrap();
            }));
        }
    }

    timeout(DEADLINE, at_once(tasks)).await.expect("gifts and exchanges are settled");

    for host in hosts {
        // The coins that were there are given, the diamonds that were there are exchanged; twenty gifts came.
        assert_eq!((fixture.balance(host).await, fixture.diamonds(host).await), (20 * 6, 100));
    }
    assert_eq!((fixture.count("exchanges").await, fixture.count("gifts").await), (60, 60 + 3));
    fixture.assert_in_order().await;
    assert_eq!(deadlocks(fixture).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_are_in_order_at_every_instant_of_exchanges() {
    let fixture = Fixture::new().await;
    let (fan, host) = (fixture.user_with(10_000).await, fixture.host_with(10).await);
    let traffic = tokio::spawn({
        let (gifts, exchanges) = (fixture.gifts(), fixture.exchanges());
        async move {
            for number in 0..40 {
                let (gift, exchange) =
                    (order(fan, host, "rose", 2, &number.to_string()), exchange_of(host, 10, &number.to_string()));
                let calls = Calls::default();
                let (sent, exchanged) = tokio::join!(
                    gifts.settle(gift.clone(), at(0), deciding(&gift, &calls)),
                    exchanges.exchange(exchange.clone(), at(0), exchanging(&exchange, &calls))
                );
                sent.unwrap();
                exchanged.unwrap();
            }
        }
    });
    let audit = PgMoneyAudit::new(fixture.database.clone(), calendar());
    let mut audits = 0;
    while !traffic.is_finished() || audits == 0 {
        assert_eq!(audit.discrepancies().await.unwrap(), []);
        audits += 1;
    }
    traffic.await.unwrap();
    assert_eq!((fixture.balance(host).await, fixture.diamonds(host).await), (40 * 3, 10));
    fixture.assert_in_order().await;
}
