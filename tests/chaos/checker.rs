//! Who compares: what clients were told with what the database holds.

mod spoiled;

use std::collections::HashMap;

use testkit::Client;

use crate::{
    notebook::{Call, Outcome, Wish},
    salaries::Salary,
    watcher::Event,
    world::Person,
};

/// A gift in the database.
#[derive(Debug, PartialEq, Eq)]
struct Gift {
    sender: i64,
    receiver: i64,
    key: String,
    quantity: i64,
    total: i64,
    income: i64,
    at: i64,
}

/// What the database holds.
pub(crate) struct Books {
    /// Operation and outcome, by actor and key.
    keys: HashMap<(i64, String), (String, Outcome)>,
    gifts: HashMap<i64, Gift>,
    exchanges: usize,
    grants: usize,
    /// How each decided salary was decided.
    decisions: HashMap<i64, bool>,
    /// Host and amount of what was paid, by salary.
    payouts: HashMap<i64, (i64, i64)>,
    /// Coins and diamonds, by user.
    purses: HashMap<i64, (i64, i64)>,
}

/// What came of it, for whoever reads.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) gifts: usize,
    pub(crate) exchanges: usize,
    pub(crate) grants: usize,
    pub(crate) approvals: usize,
    pub(crate) rejections: usize,
    pub(crate) refusals: usize,
    /// Calls that were made again because no answer came.
    pub(crate) repeated: usize,
}

impl Books {
    pub(crate) async fn read(database: &Client) -> Self {
        let rows = database
            .query("SELECT actor_id, key::text, operation::text, outcome::text FROM idempotency_keys", &[])
            .await
            .unwrap();
        let keys = rows.iter().map(|row| {
            let outcome = serde_json::from_str(row.get(3)).unwrap();
            ((row.get(0), row.get(1)), (row.get(2), Outcome::of_kept(&outcome)))
        });
        let keys = keys.collect();
        let rows = database
            .query(
                "SELECT id, sender_id, receiver_id, gift_key::text, quantity::bigint, total_cost, host_income, \
                 floor(extract(epoch FROM created_at) * 1000)::bigint FROM gifts",
                &[],
            )
            .await
            .unwrap();
        let gift = |row: &_| -> (i64, Gift) {
            let row: &testkit::Row = row;
            let gift = Gift {
                sender: row.get(1),
                receiver: row.get(2),
                key: row.get(3),
                quantity: row.get(4),
                total: row.get(5),
                income: row.get(6),
                at: row.get(7),
            };
            (row.get(0), gift)
        };
        let gifts = rows.iter().map(gift).collect();
        let rows = database
            .query(
                "SELECT id, balance, (SELECT COALESCE(SUM(income), 0)::bigint FROM host_income WHERE host_id = users.id) \
                 FROM users",
                &[],
            )
            .await
            .unwrap();
        let purses = rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
        let exchanges = count(database, "SELECT count(*) FROM exchanges").await;
        let grants = count(database, "SELECT count(*) FROM coin_movements WHERE kind = 'grant'").await;
        let decided = "SELECT id, status = 'approved' FROM salary_requests WHERE status <> 'pending'";
        let rows = database.query(decided, &[]).await.unwrap();
        let decisions = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let paid = "SELECT salary_request_id, host_id, income FROM diamond_movements WHERE type = 'salary'";
        let rows = database.query(paid, &[]).await.unwrap();
        let payouts = rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
        Self { keys, gifts, exchanges, grants, decisions, payouts, purses }
    }

    /// Nothing acknowledged is lost, nothing is there twice, nothing is there that nobody asked for, and everybody has what
    /// the notebooks say.
    pub(crate) fn compare(mut self, people: &[Person], calls: &[Call], events: Vec<Event>) -> Summary {
        self.compare_events(events);
        let mut summary = Summary::default();
        let mut purses: HashMap<i64, (i64, i64)> = people.iter().map(|person| (person.id, (0, 0))).collect();
        let mut add = |user: i64, coins: i64, diamonds: i64| {
            let purse = purses.get_mut(&user).unwrap();
            *purse = (purse.0 + coins, purse.1 + diamonds);
        };
        for call in calls {
            let outcome = self.outcome(call);
            match (&call.wish, outcome) {
                (Wish::Gift { sender, receiver, .. }, Outcome::Sent { gift, total, income, .. }) => {
                    self.take_gift(call, *gift);
                    add(*sender, -total, 0);
                    add(*receiver, 0, *income);
                    summary.gifts += 1;
                }
                (Wish::Exchange { host, .. }, Outcome::Exchanged { diamonds, coins, .. }) => {
                    add(*host, *coins, -diamonds);
                    summary.exchanges += 1;
                }
                (Wish::Grant { user, coins }, Outcome::Granted { .. }) => {
                    add(*user, *coins, 0);
                    summary.grants += 1;
                }
                (Wish::Decide { salary, approve }, Outcome::Decided { salary: id, approved }) => {
                    assert_eq!((salary.id, *approve), (*id, *approved), "decided otherwise: {call:?}");
                    self.take_decision(call, salary, *approve);
                    if *approve {
                        add(salary.host, 0, salary.amount);
                        summary.approvals += 1;
                    } else {
                        summary.rejections += 1;
                    }
                }
                (_, Outcome::Refused(_)) => summary.refusals += 1,
                _ => panic!("another outcome than was asked for: {call:?}"),
            }
            summary.repeated += usize::try_from(call.tries).unwrap() - call.outcomes.len();
        }
        assert!(self.keys.is_empty(), "keys that nobody knows: {:?}", self.keys);
        assert!(self.gifts.is_empty(), "gifts that nobody knows: {:?}", self.gifts);
        assert!(self.decisions.is_empty(), "decisions that nobody knows: {:?}", self.decisions);
        assert!(self.payouts.is_empty(), "payouts that nobody knows: {:?}", self.payouts);
        assert_eq!((self.exchanges, self.grants), (summary.exchanges, summary.grants), "exchanges and grants");
        assert_eq!(self.purses, purses, "coins and diamonds of everybody");
        assert!(purses.values().all(|(coins, diamonds)| *coins >= 0 && *diamonds >= 0), "{purses:?}");
        summary
    }

    /// The outcome of a call: the one that its client was told each time, and that is kept.
    fn outcome<'a>(&mut self, call: &'a Call) -> &'a Outcome {
        let told = call.outcomes.first().unwrap_or_else(|| panic!("without an answer: {call:?}"));
        assert!(call.outcomes.iter().all(|other| other == told), "told different things: {call:?}");
        assert!(told.balance().unwrap_or(0) >= 0, "{call:?}");
        let kept = self.keys.remove(&(call.wish.actor(), call.key.clone()));
        let (operation, kept) = kept.unwrap_or_else(|| panic!("acknowledged, and lost: {call:?}"));
        assert_eq!((operation.as_str(), &kept), (call.wish.operation(), told), "kept otherwise: {call:?}");
        told
    }

    /// Takes the gift of a call away, so that no other call has the same.
    fn take_gift(&mut self, call: &Call, id: i64) {
        let found = self.gifts.remove(&id).unwrap_or_else(|| panic!("no gift of its own: {call:?}"));
        let Outcome::Sent { total, income, quantity, .. } = call.outcomes.first().unwrap() else { return };
        let Wish::Gift { sender, receiver, gift, quantity: wanted } = &call.wish else { return };
        let told = (*sender, *receiver, *gift, *quantity, *total, *income);
        let posted = (found.sender, found.receiver, found.key.as_str(), found.quantity, found.total, found.income);
        assert_eq!(posted, told, "posted otherwise: {call:?}");
        assert_eq!(quantity, wanted, "{call:?}");
    }

    /// Takes the decision of a call away, and what it paid, so that no other call has the same.
    fn take_decision(&mut self, call: &Call, salary: &Salary, approve: bool) {
        assert_eq!(self.decisions.remove(&salary.id), Some(approve), "no decision of its own: {call:?}");
        let paid = approve.then_some((salary.host, salary.amount));
        assert_eq!(self.payouts.remove(&salary.id), paid, "paid otherwise: {call:?}");
    }

    /// Each event is a gift, and no gift was told twice.
    fn compare_events(&self, events: Vec<Event>) {
        let mut untold: HashMap<Event, usize> = HashMap::new();
        for gift in self.gifts.values() {
            let (sender, receiver, key) = (gift.sender, gift.receiver, gift.key.clone());
            let event = Event { sender, receiver, gift: key, quantity: gift.quantity, at: gift.at };
            *untold.entry(event).or_default() += 1;
        }
        for event in events {
            let left = untold.get_mut(&event).filter(|left| **left > 0);
            *left.unwrap_or_else(|| panic!("told twice, or of no gift: {event:?}")) -= 1;
        }
    }
}

async fn count(database: &Client, sql: &str) -> usize {
    usize::try_from(database.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)).unwrap()
}
