//! The rules of ChatMe, and nothing else: no I/O, no clock, no chance, no dependency on another crate of the workspace.
//!
//! Everything here is either a value that cannot be wrong (a *newtype* with a fallible `parse`), a pure function over
//! such values, a *port* (a trait that an outer crate implements), or a *service* that ties ports together into use
//! cases. The vocabulary:
//!
//! | word | meaning |
//! |---|---|
//! | port / adapter | a trait in this crate / the type outside that implements it |
//! | order → context → posting → receipt | the wish to move money → the facts under lock → the decided effects → the proof |
//! | refusal | the domain says no; an outcome, not a failure |
//! | [`StoreError`](store::StoreError) | the infrastructure failed |
//! | coins, diamonds | bought and spent / earned; never mixed |
//! | business day, week, month | calendar units in the configured zone, see [`time`] |
//!
//! Inner modules ([`id`], [`money`], [`time`], [`dice`], [`decision`], [`store`], [`page`], [`idempotency`], [`rate`], [`room`],
//! [`review`], [`audit`]) are used by the business modules ([`user`], [`wallet`], [`gift`], [`income`], [`ranking`], [`chat`],
//! [`live`], [`agency`], [`salary`]), which use each other's types only, and tell what happened as an [`event`].
//! [`bulk`] fills a database by the rules of some of them.
// Money and time are computed with checked arithmetic only; tests may add up plainly.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::float_arithmetic))]

pub mod agency;
pub mod audit;
pub mod bulk;
pub mod chat;
pub mod decision;
pub mod dice;
pub mod event;
pub mod gift;
pub mod id;
pub mod idempotency;
pub mod income;
pub mod live;
pub mod money;
pub mod page;
pub mod ranking;
pub mod rate;
pub mod review;
pub mod room;
pub mod salary;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod user;
pub mod wallet;
