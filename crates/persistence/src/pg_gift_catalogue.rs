//! The catalogue of gifts.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    AsChangeset, ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, QueryResult, Queryable,
    Selectable, SelectableHelper as _,
    pg::Pg,
    result::Error as DieselError,
    sql_types::{BigInt, Bool, Integer, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use domain::{
    gift::{
        CatalogueContext, CatalogueDecision, CatalogueError, CatalogueGift, CatalogueOrder, CataloguePosting,
        CatalogueRefusal, Category, GiftCatalogue, GiftKey, SizeClass, UnitPrice,
    },
    money::BasisPoints,
    store::StoreError,
};

use crate::{
    error::{contradictory, read_error, unreadable},
    pg_audit_log,
    pool::Database,
    schema::gift_catalogue as catalogue,
};

/// Keeps the catalogue on PostgreSQL.
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

/// Changes pass one after the other; who reads the catalogue, or sends a gift of it, does not wait for them.
const LOCK: &str = "LOCK TABLE gift_catalogue IN SHARE ROW EXCLUSIVE MODE";

#[async_trait]
impl GiftCatalogue for PgGiftCatalogue {
    async fn active(&self) -> Result<Vec<CatalogueGift>, StoreError> {
        self.list(true).await
    }

    async fn all(&self) -> Result<Vec<CatalogueGift>, StoreError> {
        self.list(false).await
    }

    async fn edit(
        &self,
        order: CatalogueOrder,
        at: DateTime<Utc>,
        decide: CatalogueDecision,
    ) -> Result<CataloguePosting, CatalogueError> {
        // Once: after a commit of unknown outcome, a second attempt might undo what somebody changed in between.
        let outcome = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| edit(connection, &order, at, &decide).await)
            .await?;
        Ok(outcome?)
    }
}

impl PgGiftCatalogue {
    async fn list(&self, only_active: bool) -> Result<Vec<CatalogueGift>, StoreError> {
        let mut connection = self.database.connection().await?;
        let mut rows =
            catalogue::table.order((catalogue::sort_order, catalogue::key)).select(Row::as_select()).into_boxed();
        if only_active {
            rows = rows.filter(catalogue::is_active);
        }
        let rows: Vec<Row> = rows.load(&mut connection).await.map_err(read_error)?;
        rows.into_iter().map(|row| row.try_into().map_err(read_error)).collect()
    }
}

async fn edit(
    connection: &mut AsyncPgConnection,
    order: &CatalogueOrder,
    at: DateTime<Utc>,
    decide: &CatalogueDecision,
) -> QueryResult<Result<CataloguePosting, CatalogueRefusal>> {
    connection.batch_execute(LOCK).await?;
    let entry = catalogue::table.find(order.key.as_str());
    let row: Option<Row> = entry.select(Row::as_select()).first(connection).await.optional()?;
    let entries: i64 = catalogue::table.count().get_result(connection).await?;
    let gift = row.map(TryInto::try_into).transpose()?;
    let facts = CatalogueContext { gift, entries: usize::try_from(entries).map_err(contradictory)? };
    let posting = match decide(&facts) {
        Ok(posting) => posting,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if posting.is_change() {
        let row = Row::from(&posting.after);
        let written = match &posting.before {
            None => diesel::insert_into(catalogue::table).values(row).execute(connection).await?,
            Some(_) => diesel::update(entry).set(row).execute(connection).await?,
        };
        if written != 1 || posting.after.key != order.key {
            return Err(contradictory("the posting is about another entry"));
        }
        pg_audit_log::write(connection, &order.entry(&posting, at)).await?;
    }
    Ok(Ok(posting))
}

/// The columns of an entry in the order of [`EntryType`], for statements that read it as one value among others.
pub(crate) type Entry = (String, String, i64, String, i32, bool, i32, String);
/// Their types: key, name, coin value, category, share of the host, whether it is active, place, size.
pub(crate) type EntryType = (Text, Text, BigInt, Text, Integer, Bool, Integer, Text);

/// The gift of an entry.
pub(crate) fn gift(entry: Entry) -> QueryResult<CatalogueGift> {
    <Row as Queryable<EntryType, Pg>>::build(entry).map_err(unreadable)?.try_into()
}

/// Entries, active or not, as a transaction that sends them sees them.
pub(crate) async fn find_all(mut connection: &AsyncPgConnection, keys: Vec<&str>) -> QueryResult<Vec<CatalogueGift>> {
    let rows: Vec<Row> =
        catalogue::table.filter(catalogue::key.eq_any(keys)).select(Row::as_select()).load(&mut connection).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = catalogue, primary_key(key), check_for_backend(Pg))]
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
        let host_share = u16::try_from(row.host_share_bp).ok().and_then(BasisPoints::new);
        Ok(Self {
            key: GiftKey::parse(&row.key).map_err(unreadable)?,
            name: row.name,
            price: UnitPrice::new(row.coin_value).ok_or_else(|| unreadable("a price out of range"))?,
            category: Category::parse(&row.category).map_err(unreadable)?,
            host_share: host_share.ok_or_else(|| unreadable("a share above the whole"))?,
            is_active: row.is_active,
            sort_order: row.sort_order,
            size_class: SizeClass::parse(&row.size_class).map_err(unreadable)?,
        })
    }
}

impl From<&CatalogueGift> for Row {
    fn from(gift: &CatalogueGift) -> Self {
        Self {
            key: gift.key.as_str().to_owned(),
            name: gift.name.clone(),
            coin_value: gift.price.value(),
            category: gift.category.word().to_owned(),
            host_share_bp: i32::from(gift.host_share.value()),
            is_active: gift.is_active,
            sort_order: gift.sort_order,
            size_class: gift.size_class.word().to_owned(),
        }
    }
}
