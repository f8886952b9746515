//! Money under load: no coin is spent twice, none is lost.

mod rivals;

use futures_util::future::join_all;
use rivals::Rivals;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use crate::support::{Answer, TestApp};

/// A machine that is slow today is not what is tested here.
const PATIENT: [(&str, &str); 1] = [("MONEY_WAIT_MS", "60000")];

/// How many gifts were sent; all others were refused for want of coins.
fn sent(answers: &[Answer]) -> usize {
    let (sent, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status == 200);
    let is_poor = |(status, body): &&Answer| *status == 400 && body["code"] == "insufficient_balance";
    assert!(refused.iter().all(is_poor), "{refused:?}");
    sent.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_gifts_of_a_whole_balance_at_once_exactly_one_is_sent_each_time() {
    const ROUNDS: usize = 200;

    let app = TestApp::start_with(&PATIENT).await;
    let (fan, host) = (app.user().await, app.user().await);
    let (order, mut rivals) = (json!({"receiverId": host.id, "giftId": "crown"}), Rivals::connect(&app, 30).await);
    for round in 1..=ROUNDS {
        app.give_coins(&fan, 500).await;
        let answers = rivals.send(&fan, &order).await;
        assert_eq!(sent(&answers), 1, "round {round}: {answers:?}");
        assert_eq!(app.balance(&fan).await, 0, "round {round}");
    }
    let sql = app.sql().await;
    let row = sql.query_one("SELECT COUNT(*), SUM(income)::bigint FROM host_income", &[]).await.unwrap();
    let rounds = i64::try_from(ROUNDS).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (rounds, 250 * rounds));
    app.stop().await;
}

/// Both ends of a thousand connections are in this process.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(4_096).min(4_096).max(limit.current.unwrap_or(4_096));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }).unwrap();
}

/// So many gifts of ten coins at once from somebody who has a hundred.
async fn check_gifts_at_once(count: usize) {
    raise_file_limit();
    let app = TestApp::start_with(&PATIENT).await;
    let (fan, host) = app.fan_and_host(100).await;
    let mut rivals = Rivals::connect(&app, count).await;
    let answers = rivals.send(&fan, &json!({"receiverId": host.id, "giftId": "rose"})).await;
    assert_eq!(sent(&answers), 10);
    assert_eq!((app.balance(&fan).await, app.income(&host).await), (0, (50, 10)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_gifts_at_once_exactly_those_are_sent_that_can_be_paid() {
    check_gifts_at_once(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_gifts_at_once_exactly_those_are_sent_that_can_be_paid() {
    check_gifts_at_once(1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_users_who_send_each_other_gifts_at_once_do_not_block_each_other() {
    let app = TestApp::start().await;
    let (one, other) = app.fan_and_host(200).await;
    app.give_coins(&other, 200).await;
    let (to_other, to_one) =
        (json!({"receiverId": other.id, "giftId": "rose"}), json!({"receiverId": one.id, "giftId": "rose"}));
    let sent = (0..40).map(|turn| {
        let (from, order) = if turn % 2 == 0 { (&one, &to_other) } else { (&other, &to_one) };
        app.post("/api/gifts/send", Some(&from.token), order)
    });
    for (status, answer) in join_all(sent).await {
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!((app.balance(&one).await, app.balance(&other).await), (0, 0));
    assert_eq!((app.income(&one).await, app.income(&other).await), ((100, 20), (100, 20)));
    app.stop().await;
}
