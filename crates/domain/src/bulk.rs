//! Many wishes decided one after the other and posted at once: how a demo world of millions of gifts is written.
//!
//! The rules are those of single wishes; only how often the store commits is different.

mod ports;

pub use ports::*;
