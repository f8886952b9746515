//! What a salary was made from, so that each of its figures can be checked.

use actix_web::{HttpRequest, get, web::Json};
use chrono::NaiveDate;
use domain::{
    id::{AgencyId, SalaryRequestId},
    salary::{Award, DayFigures, Figure, MembershipDay, MembershipStatement, SalaryRequest, StatedSession, Statement},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{State, callers::caller, query::path_id, wire::Instant};
use crate::error::{ApiError, Refusal};

/// A salary with its statement.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StatementAnswer {
    success: bool,
    data: StatementView,
}

impl StatementAnswer {
    pub(super) fn new(request: &SalaryRequest, statement: &Statement) -> Json<Self> {
        Json(Self { success: true, data: StatementView::new(request, statement) })
    }
}

/// A week of a host, and what it came to.
#[derive(Serialize, ToSchema)]
struct StatementView {
    /// The salary.
    id: i64,
    host_id: i64,
    #[schema(example = 2026)]
    year: i32,
    #[schema(example = 48)]
    week_number: u32,
    /// Diamonds.
    #[schema(example = 2_000)]
    salary_amount: i64,
    /// The valid sessions.
    #[schema(example = 3)]
    total_lives: u32,
    #[schema(example = "pending")]
    status: &'static str,
    /// The version of the policy; 0 is the built-in one.
    policy: u32,
    /// The row that won, from 1.
    row: Option<usize>,
    /// The figures of that row that were missed, and the salary reduced for.
    missed: Vec<&'static str>,
    figures: FiguresView,
    /// From Monday on, all memberships together.
    days: Vec<DayView>,
    sessions: Vec<SessionView>,
    /// The week by membership: a host may have changed his agency.
    memberships: Vec<MembershipView>,
    /// All of it as one text, the same for ever.
    text: String,
}

/// What the policy looked at.
#[derive(Serialize, ToSchema)]
struct FiguresView {
    minutes: u32,
    valid_days: u32,
    gift_diamonds: i64,
    membership_week: u32,
}

#[derive(Serialize, ToSchema)]
struct DayView {
    #[schema(value_type = String, example = "2026-11-23")]
    date: NaiveDate,
    /// Whole minutes of valid sessions.
    minutes: u32,
    /// Those below the daily cap.
    counted_minutes: u32,
    is_valid: bool,
    gift_diamonds: i64,
}

/// The part of a session that lies in the week.
#[derive(Serialize, ToSchema)]
struct SessionView {
    id: i64,
    start: Instant,
    end: Instant,
    /// Whether it is long enough to count.
    is_valid: bool,
}

/// The part of a membership that lies in the week.
#[derive(Serialize, ToSchema)]
struct MembershipView {
    agency_id: i64,
    start: Instant,
    end: Instant,
    /// The sessions that touch it.
    sessions: Vec<i64>,
    days: Vec<MembershipDayView>,
}

#[derive(Serialize, ToSchema)]
struct MembershipDayView {
    #[schema(value_type = String, example = "2026-11-23")]
    date: NaiveDate,
    /// How long valid sessions were.
    live_seconds: i64,
    gift_diamonds: i64,
}

impl From<&DayFigures> for DayView {
    fn from(day: &DayFigures) -> Self {
        let DayFigures { date, minutes, counted_minutes, is_valid, gift_diamonds } = *day;
        Self { date, minutes, counted_minutes, is_valid, gift_diamonds: gift_diamonds.value() }
    }
}

impl From<&StatedSession> for SessionView {
    fn from(StatedSession { part, is_valid }: &StatedSession) -> Self {
        Self { id: part.id.value(), start: Instant(part.start), end: Instant(part.end), is_valid: *is_valid }
    }
}

impl From<&MembershipStatement> for MembershipView {
    fn from(membership: &MembershipStatement) -> Self {
        let day = |MembershipDay { date, live, gift_diamonds }: &MembershipDay| MembershipDayView {
            date: *date,
            live_seconds: live.num_seconds(),
            gift_diamonds: gift_diamonds.value(),
        };
        Self {
            agency_id: membership.agency.value(),
            start: Instant(membership.start),
            end: Instant(membership.end),
            sessions: membership.sessions.iter().map(|session| session.value()).collect(),
            days: membership.days.iter().map(day).collect(),
        }
    }
}

impl StatementView {
    fn new(request: &SalaryRequest, statement: &Statement) -> Self {
        let missed = statement.award.map(|Award { missed, .. }| missed.figures().map(Figure::word).collect());
        Self {
            id: request.id.value(),
            host_id: request.host.value(),
            year: request.week.year(),
            week_number: request.week.number(),
            salary_amount: request.salary.value(),
            total_lives: request.valid_sessions,
            status: request.review.word(),
            policy: statement.policy,
            row: statement.award.map(|award| award.row),
            missed: missed.unwrap_or_default(),
            figures: FiguresView {
                minutes: statement.figures.minutes,
                valid_days: statement.figures.valid_days,
                gift_diamonds: statement.figures.gift_diamonds.value(),
                membership_week: statement.figures.membership_week,
            },
            days: statement.days.iter().map(DayView::from).collect(),
            sessions: statement.sessions.iter().map(SessionView::from).collect(),
            memberships: statement.memberships.iter().map(MembershipView::from).collect(),
            text: statement.to_string(),
        }
    }
}

/// Read what a salary was made from
///
/// For the owner of the agency and for the host himself: the sessions and gift diamonds of the week, what counted and why, as
/// they were frozen when the week was closed.
#[utoipa::path(tag = "salaries", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The agency that decides on it"),
        ("request_id" = i64, Path, description = "The salary")),
    responses(
    (status = 200, description = "The statement", body = StatementAnswer),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: not the caller's agency, or none of its salaries", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/salary-request/{request_id}")]
pub(in crate::http) async fn read(state: State, request: HttpRequest) -> Result<Json<StatementAnswer>, ApiError> {
    let caller = caller(&request).await?;
    let agency = path_id(&request, "agency_id", AgencyId::parse)?;
    let salary = path_id(&request, "request_id", SalaryRequestId::parse)?;
    let (salary, statement) = state.salaries.salaries.statement(caller, agency, salary).await?;
    Ok(StatementAnswer::new(&salary, &statement))
}
