//! One key, one outcome: repeated requests, keys used for something else, and many requests at once.

use domain::{
    gift::{GiftKey, GiftLedger as _, GiftOrder, GiftRefusal, Quantity, UnitPrice},
    idempotency::Actor,
    idempotency::RequestKey,
    money::Coins,
    testing::LoadedDice,
};

use crate::support::{Calls, Fixture, at, deciding, key, order, refused, wish};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_key_gets_the_first_receipt_without_a_decision() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(100).await, fixture.user().await);
    let order = order(sender, receiver, "rose", 2, "again");
    let first = fixture.send(&order).await.unwrap();
    // Nothing that happens meanwhile changes the answer.
    fixture.execute("UPDATE gift_catalogue SET coin_value = 999, is_active = false").await;
    fixture.execute(&format!("UPDATE users SET banned_at = '2026-11-01T00:00:00Z' WHERE id = {receiver}")).await;
    let before = fixture.books().await;

    for second in [1, 3_600, -3_600] {
        let calls = Calls::default();
        let again = fixture.gifts().settle(order.clone(), at(second), deciding(&order, &calls)).await.unwrap();
        assert_eq!((again, calls.count()), (first, 0));
    }
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_other_content_is_refused() {
    let fixture = Fixture::new().await;
    let (sender, receiver, other) = (fixture.user_with(100).await, fixture.user().await, fixture.user().await);
    let first = order(sender, receiver, "rose", 2, "k");
    let receipt = fixture.send(&first).await.unwrap();
    let refused_first = order(sender, receiver, "crown", 1, "too-dear");
    let refusal = refused(fixture.send(&refused_first).await);
    let before = fixture.books().await;

    let stated = GiftOrder::new(
        sender,
        receiver,
        GiftKey::parse("rose").unwrap(),
        Quantity::parse(2).unwrap(),
        UnitPrice::new(10),
        key("k"),
    );
    for reused in [
        order(sender, other, "rose", 2, "k"),
        order(sender, receiver, "heart", 2, "k"),
        order(sender, receiver, "rose", 1, "k"),
        stated.unwrap(),
        order(sender, receiver, "rose", 1, "too-dear"),
    ] {
        let calls = Calls::default();
        let result = fixture.gifts().settle(reused.clone(), at(1), deciding(&reused, &calls)).await;
        assert_eq!((refused(result), calls.count()), (GiftRefusal::KeyReused, 0), "{reused:?}");
    }
    // A key that a grant used is used.
    fixture.grant(wish(Actor::User(sender), other, 5, "granted")).await.unwrap();
    let reused = order(sender, receiver, "rose", 1, "granted");
    assert_eq!(refused(fixture.send(&reused).await), GiftRefusal::KeyReused);

    assert_eq!(fixture.send(&first).await.unwrap(), receipt);
    assert_eq!(refused(fixture.send(&refused_first).await), refusal);
    assert_eq!(fixture.books().await.get("gifts"), before.get("gifts"));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_senders_with_the_same_key_do_not_meet() {
    let fixture = Fixture::new().await;
    let (one, two, receiver) = (fixture.user_with(50).await, fixture.user_with(50).await, fixture.user().await);
    let (first, second) = (order(one, receiver, "rose", 1, "k"), order(two, receiver, "rose", 1, "k"));

    let receipts = tokio::join!(fixture.send(&first), fixture.send(&second));

    assert_ne!(receipts.0.unwrap().gift_id, receipts.1.unwrap().gift_id);
    assert_eq!((fixture.balance(one).await, fixture.balance(two).await), (40, 40));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_fifty_times_at_once_is_one_gift() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(1_000).await, fixture.user().await);

    let (results, decided) = fixture.send_at_once(vec![order(sender, receiver, "rose", 1, "k"); 50]).await;

    let first = results[0].unwrap();
    assert_eq!((results, decided), (vec![Ok(first); 50], 1));
    assert_eq!(fixture.texts("SELECT id::text FROM gifts").await, [first.gift_id.to_string()]);
    assert_eq!((fixture.balance(sender).await, fixture.diamonds(receiver).await), (990, 5));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_with_many_contents_at_once_is_one_gift() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(1_000).await, fixture.user().await);
    let orders = (1..=20).map(|quantity| order(sender, receiver, "rose", quantity, "k")).collect();

    let (results, decided) = fixture.send_at_once(orders).await;

    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == Err(GiftRefusal::KeyReused)).count(), 19);
    assert_eq!((decided, fixture.count("gifts").await), (1, 1));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_and_a_grant_under_one_key_at_once_are_one_of_the_two() {
    let fixture = Fixture::new().await;
    let receiver = fixture.user().await;
    for round in 0..20 {
        // An administrator may do both. They lock different rows, so that only the key itself keeps them apart.
        let admin = fixture.user_with(10).await;
        let (order, text) = (order(admin, receiver, "rose", 1, "k"), format!("round {round}"));

        let (sent, granted) =
            tokio::join!(fixture.send(&order), fixture.grant(wish(Actor::User(admin), receiver, 5, "k")));

        let outcomes = (
            sent.as_ref().map(|_| ()).map_err(ToString::to_string),
            granted.as_ref().map(|_| ()).map_err(ToString::to_string),
        );
        let reused = Err(GiftRefusal::KeyReused.to_string());
        assert!(outcomes == (Ok(()), reused.clone()) || outcomes == (reused, Ok(())), "{text}: {outcomes:?}");
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_kept_by_an_earlier_release_are_still_read() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(50).await, fixture.user().await);
    let coins = |amount| Coins::new(amount).unwrap();
    for (name, outcome, refusal) in [
        ("a", r#""unknown_gift""#, GiftRefusal::UnknownGift),
        (
            "b",
            r#"{"price_changed": {"current": 12}}"#,
            GiftRefusal::PriceChanged { current: UnitPrice::new(12).unwrap() },
        ),
        ("c", r#""unknown_receiver""#, GiftRefusal::UnknownReceiver),
        (
            "d",
            r#"{"insufficient_balance": {"needed": 7, "available": 6}}"#,
            GiftRefusal::InsufficientBalance { needed: coins(7), available: coins(6) },
        ),
    ] {
        let order = order(sender, receiver, "rose", 1, name);
        keep(&fixture, &order, outcome).await;
        assert_eq!(refused(fixture.send(&order).await), refusal);
    }
    let order = order(sender, receiver, "rose", 3, "e");
    let sent = r#"{"sent": {"gift_id": 42, "quantity": 3, "total": 30, "host_income": 15, "balance_after": 20,
        "created_at": "2026-11-23T10:00:00.000001Z"}}"#;
    keep(&fixture, &order, sent).await;
    let receipt = fixture.send(&order).await.unwrap();
    assert_eq!((receipt.gift_id.value(), receipt.quantity.value(), receipt.total), (42, 3, coins(30)));
    assert_eq!((receipt.host_income.value(), receipt.balance_after), (15, coins(20)));
    assert_eq!(receipt.created_at.to_rfc3339(), "2026-11-23T10:00:00.000001+00:00");
    fixture.spoil();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_under_a_key_that_nobody_knows_is_not_kept() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(10).await, fixture.user().await);
    let before = fixture.books().await;
    let keyless = |gift: &str, face: u64| {
        let key = RequestKey::generate(&LoadedDice::new([face, face]));
        GiftOrder::new(sender, receiver, GiftKey::parse(gift).unwrap(), Quantity::ONE, None, key).unwrap()
    };
    for face in 0..5 {
        assert_eq!(refused(fixture.send(&keyless("unheard-of", face)).await), GiftRefusal::UnknownGift);
    }
    assert_eq!(fixture.books().await, before);
    fixture.send(&keyless("rose", 9)).await.unwrap();
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_kept_while_its_sender_is_waited_for_is_replayed() {
    let fixture = Fixture::new().await;
    let (sender, receiver, calls) = (fixture.user_with(100).await, fixture.user().await, Calls::default());
    let order = order(sender, receiver, "rose", 1, "k");
    // Another server, which is about to refuse the same request.
    let other = fixture.client().await;
    other.batch_execute(&format!("BEGIN; SELECT FROM users WHERE id = {sender} FOR NO KEY UPDATE")).await.unwrap();
    let (gifts, decide) = (fixture.gifts(), deciding(&order, &calls));
    let sending = tokio::spawn({
        let order = order.clone();
        async move { gifts.settle(order, at(0), decide).await }
    });
    fixture.until_waiting(1).await;

    other.batch_execute(&format!("{}; COMMIT", keeping(&order, "\"unknown_gift\""))).await.unwrap();

    assert_eq!((refused(sending.await.unwrap()), calls.count()), (GiftRefusal::UnknownGift, 0));
    assert_eq!((fixture.balance(sender).await, fixture.count("gifts").await), (100, 0));
    fixture.assert_in_order().await;
}

/// Keeps an outcome as a server before this one may have: the content in that server's words.
async fn keep(fixture: &Fixture, order: &GiftOrder, outcome: &str) {
    fixture.execute(&keeping(order, outcome)).await;
}

fn keeping(order: &GiftOrder, outcome: &str) -> String {
    let (sender, key, quantity) = (order.sender(), order.key().as_str(), order.quantity().value());
    let content = format!("gift to={} price=- quantity={quantity} key=rose", order.receiver());
    format!(
        "INSERT INTO idempotency_keys (actor_id, key, operation, fingerprint, outcome, created_at) VALUES
           ({sender}, '{key}', 'gift', sha256('{content}'), '{outcome}', '2026-11-23T10:00:00Z')"
    )
}
