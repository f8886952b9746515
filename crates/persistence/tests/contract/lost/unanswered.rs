//! Gifts whose write and COMMIT went out together, and were answered to nobody.

use domain::{gift::SendGiftError, store::StoreError};
use persistence::{Database, PoolSettings};
use testkit::{Cut, Proxy, Weather};

use super::{assert_sent_once, new_order, send_through, through};
use crate::support::{Fixture, Place, order};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_that_got_no_answer_at_all_may_be_committed() {
    let fixture = Fixture::new().await;
    for is_away in [false, true] {
        let (proxy, one) = (Proxy::start(fixture.url()).await, new_order(&fixture).await);
        let database = Database::connect(proxy.url(), PoolSettings { connections_max: 1 }).await.unwrap();
        // So that the session has prepared everything, and sends it together.
        send_through(&database, &new_order(&fixture).await).await.0.unwrap();
        proxy.cut(Cut::AfterAll, 1);
        if is_away {
            proxy.turn(Weather::Shut);
        }

        let (result, decided) = send_through(&database, &one).await;

        assert!(proxy.is_done());
        assert_eq!(decided, 1);
        match result {
            Ok(receipt) if !is_away => assert_sent_once(&fixture, &one, &receipt).await,
            Err(SendGiftError::Store(StoreError::OutcomeUnknown(_))) if is_away => {}
            other => panic!("{other:?}"),
        }
        let receipt = fixture.send(&one).await.unwrap();
        assert_sent_once(&fixture, &one, &receipt).await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_gift_that_may_be_committed_stays_so_while_its_session_holds_the_sender() {
    let fixture = Fixture::new().await;
    let (proxy, one) = (Proxy::start(fixture.url()).await, new_order(&fixture).await);
    let database = through(&proxy).await;
    let first = order(one.sender(), one.receiver(), "rose", 1, "first");
    send_through(&database, &first).await.0.unwrap();
    let gate = fixture.shut_gate(Place::Before("pending_rollups")).await;
    let sending = tokio::spawn({
        let (database, one) = (database.clone(), one.clone());
        async move { send_through(&database, &one).await.0 }
    });
    // The write waits on the server, the COMMIT behind it, when the connection is lost.
    fixture.until_waiting(1).await;
    proxy.turn(Weather::Away);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    proxy.turn(Weather::Fine);
    // The next attempt waits for the sender, whom that session holds; and then the database is away.
    fixture.until_waiting(2).await;
    proxy.turn(Weather::Away);

    let result = sending.await.unwrap();

    assert!(matches!(result, Err(SendGiftError::Store(StoreError::OutcomeUnknown(_)))), "{result:?}");
    gate.open().await;
    // Its session finds nobody to answer to, or has committed: the key tells which.
    fixture.send(&one).await.unwrap();
    let sent = format!("SELECT COUNT(*) FROM gifts WHERE sender_id = {}", one.sender());
    assert_eq!((fixture.number(&sent).await, fixture.balance(one.sender()).await), (2, 10));
    fixture.assert_in_order().await;
}
