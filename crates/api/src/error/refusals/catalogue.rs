//! What is refused of changes of the catalogue. In English, as everything for administrators.

use actix_web::http::StatusCode;
use domain::gift::{CatalogueError, CatalogueRefusal, InvalidGift};

use super::ApiError;

impl From<InvalidGift> for ApiError {
    fn from(invalid: InvalidGift) -> Self {
        match invalid {
            InvalidGift::Missing => {
                Self::bad_request("missing_fields", "id, name, coinValue, category and hostShareBp are required")
            }
            InvalidGift::Key(_)
            | InvalidGift::Name
            | InvalidGift::Price
            | InvalidGift::Category
            | InvalidGift::HostShare
            | InvalidGift::IsActive
            | InvalidGift::SortOrder
            | InvalidGift::SizeClass => Self::bad_request("invalid_gift", format!("Invalid gift: {invalid}")),
        }
    }
}

impl From<CatalogueError> for ApiError {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Refused(refusal) => refusal.into(),
            CatalogueError::Store(error) => error.into(),
        }
    }
}

impl From<CatalogueRefusal> for ApiError {
    fn from(refusal: CatalogueRefusal) -> Self {
        match refusal {
            CatalogueRefusal::NothingToChange => Self::bad_request("nothing_to_change", "There is nothing to change"),
            CatalogueRefusal::UnknownGift => {
                Self::new(StatusCode::NOT_FOUND, "gift_not_found", "There is no such gift")
            }
            CatalogueRefusal::KeyTaken => {
                Self::new(StatusCode::CONFLICT, "gift_exists", "There is another gift with this id")
            }
            CatalogueRefusal::TooManyGifts => {
                Self::new(StatusCode::CONFLICT, "too_many_gifts", "There are too many gifts already")
            }
        }
    }
}
