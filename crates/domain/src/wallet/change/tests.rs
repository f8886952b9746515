use chrono::{DateTime, TimeDelta};

use super::*;
use crate::{money::AMOUNT_MAX, testing::FixedClock, wallet::MockCoinLedger};

fn granted(amount: i64) -> CoinChange {
    CoinChange::Grant(GrantAmount::parse(amount).unwrap())
}

fn corrected(amount: i64) -> CoinChange {
    CoinChange::Correction(CorrectionAmount::parse(amount).unwrap())
}

fn check(balance: Option<i64>, change: CoinChange, expected: Result<i64, CoinRefusal>) {
    let facts = CoinContext { balance: balance.map(|coins| Coins::new(coins).unwrap()) };
    let decided = change_balance(change, &facts);
    assert_eq!(decided.map(|posting| posting.balance_after.value()), expected, "{balance:?} {change:?}");
}

fn insufficient(needed: i64, available: i64) -> Result<i64, CoinRefusal> {
    let (needed, available) = (Coins::new(needed).unwrap(), Coins::new(available).unwrap());
    Err(CoinRefusal::InsufficientBalance { needed, available })
}

#[test]
fn coins_are_added_within_the_range_of_amounts() {
    for change in [granted, corrected] {
        check(Some(5), change(10), Ok(15));
        check(Some(0), change(AMOUNT_MAX), Ok(AMOUNT_MAX));
        check(Some(1), change(AMOUNT_MAX), Err(CoinRefusal::BalanceTooLarge));
        check(None, change(10), Err(CoinRefusal::UnknownUser));
    }
}

#[test]
fn a_correction_takes_what_is_there_and_never_more() {
    check(Some(10), corrected(-3), Ok(7));
    check(Some(10), corrected(-10), Ok(0));
    check(Some(AMOUNT_MAX), corrected(-AMOUNT_MAX), Ok(0));
    check(Some(10), corrected(-11), insufficient(11, 10));
    check(Some(0), corrected(-1), insufficient(1, 0));
    check(Some(0), corrected(-AMOUNT_MAX), insufficient(AMOUNT_MAX, 0));
    check(None, corrected(-1), Err(CoinRefusal::UnknownUser));
    let text = "insufficient balance: 11 coins were to be taken and 10 are there";
    assert_eq!(insufficient(11, 10).unwrap_err().to_string(), text);
}

fn wish(change: CoinChange) -> CoinOrder {
    CoinOrder {
        actor: Actor::CommandLine,
        user: UserId::new(1),
        change,
        reason: Reason::parse("welcome").unwrap(),
        key: RequestKey::parse("k").unwrap(),
    }
}

#[test]
fn a_wish_says_what_it_is_to_its_key_and_to_the_log() {
    for (change, kind, content, action) in [
        (granted(100), "grant", "grant to=1 amount=100 reason=welcome", "coins_granted"),
        (corrected(100), "correction", "correction to=1 amount=100 reason=welcome", "coins_corrected"),
        (corrected(-30), "correction", "correction to=1 amount=-30 reason=welcome", "coins_corrected"),
    ] {
        let wish = wish(change);
        assert_eq!((change.kind().word(), wish.content().as_str()), (kind, content));
        let entry = wish.entry(Coins::new(50).unwrap(), Coins::new(20).unwrap(), DateTime::UNIX_EPOCH);
        let facts =
            |facts: &AuditFacts| facts.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        assert_eq!((entry.action.word(), entry.subject), (action, AuditSubject::User(UserId::new(1))));
        assert_eq!(
            (facts(&entry.before), facts(&entry.after)),
            (vec!["balance=50".to_owned()], { vec!["balance=20".to_owned(), "key=k".to_owned()] })
        );
        assert_eq!(entry.reason, Some(wish.reason));
    }
}

#[tokio::test]
async fn the_ledger_decides_by_the_rule_at_the_instant_of_the_wish() {
    let clock = FixedClock::new(DateTime::UNIX_EPOCH);
    clock.advance(TimeDelta::seconds(9));
    let clock = Arc::new(clock);
    for (change, expected) in [(granted(100), 150), (corrected(-30), 20)] {
        let mut ledger = MockCoinLedger::new();
        ledger.expect_change().once().returning(|_, at, decide| {
            let posting = decide(&CoinContext { balance: Some(Coins::new(50).unwrap()) })?;
            assert_eq!(at.timestamp(), 9);
            Ok(CoinReceipt { movement_id: MovementId::new(1), balance_after: posting.balance_after })
        });
        let service = CoinService::new(Arc::new(ledger), clock.clone());
        assert_eq!(service.change(wish(change)).await.unwrap().balance_after.value(), expected);
    }
}

#[tokio::test]
async fn a_refusal_of_the_rule_is_the_answer_and_no_failure() {
    let mut ledger = MockCoinLedger::new();
    ledger.expect_change().once().returning(|_, _, decide| {
        let refusal = decide(&CoinContext { balance: Some(Coins::new(50).unwrap()) }).unwrap_err();
        Err(CoinError::Refused(refusal))
    });
    let service = CoinService::new(Arc::new(ledger), Arc::new(FixedClock::new(DateTime::UNIX_EPOCH)));
    let refused = service.change(wish(corrected(-51))).await.unwrap_err();
    assert!(matches!(refused, CoinError::Refused(CoinRefusal::InsufficientBalance { .. })), "{refused:?}");
}
