//! The server: HTTP handlers over the domain's services, adapters of the ports that need no database, and the
//! composition root that wires them to PostgreSQL.
//!
//! A handler parses, calls one use case, and renders; it decides nothing. What it may say no with stands in
//! `error/refusals.rs`, what it may answer in the OpenAPI description that is generated from the handlers.

mod adapters;
mod auth;
mod bootstrap;
mod cli;
pub mod config;
mod demo;
mod embedded;
mod error;
mod fields;
mod gift_wish;
mod http;
mod hub;
mod lane;
pub mod listener;
mod os;
mod policy_form;
pub mod realtime;
mod request_key;
mod server;
mod state;
mod telemetry;
mod uploads;

pub use adapters::{WeakCardKey, WeakSecret};
pub use bootstrap::{Deployment, StartError};
pub use cli::run;
pub use hub::client_events;
pub use server::Server;
pub use telemetry::ACCESS_LOG;
