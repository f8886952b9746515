//! `SalaryPolicies`: versions that are never changed or lost, each from a coming week on.

use domain::{
    idempotency::Actor,
    salary::{
        ActivationError, ActivationOrder, ActivationPosting, ActivationRefusal, PolicyDraft, PolicyHistory,
        PolicyVersion, ReductionDraft, RowDraft, SalaryPolicies as _, SalaryPolicy, activate,
    },
};

use crate::support::{Fixture, at, at_once, calendar, week};

/// A policy with everything that one can have.
fn policy(salary: i64) -> SalaryPolicy {
    let row = |minutes, first_week, last_week, reduction| RowDraft {
        minutes,
        valid_days: 3,
        gift_diamonds: 10_000,
        first_week,
        last_week,
        salary,
        reduction,
    };
    let reduction = ReductionDraft { missed: vec!["minutes".to_owned()], basis_points: 7_000 };
    let rows = vec![row(600, None, None, Some(reduction)), row(60, Some(1), Some(4), None)];
    SalaryPolicy::parse(&PolicyDraft { rows, ..PolicyDraft::built_in() }).unwrap()
}

fn order(by: Actor, salary: i64, from: &str) -> ActivationOrder {
    ActivationOrder { by, policy: policy(salary), from: week(from) }
}

impl Fixture {
    async fn activate(&self, order: ActivationOrder) -> Result<ActivationPosting, ActivationError> {
        let wish = order.clone();
        let decide = move |history: &PolicyHistory| activate(&wish, history, calendar(), at(0));
        self.policies().activate(order, Box::new(decide)).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_is_kept_as_it_was_activated_with_its_line_of_the_log() {
    let fixture = Fixture::new().await;
    let admin = fixture.user().await;
    assert_eq!(fixture.policies().history().await.unwrap(), PolicyHistory::default());

    let posting = fixture.activate(order(Actor::User(admin), 5_000, "2026-W49")).await.unwrap();
    fixture.activate(order(Actor::CommandLine, 6_000, "2026-W53")).await.unwrap();
    let refused = fixture.activate(order(Actor::CommandLine, 7_000, "2026-W48")).await;
    let earliest = ActivationRefusal::WeekNotComing { earliest: week("2026-W49") };
    assert!(matches!(refused, Err(ActivationError::Refused(refusal)) if refusal == earliest));

    let version = |number, from, salary| PolicyVersion { number, from: week(from), policy: policy(salary) };
    assert_eq!(posting.version, version(1, "2026-W49", 5_000));
    let history = fixture.policies().history().await.unwrap();
    assert_eq!(history.versions(), [version(1, "2026-W49", 5_000), version(2, "2026-W53", 6_000)]);
    let rows = "SELECT concat_ws(' ', number, monday, year, week_number, activated_by) FROM salary_policies ORDER BY 1";
    assert_eq!(fixture.texts(rows).await, [format!("1 2026-11-30 2026 49 {admin}"), "2 2026-12-28 2026 53".to_owned()]);
    let lines =
        "SELECT concat_ws(' ', action, subject_kind, subject_key, actor_id, before -> 0 ->> 1, after -> 0 ->> 1)
        FROM audit_log ORDER BY id";
    let expected = [format!("policy_activated policy 1 {admin} 0 1"), "policy_activated policy 2 1 2".to_owned()];
    assert_eq!(fixture.texts(lines).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_that_are_activated_at_once_have_different_numbers() {
    let fixture = Fixture::new().await;
    let tasks = (0..12).map(|number| {
        let (policies, order) = (fixture.policies(), order(Actor::CommandLine, 1_000 + number, "2026-W50"));
        let wish = order.clone();
        let decide = move |history: &PolicyHistory| activate(&wish, history, calendar(), at(0));
        async move { policies.activate(order, Box::new(decide)).await.unwrap().version.number }
    });
    let mut numbers = at_once(tasks.collect()).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    assert_eq!(fixture.policies().history().await.unwrap().for_week(week("2026-W50")).number, 12);
    assert_eq!((fixture.count("salary_policies").await, fixture.count("audit_log").await), (12, 12));
}
