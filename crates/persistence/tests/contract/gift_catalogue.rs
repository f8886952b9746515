//! `GiftCatalogue`: what can be sent, and how that is changed.

mod editing;

use domain::{
    gift::{CatalogueGift, Category, GiftCatalogue as _, GiftKey, SizeClass, UnitPrice},
    money::BasisPoints,
    store::StoreError,
};
use persistence::PgGiftCatalogue;

use crate::support::Fixture;

fn keys(gifts: &[CatalogueGift]) -> Vec<&str> {
    gifts.iter().map(|gift| gift.key.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_begins_with_the_gifts_of_the_app() {
    let fixture = Fixture::new().await;
    let gifts = PgGiftCatalogue::new(fixture.database.clone()).active().await.unwrap();
    assert_eq!(
        keys(&gifts),
        [
            "rose",
            "heart",
            "coffee",
            "crown",
            "cute",
            "diamond",
            "maxi",
            "ring",
            "cupid",
            "sweetheart",
            "balon",
            "burger",
            "cake",
        ]
    );
    for gift in &gifts {
        let share = match gift.category {
            Category::Lucky | Category::SuperLucky => 1_000,
            Category::Normal | Category::Luxury => 5_000,
        };
        assert_eq!(gift.host_share.value(), share, "{gift:?}");
    }
    let rose = CatalogueGift {
        key: GiftKey::parse("rose").unwrap(),
        name: "Rose".to_owned(),
        price: UnitPrice::new(10).unwrap(),
        category: Category::Normal,
        host_share: BasisPoints::new(5_000).unwrap(),
        is_active: true,
        sort_order: 10,
        size_class: SizeClass::Normal,
    };
    assert_eq!(gifts[0], rose);
    assert_eq!(gifts.last().unwrap().size_class, SizeClass::Large);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_come_in_their_order_and_only_while_they_are_active() {
    let fixture = Fixture::new().await;
    fixture
        .execute(
            "UPDATE gift_catalogue SET is_active = false WHERE key NOT IN ('rose', 'cake', 'heart');
             UPDATE gift_catalogue SET sort_order = -1 WHERE key = 'cake';
             UPDATE gift_catalogue SET sort_order = 5 WHERE key IN ('rose', 'heart')",
        )
        .await;
    let gifts = PgGiftCatalogue::new(fixture.database.clone()).active().await.unwrap();
    // The same place: by key.
    assert_eq!(keys(&gifts), ["cake", "heart", "rose"]);
    fixture.execute("UPDATE gift_catalogue SET is_active = false").await;
    assert_eq!(PgGiftCatalogue::new(fixture.database.clone()).active().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_the_domain_does_not_know_is_corrupt_and_not_skipped() {
    let fixture = Fixture::new().await;
    let plant = "ALTER TABLE gift_catalogue DROP CONSTRAINT gift_catalogue_key_visible;
        UPDATE gift_catalogue SET key = 'a rose' WHERE key = 'rose'";
    fixture.execute(plant).await;
    let result = PgGiftCatalogue::new(fixture.database.clone()).active().await;
    assert!(matches!(result, Err(StoreError::Corrupt(_))), "{result:?}");
}
