//! `WeekClosings`: each host's week is frozen, stated and asked for once, however often and by however many it is closed.

mod at_once;
mod borders;
mod month;

use domain::{
    id::SalaryRequestId,
    page::Limit,
    salary::{
        CloseOrder, Closed, ClosingProgress, ClosingReport, PolicyHistory, PolicyVersion, RawWeek, Statement,
        WeekClosings as _, WeekInputs,
    },
    store::StoreError,
    time::BusinessWeek,
};

use self::month::{Month, on};
use crate::support::{Fixture, calendar, week};

/// Everything that closing writes, as text.
async fn written(fixture: &Fixture) -> Vec<String> {
    let mut rows = Vec::new();
    for table in ["salary_weeks", "salary_statements", "salary_requests"] {
        rows.extend(fixture.texts(&format!("SELECT t::text FROM {table} t ORDER BY 1")).await);
    }
    rows
}

/// The statements that were stored, by host and week.
async fn texts(fixture: &Fixture) -> Vec<String> {
    fixture.texts("SELECT statement FROM salary_statements ORDER BY host_id, monday").await
}

/// The statements made anew from what was frozen.
async fn made_anew(fixture: &Fixture) -> Vec<String> {
    let mut anew = Vec::new();
    for number in 48..=53 {
        let frozen = fixture.closings().frozen(week(&format!("2026-W{number}")), None, Limit::MAX).await.unwrap();
        let state = |raw: RawWeek| {
            let key = (raw.host, raw.week);
            let inputs = WeekInputs::new(calendar(), raw).unwrap();
            (key, Statement::of(&PolicyHistory::default().for_week(inputs.week()), &inputs).to_string())
        };
        anew.extend(frozen.into_iter().map(state));
    }
    anew.sort_unstable();
    anew.into_iter().map(|(_, text)| text).collect()
}

/// Each agency's part of all statements of a week is what its totals of that week say.
async fn assert_sums(fixture: &Fixture) {
    let compared = "
        WITH stated AS (
          SELECT (m ->> 'agency')::bigint AS agency, s.monday, SUM((g ->> 'diamonds')::bigint) AS diamonds
            FROM salary_statements s, jsonb_array_elements(s.inputs -> 'gifts') g, jsonb_array_elements(s.inputs -> 'memberships') m
           WHERE m -> 'id' = g -> 'membership' GROUP BY 1, 2
        ), kept AS (
          SELECT agency_id AS agency, (starts_at AT TIME ZONE 'Asia/Jakarta')::date AS monday, SUM(income) AS diamonds
            FROM membership_totals WHERE period = 'weekly' GROUP BY 1, 2 HAVING SUM(income) > 0
        )
        SELECT concat_ws(' ', agency, monday, s.diamonds, k.diamonds) FROM stated s FULL JOIN kept k USING (agency, monday)
         WHERE s.diamonds IS DISTINCT FROM k.diamonds AND EXISTS (SELECT FROM salary_weeks w WHERE w.monday = monday)";
    assert_eq!(fixture.texts(compared).await, Vec::<String>::new());
    let all = "SELECT (SELECT SUM(gift_diamonds) FROM salary_statements) = SUM(income) FROM membership_totals
        WHERE period = 'weekly'";
    let is_all: bool = fixture.sql.query_one(all, &[]).await.unwrap().get(0);
    assert!(is_all, "all weeks with incomes are closed");
}

fn weeks(report: &ClosingReport) -> Vec<String> {
    assert!(report.failures.is_empty(), "{report:?}");
    report.finished.iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_that_is_closed_twice_is_closed_once() {
    let month = Month::new().await;
    // A minute too early.
    assert_eq!(weeks(&month.close(on(7, 0, 4)).await), Vec::<String>::new());
    assert_eq!(written(&month.fixture).await, Vec::<String>::new());

    let report = month.close(on(7, 0, 5)).await;
    assert_eq!((weeks(&report), report.statements, report.salaries), (vec!["2026-W48".to_owned()], 3, 2));
    let (rows, stated) = (written(&month.fixture).await, texts(&month.fixture).await);
    assert_eq!(rows.len(), 1 + 3 + 2);

    let report = month.close(on(7, 0, 6)).await;
    assert_eq!((weeks(&report), report.statements, report.salaries), (vec![], 0, 0));
    // Also where the mark of the week is lost.
    month.fixture.execute("SET session_replication_role = replica; DELETE FROM salary_weeks").await;
    month.fixture.execute("SET session_replication_role = origin").await;
    let report = month.close(on(7, 0, 5)).await;
    assert_eq!((weeks(&report), report.statements, report.salaries), (vec!["2026-W48".to_owned()], 0, 0));
    assert_eq!((written(&month.fixture).await, made_anew(&month.fixture).await), (rows, stated));
    month.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_three_weeks_of_downtime_the_statements_are_those_of_every_monday() {
    let (on_time, late) = (Month::new().await, Month::new().await);
    for monday in [7, 14, 21] {
        assert_eq!(weeks(&on_time.close(on(monday, 0, 5)).await).len(), 1);
    }
    let report = late.close(on(21, 15, 0)).await;
    assert_eq!(weeks(&report), ["2026-W48", "2026-W49", "2026-W50"]);
    let stated = texts(&on_time.fixture).await;
    assert_eq!((stated.len(), &stated), (9, &texts(&late.fixture).await));
    assert_eq!(stated, made_anew(&late.fixture).await);
    let requests = "SELECT concat_ws(' ', host_id, agency_id, year, week_number, salary_amount, total_lives, status)
        FROM salary_requests ORDER BY 1";
    let asked = on_time.fixture.texts(requests).await;
    let [first, second, third] = month::HOSTS;
    let expected = [
        format!("{first} {} 2026 48 2000 3 pending", month::AGENCIES[0]),
        format!("{second} {} 2026 48 6000 6 pending", month::AGENCIES[1]),
        format!("{third} {} 2026 50 2000 3 pending", month::AGENCIES[1]),
    ];
    assert_eq!((&asked, late.fixture.texts(requests).await), (&expected.to_vec(), asked.clone()));
    for one in [&on_time, &late] {
        assert_sums(&one.fixture).await;
        one.fixture.assert_in_order().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_downtime_is_caught_up_with_in_bounded_runs() {
    let month = Month::new().await;
    let much_later = on(7 * 12, 0, 5);
    for expected in [8, 4, 0] {
        assert_eq!(weeks(&month.close(much_later).await).len(), expected);
    }
    assert_eq!((month.fixture.count("salary_weeks").await, month.fixture.count("salary_statements").await), (12, 36));
    let progress = month.fixture.closings().progress().await.unwrap();
    assert_eq!(progress, ClosingProgress { last_closed: Some(week("2027-W06")), first_membership: Some(on(0, 0, 0)) });
    assert_sums(&month.fixture).await;
    month.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_is_marked_only_when_all_is_stated_and_the_week_before_is_marked() {
    let month = Month::new().await;
    let closings = month.fixture.closings();
    let refused = async |text: &str, expected: &str| {
        let Err(StoreError::Corrupt(cause)) = closings.finish(week(text), on(30, 0, 0)).await else { panic!("{text}") };
        assert!(format!("{cause:?}").contains(expected), "{cause:?}");
    };
    refused("2026-W48", "has no statement of it").await;
    month.close(on(7, 0, 5)).await;
    // Nobody was a member, and still none is left out.
    month.fixture.execute("UPDATE memberships SET ends_at = starts_at + interval '9 days' WHERE ends_at IS NULL").await;
    refused("2026-W51", "salary_weeks_follows_fkey").await;
    closings.finish(week("2026-W48"), on(30, 0, 0)).await.unwrap();
    closings.finish(week("2026-W47"), on(30, 0, 0)).await.unwrap();
    assert_eq!(month.fixture.texts("SELECT monday::text FROM salary_weeks").await, ["2026-11-23"]);
    // The memberships were changed by hand, and their totals are not theirs any more.
    month.fixture.spoil();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_hosts_are_those_with_a_membership_in_the_week_and_no_statement() {
    let month = Month::new().await;
    let closings = month.fixture.closings();
    let of = async |text: &str, after, limit| {
        let week: BusinessWeek = week(text);
        closings.open_hosts(week, calendar().days_of(week), after, Limit::parse(limit).unwrap()).await.unwrap()
    };
    let [first, second, third] = month::HOSTS;
    assert_eq!(of("2026-W47", None, 100).await, []);
    assert_eq!(of("2026-W48", None, 100).await, month::HOSTS);
    assert_eq!(of("2026-W48", None, 2).await, [first, second]);
    assert_eq!(of("2026-W48", Some(first), 100).await, [second, third]);
    assert_eq!(of("2026-W48", Some(third), 100).await, []);
    month.fixture.execute(&format!("UPDATE memberships SET ends_at = starts_at WHERE host_id = {third}")).await;
    assert_eq!(of("2026-W48", None, 100).await, [first, second]);
    month.close(on(7, 0, 5)).await;
    assert_eq!(of("2026-W48", None, 100).await, []);
    // The memberships were changed by hand, and their totals are not theirs any more.
    month.fixture.spoil();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_statement_stores_nothing_and_a_stored_one_is_told_of() {
    let month = Month::new().await;
    let host = month::HOSTS[0];
    let order = CloseOrder { host, week: week("2026-W48"), days: calendar().days_of(week("2026-W48")) };
    let closings = month.fixture.closings();
    let refused = closings.close(order, on(7, 0, 5), Box::new(|_| Err(domain::salary::InvalidInputs::Gifts))).await;
    assert!(matches!(refused, Err(domain::salary::CloseError::Invalid(_))), "{refused:?}");
    assert_eq!(written(&month.fixture).await, Vec::<String>::new());

    let close = async || {
        let decide =
            |raw: &RawWeek| Ok(Statement::of(&PolicyVersion::built_in(), &WeekInputs::new(calendar(), raw.clone())?));
        closings.close(order, on(7, 0, 5), Box::new(decide)).await.unwrap()
    };
    assert_eq!(close().await, Closed::WithSalary(SalaryRequestId::new(1)));
    assert_eq!(close().await, Closed::Before);
    month.fixture.assert_in_order().await;
}
