use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::{
    money::AMOUNT_MAX,
    page::Limit,
    testing::FixedClock,
    wallet::{MockExchangeHistory, MockExchangeLedger},
};

fn coins(amount: i64) -> Coins {
    Coins::new(amount).unwrap()
}

fn diamonds(amount: i64) -> Diamonds {
    Diamonds::new(amount).unwrap()
}

fn order(amount: i64) -> ExchangeOrder {
    let (amount, key) = (ExchangeAmount::parse(amount).unwrap(), RequestKey::parse("k").unwrap());
    ExchangeOrder { host: UserId::new(7), amount, key }
}

fn facts(diamonds_there: i64, balance: i64) -> ExchangeContext {
    let purse = Purse { balance: coins(balance), diamonds: diamonds(diamonds_there), is_banned: false };
    ExchangeContext { host: Some(purse) }
}

/// The diamonds and coins that are there after an exchange of so many diamonds.
fn check(amount: i64, (there, balance): (i64, i64), expected: Result<(i64, i64), ExchangeRefusal>) {
    let decided = exchange(&order(amount), &facts(there, balance));
    let after = decided.map(|posting| (posting.diamonds_after.value(), posting.balance_after.value()));
    assert_eq!(after, expected, "{amount} of {there} diamonds to {balance} coins");
}

#[test]
fn a_host_receives_thirty_per_cent_floored_and_never_nothing() {
    for (amount, expected) in [
        (i64::MIN, None),
        (-4, None),
        (0, None),
        (1, None),
        (2, None),
        (3, None),
        (4, Some(1)),
        (5, Some(1)),
        (6, Some(1)),
        (7, Some(2)),
        (8, Some(2)),
        (9, Some(2)),
        (10, Some(3)),
        (99, Some(29)),
        (100, Some(30)),
        (9_999, Some(2_999)),
        (10_001, Some(3_000)),
        (AMOUNT_MAX, Some(2_702_159_776_422_297)),
        (AMOUNT_MAX + 1, None),
        (i64::MAX, None),
    ] {
        let parsed = ExchangeAmount::parse(amount);
        assert_eq!(parsed.map(|amount| amount.coins().value()).ok(), expected, "{amount}");
        assert!(parsed.is_err() || parsed.is_ok_and(|parsed| parsed.diamonds().value() == amount));
    }
}

#[test]
fn the_rate_that_is_posted_is_the_one_that_was_decided_by() {
    let posting = exchange(&order(100), &facts(100, 1)).unwrap();
    let expected = ExchangePosting {
        host: UserId::new(7),
        diamonds: diamonds(100),
        rate: BasisPoints::new(3_000).unwrap(),
        coins: coins(30),
        diamonds_after: Diamonds::ZERO,
        balance_after: coins(31),
    };
    assert_eq!(posting, expected);
}

#[test]
fn diamonds_suffice_to_the_last_and_coins_stay_within_the_range_of_amounts() {
    let insufficient = |needed, available| ExchangeRefusal::InsufficientDiamonds {
        needed: diamonds(needed),
        available: diamonds(available),
    };
    check(10, (10, 0), Ok((0, 3)));
    check(10, (11, 5), Ok((1, 8)));
    check(10, (9, 0), Err(insufficient(10, 9)));
    check(4, (0, 0), Err(insufficient(4, 0)));
    check(AMOUNT_MAX, (AMOUNT_MAX, 0), Ok((0, 2_702_159_776_422_297)));
    check(AMOUNT_MAX, (AMOUNT_MAX - 1, 0), Err(insufficient(AMOUNT_MAX, AMOUNT_MAX - 1)));
    check(10, (10, AMOUNT_MAX - 3), Ok((0, AMOUNT_MAX)));
    check(10, (10, AMOUNT_MAX - 2), Err(ExchangeRefusal::BalanceTooLarge));
    check(AMOUNT_MAX, (AMOUNT_MAX, AMOUNT_MAX), Err(ExchangeRefusal::BalanceTooLarge));
}

#[test]
fn refusals_are_looked_for_in_their_documented_order() {
    let refusal = |host| exchange(&order(10), &ExchangeContext { host }).unwrap_err();
    // Everything is wrong at once but what is mended from case to case.
    let mut purse = Purse { balance: coins(AMOUNT_MAX), diamonds: diamonds(9), is_banned: true };
    assert_eq!(refusal(None), ExchangeRefusal::UnknownHost);
    assert_eq!(refusal(Some(purse)), ExchangeRefusal::HostBanned);
    purse.is_banned = false;
    let insufficient = ExchangeRefusal::InsufficientDiamonds { needed: diamonds(10), available: diamonds(9) };
    assert_eq!(refusal(Some(purse)), insufficient);
    purse.diamonds = diamonds(10);
    assert_eq!(refusal(Some(purse)), ExchangeRefusal::BalanceTooLarge);
}

proptest! {
    #[test]
    fn an_exchange_takes_what_it_says_and_gives_less_than_one_coin_too_little(
        amount in 4..=AMOUNT_MAX,
        there in 0..=AMOUNT_MAX,
        balance in 0..=AMOUNT_MAX,
    ) {
        match exchange(&order(amount), &facts(there, balance)) {
            Ok(posting) => {
                prop_assert_eq!(posting.diamonds_after.value() + amount, there);
                let given = posting.balance_after.value() - balance;
                prop_assert_eq!(posting.coins.value(), given);
                let lost = i128::from(amount) * 3 - i128::from(given) * 10;
                prop_assert!(given > 0 && (0..10).contains(&lost));
            }
            Err(ExchangeRefusal::InsufficientDiamonds { .. }) => prop_assert!(amount > there),
            Err(refusal) => {
                prop_assert_eq!(refusal, ExchangeRefusal::BalanceTooLarge);
                prop_assert!(i128::from(amount) * 3 / 10 + i128::from(balance) > i128::from(AMOUNT_MAX));
            }
        }
    }
}

/// A ledger that decides on these facts and posts nowhere.
fn ledger(facts: ExchangeContext) -> MockExchangeLedger {
    let mut ledger = MockExchangeLedger::new();
    ledger.expect_exchange().once().returning(move |_, at, decide| {
        // What a retried transaction does.
        assert_eq!(decide(&facts), decide(&facts));
        let posting = decide(&facts)?;
        Ok(ExchangeReceipt {
            exchange_id: ExchangeId::new(1),
            diamonds: posting.diamonds,
            coins: posting.coins,
            diamonds_after: posting.diamonds_after,
            balance_after: posting.balance_after,
            created_at: at,
        })
    });
    ledger
}

fn service(ledger: MockExchangeLedger, history: MockExchangeHistory) -> ExchangeService {
    let clock = FixedClock::new(DateTime::UNIX_EPOCH);
    clock.advance(TimeDelta::seconds(9));
    ExchangeService::new(Arc::new(ledger), Arc::new(history), Arc::new(clock))
}

#[tokio::test]
async fn the_ledger_decides_by_the_rule_at_the_instant_of_the_order() {
    assert_eq!(order(100).content(), "exchange diamonds=100");
    let receipt = service(ledger(facts(110, 5)), MockExchangeHistory::new()).exchange(order(100)).await.unwrap();
    let moved = (receipt.diamonds.value(), receipt.coins.value());
    assert_eq!((moved, receipt.diamonds_after.value(), receipt.balance_after.value()), ((100, 30), 10, 35));
    assert_eq!(receipt.created_at.timestamp(), 9);
}

#[tokio::test]
async fn refusals_and_failures_come_back_as_they_are() {
    let refused = service(ledger(ExchangeContext { host: None }), MockExchangeHistory::new()).exchange(order(4)).await;
    assert!(matches!(refused, Err(ExchangeError::Refused(ExchangeRefusal::UnknownHost))));
    let mut failing = MockExchangeLedger::new();
    failing.expect_exchange().once().returning(|_, _, _| Err(StoreError::Unavailable("away".into()).into()));
    let failed = service(failing, MockExchangeHistory::new()).exchange(order(4)).await;
    assert!(matches!(failed, Err(ExchangeError::Store(StoreError::Unavailable(_)))));
}

#[tokio::test]
async fn the_history_is_the_hosts_own() {
    let entry =
        Exchange { id: ExchangeId::new(3), diamonds: diamonds(10), coins: coins(3), created_at: DateTime::UNIX_EPOCH };
    let (page, mut history) = (PageRequest { limit: Limit::MAX, after: None }, MockExchangeHistory::new());
    history
        .expect_exchanges()
        .withf(move |host, asked| *host == UserId::new(7) && *asked == page)
        .returning(move |_, _| Ok(Page { items: vec![entry], next: None }));
    let shown = service(MockExchangeLedger::new(), history).history(UserId::new(7), page).await.unwrap();
    assert_eq!(shown, Page { items: vec![entry], next: None });
}
