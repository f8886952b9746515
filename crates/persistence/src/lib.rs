//! The ports of the [`domain`] on PostgreSQL.
//!
//! What this crate guarantees, whatever its callers do:
//!
//! - **Atomicity.** A port's method is one transaction or one statement. A method that fails wrote nothing, or says that
//!   the outcome is unknown; money methods try again under their idempotency key before they say so.
//! - **One lock order** for the whole system (docs/database.md): users by id, agencies, live sessions by id, then rows that are
//!   only inserted, totals of memberships, keys last; the exceptions, gifts and roll-ups, are told there. Crossing gifts cannot
//!   deadlock.
//! - **The database is the last line.** Named constraints forbid a negative balance, a self-gift, a wrong split, half an
//!   exchange, and any change of a money row, also to a bug in this crate.
//! - **No clock and no chance.** Instants and ids come from the caller; SQL never calls `now()` or `random()`.
//!
//! Rows stay inside: every type that leaves is the domain's.

mod atomic;
mod error;
mod idempotency;
mod migrate;
mod pg_agencies;
mod pg_agency_figures;
mod pg_audit;
mod pg_audit_log;
mod pg_bulk;
mod pg_chat;
mod pg_coin_ledger;
mod pg_exchange_history;
mod pg_exchange_ledger;
mod pg_gift_catalogue;
mod pg_gift_history;
mod pg_gift_ledger;
mod pg_hosts;
mod pg_income_history;
mod pg_live_sessions;
mod pg_membership_totals;
mod pg_memberships;
mod pg_rankings;
mod pg_salary_closings;
mod pg_salary_policies;
mod pg_salary_requests;
mod pg_totals;
mod pg_users;
mod pool;
mod reviews;
mod schema;
mod silence;
mod statement;
mod tls;

pub use migrate::{MigrateError, migrate, migrations_fingerprint};
pub use pg_agencies::PgAgencies;
pub use pg_agency_figures::PgAgencyFigures;
pub use pg_audit::PgMoneyAudit;
pub use pg_audit_log::PgAuditLog;
pub use pg_bulk::PgBulkBooks;
pub use pg_chat::PgChatStore;
pub use pg_coin_ledger::PgCoinLedger;
pub use pg_exchange_history::PgExchangeHistory;
pub use pg_exchange_ledger::PgExchangeLedger;
pub use pg_gift_catalogue::PgGiftCatalogue;
pub use pg_gift_history::PgGiftHistory;
pub use pg_gift_ledger::PgGiftLedger;
pub use pg_hosts::PgHostApplications;
pub use pg_income_history::PgIncomeHistory;
pub use pg_live_sessions::PgLiveSessions;
pub use pg_memberships::PgMemberships;
pub use pg_rankings::PgRankings;
pub use pg_salary_closings::PgWeekClosings;
pub use pg_salary_policies::PgSalaryPolicies;
pub use pg_salary_requests::PgSalaryRequests;
pub use pg_totals::PgGiftTotals;
pub use pg_users::PgUserRepository;
pub use pool::{ConnectError, Database, PoolSettings};
