//! Several servers close the same weeks at once.

use std::pin::Pin;

use domain::{gift::GiftLedger as _, salary::ClosingReport};

use super::{
    assert_sums, made_anew,
    month::{HOSTS, Month, on},
    texts, weeks,
};
use crate::{
    race::deadlocks,
    support::{Calls, at_once, deciding, order},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_servers_that_close_at_once_each_week_of_a_host_is_closed_by_one() {
    let (alone, month) = (Month::new().await, Month::new().await);
    let tasks = (0..4).map(|_| {
        let service = month.closing(on(21, 0, 5));
        async move { service.run().await.unwrap() }
    });
    let reports: Vec<ClosingReport> = at_once(tasks.collect()).await;
    assert_eq!(reports.iter().map(|report| report.statements).sum::<u64>(), 9);
    assert_eq!(reports.iter().map(|report| report.salaries).sum::<u64>(), 3);
    // Who begins a moment later finds the first ones closed.
    let due = ["2026-W48", "2026-W49", "2026-W50"];
    assert!(reports.iter().all(|report| due.ends_with(&weeks(report).iter().map(|week| &**week).collect::<Vec<_>>())));
    assert!(reports.iter().any(|report| weeks(report) == due), "{reports:?}");
    alone.close(on(21, 0, 5)).await;
    let stated = texts(&month.fixture).await;
    assert_eq!((&stated, &stated), (&texts(&alone.fixture).await, &made_anew(&month.fixture).await));
    assert_eq!((month.fixture.count("salary_requests").await, month.fixture.count("salary_weeks").await), (3, 3));
    assert_sums(&month.fixture).await;
    month.fixture.assert_in_order().await;
    alone.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weeks_are_closed_while_gifts_come_and_nobody_waits_in_a_circle() {
    type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

    let month = Month::new().await;
    let mut tasks: Vec<Task> = Vec::new();
    for _ in 0..2 {
        let service = month.closing(on(21, 0, 5));
        tasks.push(Box::pin(async move {
            service.run().await.unwrap();
        }));
    }
    for (number, host) in (0..30).zip(HOSTS.into_iter().cycle()) {
        let (gifts, order) = (month.fixture.gifts(), order(month.fan, host, "rose", 1, &format!("late-{number}")));
        let decide = deciding(&order, &Calls::default());
        tasks.push(Box::pin(async move {
            gifts.settle(order, on(21, 0, 6), decide).await.unwrap();
        }));
    }
    at_once(tasks).await;
    assert_eq!((month.fixture.count("salary_statements").await, month.fixture.count("salary_requests").await), (9, 3));
    // Nothing of the week that runs is in the weeks that are closed.
    let late = "SELECT (SELECT SUM(income) FROM membership_totals WHERE period = 'all')::bigint
        - (SELECT SUM(gift_diamonds) FROM salary_statements)::bigint";
    assert_eq!(month.fixture.number(late).await, 30 * 5);
    month.fixture.assert_in_order().await;
    assert_eq!(deadlocks(month.fixture).await, 0);
}
