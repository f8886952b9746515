//! The catalogue of gifts.

use async_trait::async_trait;
use diesel::{
    ExpressionMethods as _, QueryDsl as _, QueryResult, Queryable, Selectable, SelectableHelper as _,
    result::Error as DieselError,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    gift::{CatalogueGift, Category, GiftCatalogue, GiftKey, SizeClass, UnitPrice},
    money::BasisPoints,
    store::StoreError,
};

use crate::{
    error::{read_error, unreadable},
    pool::Database,
    schema::gift_catalogue as catalogue,
};

/// Reads the catalogue from PostgreSQL.
pub struct PgGiftCatalogue {
    database: Database,
}

impl PgGiftCatalogue {
    /// The catalogue of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl GiftCatalogue for PgGiftCatalogue {
    async fn active(&self) -> Result<Vec<CatalogueGift>, StoreError> {
        let mut connection = self.database.connection().await?;
        let rows: Vec<Row> = catalogue::table
            .filter(catalogue::is_active)
            .order((catalogue::sort_order, catalogue::key))
            .select(Row::as_select())
            .load(&mut connection)
            .await
            .map_err(read_error)?;
        rows.into_iter().map(|row| row.try_into().map_err(read_error)).collect()
    }
}

/// Entries, active or not, as a transaction that sends them sees them.
pub(crate) async fn find_all(mut connection: &AsyncPgConnection, keys: Vec<&str>) -> QueryResult<Vec<CatalogueGift>> {
    let rows: Vec<Row> =
        catalogue::table.filter(catalogue::key.eq_any(keys)).select(Row::as_select()).load(&mut connection).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = catalogue, check_for_backend(diesel::pg::Pg))]
struct Row {
    key: String,
    name: String,
    coin_value: i64,
    category: String,
    host_share_bp: i32,
    is_active: bool,
    sort_order: i32,
    size_class: String,
}

impl TryFrom<Row> for CatalogueGift {
    type Error = DieselError;

    fn try_from(row: Row) -> Result<Self, DieselError> {
        let size_class = match row.size_class.as_str() {
            "normal" => SizeClass::Normal,
            "large" => SizeClass::Large,
            other => return Err(unreadable(format!("{other:?} is no size class"))),
        };
        let host_share = u16::try_from(row.host_share_bp).ok().and_then(BasisPoints::new);
        Ok(Self {
            key: GiftKey::parse(&row.key).map_err(unreadable)?,
            name: row.name,
            price: UnitPrice::new(row.coin_value).ok_or_else(|| unreadable("a price out of range"))?,
            category: Category::parse(&row.category).map_err(unreadable)?,
            host_share: host_share.ok_or_else(|| unreadable("a share above the whole"))?,
            is_active: row.is_active,
            sort_order: row.sort_order,
            size_class,
        })
    }
}
