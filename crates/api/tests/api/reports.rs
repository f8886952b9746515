//! Reports that are read while gifts are sent at full speed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{TestApp, User};

const GIFTS_A_FAN: usize = 40;

/// What the gifts table itself says that a host received, in coins and diamonds.
async fn truth(sql: &testkit::Client, host: i64) -> (i64, i64) {
    let sums = "SELECT COALESCE(SUM(total_cost), 0)::bigint, COALESCE(SUM(host_income), 0)::bigint FROM gifts
        WHERE receiver_id = $1";
    let row = sql.query_one(sums, &[&host]).await.unwrap();
    (row.get(0), row.get(1))
}

/// What the reports say: coins in contributions and in the ranking of hosts and (summed up) of fans, diamonds of today.
async fn reported(app: &TestApp, host: &User) -> ([i64; 3], [i64; 3]) {
    let (_, contributions) = app.get(&format!("/api/contributions/{}?period=all", host.id), None).await;
    let (_, hosts) = app.get("/api/ranking/hosts?period=all", Some(&host.token)).await;
    let (_, fans) = app.get(&format!("/api/ranking/fans/{}?period=all", host.id), None).await;
    let of_fans = fans["data"].as_array().unwrap().iter().map(|fan| fan["coins"].as_i64().unwrap()).sum();
    let own = hosts["me"]["coins"].as_i64().unwrap_or(0);
    let (_, month) = app.get(&format!("/api/host-income/category/{}", host.id), None).await;
    let (_, balance) = app.get("/api/income/balance", Some(&host.token)).await;
    let (_, profile) = app.get("/api/profile", Some(&host.token)).await;
    let coins = [contributions["totalCoins"].as_i64().unwrap(), own, of_fans];
    let diamonds = [
        month["data"]["normal"].as_i64().unwrap(),
        balance["diamonds"].as_i64().unwrap(),
        profile["data"]["hostIncome"].as_i64().unwrap(),
    ];
    (coins, diamonds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_report_says_more_than_is_committed_or_less_than_was() {
    let app = Arc::new(TestApp::start().await);
    let host = app.user().await;
    let mut fans = Vec::new();
    for _ in 0..8 {
        let fan = app.user().await;
        app.give_coins(&fan, 10_000).await;
        fans.push(fan);
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = async {
        let (sql, mut rounds) = (app.sql().await, 0);
        while !is_over.load(Ordering::SeqCst) {
            let (coins_before, diamonds_before) = truth(&sql, host.id).await;
            let (coins, diamonds) = reported(&app, &host).await;
            let (coins_after, diamonds_after) = truth(&sql, host.id).await;
            assert!(coins.iter().all(|said| (coins_before..=coins_after).contains(said)), "{coins:?}");
            assert!(diamonds.iter().all(|said| (diamonds_before..=diamonds_after).contains(said)), "{diamonds:?}");
            rounds += 1;
        }
        rounds
    };
    let givers = async {
        join_all(fans.iter().map(|fan| async {
            for _ in 0..GIFTS_A_FAN {
                let gift = json!({"receiverId": host.id, "giftId": "rose", "quantity": 1});
                let (status, answer) = app.post("/api/gifts/send", Some(&fan.token), &gift).await;
                assert_eq!(status, 200, "{answer}");
            }
        }))
        .await;
        is_over.store(true, Ordering::SeqCst);
    };
    let (rounds, ()) = tokio::join!(reader, givers);
    assert!(rounds > 1, "{rounds}");
    let all = i64::try_from(fans.len() * GIFTS_A_FAN).unwrap();
    assert_eq!(reported(&app, &host).await, ([all * 10; 3], [all * 5; 3]));
    // Ends with the audit, which makes the totals anew and compares.
    Arc::into_inner(app).unwrap().stop().await;
}
