use super::*;
use crate::{
    gift::{
        CatalogueGift, Category, GiftContext, GiftKey, GiftPosting, GiftRefusal, MockGiftLedger, Party, Quantity,
        SizeClass, UnitPrice,
    },
    id::GiftId,
    idempotency::RequestKey,
    money::{BasisPoints, Coins},
    store::StoreError,
    testing::{FixedClock, RecordingPublisher},
};
use chrono::{DateTime, Utc};

fn order() -> GiftOrder {
    let (sender, receiver) = (UserId::new(1), UserId::new(2));
    let (gift, key) = (GiftKey::parse("rose").unwrap(), RequestKey::parse("k").unwrap());
    GiftOrder::new(sender, receiver, gift, Quantity::parse(3).unwrap(), None, key).unwrap()
}

fn facts(balance: i64) -> GiftContext {
    let party = |balance| Some(Party { balance: Coins::new(balance).unwrap(), is_banned: false, token_epoch: 0 });
    let rose = CatalogueGift {
        key: GiftKey::parse("rose").unwrap(),
        name: "Rose".to_owned(),
        price: UnitPrice::new(10).unwrap(),
        category: Category::Normal,
        host_share: BasisPoints::new(5_000).unwrap(),
        is_active: true,
        sort_order: 0,
        size_class: SizeClass::Normal,
    };
    GiftContext { sender: party(balance), receiver: party(0), gift: Some(rose) }
}

fn receipt(posting: &GiftPosting, created_at: DateTime<Utc>) -> GiftReceipt {
    GiftReceipt {
        gift_id: GiftId::new(7),
        quantity: posting.quantity,
        total: posting.total,
        host_income: posting.host_income,
        balance_after: posting.balance_after,
        created_at,
    }
}

/// A ledger that decides on `balance` and posts nowhere.
fn ledger(balance: i64) -> MockGiftLedger {
    let mut ledger = MockGiftLedger::new();
    ledger.expect_settle().once().returning(move |_, at, decide| {
        let posting = decide(&facts(balance))?;
        Ok(receipt(&posting, at))
    });
    ledger
}

fn service(ledger: MockGiftLedger) -> GiftService {
    telling(ledger, &Arc::default())
}

fn telling(ledger: MockGiftLedger, publisher: &Arc<RecordingPublisher>) -> GiftService {
    let clock = Arc::new(FixedClock::new(DateTime::UNIX_EPOCH));
    GiftService::new(Arc::new(ledger), clock, publisher.clone())
}

#[tokio::test]
async fn the_ledger_decides_by_the_rule_at_the_instant_of_the_order() {
    let receipt = service(ledger(100)).send(order(), None).await.unwrap();
    assert_eq!((receipt.total.value(), receipt.host_income.value(), receipt.balance_after.value()), (30, 15, 70));
    assert_eq!(receipt.created_at, DateTime::UNIX_EPOCH);
}

#[tokio::test]
async fn a_refusal_comes_back_as_it_was_decided() {
    let refused = service(ledger(29)).send(order(), None).await;
    let expected =
        GiftRefusal::InsufficientBalance { needed: Coins::new(30).unwrap(), available: Coins::new(29).unwrap() };
    assert!(matches!(refused, Err(SendGiftError::Refused(refusal)) if refusal == expected));
}

#[tokio::test]
async fn a_failing_store_is_a_failure_and_no_refusal() {
    let mut ledger = MockGiftLedger::new();
    ledger.expect_settle().once().returning(|_, _, _| Err(StoreError::Unavailable("away".into()).into()));
    let failed = service(ledger).send(order(), None).await;
    assert!(matches!(failed, Err(SendGiftError::Store(StoreError::Unavailable(_)))));
}

#[tokio::test]
async fn a_decision_may_be_called_again() {
    // What a retried transaction does, and a ledger that decides several orders in one.
    let mut ledger = MockGiftLedger::new();
    ledger.expect_settle().once().returning(|_, _, decide| {
        assert_eq!(decide(&facts(30)), decide(&facts(30)));
        Err(decide(&facts(0)).unwrap_err().into())
    });
    assert!(service(ledger).send(order(), None).await.is_err());
}

#[tokio::test]
async fn a_sent_gift_is_told_once_after_it_is_settled() {
    let publisher = Arc::<RecordingPublisher>::default();
    let room = RoomId::parse("chatme-live").unwrap();
    let receipt = telling(ledger(100), &publisher).send(order(), Some(room.clone())).await.unwrap();
    let posting = Box::new(settle(&order(), &facts(100)).unwrap());
    assert_eq!(publisher.take(), [LiveEvent::GiftSent { room: Some(room), posting, receipt }]);
}

#[tokio::test]
async fn what_was_refused_or_sent_before_is_not_told() {
    let publisher = Arc::<RecordingPublisher>::default();
    assert!(telling(ledger(29), &publisher).send(order(), None).await.is_err());
    let mut replaying = MockGiftLedger::new();
    replaying.expect_settle().returning(|_, _, decide| {
        // Its transaction lost against another request with the key, whose receipt it finds.
        let posting = decide(&facts(100))?;
        Ok(receipt(&posting, DateTime::from_timestamp(-1, 0).unwrap()))
    });
    telling(replaying, &publisher).send(order(), None).await.unwrap();
    assert_eq!(publisher.take(), []);
}
