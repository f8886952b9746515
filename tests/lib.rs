//! Nothing: this package holds end-to-end tests only. See `e2e.rs`.
