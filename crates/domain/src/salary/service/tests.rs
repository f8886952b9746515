use chrono::DateTime;

use super::*;
use crate::{
    agency::{Agency, MockAgencies},
    id::IncomeId,
    idempotency::RequestKey,
    money::Diamonds,
    review::{Review, Verdict},
    salary::{
        ActivationRefusal, ClosingProgress, InvalidPolicy, MockSalaryPolicies, MockSalaryRequests, MockWeekClosings,
        RawWeek, SalaryContext, SalaryRefusal, testing::*,
    },
    testing::FixedClock,
};

const REQUEST: SalaryRequestId = SalaryRequestId::new(3);

/// The salary of a week with four hours on four days and 30 000 diamonds, which the built-in policy pays 6 000.
fn request(agency: AgencyId, salary: i64) -> SalaryRequest {
    SalaryRequest {
        id: REQUEST,
        host: HOST,
        agency,
        week: week("2026-W48"),
        salary: diamonds(salary),
        valid_sessions: 4,
        review: Review::Pending,
        created_at: DateTime::UNIX_EPOCH,
    }
}

fn week_of_request() -> RawWeek {
    raw((0..4).map(|day| session(day + 1, on(day, 8, 0), 240)).collect(), vec![gift(5, 23, 30_000)])
}

fn policies() -> MockSalaryPolicies {
    let mut policies = MockSalaryPolicies::new();
    policies.expect_history().returning(|| Ok(PolicyHistory::default()));
    policies
}

fn service(requests: MockSalaryRequests) -> SalaryService {
    let mut agencies = MockAgencies::new();
    agencies.expect_approved_of().returning(|user| {
        Ok((user == OWNER).then(|| Agency {
            id: AGENCY,
            owner: OWNER,
            family_name: "Bintang".to_owned(),
            region: None,
            phone: None,
            review: Review::Pending,
            created_at: DateTime::UNIX_EPOCH,
        }))
    });
    SalaryService {
        requests: Arc::new(requests),
        agencies: Arc::new(agencies),
        policies: Arc::new(policies()),
        calendar: jakarta(),
        clock: Arc::new(FixedClock::new(DateTime::UNIX_EPOCH)),
    }
}

/// A ledger that decides twice, as if a transaction was lost: the second request finds what the first decided.
fn ledger() -> MockSalaryRequests {
    let mut requests = MockSalaryRequests::new();
    requests.expect_decide().returning(|order, at, decide| {
        assert_eq!(at, DateTime::UNIX_EPOCH);
        let facts = |review| SalaryContext {
            caller: OwnerFacts { is_banned: false, agency: Some(AGENCY) },
            request: Some(SalaryRequest { review, ..request(AGENCY, 6_000) }),
            is_host_banned: false,
            diamonds: Diamonds::ZERO,
        };
        let posting = decide(&facts(Review::Pending))?;
        assert_eq!(decide(&facts(posting.review.clone())), Err(SalaryRefusal::AlreadyDecided));
        let income = posting.payout.map(|_| IncomeId::new(9));
        Ok(SalaryReceipt { request: order.request, review: posting.review, income })
    });
    requests
}

#[tokio::test]
async fn an_owner_decides_once_and_never_on_his_own_salary() {
    let order = |owner| SalaryOrder {
        owner,
        agency: None,
        request: REQUEST,
        verdict: Verdict::Approve,
        key: RequestKey::parse("k").unwrap(),
    };
    let receipt = service(ledger()).decide(order(OWNER)).await.unwrap();
    assert_eq!((receipt.review.word(), receipt.income), ("approved", Some(IncomeId::new(9))));
    let own = service(ledger()).decide(order(HOST)).await;
    assert!(matches!(own, Err(SalaryDecisionError::Refused(SalaryRefusal::OwnSalary))));
}

fn kept(request: Option<(SalaryRequest, RawWeek)>) -> MockSalaryRequests {
    let mut requests = MockSalaryRequests::new();
    requests.expect_with_inputs().returning(move |_| Ok(request.clone()));
    requests.expect_list().returning(|_, _| Ok(Page { items: Vec::new(), next: None }));
    requests
}

#[tokio::test]
async fn a_statement_is_made_anew_and_gives_the_salary_that_is_asked_for() {
    let sound = service(kept(Some((request(AGENCY, 6_000), week_of_request()))));
    let (_, statement) = sound.statement(OWNER, AGENCY, REQUEST).await.unwrap();
    assert_eq!(statement.claim().map(|claim| claim.salary), Some(diamonds(6_000)));
    // The host sees his own, where it is decided.
    assert_eq!(sound.statement(HOST, AGENCY, REQUEST).await.unwrap().1, statement);
    let elsewhere = sound.statement(HOST, OTHER_AGENCY, REQUEST).await;
    assert!(matches!(elsewhere, Err(AccessError::Refused(AccessRefusal::NotAnAgency))));
    assert_eq!(sound.own_statement(HOST, REQUEST).await.unwrap().1, statement);
    for nobody in [OWNER, UserId::new(99)] {
        let refused = sound.own_statement(nobody, REQUEST).await;
        assert!(matches!(refused, Err(AccessError::Refused(AccessRefusal::NotFound))), "{nobody}");
    }
    let forged = service(kept(Some((request(AGENCY, 6_001), week_of_request()))));
    let outcome = forged.statement(OWNER, AGENCY, REQUEST).await;
    assert!(matches!(outcome, Err(AccessError::Store(StoreError::Corrupt(_)))));
}

#[tokio::test]
async fn a_list_is_of_the_callers_agency_or_of_himself() {
    let page = PageRequest { limit: Limit::MAX, after: None };
    let asked_for = |expected: SalaryFilter| {
        let mut requests = MockSalaryRequests::new();
        let empty = || Ok(Page { items: Vec::new(), next: None });
        requests.expect_list().withf(move |filter, _| *filter == expected).once().returning(move |_, _| empty());
        service(requests)
    };
    assert!(asked_for(SalaryFilter::OfAgency(AGENCY)).list(OWNER, AGENCY, page).await.is_ok());
    assert!(asked_for(SalaryFilter::OfHost(OWNER)).list_own(OWNER, page).await.is_ok());
}

#[tokio::test]
async fn nobody_sees_the_salaries_of_another_agency() {
    let page = PageRequest { limit: Limit::MAX, after: None };
    let foreign = service(kept(Some((request(OTHER_AGENCY, 6_000), week_of_request()))));
    let refusal = |outcome: Result<(), AccessError>| match outcome {
        Err(AccessError::Refused(refusal)) => Some(refusal),
        Ok(()) | Err(AccessError::Store(_)) => None,
    };
    for (caller, agency, expected) in [
        (HOST, AGENCY, AccessRefusal::NotAnAgency),
        (OWNER, OTHER_AGENCY, AccessRefusal::NotFound),
        // His agency, and a request of another one.
        (OWNER, AGENCY, AccessRefusal::NotFound),
    ] {
        let seen = foreign.statement(caller, agency, REQUEST).await.map(|_| ());
        assert_eq!(refusal(seen), Some(expected), "{caller} {agency}");
    }
    assert_eq!(refusal(foreign.list(HOST, AGENCY, page).await.map(|_| ())), Some(AccessRefusal::NotAnAgency));
    assert_eq!(refusal(foreign.list(OWNER, OTHER_AGENCY, page).await.map(|_| ())), Some(AccessRefusal::NotFound));
    assert!(foreign.list(OWNER, AGENCY, page).await.is_ok());
}

fn policy_service(policies: MockSalaryPolicies, closings: MockWeekClosings) -> PolicyService {
    PolicyService {
        policies: Arc::new(policies),
        closings: Arc::new(closings),
        calendar: jakarta(),
        clock: Arc::new(FixedClock::new(on(1, 0, 0))),
    }
}

#[tokio::test]
async fn a_policy_is_activated_for_a_week_that_is_still_to_come() {
    let mut policies = policies();
    policies.expect_activate().returning(|_, decide| Ok(decide(&PolicyHistory::default())?));
    let service = policy_service(policies, MockWeekClosings::new());
    let draft = PolicyDraft::built_in();
    let posting = service.activate(Actor::CommandLine, &draft, week("2026-W49")).await.unwrap();
    assert_eq!((posting.version.number, posting.version.from), (1, week("2026-W49")));
    let running = service.activate(Actor::CommandLine, &draft, week("2026-W48")).await;
    let earliest = week("2026-W49");
    let expected = ActivationRefusal::WeekNotComing { earliest };
    assert!(matches!(running, Err(ActivationError::Refused(refusal)) if refusal == expected));
    let none = PolicyDraft { rows: vec![], ..draft };
    let invalid = service.activate(Actor::CommandLine, &none, week("2026-W49")).await;
    assert!(matches!(invalid, Err(ActivationError::Invalid(InvalidPolicy::Rows))));
}

#[tokio::test]
async fn a_dry_run_looks_at_the_last_closed_weeks_page_by_page() {
    let closings = |last_closed: Option<&str>| {
        let mut closings = MockWeekClosings::new();
        let last_closed = last_closed.map(week);
        closings.expect_progress().returning(move || Ok(ClosingProgress { last_closed, first_membership: None }));
        closings.expect_frozen().returning(|week_of_page, after, _| {
            let is_kept = after.is_none() && week_of_page == week("2026-W48");
            Ok(if is_kept { vec![week_of_request()] } else { Vec::new() })
        });
        closings
    };
    let draft = draft(vec![row(0, 0, 1, 9_000)]);
    for (last_closed, weeks, expected) in
        [(None, 5, (0, 0)), (Some("2026-W48"), 1, (1, 1)), (Some("2026-W50"), 2, (0, 0)), (Some("2026-W50"), 3, (1, 1))]
    {
        let run = policy_service(policies(), closings(last_closed)).dry_run(&draft, weeks).await.unwrap();
        assert_eq!((run.weeks, run.gains), expected, "{last_closed:?} {weeks}");
    }
}
