//! Exchanges by the real rule.

use domain::{
    id::UserId,
    wallet::{
        ExchangeAmount, ExchangeDecision, ExchangeError, ExchangeLedger as _, ExchangeOrder, ExchangeReceipt,
        ExchangeRefusal, exchange,
    },
};
use persistence::PgExchangeLedger;

use super::{Calls, Fixture, at, at_once, key, order};

pub(crate) fn exchange_of(host: UserId, diamonds: i64, text: &str) -> ExchangeOrder {
    ExchangeOrder { host, amount: ExchangeAmount::parse(diamonds).unwrap(), key: key(text) }
}

/// The real rule, with its calls counted.
pub(crate) fn exchanging(order: &ExchangeOrder, calls: &Calls) -> ExchangeDecision {
    let (order, calls) = (order.clone(), calls.clone());
    Box::new(move |facts| {
        calls.add();
        exchange(&order, facts)
    })
}

/// The refusal that an exchange met.
pub(crate) fn exchange_refused(result: Result<ExchangeReceipt, ExchangeError>) -> ExchangeRefusal {
    match result {
        Err(ExchangeError::Refused(refusal)) => refusal,
        other => panic!("no refusal but {other:?}"),
    }
}

impl Fixture {
    pub(crate) fn exchanges(&self) -> PgExchangeLedger {
        self.proof.owe();
        PgExchangeLedger::new(self.database.clone())
    }

    /// Exchanges by the real rule.
    pub(crate) async fn exchange(&self, order: ExchangeOrder) -> Result<ExchangeReceipt, ExchangeError> {
        self.exchange_at(order, 0).await
    }

    /// Exchanges at a later second of the tests' time.
    pub(crate) async fn exchange_at(
        &self,
        order: ExchangeOrder,
        second: i64,
    ) -> Result<ExchangeReceipt, ExchangeError> {
        let decide = exchanging(&order, &Calls::default());
        self.exchanges().exchange(order, at(second), decide).await
    }

    /// A new user with so many diamonds, a multiple of five, that a new fan gave him in roses; and no coins.
    pub(crate) async fn host_with(&self, diamonds: i64) -> UserId {
        let (fan, host) = (self.user_with(diamonds * 2).await, self.user().await);
        self.send(&order(fan, host, "rose", diamonds / 5, "roses")).await.unwrap();
        assert_eq!(self.diamonds(host).await, diamonds);
        self.roll_up().await;
        host
    }

    /// Asks for all exchanges at once; answers the results and how often was decided.
    pub(crate) async fn exchange_at_once(
        &self,
        orders: Vec<ExchangeOrder>,
    ) -> (Vec<Result<ExchangeReceipt, ExchangeRefusal>>, u32) {
        let calls = Calls::default();
        let tasks = orders.into_iter().map(|order| {
            let (exchanges, decide) = (self.exchanges(), exchanging(&order, &calls));
            async move { exchanges.exchange(order, at(0), decide).await }
        });
        let results = at_once(tasks.collect()).await.into_iter();
        let results =
            results.map(|result| if let Ok(receipt) = result { Ok(receipt) } else { Err(exchange_refused(result)) });
        (results.collect(), calls.count())
    }
}
