//! Many requests released at the same instant.

use std::sync::Arc;

use domain::{
    gift::{GiftLedger as _, GiftOrder, GiftReceipt, GiftRefusal},
    wallet::{CoinError, CoinLedger as _, CoinOrder, CoinReceipt, CoinRefusal},
};
use futures_util::future::join_all;
use tokio::sync::Barrier;

use super::{Calls, Fixture, at, deciding, granting, refused};

/// Runs all at once, each in a task of its own, released by a barrier; answers their results in order.
pub(crate) async fn at_once<T: Send + 'static>(tasks: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let barrier = Arc::new(Barrier::new(tasks.len()));
    let released = tasks.into_iter().map(|task| {
        let barrier = Arc::clone(&barrier);
        tokio::spawn(async move {
            barrier.wait().await;
            task.await
        })
    });
    join_all(released).await.into_iter().map(|result| result.unwrap()).collect()
}

impl Fixture {
    /// Settles all orders at once; answers the results and how often was decided.
    pub(crate) async fn send_at_once(&self, orders: Vec<GiftOrder>) -> (Vec<Result<GiftReceipt, GiftRefusal>>, u32) {
        let calls = Calls::default();
        let tasks = orders.into_iter().map(|order| {
            let (gifts, decide) = (self.gifts(), deciding(&order, &calls));
            async move { gifts.settle(order, at(0), decide).await }
        });
        let results = at_once(tasks.collect()).await.into_iter();
        let results = results.map(|result| if let Ok(receipt) = result { Ok(receipt) } else { Err(refused(result)) });
        (results.collect(), calls.count())
    }

    /// Asks for all grants and corrections at once; answers the results and how often was decided.
    pub(crate) async fn grant_at_once(&self, wishes: Vec<CoinOrder>) -> (Vec<Result<CoinReceipt, CoinRefusal>>, u32) {
        let calls = Calls::default();
        let tasks = wishes.into_iter().map(|wish| {
            let (coins, decide) = (self.coins(), granting(&wish, &calls));
            async move { coins.change(wish, at(0), decide).await }
        });
        let results = at_once(tasks.collect()).await.into_iter().map(|result| match result {
            Ok(receipt) => Ok(receipt),
            Err(CoinError::Refused(refusal)) => Err(refusal),
            Err(CoinError::Store(error)) => panic!("{error:?}"),
        });
        (results.collect(), calls.count())
    }
}
