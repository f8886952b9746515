//! Changes of the catalogue: an entry is added, changed, or taken off sale, and never deleted.

use chrono::{DateTime, Utc};

use super::{CatalogueGift, Category, GiftKey, GiftName, SizeClass, SortOrder, UnitPrice};
use crate::{
    audit::{AuditAction, AuditEntry, AuditFacts, AuditSubject},
    idempotency::Actor,
    money::BasisPoints,
    store::StoreError,
    wallet::Reason,
};

/// The most entries that a catalogue can have, on sale or not: apps read it whole.
pub const CATALOGUE_GIFTS_MAX: usize = 1_000;

/// An entry to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGift {
    /// The name that people see.
    pub name: GiftName,
    /// The price of one piece.
    pub price: UnitPrice,
    /// Its kind.
    pub category: Category,
    /// The part of the price that the receiver gets.
    pub host_share: BasisPoints,
    /// Whether it can be sent.
    pub is_active: bool,
    /// Its place in lists.
    pub sort_order: SortOrder,
    /// How large its animation is.
    pub size_class: SizeClass,
}

/// What is to be different of an entry. What is not named stays as it is, so that a change undoes nothing that another one did
/// meanwhile, but what both of them name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GiftChange {
    /// The name that people see.
    pub name: Option<GiftName>,
    /// The price of one piece.
    pub price: Option<UnitPrice>,
    /// Its kind.
    pub category: Option<Category>,
    /// The part of the price that the receiver gets.
    pub host_share: Option<BasisPoints>,
    /// Whether it can be sent.
    pub is_active: Option<bool>,
    /// Its place in lists.
    pub sort_order: Option<SortOrder>,
    /// How large its animation is.
    pub size_class: Option<SizeClass>,
}

/// What is to be done with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogueEdit {
    /// It is added.
    Add(NewGift),
    /// It is changed, or taken off sale.
    Change(GiftChange),
}

/// A wish to change the catalogue. Fulfilled again, it changes nothing any more, so that it needs no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueOrder {
    /// Who wishes it.
    pub by: Actor,
    /// Which entry.
    pub key: GiftKey,
    /// What is to be done with it.
    pub edit: CatalogueEdit,
    /// Why, if that is said.
    pub reason: Option<Reason>,
}

impl CatalogueOrder {
    /// The line of the audit log.
    #[must_use]
    pub fn entry(&self, posting: &CataloguePosting, at: DateTime<Utc>) -> AuditEntry {
        AuditEntry {
            actor: self.by,
            action: AuditAction::CatalogueChanged,
            subject: AuditSubject::Gift(self.key.as_str().to_owned()),
            before: posting.before.as_ref().map_or_else(AuditFacts::none, facts),
            after: facts(&posting.after),
            reason: self.reason.clone(),
            at,
        }
    }
}

fn facts(gift: &CatalogueGift) -> AuditFacts {
    AuditFacts::none()
        .with("name", &gift.name)
        .with("coin_value", &gift.price.value())
        .with("category", gift.category.word())
        .with("host_share_bp", &gift.host_share.value())
        .with("is_active", &gift.is_active)
        .with("sort_order", &gift.sort_order)
        .with("size_class", gift.size_class.word())
}

/// The facts that a change is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueContext {
    /// The entry as it is, if there is one.
    pub gift: Option<CatalogueGift>,
    /// How many entries there are.
    pub entries: usize,
}

/// What a change comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CataloguePosting {
    /// How the entry was; `None` where it is new.
    pub before: Option<CatalogueGift>,
    /// How it is then.
    pub after: CatalogueGift,
}

impl CataloguePosting {
    /// Whether anything is different then: not when the wish was fulfilled before.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }
}

/// Why the catalogue is not changed, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueRefusal {
    /// A change that names nothing.
    #[error("nothing is named that is to be changed")]
    NothingToChange,
    /// There is no such entry to be changed.
    #[error("there is no such gift")]
    UnknownGift,
    /// There is such an entry, and it is another one.
    #[error("there is another gift with this key")]
    KeyTaken,
    /// There are too many entries.
    #[error("there are {CATALOGUE_GIFTS_MAX} gifts already")]
    TooManyGifts,
}

/// Why the catalogue was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] CatalogueRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides a change of the catalogue.
///
/// # Errors
/// [`CatalogueRefusal`], in the order of its variants.
pub fn edit(order: &CatalogueOrder, facts: &CatalogueContext) -> Result<CataloguePosting, CatalogueRefusal> {
    let before = facts.gift.clone();
    let after = match (&order.edit, &before) {
        (CatalogueEdit::Change(change), _) if *change == GiftChange::default() => {
            return Err(CatalogueRefusal::NothingToChange);
        }
        (CatalogueEdit::Change(change), Some(gift)) => changed(gift, change),
        (CatalogueEdit::Change(_), None) => return Err(CatalogueRefusal::UnknownGift),
        (CatalogueEdit::Add(new), Some(gift)) if added(&order.key, new) == *gift => gift.clone(),
        (CatalogueEdit::Add(_), Some(_)) => return Err(CatalogueRefusal::KeyTaken),
        (CatalogueEdit::Add(_), None) if facts.entries >= CATALOGUE_GIFTS_MAX => {
            return Err(CatalogueRefusal::TooManyGifts);
        }
        (CatalogueEdit::Add(new), None) => added(&order.key, new),
    };
    Ok(CataloguePosting { before, after })
}

fn added(key: &GiftKey, new: &NewGift) -> CatalogueGift {
    CatalogueGift {
        key: key.clone(),
        name: new.name.as_str().to_owned(),
        price: new.price,
        category: new.category,
        host_share: new.host_share,
        is_active: new.is_active,
        sort_order: new.sort_order.value(),
        size_class: new.size_class,
    }
}

fn changed(gift: &CatalogueGift, change: &GiftChange) -> CatalogueGift {
    CatalogueGift {
        key: gift.key.clone(),
        name: change.name.as_ref().map_or_else(|| gift.name.clone(), |name| name.as_str().to_owned()),
        price: change.price.unwrap_or(gift.price),
        category: change.category.unwrap_or(gift.category),
        host_share: change.host_share.unwrap_or(gift.host_share),
        is_active: change.is_active.unwrap_or(gift.is_active),
        sort_order: change.sort_order.map_or(gift.sort_order, SortOrder::value),
        size_class: change.size_class.unwrap_or(gift.size_class),
    }
}

#[cfg(test)]
mod tests;
