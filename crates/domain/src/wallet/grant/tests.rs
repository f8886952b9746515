use chrono::{DateTime, TimeDelta};

use super::*;
use crate::{money::AMOUNT_MAX, testing::FixedClock, wallet::MockCoinLedger};

fn check(balance: Option<i64>, amount: i64, expected: Result<i64, GrantRefusal>) {
    let facts = GrantContext { balance: balance.map(|coins| Coins::new(coins).unwrap()) };
    let decided = grant(GrantAmount::parse(amount).unwrap(), &facts);
    assert_eq!(decided.map(|posting| posting.balance_after.value()), expected);
}

#[test]
fn coins_are_added_within_the_range_of_amounts() {
    check(Some(5), 10, Ok(15));
    check(Some(0), AMOUNT_MAX, Ok(AMOUNT_MAX));
    check(Some(1), AMOUNT_MAX, Err(GrantRefusal::BalanceTooLarge));
    check(None, 10, Err(GrantRefusal::UnknownUser));
}

#[test]
fn a_grant_is_at_least_one_coin_and_has_a_reason() {
    for amount in [i64::MIN, -1, 0, AMOUNT_MAX + 1] {
        assert_eq!(GrantAmount::parse(amount), Err(InvalidGrant::Amount));
    }
    assert_eq!(Reason::parse("  welcome ").unwrap().as_str(), "welcome");
    for reason in ["", "  ", "a\nb", &"r".repeat(REASON_CHARS_MAX + 1)] {
        assert_eq!(Reason::parse(reason), Err(InvalidGrant::Reason));
    }
}

#[tokio::test]
async fn the_ledger_decides_by_the_rule_at_the_instant_of_the_wish() {
    let clock = FixedClock::new(DateTime::UNIX_EPOCH);
    clock.advance(TimeDelta::seconds(9));
    let mut ledger = MockCoinLedger::new();
    ledger.expect_grant().once().returning(|_, at, decide| {
        let posting = decide(&GrantContext { balance: Some(Coins::ZERO) })?;
        assert_eq!(at.timestamp(), 9);
        Ok(GrantReceipt { movement_id: MovementId::new(1), balance_after: posting.balance_after })
    });
    let wish = CoinGrant {
        actor: Actor::CommandLine,
        user: UserId::new(1),
        amount: GrantAmount::parse(100).unwrap(),
        reason: Reason::parse("welcome").unwrap(),
        key: RequestKey::parse("k").unwrap(),
    };
    assert_eq!(wish.content(), "grant to=1 amount=100 reason=welcome");
    let receipt = GrantService::new(Arc::new(ledger), Arc::new(clock)).grant(wish).await.unwrap();
    assert_eq!(receipt.balance_after.value(), 100);
}
