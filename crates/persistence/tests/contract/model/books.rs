//! What is in the database in the end, through the ports that show it.

use std::collections::BTreeMap;

use domain::{
    gift::GiftHistory as _,
    id::UserId,
    income::IncomeHistory as _,
    page::{Limit, PageRequest},
    ranking::{Board, Rankings as _},
    testing::model::{Cast, Moved, WARES, World},
    time::{Period, Span, Window},
    wallet::ExchangeHistory as _,
};
use persistence::{PgExchangeHistory, PgGiftHistory, PgIncomeHistory, PgRankings};

use super::Stage;
use crate::support::Fixture;

const ALL: PageRequest = PageRequest { limit: Limit::MAX, after: None };
const ALWAYS: Span = Span { period: Period::All, window: Window::ALWAYS };

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

/// Everybody has what he has in the model, everything that moved is shown to have moved, sums are sums of it, and the audit finds
/// nothing.
pub(super) async fn assert_are(Stage { fixture, cast, .. }: &Stage, world: &World) {
    for (number, person) in world.people.iter().enumerate() {
        let user = cast.people[number];
        let there = (fixture.balance(user).await, fixture.diamonds(user).await);
        assert_eq!(there, (person.coins, person.diamonds), "coins and diamonds of person {number}");
        assert_record(fixture, cast, world, number).await;
    }
    let coins_of = |is_wanted: &dyn Fn(usize) -> bool, by_host: bool| {
        let mut coins: BTreeMap<UserId, i64> = BTreeMap::new();
        for moved in &world.moved {
            if let Moved::Gift(sender, receiver, _, paid, _) = moved
                && is_wanted(*receiver)
            {
                *coins.entry(cast.people[if by_host { *receiver } else { *sender }]).or_default() += paid;
            }
        }
        coins.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(ranked(fixture, Board::Hosts).await, coins_of(&|_| true, true), "hosts");
    for (number, host) in cast.people.iter().enumerate() {
        assert_eq!(
            ranked(fixture, Board::FansOf(*host)).await,
            coins_of(&|to| to == number, false),
            "fans of {number}"
        );
    }
    for (salary, decided) in cast.salaries.iter().zip(world.salaries) {
        let status = fixture.texts(&format!("SELECT status FROM salary_requests WHERE id = {salary}")).await;
        let expected = match decided {
            None => "pending",
            Some(true) => "approved",
            Some(false) => "rejected",
        };
        assert_eq!(status, [expected]);
    }
    let moved = |is_wanted: fn(&Moved) -> bool| {
        i64::try_from(world.moved.iter().filter(|moved| is_wanted(moved)).count()).unwrap()
    };
    let (granted, corrected) =
        (moved(|moved| matches!(moved, Moved::Grant(..))), moved(|moved| matches!(moved, Moved::Correction(..))));
    assert_eq!(fixture.count("coin_movements WHERE kind = 'grant'").await, granted);
    assert_eq!(fixture.count("coin_movements WHERE kind = 'correction'").await, corrected);
    fixture.assert_in_order().await;
}

async fn ranked(fixture: &Fixture, board: Board) -> Vec<(UserId, i64)> {
    let rankings = PgRankings::new(fixture.database.clone());
    let top = rankings.top(board, ALWAYS, Limit::MAX, None).await.unwrap();
    sorted(top.into_iter().map(|entry| (entry.user_id, entry.coins.value())))
}

/// What a host sees of her own.
async fn assert_record(fixture: &Fixture, cast: &Cast, world: &World, number: usize) {
    let (host, database) = (cast.people[number], || fixture.database.clone());
    let (mut gifts, mut exchanges, mut incomes, mut salaries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for moved in &world.moved {
        match *moved {
            Moved::Gift(_, receiver, ware, coins, diamonds) if receiver == number => {
                gifts.push((WARES[ware].1.to_owned(), coins, diamonds));
                incomes.push(diamonds);
            }
            Moved::Exchange(by, diamonds, coins) if by == number => {
                exchanges.push((diamonds, coins));
                incomes.push(-diamonds);
            }
            Moved::Salary(of, diamonds) if of == number => {
                salaries.push(diamonds);
                incomes.push(diamonds);
            }
            _ => {}
        }
    }
    let (earned, salaried) = (gifts.iter().map(|gift| gift.2).sum::<i64>(), salaries.iter().sum::<i64>());
    let taken: i64 = exchanges.iter().map(|exchange| exchange.0).sum();

    let received = PgGiftHistory::new(database()).contributions(host, ALWAYS, ALL).await.unwrap();
    assert_eq!(received.total.value(), gifts.iter().map(|gift| gift.1).sum::<i64>(), "received by {number}");
    assert_eq!(
        sorted(received.page.items.into_iter().map(|item| (item.gift_name, item.total.value()))),
        sorted(gifts.into_iter().map(|(name, coins, _)| (name, coins))),
        "received by {number}"
    );
    let made = PgExchangeHistory::new(database()).exchanges(host, ALL).await.unwrap();
    let made = made.items.into_iter().map(|item| (item.diamonds.value(), item.coins.value()));
    assert_eq!(sorted(made), sorted(exchanges), "exchanged by {number}");
    let history = PgIncomeHistory::new(database());
    let shown = history.history(host, ALL).await.unwrap();
    assert_eq!(sorted(shown.items.into_iter().map(|item| item.diamonds)), sorted(incomes), "incomes of {number}");
    let summed = history.gift_income(host, ALWAYS).await.unwrap().total().unwrap();
    let other = history.other_income(host).await.unwrap();
    let sums = (summed.value(), other.exchanged.unwrap_or(0), other.salaries.unwrap_or(0));
    assert_eq!(sums, (earned, -taken, salaried), "sums of {number}");
}
