//! What the ports of the domain promise, shown on a real PostgreSQL; each test has a database of its own.
//!
//! One file a port, one test a MUST, named by what it shows. Beside them: `race` (much is asked at once), `cancel` (nobody
//! waits for the answer), `conflict` (transactions lose against others), `lost` (connections die at the worst moment),
//! `model` (the same answers and books as a model of the rules), and `schema`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on has failed"
)]

mod agencies;
mod audit;
mod bulk;
mod cancel;
mod chat;
mod coin_ledger;
mod conflict;
mod exchange_history;
mod exchange_ledger;
mod gift_catalogue;
mod gift_history;
mod gift_ledger;
mod income_history;
mod live_sessions;
mod lost;
mod model;
mod race;
mod reports;
mod salary_closings;
mod salary_policies;
mod salary_requests;
mod schema;
mod support;
mod totals;
mod users;
