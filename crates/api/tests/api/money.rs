//! Money under load: no coin is spent twice, none is lost.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_gifts_of_a_whole_balance_at_once_exactly_one_is_sent() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(500).await;
    let order = json!({"receiverId": host.id, "giftId": "crown"});
    let answers = join_all((0..30).map(|_| app.post("/api/gifts/send", Some(&fan.token), &order))).await;
    let (sent, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status == 200);
    assert_eq!(sent.len(), 1, "{answers:?}");
    assert!(refused.iter().all(|(status, body)| *status == 400 && body["code"] == "insufficient_balance"));
    assert_eq!((app.balance(&fan).await, app.income(&host).await), (0, (250, 1)));
    app.stop().await;
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
