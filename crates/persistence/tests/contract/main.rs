//! What the ports of the domain promise, shown on a real PostgreSQL; each test has a database of its own.
//!
//! One file a port, one test a MUST, named by what it shows. Beside them: `race` and `cancel` (what happens when much is
//! asked at once, and when nobody waits for the answer), `lost` (connections that die at the worst moment), and `schema`.

mod cancel;
mod coin_ledger;
mod conflict;
mod gift_ledger;
mod race;
mod standin;
mod support;
