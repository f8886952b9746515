//! `MoneyAudit`: silent while the books are in order, and loud about everything else.

mod exchanges;
mod receipts;
mod salaries;
mod tampering;

use std::collections::BTreeMap;

use domain::{
    gift::{GiftKey, GiftOrder, GiftRefusal, Quantity, SendGiftError},
    id::UserId,
    idempotency::Actor,
    wallet::{Discrepancy, MoneyAudit as _},
};
use persistence::PgMoneyAudit;

use crate::support::{Fixture, calendar, correction, key, order, refused, wish};

const BALANCE: &str = "balance equals movements minus gifts";
const KEY: &str = "a sent gift has one key";
const RECEIPT: &str = "a kept receipt has its row";

async fn discrepancies(fixture: &Fixture) -> Vec<(String, String, i64)> {
    let found = PgMoneyAudit::new(fixture.database.clone(), calendar()).discrepancies().await.unwrap();
    found.into_iter().map(|Discrepancy { proof, subject, difference }| (proof, subject, difference)).collect()
}

/// The books of one gift of two roses (20 coins, 10 diamonds) by user 10000001, who had 100 coins, to user 10000002. Then
/// something is done to them that the database would not allow, and the audit must say just what is expected.
async fn check(plant: &str, expected: &[(&str, &str, i64)]) {
    plant_and_audit(&sent_fixture().await, plant, expected).await;
}

/// Such books, in order.
async fn sent_fixture() -> Fixture {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(100).await, fixture.user().await);
    let receipt = fixture.send(&order(sender, receiver, "rose", 2, "k")).await.unwrap();
    assert_eq!((sender.value(), receiver.value(), receipt.gift_id.value()), (10_000_001, 10_000_002, 1));
    fixture.assert_in_order().await;
    fixture
}

async fn plant_and_audit(fixture: &Fixture, plant: &str, expected: &[(&str, &str, i64)]) {
    fixture.spoil();
    // Without triggers and foreign keys.
    fixture.execute(&format!("SET session_replication_role = replica; {plant}")).await;

    let found = discrepancies(fixture).await;

    // What it does to the totals is shown with the totals.
    let books = |found: &&(String, String, i64)| !found.0.starts_with("totals of");
    let found: Vec<_> =
        found.iter().filter(books).map(|(proof, subject, by)| (proof.as_str(), subject.as_str(), *by)).collect();
    assert_eq!(found, expected, "{plant}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_that_nothing_explains_is_found() {
    check("UPDATE users SET balance = balance + 1 WHERE id = 10000001", &[(BALANCE, "user 10000001", 1)]).await;
    check("UPDATE users SET balance = 7 WHERE id = 10000002", &[(BALANCE, "user 10000002", 7)]).await;
    check("DELETE FROM coin_movements", &[(RECEIPT, "grant 1", -1), (BALANCE, "user 10000001", 100)]).await;
    check("UPDATE coin_movements SET amount = 101", &[(BALANCE, "user 10000001", -1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_without_exactly_its_income_is_found() {
    for (income, by) in [(0, -10), (7, -3), (11, 1)] {
        let plant =
            format!("ALTER TABLE gifts DROP CONSTRAINT gifts_split_exact; UPDATE gifts SET host_income = {income}");
        check(&plant, &[("a gift is split exactly", "gift 1", by), (KEY, "gift 1", -1)]).await;
    }
    let later = "UPDATE gifts SET created_at = created_at + interval '1 second'";
    check(later, &[(KEY, "gift 1", -1)]).await;
    // Whose it is, and of which category, is what the totals show.
    for other in ["receiver_id = 10000001", "category = 'lucky'"] {
        let fixture = sent_fixture().await;
        let plant = format!("ALTER TABLE gifts DROP CONSTRAINT gifts_no_self_gift; UPDATE gifts SET {other}");
        plant_and_audit(&fixture, &plant, &[]).await;
        let found = discrepancies(&fixture).await;
        assert!(found.iter().any(|(proof, ..)| proof == "totals of hosts equal their gifts"), "{other}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_whose_sender_or_receiver_is_gone_is_found() {
    const PEOPLE: &str = "a gift is between two users";
    for gone in ["10000002", "10000001"] {
        let (delete, user) = (format!("DELETE FROM users WHERE id = {gone}"), format!("user {gone}"));
        check(&delete, &[(PEOPLE, "gift 1", -1), ("a user has one id", user.as_str(), 1)]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_his_id_is_found_and_an_id_of_nobody() {
    const ID: &str = "a user has one id";
    check("DELETE FROM user_ids WHERE id = 10000001", &[(ID, "user 10000001", -1)]).await;
    let nobodys = "ALTER TABLE user_ids DROP CONSTRAINT user_ids_id_fkey; INSERT INTO user_ids VALUES (5)";
    check(nobodys, &[(ID, "user 5", 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_that_waits_to_be_rolled_up_and_is_not_there_once_is_found() {
    const ONCE: &str = "a gift is rolled up once";
    let note = |gifts: &str| {
        format!(
            "INSERT INTO pending_rollups (hour_starts_at, day_starts_at, week_starts_at, month_starts_at, gift_ids)
             SELECT 'epoch', 'epoch', 'epoch', 'epoch', '{gifts}'"
        )
    };
    check(&note("{7}"), &[(ONCE, "gift 7", 1)]).await;
    check(&note("{1,1}"), &[(ONCE, "gift 1", 1)]).await;
    check(&format!("{}; {}", note("{1}"), note("{1}")), &[(ONCE, "gift 1", 1)]).await;
    // One that is in the totals, too, is one too many there.
    let fixture = sent_fixture().await;
    plant_and_audit(&fixture, &note("{1}"), &[]).await;
    let found = discrepancies(&fixture).await;
    assert!(found.iter().any(|(proof, ..)| proof == "totals of hosts equal their gifts"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_that_is_gone_is_found() {
    check("DELETE FROM gifts", &[(RECEIPT, "gift 1", -1), (BALANCE, "user 10000001", -20)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_without_exactly_one_key_is_found() {
    check("DELETE FROM idempotency_keys WHERE operation = 'gift'", &[(KEY, "gift 1", -1)]).await;
    let copy = "INSERT INTO idempotency_keys SELECT actor_id, 'copy', operation, fingerprint, outcome, created_at
        FROM idempotency_keys WHERE operation = 'gift'";
    check(copy, &[(KEY, "gift 1", 1)]).await;
    let lie = "UPDATE idempotency_keys SET outcome = jsonb_set(outcome::jsonb, '{sent,total}', '19') WHERE operation = 'gift'";
    check(lie, &[(KEY, "gift 1", -1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_without_its_key_is_found() {
    let proof = "a grant has its key";
    check("DELETE FROM idempotency_keys WHERE operation = 'grant'", &[(proof, "movement 1", -1)]).await;
    check("UPDATE coin_movements SET reference = 'other'", &[(proof, "movement 1", -1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_without_its_key_is_found() {
    let proof = "a correction has its key";
    let corrected = async || {
        let fixture = sent_fixture().await;
        fixture.grant(correction(Actor::CommandLine, UserId::new(10_000_001), -30, "mistake")).await.unwrap();
        fixture.assert_in_order().await;
        fixture
    };
    let is_gone = "DELETE FROM idempotency_keys WHERE operation = 'correction'";
    plant_and_audit(&corrected().await, is_gone, &[(proof, "movement 2", -1)]).await;
    let is_a_grant = "UPDATE idempotency_keys SET operation = 'grant' WHERE operation = 'correction'";
    plant_and_audit(&corrected().await, is_a_grant, &[(proof, "movement 2", -1), (RECEIPT, "grant 2", -1)]).await;
    let was_taken = "DELETE FROM coin_movements WHERE kind = 'correction'";
    plant_and_audit(&corrected().await, was_taken, &[(RECEIPT, "correction 2", -1), (BALANCE, "user 10000001", -30)])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_do_not_add_up_are_found() {
    let view = |coins: &str, diamonds: &str| {
        format!(
            "CREATE OR REPLACE VIEW ledger_entries (source, source_id, currency, account, user_id, amount, created_at) AS
             SELECT 'gifts', id, 'coins', 'user_coins', sender_id, -total_cost, created_at FROM gifts UNION ALL
             SELECT 'gifts', id, 'coins', 'platform', NULL, {coins}, created_at FROM gifts UNION ALL
             SELECT 'gifts', id, 'diamonds', 'user_diamonds', receiver_id, host_income, created_at FROM gifts UNION ALL
             SELECT 'gifts', id, 'diamonds', 'platform', NULL, {diamonds}, created_at FROM gifts UNION ALL
             SELECT 'diamond_movements', id, 'diamonds', 'user_diamonds', host_id, income, created_at
               FROM diamond_movements UNION ALL
             SELECT 'diamond_movements', id, 'diamonds', 'platform', NULL, -income, created_at FROM diamond_movements UNION ALL
             SELECT 'coin_movements', id, 'coins', 'user_coins', user_id, amount, created_at FROM coin_movements UNION ALL
             SELECT 'coin_movements', id, 'coins', 'mint', NULL, -amount, created_at FROM coin_movements"
        )
    };
    let proof = "entries add up to zero";
    check(&view("total_cost", "-host_income"), &[]).await;
    check(&view("total_cost + 3", "-host_income"), &[(proof, "coins", 3)]).await;
    check(&view("total_cost", "-host_income - 4"), &[(proof, "diamonds", -4)]).await;
}

/// A small generator of numbers (splitmix64): the same seed, the same traffic.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound).unwrap()
    }
}

/// A gift that may be refused: unknown, unaffordable, or under a key that was used before.
fn random_order(users: &[UserId], numbers: &mut Numbers) -> GiftOrder {
    const GIFTS: [&str; 7] = ["rose", "cute", "burger", "sweetheart", "ring", "coffee", "unknown"];

    let sender = numbers.below(5);
    let receiver = (sender + 1 + numbers.below(4)) % 5;
    let (gift, quantity) = (GIFTS[numbers.below(7)], i64::try_from(1 + numbers.below(4)).unwrap());
    let (gift, quantity) = (GiftKey::parse(gift).unwrap(), Quantity::parse(quantity).unwrap());
    let text = format!("key-{}", numbers.below(150));
    GiftOrder::new(users[sender], users[receiver], gift, quantity, None, key(&text)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_traffic_the_entries_add_up_and_make_every_balance() {
    let fixture = Fixture::new().await;
    let (mut users, mut expected) = (Vec::new(), BTreeMap::new());
    for _ in 0..5 {
        users.push(fixture.user().await);
    }
    let (mut numbers, mut seen) = (Numbers(20_261_123), BTreeMap::new());
    for step in 0..250 {
        if numbers.below(4) == 0 {
            let (user, coins) = (users[numbers.below(5)], i64::try_from(1 + numbers.below(5_000)).unwrap());
            fixture.grant(wish(Actor::CommandLine, user, coins, &format!("grant-{step}"))).await.unwrap();
            *expected.entry(user).or_insert((0, 0)) = {
                let (balance, diamonds) = expected.get(&user).copied().unwrap_or((0, 0));
                (balance + coins, diamonds)
            };
            continue;
        }
        let order = random_order(&users, &mut numbers);
        let is_new = seen.insert((order.sender(), order.key().as_str().to_owned()), ()).is_none();
        match fixture.send(&order).await {
            Ok(receipt) if is_new => {
                expected.entry(order.sender()).or_insert((0, 0)).0 -= receipt.total.value();
                expected.entry(order.receiver()).or_insert((0, 0)).1 += receipt.host_income.value();
            }
            Err(SendGiftError::Store(error)) => panic!("{error:?}"),
            replayed_or_refused => {
                let is_reused = |refusal| matches!(refusal, GiftRefusal::KeyReused);
                assert!(replayed_or_refused.is_ok() || !is_new || !is_reused(refused(replayed_or_refused)));
            }
        }
    }

    for (user, (balance, diamonds)) in expected {
        assert_eq!((fixture.balance(user).await, fixture.diamonds(user).await), (balance, diamonds));
    }
    assert!(fixture.count("gifts").await > 50, "the traffic is worth its name");
    let sums = "SELECT currency || ' ' || SUM(amount) FROM ledger_entries GROUP BY currency ORDER BY 1";
    assert_eq!(fixture.texts(sums).await, ["coins 0", "diamonds 0"]);
    let differing =
        "SELECT COUNT(*) FROM users u WHERE balance <> (SELECT COALESCE(SUM(amount), 0) FROM ledger_entries e
        WHERE e.user_id = u.id AND e.account = 'user_coins')";
    assert_eq!(fixture.number(differing).await, 0);
    fixture.assert_in_order().await;
}
