use proptest::prelude::*;

use super::*;
use crate::{gift::SizeClass, idempotency::RequestKey};

const SENDER: i64 = 1;
const HOST: i64 = 2;

fn coins(amount: i64) -> Coins {
    Coins::new(amount).unwrap()
}

fn gift(price: i64, category: Category, share: u16) -> CatalogueGift {
    CatalogueGift {
        key: GiftKey::parse("rose").unwrap(),
        name: "Rose".to_owned(),
        price: UnitPrice::new(price).unwrap(),
        category,
        host_share: BasisPoints::new(share).unwrap(),
        is_active: true,
        sort_order: 0,
        size_class: SizeClass::Normal,
    }
}

fn order(quantity: i64, stated_price: Option<i64>) -> GiftOrder {
    GiftOrder::new(
        UserId::new(SENDER),
        UserId::new(HOST),
        GiftKey::parse("rose").unwrap(),
        Quantity::parse(quantity).unwrap(),
        stated_price.and_then(UnitPrice::new),
        RequestKey::parse("k").unwrap(),
    )
    .unwrap()
}

fn party(balance: i64) -> Option<Party> {
    Some(Party { balance: coins(balance), is_banned: false, token_epoch: 3 })
}

fn facts(balance: i64, gift: CatalogueGift) -> GiftContext {
    GiftContext { sender: party(balance), receiver: party(0), gift: Some(gift) }
}

fn check_posting(price: i64, category: Category, share: u16, quantity: i64, balance: i64, expected: (i64, i64, i64)) {
    let posting = settle(&order(quantity, Some(price)), &facts(balance, gift(price, category, share))).unwrap();
    let moved = (posting.total.value(), posting.host_income.value(), posting.balance_after.value());
    assert_eq!(moved, expected, "{quantity} at {price} with {balance} coins");
    assert_eq!((posting.category, posting.host_share.value()), (category, share));
}

#[test]
fn the_sender_pays_and_the_host_earns_her_share() {
    check_posting(100, Category::Luxury, 5_000, 5, 500, (500, 250, 0));
    check_posting(105, Category::Lucky, 1_000, 1, 200, (105, 10, 95));
    check_posting(101, Category::Normal, 5_000, 1, 101, (101, 50, 0));
    check_posting(100, Category::SuperLucky, 1_000, 5, 501, (500, 50, 1));
    check_posting(1, Category::Lucky, 1_000, 9, 10, (9, 0, 1));
}

#[test]
fn a_stated_price_is_compared_and_never_used() {
    let rose = || gift(10, Category::Normal, 5_000);
    assert_eq!(settle(&order(1, None), &facts(10, rose())).unwrap().total, coins(10));
    let current = UnitPrice::new(10).unwrap();
    assert_eq!(settle(&order(1, Some(1)), &facts(10, rose())), Err(GiftRefusal::PriceChanged { current }));
}

#[test]
fn a_token_of_another_epoch_pays_nothing() {
    let rose = || facts(10, gift(10, Category::Normal, 5_000));
    for (epoch, expected) in
        [(2, Err(GiftRefusal::SenderLoggedOut)), (3, Ok(())), (4, Err(GiftRefusal::SenderLoggedOut))]
    {
        assert_eq!(settle(&order(1, None).with_token_epoch(epoch), &rose()).map(drop), expected, "{epoch}");
    }
    let banned = Some(Party { is_banned: true, ..party(10).unwrap() });
    assert_eq!(admit(&order(1, None).with_token_epoch(2), banned), Err(GiftRefusal::SenderBanned));
    assert_eq!(admit(&order(1, None).with_token_epoch(2), None), Err(GiftRefusal::UnknownSender));
}

fn check_refusal(change: impl FnOnce(&mut GiftContext), expected: GiftRefusal) {
    // Everything is wrong at once but what `change` mends: the first reason in the order wins.
    let mut wrong = GiftContext { sender: None, receiver: None, gift: None };
    change(&mut wrong);
    assert_eq!(settle(&order(3, Some(9)), &wrong), Err(expected));
}

#[test]
fn refusals_are_looked_for_in_their_documented_order() {
    let rose = || gift(10, Category::Normal, 5_000);
    let at_nine = || gift(9, Category::Normal, 5_000);
    check_refusal(|_| {}, GiftRefusal::UnknownSender);
    check_refusal(
        |facts| facts.sender = Some(Party { balance: coins(0), is_banned: true, token_epoch: 3 }),
        GiftRefusal::SenderBanned,
    );
    check_refusal(|facts| facts.sender = party(0), GiftRefusal::UnknownGift);
    check_refusal(
        |facts| (facts.sender, facts.gift) = (party(0), Some(CatalogueGift { is_active: false, ..rose() })),
        GiftRefusal::UnknownGift,
    );
    check_refusal(
        |facts| (facts.sender, facts.gift) = (party(0), Some(rose())),
        GiftRefusal::PriceChanged { current: UnitPrice::new(10).unwrap() },
    );
    check_refusal(|facts| (facts.sender, facts.gift) = (party(0), Some(at_nine())), GiftRefusal::UnknownReceiver);
    check_refusal(
        |facts| {
            *facts = GiftContext {
                sender: party(0),
                receiver: Some(Party { balance: coins(0), is_banned: true, token_epoch: 3 }),
                gift: Some(at_nine()),
            };
        },
        GiftRefusal::UnknownReceiver,
    );
    check_refusal(
        |wrong| *wrong = facts(26, at_nine()),
        GiftRefusal::InsufficientBalance { needed: coins(27), available: coins(26) },
    );
}

proptest! {
    #[test]
    fn coins_are_conserved_and_never_negative(
        price in 1..=crate::gift::UNIT_PRICE_MAX,
        quantity in 1_i64..=9_999,
        balance in 0..=crate::money::AMOUNT_MAX,
        share in 0_u16..=10_000,
    ) {
        match settle(&order(quantity, None), &facts(balance, gift(price, Category::Normal, share))) {
            Ok(posting) => {
                prop_assert_eq!(posting.total.value(), price * quantity);
                prop_assert_eq!(posting.balance_after.value() + posting.total.value(), balance);
                prop_assert!(posting.host_income.value() <= posting.total.value());
            }
            Err(refusal) => {
                let expected = GiftRefusal::InsufficientBalance { needed: coins(price * quantity), available: coins(balance) };
                prop_assert_eq!(refusal, expected);
                prop_assert!(price * quantity > balance);
            }
        }
    }
}
