//! Gifts: the catalogue and its changes, the wish to send one, the rule that settles it, and the record of what was sent.
//!
//! A gift takes coins from its sender and gives diamonds to its receiver. Price, category and share come from the
//! catalogue alone; what a client states about them is at most compared.

mod catalogue;
mod draft;
mod editing;
mod order;
mod ports;
mod service;
mod settlement;

pub use catalogue::{
    CatalogueGift, Category, GIFT_KEY_CHARS_MAX, GiftKey, InvalidGiftKey, SizeClass, UNIT_PRICE_MAX, UnitPrice,
    UnknownCategory, UnknownSizeClass,
};
pub use draft::{GIFT_NAME_CHARS_MAX, GiftDraft, GiftName, InvalidGift, SORT_ORDER_DEFAULT, SORT_ORDER_MAX, SortOrder};
pub use editing::{
    CATALOGUE_GIFTS_MAX, CatalogueContext, CatalogueEdit, CatalogueError, CatalogueOrder, CataloguePosting,
    CatalogueRefusal, GiftChange, NewGift, edit,
};
pub use order::{GiftOrder, InvalidOrder, InvalidQuantity, QUANTITY_MAX, Quantity};
pub use ports::*;
pub use service::{CatalogueEditor, CatalogueService, GiftService};
pub use settlement::{GiftContext, GiftPosting, GiftReceipt, GiftRefusal, Party, SendGiftError, admit, settle};
