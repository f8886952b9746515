//! `pglocal` against a real PostgreSQL: whatever is installed here. Each test has a directory of its own; nothing is
//! assumed about ports, and every wait is for a condition, with a deadline.
#![cfg(unix)]

#[cfg(test)]
mod crash;
#[cfg(test)]
mod holder;
#[cfg(test)]
mod holders;
#[cfg(test)]
mod places;
#[cfg(test)]
mod start;
#[cfg(test)]
mod support;
