//! `GiftLedger`: what moves, and what a refusal leaves.

mod groups;
mod keys;
mod pipeline;
mod plans;
mod postings;

use domain::{
    gift::{GiftKey, GiftLedger as _, GiftOrder, GiftReceipt, GiftRefusal, Quantity, UnitPrice, settle},
    id::UserId,
    money::{Coins, Diamonds},
};

use crate::support::{Calls, Fixture, Place, at, deciding, key, order, refused};

struct Sent {
    gift: &'static str,
    quantity: i64,
    total: i64,
    host_income: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sent_gift_moves_exactly_what_the_catalogue_says() {
    let fixture = Fixture::new().await;
    for (gift, quantity, total, host_income) in [
        ("rose", 1, 10, 5),
        ("rose", 3, 30, 15),
        ("cute", 7, 700, 70),
        ("sweetheart", 2, 400, 40),
        // Floored: half of 2999, and never rounded up.
        ("burger", 1, 2_999, 1_499),
        ("cake", 9_999, 49_995_000, 24_997_500),
    ] {
        check_sent(&fixture, &Sent { gift, quantity, total, host_income }).await;
    }
    fixture.assert_in_order().await;
}

async fn check_sent(fixture: &Fixture, sent: &Sent) {
    let Sent { gift, quantity, total, host_income } = *sent;
    let (sender, receiver) = (fixture.user_with(total + 7).await, fixture.user_with(3).await);

    let receipt = fixture.send(&order(sender, receiver, gift, quantity, "once")).await.unwrap();

    let expected = GiftReceipt {
        gift_id: receipt.gift_id,
        quantity: Quantity::parse(quantity).unwrap(),
        total: Coins::new(total).unwrap(),
        host_income: Diamonds::new(host_income).unwrap(),
        balance_after: Coins::new(7).unwrap(),
        created_at: at(0),
    };
    assert_eq!(receipt, expected);
    assert_eq!((fixture.balance(sender).await, fixture.diamonds(sender).await), (7, 0));
    assert_eq!((fixture.balance(receiver).await, fixture.diamonds(receiver).await), (3, host_income));
    let micros = at(0).timestamp_micros();
    let row = format!(
        "SELECT concat_ws(' ', g.sender_id, g.receiver_id, g.gift_key, g.gift_name = c.name, g.category = c.category,
            g.coin_value = c.coin_value, g.quantity, g.total_cost, g.host_share_bp = c.host_share_bp, g.host_income,
            i.host_id, i.income, i.type = c.category, EXTRACT(epoch FROM g.created_at) * 1000000 = {micros},
            g.created_at = i.created_at, g.created_at = k.created_at)
         FROM gifts g JOIN gift_catalogue c ON c.key = g.gift_key JOIN host_income i ON i.gift_id = g.id
         JOIN idempotency_keys k ON k.actor_id = g.sender_id AND k.key = 'once' WHERE g.id = {}",
        receipt.gift_id
    );
    assert_eq!(
        fixture.texts(&row).await,
        [format!(
            "{sender} {receiver} {gift} t t t {quantity} {total} t {host_income} {receiver} {host_income} t t t t"
        )]
    );
}

/// An order that is refused, by what is wrong with it.
fn wrong_order(sender: UserId, receiver: UserId, gift: &str, stated_price: Option<i64>, text: &str) -> GiftOrder {
    let stated_price = stated_price.map(|coins| UnitPrice::new(coins).unwrap());
    GiftOrder::new(sender, receiver, GiftKey::parse(gift).unwrap(), Quantity::ONE, stated_price, key(text)).unwrap()
}

/// Every refusal that is an outcome, with an order that meets it. The sender has 20 coins.
async fn refusals(fixture: &Fixture, sender: UserId, receiver: UserId) -> Vec<(GiftOrder, GiftRefusal)> {
    fixture.execute("UPDATE gift_catalogue SET is_active = false WHERE key = 'heart'").await;
    let banned = fixture.user().await;
    fixture.execute(&format!("UPDATE users SET banned_at = '2026-11-01T00:00:00Z' WHERE id = {banned}")).await;
    let coins = |amount| Coins::new(amount).unwrap();
    vec![
        (wrong_order(sender, receiver, "unheard-of", None, "a"), GiftRefusal::UnknownGift),
        (wrong_order(sender, receiver, "heart", None, "b"), GiftRefusal::UnknownGift),
        (
            wrong_order(sender, receiver, "rose", Some(11), "c"),
            GiftRefusal::PriceChanged { current: UnitPrice::new(10).unwrap() },
        ),
        (wrong_order(sender, UserId::new(99), "rose", None, "d"), GiftRefusal::UnknownReceiver),
        (wrong_order(sender, banned, "rose", None, "e"), GiftRefusal::UnknownReceiver),
        (
            wrong_order(sender, receiver, "coffee", None, "f"),
            GiftRefusal::InsufficientBalance { needed: coins(50), available: coins(20) },
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_writes_nothing_but_its_key() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(20).await, fixture.user().await);
    for (order, refusal) in refusals(&fixture, sender, receiver).await {
        let mut before = fixture.books().await;

        assert_eq!(refused(fixture.send(&order).await), refusal);

        let mut after = fixture.books().await;
        let (before_keys, after_keys) = (before.remove("idempotency_keys"), after.remove("idempotency_keys"));
        assert_eq!(after, before, "{refusal}");
        assert_eq!(after_keys.unwrap().len(), before_keys.unwrap().len() + 1, "{refusal}");
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_answered_again_after_its_reason_has_gone() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(20).await, fixture.user().await);
    let refusals = refusals(&fixture, sender, receiver).await;
    for (order, refusal) in &refusals {
        assert_eq!(refused(fixture.send(order).await), *refusal);
    }
    fixture.top_up(sender, 1_000_000).await;
    fixture
        .execute(
            "UPDATE users SET banned_at = NULL;
             UPDATE gift_catalogue SET is_active = true, coin_value = 11;
             INSERT INTO gift_catalogue (key, name, coin_value, category, host_share_bp, sort_order)
               VALUES ('unheard-of', 'Unheard of', 11, 'normal', 5000, 1);
             INSERT INTO users (id, phone, password, name, created_at, updated_at)
               VALUES (99, '0899', '', 'Late', '2026-11-01T00:00:00Z', '2026-11-01T00:00:00Z');",
        )
        .await;
    let before = fixture.books().await;
    for (order, refusal) in &refusals {
        let calls = Calls::default();
        let again = fixture.gifts().settle(order.clone(), at(60), deciding(order, &calls)).await;
        assert_eq!((refused(again), calls.count()), (*refusal, 0));
    }
    assert_eq!(fixture.books().await, before);
    // The same wish under a new key is another request.
    let order = wrong_order(sender, receiver, "rose", Some(11), "new");
    assert!(settle_with(&fixture, &order).await.is_ok());
    fixture.assert_in_order().await;
}

async fn settle_with(fixture: &Fixture, order: &GiftOrder) -> Result<GiftReceipt, domain::gift::SendGiftError> {
    let wish = order.clone();
    fixture.gifts().settle(order.clone(), at(1), Box::new(move |facts| settle(&wish, facts))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_about_the_caller_keep_no_key() {
    let fixture = Fixture::new().await;
    let receiver = fixture.user().await;
    let sender = UserId::new(77);
    let order = order(sender, receiver, "rose", 1, "k");

    assert_eq!(refused(fixture.send(&order).await), GiftRefusal::UnknownSender);
    assert_eq!(fixture.count("idempotency_keys").await, 0);

    fixture
        .execute(
            "INSERT INTO users (id, phone, password, name, banned_at, created_at, updated_at) VALUES
               (77, '0877', '', 'Late', '2026-11-01T00:00:00Z', '2026-11-01T00:00:00Z', '2026-11-01T00:00:00Z')",
        )
        .await;
    fixture.top_up(sender, 10).await;
    let before = fixture.books().await;
    assert_eq!(refused(fixture.send(&order).await), GiftRefusal::SenderBanned);
    assert_eq!(fixture.books().await, before);

    fixture.execute("UPDATE users SET banned_at = NULL WHERE id = 77").await;
    assert!(fixture.send(&order).await.is_ok());
    assert_eq!((fixture.balance(sender).await, fixture.count("gifts").await), (0, 1));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_locks_the_row_of_its_sender_and_no_other() {
    let fixture = Fixture::new().await;
    let (sender, receiver, stranger) = (fixture.user_with(10).await, fixture.user().await, fixture.user().await);
    // Everything is written, and the commit waits until the test has looked.
    let gate = fixture.shut_gate(Place::InCommit("gifts")).await;
    let sending = {
        let (gifts, order) = (fixture.gifts(), order(sender, receiver, "rose", 1, "k"));
        tokio::spawn(async move {
            let decide = deciding(&order, &Calls::default());
            gifts.settle(order, at(0), decide).await
        })
    };
    fixture.until_waiting(1).await;

    let free = fixture.texts("SELECT id::text FROM users u ORDER BY u.id FOR NO KEY UPDATE SKIP LOCKED").await;
    assert_eq!(free, [receiver.to_string(), stranger.to_string()]);
    let free = fixture.count("(SELECT 1 FROM gift_catalogue FOR UPDATE SKIP LOCKED) entries").await;
    assert_eq!(free, fixture.count("gift_catalogue").await);

    gate.open().await;
    assert!(sending.await.unwrap().is_ok());
    fixture.assert_in_order().await;
}
