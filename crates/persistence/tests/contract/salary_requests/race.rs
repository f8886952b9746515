//! What happens when an owner decides much at once.

use std::pin::Pin;

use domain::{gift::GiftLedger as _, review::Verdict, salary::SalaryRefusal, salary::SalaryRequests as _};
use tokio::time::timeout;

use super::reject;
use crate::{
    race::deadlocks,
    support::{
        Calls, DEADLINE, Fixture, at, at_once, deciding, deciding_salary, decision_of, exchange_of, order, week,
    },
};

const RIVALS: usize = 30;
const ROUNDS: u32 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_decisions_exactly_one_wins_and_pays_at_most_once() {
    let fixture = Fixture::new().await;
    let (host, owner) = (fixture.user().await, fixture.user().await);
    let agency = fixture.agency_of(owner).await;
    let mut paid = 0;
    for round in 1..=ROUNDS {
        let request = fixture.asked(host, agency, week("2026-W47").minus(round), 1_000).await;
        let rivals = (0..RIVALS).map(|rival| {
            // Approve against reject.
            let verdict = if rival % 2 == 0 { Verdict::Approve } else { reject("late") };
            decision_of(owner, request, verdict, &format!("{round}-{rival}"))
        });

        let (results, decided) = fixture.decide_at_once(rivals.collect()).await;

        let winners: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        let lost = results.iter().filter(|result| **result == Err(SalaryRefusal::AlreadyDecided)).count();
        assert_eq!((winners.len(), lost, decided), (1, RIVALS - 1, 30), "round {round}");
        paid += i64::from(winners[0].income.is_some());
        assert_eq!(winners[0].income.is_some(), winners[0].review.is_approved(), "round {round}");
        assert_eq!(fixture.diamonds(host).await, paid * 1_000, "round {round}");
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_approvals_exactly_one_pays_under_one_key_or_many() {
    let fixture = Fixture::new().await;
    let (host, owner) = (fixture.user().await, fixture.user().await);
    let agency = fixture.agency_of(owner).await;
    for round in 1..=ROUNDS {
        let request = fixture.asked(host, agency, week("2026-W47").minus(round), 1_000).await;
        let is_one_key = round % 2 == 0;
        let rivals = (0..RIVALS).map(|rival| {
            let key = if is_one_key { format!("{round}") } else { format!("{round}-{rival}") };
            decision_of(owner, request, Verdict::Approve, &key)
        });

        let (results, _) = fixture.decide_at_once(rivals.collect()).await;

        let won = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(won, if is_one_key { RIVALS } else { 1 }, "round {round}");
        assert_eq!(fixture.diamonds(host).await, i64::from(round) * 1_000, "round {round}");
    }
    assert_eq!(fixture.count("diamond_movements").await, i64::from(ROUNDS));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_decide_while_they_send_gifts_to_their_hosts_and_nobody_waits_in_a_circle() {
    type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

    let fixture = Fixture::with_pool(6).await;
    let (first, second) = (fixture.host_with(400).await, fixture.host_with(400).await);
    // Each is the other's host.
    let agencies = [fixture.agency_of(first).await, fixture.agency_of(second).await];
    let mut tasks: Vec<Task> = Vec::new();
    for turn in 0..15 {
        for (owner, host, agency) in [(first, second, agencies[0]), (second, first, agencies[1])] {
            let request = fixture.asked(host, agency, week("2026-W47").minus(turn), 100).await;
            fixture.top_up(owner, 10).await;
            let (salaries, decision) =
                (fixture.salaries(), decision_of(owner, request, Verdict::Approve, &format!("salary-{turn}")));
            tasks.push(Box::pin(async move {
                let decide = deciding_salary(&decision, 0, &Calls::default());
                salaries.decide(decision, at(0), decide).await.unwrap();
            }));
            let (gifts, gift) = (fixture.gifts(), order(owner, host, "rose", 1, &format!("gift-{turn}")));
            tasks.push(Box::pin(async move {
                let decide = deciding(&gift, &Calls::default());
                gifts.settle(gift, at(0), decide).await.unwrap();
            }));
        }
    }

    timeout(DEADLINE, at_once(tasks)).await.expect("salaries and gifts are settled");

    for host in [first, second] {
        assert_eq!(fixture.diamonds(host).await, 400 + 15 * 100 + 15 * 5);
        // Salaries are diamonds like others.
        fixture.exchange(exchange_of(host, 1_900, "all")).await.unwrap();
    }
    fixture.assert_in_order().await;
    assert_eq!(deadlocks(fixture).await, 0);
}
