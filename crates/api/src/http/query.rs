//! Paths and queries: ids, periods, pages.

use actix_web::{HttpRequest, web::Query};
use chrono::NaiveDate;
use domain::{
    agency::ReviewStatus,
    id::UserId,
    page::{Cursor, Limit, PageRequest},
    time::Period,
};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::{error::ApiError, fields::digits};

/// The host of a path with `{host_id}`.
///
/// # Errors
/// 400 unless it is a whole number that an id can be.
pub(super) fn host_id(request: &HttpRequest) -> Result<UserId, ApiError> {
    let raw = request.match_info().get("host_id").unwrap_or_default();
    digits(raw).and_then(UserId::parse).ok_or_else(ApiError::invalid_host_id)
}

/// The id of a path with this parameter.
///
/// # Errors
/// 400 unless it is a whole number that an id can be.
pub(super) fn path_id<I>(request: &HttpRequest, name: &str, parse: impl Fn(i64) -> Option<I>) -> Result<I, ApiError> {
    let raw = request.match_info().get(name).unwrap_or_default();
    digits(raw).and_then(parse).ok_or_else(ApiError::invalid_id)
}

/// Which part of a list of what is decided on is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReviewQuery {
    /// `pending`, `approved` or `rejected`.
    status: Option<String>,
}

impl ReviewQuery {
    /// # Errors
    /// 400 for a word that names no state.
    pub(super) fn parse(&self) -> Result<Option<ReviewStatus>, ApiError> {
        match self.status.as_deref() {
            None | Some("") => Ok(None),
            Some("pending") => Ok(Some(ReviewStatus::Pending)),
            Some("approved") => Ok(Some(ReviewStatus::Approved)),
            Some("rejected") => Ok(Some(ReviewStatus::Rejected)),
            Some(_) => Err(ApiError::invalid_status()),
        }
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// At most so many items, 1 to 100.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    /// # Errors
    /// 400 for a limit outside its bounds, or for what is no cursor.
    pub(super) fn parse(&self, default: Limit) -> Result<PageRequest, ApiError> {
        let (limit, after) = self.parse_with(default, Cursor::parse)?;
        Ok(PageRequest { limit, after })
    }

    /// The same for a list with cursors of its own kind.
    ///
    /// # Errors
    /// 400 for a limit outside its bounds, or for what is no cursor.
    pub(super) fn parse_with<C>(
        &self,
        default: Limit,
        cursor: impl FnOnce(&str) -> Option<C>,
    ) -> Result<(Limit, Option<C>), ApiError> {
        let limit = match self.limit.as_deref() {
            None | Some("") => default,
            Some(text) => digits(text)
                .and_then(|items| u32::try_from(items).ok())
                .and_then(Limit::parse)
                .ok_or_else(ApiError::invalid_limit)?,
        };
        let after = match self.cursor.as_deref() {
            None | Some("") => None,
            Some(text) => Some(cursor(text).ok_or_else(ApiError::invalid_cursor)?),
        };
        Ok((limit, after))
    }
}

/// Which days a report covers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DaysQuery {
    /// The first day, such as `2026-11-01`, in the business calendar; without it, from the beginning.
    #[serde(rename = "startDate")]
    start_date: Option<String>,
    /// The last day; without it, up to now.
    #[serde(rename = "endDate")]
    end_date: Option<String>,
}

impl DaysQuery {
    /// The first and the last day.
    ///
    /// # Errors
    /// 400 for what is no day, or for days in the wrong order.
    pub(super) fn parse(&self) -> Result<(Option<NaiveDate>, Option<NaiveDate>), ApiError> {
        let day = |text: &Option<String>| match text.as_deref() {
            None | Some("") => Ok(None),
            Some(text) => parse_date(text).map(Some).ok_or_else(ApiError::invalid_date),
        };
        let (first, last) = (day(&self.start_date)?, day(&self.end_date)?);
        if first.zip(last).is_some_and(|(first, last)| first > last) {
            return Err(ApiError::invalid_date());
        }
        Ok((first, last))
    }
}

/// A day as `2026-11-01`, of a year with four digits.
pub(super) fn parse_date(text: &str) -> Option<NaiveDate> {
    /// The length of such a day: other spellings of the parser's are none.
    const DATE_CHARS: usize = 10;

    text.parse().ok().filter(|_| text.len() == DATE_CHARS)
}

/// Which stretch of time a report covers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PeriodQuery {
    /// `hourly`, `daily` (or `today`), `weekly` (`week`), `monthly` (`month`), `all`; `daily` when absent.
    period: Option<String>,
}

impl PeriodQuery {
    /// The period of a figure of an agency.
    ///
    /// # Errors
    /// 400 for a word that names no such period.
    pub(super) fn of_agency(&self, default: Period) -> Result<Period, ApiError> {
        agency_period(self.period.as_deref(), default)
    }

    /// The word of the period as the client wrote it, and what it means.
    ///
    /// # Errors
    /// 400 for a word that names no period.
    pub(super) fn parse(self, default: &'static str) -> Result<(String, Period), ApiError> {
        let word = self.period.filter(|word| !word.is_empty()).unwrap_or_else(|| default.to_owned());
        let period = word.parse().map_err(|_| ApiError::invalid_period())?;
        Ok((word, period))
    }
}

/// The period of a figure of an agency, from the path or the query. Hours are kept for none.
///
/// # Errors
/// 400 for a word that names no such period.
pub(super) fn agency_period(word: Option<&str>, default: Period) -> Result<Period, ApiError> {
    let period = word.filter(|word| !word.is_empty()).map_or(Ok(default), str::parse);
    period.ok().filter(|period| *period != Period::Hourly).ok_or_else(ApiError::invalid_agency_period)
}

/// The members of a query that `T` names.
///
/// # Errors
/// 400 for a query that cannot be read at all, such as one with a member twice.
pub(super) fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, ApiError> {
    let malformed = |_| ApiError::malformed_query();
    Query::from_query(request.query_string()).map(Query::into_inner).map_err(malformed)
}
