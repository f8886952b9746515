//! Gifts: the catalogue, the wish to send one, the rule that settles it, and the record of what was sent.
//!
//! A gift takes coins from its sender and gives diamonds to its receiver. Price, category and share come from the
//! catalogue alone; what a client states about them is at most compared.

mod catalogue;
mod order;
mod ports;
mod service;
mod settlement;

pub use catalogue::{
    CatalogueGift, Category, GIFT_KEY_CHARS_MAX, GiftKey, InvalidGiftKey, SizeClass, UNIT_PRICE_MAX, UnitPrice,
    UnknownCategory,
};
pub use order::{GiftOrder, InvalidOrder, InvalidQuantity, QUANTITY_MAX, Quantity};
pub use ports::*;
pub use service::{CatalogueService, GiftService};
pub use settlement::{GiftContext, GiftPosting, GiftReceipt, GiftRefusal, Party, SendGiftError, admit, settle};
