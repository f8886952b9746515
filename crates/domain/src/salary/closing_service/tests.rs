use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use mockall::predicate::always;

use super::*;
use crate::{
    agency::Membership,
    id::{MembershipId, SalaryRequestId},
    salary::{
        ClosingProgress, InvalidInputs, MockSalaryPolicies, MockWeekClosings, PolicyHistory, RawWeek, SalaryPolicy,
        testing::{AGENCY, gift, jakarta, row, week},
    },
    testing::FixedClock,
};

/// What a store of two hosts was told: the statements that it keeps, and the weeks that are finished.
#[derive(Default)]
struct Books {
    statements: Vec<(UserId, BusinessWeek, String)>,
    finished: Vec<BusinessWeek>,
}

type Shared = Arc<Mutex<Books>>;

fn lock(books: &Shared) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Host 1 earns something in 2026-W48 only, host 2 never anything.
fn facts(host: UserId, in_week: BusinessWeek) -> RawWeek {
    let since: DateTime<Utc> = "2026-11-17T00:00:00Z".parse().unwrap();
    let memberships = vec![Membership::new(MembershipId::new(5), host, AGENCY, since, None).unwrap()];
    let is_paid = host == UserId::new(1) && in_week == week("2026-W48");
    let gifts = if is_paid { vec![gift(5, 23, 10)] } else { vec![] };
    RawWeek { host, week: in_week, memberships, sessions: vec![], gifts }
}

/// A store with two members, where `is_broken` says whose facts cannot be.
fn store(books: &Shared, is_broken: fn(UserId, BusinessWeek) -> bool) -> MockWeekClosings {
    let mut closings = MockWeekClosings::new();
    let shared = Arc::clone(books);
    closings.expect_progress().returning(move || {
        let first_membership = Some("2026-11-17T00:00:00Z".parse().unwrap());
        Ok(ClosingProgress { last_closed: lock(&shared).finished.last().copied(), first_membership })
    });
    let shared = Arc::clone(books);
    closings.expect_open_hosts().with(always(), always(), always(), always()).returning(move |week, _, after, _| {
        let books = lock(&shared);
        let is_open = |host: &UserId| !books.statements.iter().any(|(of, in_week, _)| (of, *in_week) == (host, week));
        let behind = |host: &UserId| after.is_none_or(|after| *host > after);
        // One a page.
        Ok([UserId::new(1), UserId::new(2)].into_iter().filter(is_open).filter(behind).take(1).collect())
    });
    let shared = Arc::clone(books);
    closings.expect_close().returning(move |order, _, decide| {
        if is_broken(order.host, order.week) {
            return Err(InvalidInputs::Sessions.into());
        }
        let statement = decide(&facts(order.host, order.week))?;
        let mut books = lock(&shared);
        books.statements.push((order.host, order.week, statement.to_string()));
        Ok(statement.claim().map_or(Closed::WithoutSalary, |_| Closed::WithSalary(SalaryRequestId::new(1))))
    });
    let shared = Arc::clone(books);
    closings.expect_finish().returning(move |week, _| {
        lock(&shared).finished.push(week);
        Ok(())
    });
    closings
}

fn service(closings: MockWeekClosings, now: &str) -> ClosingService {
    let mut policies = MockSalaryPolicies::new();
    policies.expect_history().returning(|| {
        let policy = SalaryPolicy::parse(&crate::salary::testing::draft(vec![row(0, 0, 10, 500)])).unwrap();
        let of = |number, from| PolicyVersion { number, from: week(from), policy: policy.clone() };
        Ok(PolicyHistory::new(vec![of(1, "2026-W47"), of(2, "2026-W49")]))
    });
    ClosingService {
        policies: Arc::new(policies),
        closings: Arc::new(closings),
        calendar: jakarta(),
        clock: Arc::new(FixedClock::new(now.parse().unwrap())),
    }
}

const THREE_WEEKS_LATER: &str = "2026-12-07T00:00:00Z";

#[tokio::test]
async fn after_three_weeks_of_downtime_every_host_has_three_statements_by_the_policies_that_held() {
    let books = Shared::default();
    let report = service(store(&books, |_, _| false), THREE_WEEKS_LATER).run().await.unwrap();
    assert_eq!((report.statements, report.salaries, report.failures.len()), (6, 1, 0));
    let weeks = ["2026-W47", "2026-W48", "2026-W49"].map(week);
    assert_eq!((report.finished, lock(&books).finished.clone()), (weeks.to_vec(), weeks.to_vec()));
    for (host, week, text) in &lock(&books).statements {
        let policy = if week.number() == 49 { 2 } else { 1 };
        assert!(text.starts_with(&format!("statement host={host} week={week} policy={policy}\n")), "{text}");
    }
}

#[tokio::test]
async fn closing_again_changes_nothing() {
    let books = Shared::default();
    service(store(&books, |_, _| false), THREE_WEEKS_LATER).run().await.unwrap();
    let before = lock(&books).statements.clone();
    let report = service(store(&books, |_, _| false), THREE_WEEKS_LATER).run().await.unwrap();
    assert_eq!((report.finished.len(), report.statements, lock(&books).statements == before), (0, 0, true));
}

#[tokio::test]
async fn nothing_is_asked_before_a_week_is_due() {
    let books = Shared::default();
    let report = service(store(&books, |_, _| false), "2026-11-22T17:04:59Z").run().await.unwrap();
    assert!(report.finished.is_empty() && lock(&books).statements.is_empty());
}

#[tokio::test]
async fn one_host_whose_facts_cannot_be_stops_nobody_else_and_leaves_his_week_open() {
    let books = Shared::default();
    let is_broken = |host: UserId, in_week: BusinessWeek| host.value() == 1 && in_week == week("2026-W48");
    let report = service(store(&books, is_broken), THREE_WEEKS_LATER).run().await.unwrap();
    assert_eq!((report.statements, report.finished), (5, vec![week("2026-W47")]));
    let (host, failed, error) = report.failures.first().unwrap();
    assert_eq!((*host, *failed), (UserId::new(1), week("2026-W48")));
    assert!(matches!(error, CloseError::Invalid(InvalidInputs::Sessions)));
    // Once his facts are put right, what was left is closed.
    let report = service(store(&books, |_, _| false), THREE_WEEKS_LATER).run().await.unwrap();
    assert_eq!((report.statements, report.finished), (1, vec![week("2026-W48"), week("2026-W49")]));
}

#[tokio::test]
async fn a_store_that_is_away_ends_the_run() {
    let mut closings = MockWeekClosings::new();
    let first_membership = Some("2026-11-17T00:00:00Z".parse().unwrap());
    closings.expect_progress().returning(move || Ok(ClosingProgress { last_closed: None, first_membership }));
    closings.expect_open_hosts().returning(|_, _, _, _| Ok(vec![UserId::new(1)]));
    closings.expect_close().once().returning(|_, _, _| Err(StoreError::Unavailable("away".into()).into()));
    let outcome = service(closings, THREE_WEEKS_LATER).run().await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn what_another_server_closed_is_not_counted() {
    let mut closings = MockWeekClosings::new();
    closings
        .expect_progress()
        .returning(|| Ok(ClosingProgress { last_closed: Some(week("2026-W48")), first_membership: None }));
    closings
        .expect_open_hosts()
        .returning(|_, _, after, _| Ok(if after.is_none() { vec![UserId::new(1)] } else { Vec::new() }));
    closings.expect_close().once().returning(|_, _, _| Ok(Closed::Before));
    closings.expect_finish().once().returning(|_, _| Ok(()));
    let report = service(closings, THREE_WEEKS_LATER).run().await.unwrap();
    assert_eq!((report.statements, report.finished), (0, vec![week("2026-W49")]));
}
