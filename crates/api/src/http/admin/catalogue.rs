//! The catalogue of gifts, as administrators see and change it.

use std::sync::Arc;

use actix_web::{
    HttpRequest, get, post, put,
    web::{Json, Path},
};
use domain::{
    gift::{
        CatalogueEdit, CatalogueGift, CatalogueOrder, CataloguePosting, CatalogueRefusal, GiftDraft, GiftKey,
        InvalidGift,
    },
    wallet::Reason,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present},
    http::{
        State,
        agency::reason_of,
        callers::{AdminBody, administrator},
    },
};

/// An entry to be added.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct NewGiftBody {
    /// The key to send it by, 1 to 64 visible ASCII characters; it is never changed.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "tiara")]
    id: Field,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "Tiara")]
    name: Field,
    /// The price of one piece, 1 to 1,000,000,000 coins.
    #[serde(default, deserialize_with = "present", rename = "coinValue")]
    #[schema(value_type = IntegerOrDigits, required, example = 900)]
    coin_value: Field,
    /// `normal`, `luxury`, `lucky` or `s-lucky`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "luxury")]
    category: Field,
    /// What the receiver earns, in hundredths of a per cent of the price, 0 to 10,000.
    #[serde(default, deserialize_with = "present", rename = "hostShareBp")]
    #[schema(value_type = IntegerOrDigits, required, example = 5_000)]
    host_share_bp: Field,
    /// Whether it is on sale; it is when nothing is said.
    #[serde(default, deserialize_with = "present", rename = "isActive")]
    #[schema(value_type = Option<bool>)]
    is_active: Field,
    /// Its place in lists, 0 to 1,000,000; 1,000 when nothing is said. Smaller comes first.
    #[serde(default, deserialize_with = "present", rename = "sortOrder")]
    #[schema(value_type = Option<IntegerOrDigits>)]
    sort_order: Field,
    /// How large its animation is: `normal` up to 64 KiB, also when nothing is said, else `large`.
    #[serde(default, deserialize_with = "present", rename = "sizeClass")]
    #[schema(value_type = Option<String>)]
    size_class: Field,
    /// Why, in up to 200 characters; kept in the log.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    reason: Field,
}

/// What is to be different of an entry. What is not named stays.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct GiftChangeBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: Field,
    /// The price of one piece, 1 to 1,000,000,000 coins.
    #[serde(default, deserialize_with = "present", rename = "coinValue")]
    #[schema(value_type = Option<IntegerOrDigits>)]
    coin_value: Field,
    /// `normal`, `luxury`, `lucky` or `s-lucky`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    category: Field,
    /// What the receiver earns, in hundredths of a per cent of the price, 0 to 10,000.
    #[serde(default, deserialize_with = "present", rename = "hostShareBp")]
    #[schema(value_type = Option<IntegerOrDigits>)]
    host_share_bp: Field,
    /// `false` takes it off sale.
    #[serde(default, deserialize_with = "present", rename = "isActive")]
    #[schema(value_type = Option<bool>)]
    is_active: Field,
    /// Its place in lists, 0 to 1,000,000; smaller comes first.
    #[serde(default, deserialize_with = "present", rename = "sortOrder")]
    #[schema(value_type = Option<IntegerOrDigits>)]
    sort_order: Field,
    /// How large its animation is: `normal` up to 64 KiB, else `large`.
    #[serde(default, deserialize_with = "present", rename = "sizeClass")]
    #[schema(value_type = Option<String>)]
    size_class: Field,
    /// Why, in up to 200 characters; kept in the log.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    reason: Field,
}

impl GiftChangeBody {
    fn draft(&self) -> Result<GiftDraft, InvalidGift> {
        Ok(GiftDraft {
            name: said(&self.name, words, InvalidGift::Name)?,
            coin_value: said(&self.coin_value, integer, InvalidGift::Price)?,
            category: said(&self.category, words, InvalidGift::Category)?,
            host_share_bp: said(&self.host_share_bp, integer, InvalidGift::HostShare)?,
            is_active: said(&self.is_active, Value::as_bool, InvalidGift::IsActive)?,
            sort_order: said(&self.sort_order, integer, InvalidGift::SortOrder)?,
            size_class: said(&self.size_class, words, InvalidGift::SizeClass)?,
        })
    }
}

impl NewGiftBody {
    /// The key, what is to be added under it, and why.
    fn parse(self) -> Result<(GiftKey, CatalogueEdit, Option<Reason>), ApiError> {
        let Self { id, name, coin_value, category, host_share_bp, is_active, sort_order, size_class, reason } = self;
        if is_missing(&id) {
            return Err(InvalidGift::Missing.into());
        }
        let key = GiftKey::parse(id.as_ref().and_then(Value::as_str).unwrap_or_default()).map_err(InvalidGift::from)?;
        let said =
            GiftChangeBody { name, coin_value, category, host_share_bp, is_active, sort_order, size_class, reason };
        Ok((key, CatalogueEdit::Add(said.draft()?.entry()?), reason_of(&said.reason)?))
    }
}

fn words(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// What a member says, if it is there. Nothing of an entry can be cleared, so `null` says what it cannot be.
fn said<T>(field: &Field, read: fn(&Value) -> Option<T>, error: InvalidGift) -> Result<Option<T>, InvalidGift> {
    field.as_ref().map(|value| read(value).ok_or(error)).transpose()
}

/// The whole catalogue.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct WholeCatalogue {
    success: bool,
    /// On sale or not, in the order in which they are shown.
    data: Vec<EntryView>,
}

/// An entry of the catalogue.
#[derive(Serialize, ToSchema)]
struct EntryView {
    #[schema(example = "rose")]
    id: String,
    #[schema(example = "Rose")]
    name: String,
    /// The price of one piece, in coins.
    #[serde(rename = "coinValue")]
    coin_value: i64,
    #[schema(example = "normal")]
    category: &'static str,
    /// What the receiver earns, in hundredths of a per cent of the price.
    #[serde(rename = "hostShareBp")]
    #[schema(example = 5_000)]
    host_share_bp: u16,
    /// Whether it can be sent.
    #[serde(rename = "isActive")]
    is_active: bool,
    #[serde(rename = "sortOrder")]
    sort_order: i32,
    #[serde(rename = "sizeClass")]
    size_class: &'static str,
}

impl From<CatalogueGift> for EntryView {
    fn from(gift: CatalogueGift) -> Self {
        Self {
            id: gift.key.as_str().to_owned(),
            name: gift.name,
            coin_value: gift.price.value(),
            category: gift.category.word(),
            host_share_bp: gift.host_share.value(),
            is_active: gift.is_active,
            sort_order: gift.sort_order,
            size_class: gift.size_class.word(),
        }
    }
}

/// A changed catalogue.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct EntryChanged {
    success: bool,
    #[schema(example = "Gift changed")]
    message: &'static str,
    /// How the entry was; `null` where it is new.
    before: Option<EntryView>,
    /// How it is now.
    data: EntryView,
}

async fn edit(state: &State, order: CatalogueOrder, message: &'static str) -> Result<Json<EntryChanged>, ApiError> {
    let administration = Arc::clone(&state.administration);
    let posting = state.messages.run(async move { administration.catalogue.edit(order).await }).await?;
    let message = if posting.is_change() { message } else { "Nothing changed" };
    let CataloguePosting { before, after } = posting;
    Ok(Json(EntryChanged { success: true, message, before: before.map(EntryView::from), data: after.into() }))
}

/// List the whole catalogue
///
/// For administrators: every gift, on sale or not. `GET /api/gifts` shows what can be sent.
#[utoipa::path(tag = "administration", security(("token" = [])), responses(
    (status = 200, description = "The catalogue", body = WholeCatalogue),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/catalogue")]
pub(in crate::http) async fn list(state: State, request: HttpRequest) -> Result<Json<WholeCatalogue>, ApiError> {
    administrator(&request).await?;
    let gifts = state.administration.catalogue.gifts().await?;
    Ok(Json(WholeCatalogue { success: true, data: gifts.into_iter().map(EntryView::from).collect() }))
}

/// Add a gift
///
/// For administrators. It can be sent at once, on every server. Adding the same gift again changes nothing.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = NewGiftBody, responses(
    (status = 200, description = "Added", body = EntryChanged),
    (status = 400, description = "`missing_fields`, `invalid_gift`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`gift_exists`: another one has this id; `too_many_gifts`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`; `outcome_unknown`: repeat, or look at the list", body = Refusal),
))]
#[post("/catalogue")]
pub(in crate::http) async fn add(
    state: State,
    AdminBody { actor: by, body }: AdminBody<NewGiftBody>,
) -> Result<Json<EntryChanged>, ApiError> {
    let (key, edit_wish, reason) = body.parse()?;
    edit(&state, CatalogueOrder { by, key, edit: edit_wish, reason }, "Gift added").await
}

/// Change a gift, or take it off sale
///
/// For administrators. Members that are not named stay as they are, so that changes of different members undo nothing of each
/// other; the answer says how the gift was before. The next gift that is sent costs what the catalogue says then; what was sent
/// keeps its price. Changing the same again changes nothing. A gift is taken off sale with `isActive: false` and never deleted.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = GiftChangeBody,
    params(("gift_key" = String, Path, description = "The gift's id, such as `rose`")), responses(
    (status = 200, description = "Changed", body = EntryChanged),
    (status = 400, description = "`nothing_to_change`, `invalid_gift`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `gift_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`; `outcome_unknown`: repeat, or look at the list", body = Refusal),
))]
#[put("/catalogue/{gift_key}")]
pub(in crate::http) async fn change(
    state: State,
    AdminBody { actor: by, body }: AdminBody<GiftChangeBody>,
    key: Path<String>,
) -> Result<Json<EntryChanged>, ApiError> {
    let (change, reason) = (body.draft()?.change()?, reason_of(&body.reason)?);
    // What no key can be, the catalogue has not.
    let key = GiftKey::parse(&key).map_err(|_| CatalogueRefusal::UnknownGift)?;
    edit(&state, CatalogueOrder { by, key, edit: CatalogueEdit::Change(change), reason }, "Gift changed").await
}
