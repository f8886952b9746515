use std::sync::Arc;

use super::*;
use crate::{
    gift::{CatalogueEditor, MockGiftCatalogue},
    testing::FixedClock,
};

fn key() -> GiftKey {
    GiftKey::parse("tiara").unwrap()
}

fn new(price: i64) -> NewGift {
    NewGift {
        name: GiftName::parse("Tiara").unwrap(),
        price: UnitPrice::new(price).unwrap(),
        category: Category::Luxury,
        host_share: BasisPoints::new(5_000).unwrap(),
        is_active: true,
        sort_order: SortOrder::new(330).unwrap(),
        size_class: SizeClass::Large,
    }
}

fn gift(price: i64) -> CatalogueGift {
    added(&key(), &new(price))
}

fn order(edit: CatalogueEdit) -> CatalogueOrder {
    CatalogueOrder { by: Actor::CommandLine, key: key(), edit, reason: None }
}

/// What an edit of an entry, if there is one, comes to: how it is then, and whether that is a change.
fn check(
    wish: CatalogueEdit,
    gift: Option<CatalogueGift>,
    entries: usize,
    expected: &Result<(CatalogueGift, bool), CatalogueRefusal>,
) {
    let (order, facts) = (order(wish), CatalogueContext { gift, entries });
    let decided = edit(&order, &facts).map(|posting| {
        assert_eq!(posting.before, facts.gift);
        (posting.after.clone(), posting.is_change())
    });
    assert_eq!(decided, *expected, "{order:?}");
}

#[test]
fn an_entry_is_added_once() {
    check(CatalogueEdit::Add(new(900)), None, 13, &Ok((gift(900), true)));
    check(CatalogueEdit::Add(new(900)), None, CATALOGUE_GIFTS_MAX - 1, &Ok((gift(900), true)));
    check(CatalogueEdit::Add(new(900)), None, CATALOGUE_GIFTS_MAX, &Err(CatalogueRefusal::TooManyGifts));
    // The same again changes nothing, another one under its key is refused.
    check(CatalogueEdit::Add(new(900)), Some(gift(900)), CATALOGUE_GIFTS_MAX, &Ok((gift(900), false)));
    check(CatalogueEdit::Add(new(901)), Some(gift(900)), 14, &Err(CatalogueRefusal::KeyTaken));
    let retired = CatalogueGift { is_active: false, ..gift(900) };
    check(CatalogueEdit::Add(new(900)), Some(retired), 14, &Err(CatalogueRefusal::KeyTaken));
}

#[test]
fn a_change_leaves_alone_what_it_does_not_name() {
    let all = GiftChange {
        name: Some(GiftName::parse("Mahkota").unwrap()),
        price: UnitPrice::new(7),
        category: Some(Category::Lucky),
        host_share: BasisPoints::new(1_000),
        is_active: Some(false),
        sort_order: SortOrder::new(5),
        size_class: Some(SizeClass::Normal),
    };
    let before = gift(900);
    let none = GiftChange::default;
    let old = || before.clone();
    for (change, after) in [
        (GiftChange { name: all.name.clone(), ..none() }, CatalogueGift { name: "Mahkota".to_owned(), ..old() }),
        (GiftChange { price: all.price, ..none() }, CatalogueGift { price: UnitPrice::new(7).unwrap(), ..old() }),
        (GiftChange { category: all.category, ..none() }, CatalogueGift { category: Category::Lucky, ..old() }),
        (
            GiftChange { host_share: all.host_share, ..none() },
            CatalogueGift { host_share: BasisPoints::new(1_000).unwrap(), ..old() },
        ),
        (GiftChange { is_active: all.is_active, ..none() }, CatalogueGift { is_active: false, ..old() }),
        (GiftChange { sort_order: all.sort_order, ..none() }, CatalogueGift { sort_order: 5, ..old() }),
        (GiftChange { size_class: all.size_class, ..none() }, CatalogueGift { size_class: SizeClass::Normal, ..old() }),
    ] {
        check(CatalogueEdit::Change(change.clone()), Some(before.clone()), 14, &Ok((after.clone(), true)));
        check(CatalogueEdit::Change(change), Some(after.clone()), 14, &Ok((after, false)));
    }
    check(CatalogueEdit::Change(all), None, 14, &Err(CatalogueRefusal::UnknownGift));
    check(CatalogueEdit::Change(none()), Some(before), 14, &Err(CatalogueRefusal::NothingToChange));
    check(CatalogueEdit::Change(none()), None, 14, &Err(CatalogueRefusal::NothingToChange));
}

#[test]
fn the_log_says_how_the_whole_entry_was_and_is() {
    let texts =
        |facts: &AuditFacts| facts.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    let whole =
        "name=Tiara coin_value=900 category=luxury host_share_bp=5000 is_active=true sort_order=330 size_class=large";
    let add = order(CatalogueEdit::Add(new(900)));
    let posting = edit(&add, &CatalogueContext { gift: None, entries: 0 }).unwrap();
    let entry = add.entry(&posting, DateTime::UNIX_EPOCH);
    assert_eq!((entry.action, entry.subject), (AuditAction::CatalogueChanged, AuditSubject::Gift("tiara".to_owned())));
    assert_eq!((texts(&entry.before).as_str(), texts(&entry.after).as_str()), ("", whole));

    let change = GiftChange { price: UnitPrice::new(7), ..GiftChange::default() };
    let reason = Some(Reason::parse("sale").unwrap());
    let change = CatalogueOrder { reason: reason.clone(), ..order(CatalogueEdit::Change(change)) };
    let posting = edit(&change, &CatalogueContext { gift: Some(gift(900)), entries: 1 }).unwrap();
    let entry = change.entry(&posting, DateTime::UNIX_EPOCH);
    let after = whole.replace("900", "7");
    assert_eq!((texts(&entry.before), texts(&entry.after), entry.reason), (whole.to_owned(), after, reason));
}

#[tokio::test]
async fn the_editor_decides_by_the_rule_at_the_instant_of_the_wish() {
    let clock = Arc::new(FixedClock::new(DateTime::UNIX_EPOCH));
    let mut catalogue = MockGiftCatalogue::new();
    catalogue.expect_edit().times(2).returning(|_, at, decide| {
        assert_eq!(at, DateTime::UNIX_EPOCH);
        Ok(decide(&CatalogueContext { gift: Some(gift(900)), entries: 1 })?)
    });
    catalogue.expect_all().once().returning(|| Ok(vec![gift(900)]));
    let editor = CatalogueEditor::new(Arc::new(catalogue), clock);
    let change = GiftChange { price: UnitPrice::new(7), ..GiftChange::default() };
    assert_eq!(editor.edit(order(CatalogueEdit::Change(change))).await.unwrap().after, gift(7));
    let refused = editor.edit(order(CatalogueEdit::Add(new(7)))).await.unwrap_err();
    assert!(matches!(refused, CatalogueError::Refused(CatalogueRefusal::KeyTaken)), "{refused:?}");
    assert_eq!(editor.gifts().await.unwrap(), [gift(900)]);
}
