//! `SalaryRequests`: decided once by who owns the agency then, and paid once.

mod keys;
mod race;

use domain::{
    agency::AccessRefusal,
    id::{AgencyId, SalaryRequestId, UserId},
    idempotency::Actor,
    money::Diamonds,
    page::{Limit, PageRequest},
    review::{Decided, Review, Verdict},
    salary::{
        Payout, SalaryDecisionError, SalaryFilter, SalaryPosting, SalaryRefusal, SalaryRequests as _, decide_salary,
    },
    wallet::Reason,
};

use crate::support::{Fixture, at, decision_of, salary_refused, week};

/// A host for whose week 2026-W47 two thousand diamonds are asked.
struct Asked {
    fixture: Fixture,
    host: UserId,
    owner: UserId,
    agency: AgencyId,
    request: SalaryRequestId,
}

impl Asked {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let (host, owner) = (fixture.user().await, fixture.user().await);
        let agency = fixture.agency_of(owner).await;
        let request = fixture.asked(host, agency, week("2026-W47"), 2_000).await;
        Self { fixture, host, owner, agency, request }
    }

    /// The columns of the request that a decision changes.
    async fn row(&self) -> String {
        let row = format!(
            "SELECT concat_ws(' ', status, decided_by, decided_at = '{}', reason) FROM salary_requests
            WHERE id = {}",
            at(0).to_rfc3339(),
            self.request
        );
        self.fixture.texts(&row).await.concat()
    }
}

fn reject(reason: &str) -> Verdict {
    Verdict::Reject { reason: Reason::parse(reason).ok() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_pays_the_salary_and_a_rejection_nothing() {
    let asked = Asked::new().await;
    let decided = Decided { by: Actor::User(asked.owner), at: at(0) };
    let receipt =
        asked.fixture.decide_salary(decision_of(asked.owner, asked.request, Verdict::Approve, "k")).await.unwrap();
    assert_eq!((receipt.request, &receipt.review), (asked.request, &Review::Approved(decided)));
    assert_eq!(asked.row().await, format!("approved {} t", asked.owner));
    let income = format!(
        "SELECT concat_ws(' ', host_id, income, type, created_at = '{}', salary_request_id, exchange_id)
           FROM diamond_movements WHERE id = {}",
        at(0).to_rfc3339(),
        receipt.income.unwrap()
    );
    let expected = format!("{} 2000 salary t {}", asked.host, asked.request);
    assert_eq!(asked.fixture.texts(&income).await, [expected]);
    assert_eq!(asked.fixture.diamonds(asked.host).await, 2_000);
    asked.fixture.assert_in_order().await;

    let asked = Asked::new().await;
    let order = decision_of(asked.owner, asked.request, reject("no shows"), "k");
    let receipt = asked.fixture.decide_salary(order).await.unwrap();
    assert_eq!((receipt.review.word(), receipt.income), ("rejected", None));
    assert_eq!(asked.row().await, format!("rejected {} t no shows", asked.owner));
    assert_eq!(asked.fixture.count("diamond_movements").await, 0);
    asked.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_salary_is_decided_on_once() {
    let verdicts = || [Verdict::Approve, reject("late"), Verdict::Reject { reason: None }];
    for first in verdicts() {
        let asked = Asked::new().await;
        asked.fixture.decide_salary(decision_of(asked.owner, asked.request, first, "k")).await.unwrap();
        let (row, paid) = (asked.row().await, asked.fixture.diamonds(asked.host).await);
        for (number, second) in verdicts().into_iter().enumerate() {
            let order = decision_of(asked.owner, asked.request, second, &number.to_string());
            let refusal = salary_refused(asked.fixture.decide_salary(order).await);
            assert_eq!(refusal, SalaryRefusal::AlreadyDecided);
        }
        assert_eq!((asked.row().await, asked.fixture.diamonds(asked.host).await), (row, paid));
        asked.fixture.assert_in_order().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_own_the_agency_now_decides_nothing() {
    let asked = Asked::new().await;
    let (fixture, other) = (&asked.fixture, asked.fixture.user().await);
    let refused = async |owner: UserId, request: SalaryRequestId, agency: Option<AgencyId>| {
        let key = format!("{owner}-{request}-{agency:?}").replace(' ', "");
        let order = domain::salary::SalaryOrder { agency, ..decision_of(owner, request, Verdict::Approve, &key) };
        salary_refused(fixture.decide_salary(order).await)
    };
    let none = SalaryRefusal::Access(AccessRefusal::NotAnAgency);
    assert_eq!(refused(other, asked.request, None).await, none);
    assert_eq!(refused(asked.host, asked.request, Some(asked.agency)).await, none);
    let others = fixture.agency_of(other).await;
    let not_found = SalaryRefusal::Access(AccessRefusal::NotFound);
    assert_eq!(refused(other, asked.request, None).await, not_found);
    assert_eq!(refused(other, asked.request, Some(others)).await, not_found);
    assert_eq!(refused(other, asked.request, Some(asked.agency)).await, not_found);
    assert_eq!(refused(asked.owner, asked.request, Some(others)).await, not_found);
    assert_eq!(refused(asked.owner, SalaryRequestId::new(99), None).await, not_found);

    // The agency changes hands while the salary waits.
    fixture.execute(&format!("UPDATE agencies SET status = 'rejected' WHERE id = {others}")).await;
    fixture.execute(&format!("UPDATE agencies SET owner_id = {other} WHERE id = {}", asked.agency)).await;
    assert_eq!(refused(asked.owner, asked.request, Some(asked.agency)).await, none);
    fixture.execute(&format!("UPDATE users SET banned_at = 'epoch' WHERE id = {other}")).await;
    assert_eq!(refused(other, asked.request, None).await, SalaryRefusal::Access(AccessRefusal::Banned));
    fixture.execute("UPDATE users SET banned_at = NULL").await;
    fixture.decide_salary(decision_of(other, asked.request, Verdict::Approve, "new-owner")).await.unwrap();
    assert_eq!(fixture.diamonds(asked.host).await, 2_000);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_decides_on_his_own_salary() {
    let fixture = Fixture::new().await;
    let owner = fixture.user().await;
    let agency = fixture.agency_of(owner).await;
    let request = fixture.asked(owner, agency, week("2026-W47"), 2_000).await;
    for (key, verdict) in [("yes", Verdict::Approve), ("no", reject("modesty"))] {
        let refusal = salary_refused(fixture.decide_salary(decision_of(owner, request, verdict, key)).await);
        assert_eq!(refusal, SalaryRefusal::OwnSalary);
    }
    assert_eq!(fixture.diamonds(owner).await, 0);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_posting_meets_the_database_and_nothing_of_it_stays() {
    let asked = Asked::new().await;
    let (fixture, before) = (&asked.fixture, asked.fixture.books().await);
    let check = async |change: fn(&mut SalaryPosting), expected: &str| {
        let order = decision_of(asked.owner, asked.request, Verdict::Approve, "k");
        let wish = order.clone();
        let decide = move |facts: &_| {
            let mut posting = decide_salary(&wish, facts, at(0))?;
            change(&mut posting);
            Ok(posting)
        };
        let result = fixture.salaries().decide(order, at(0), Box::new(decide)).await;
        let Err(SalaryDecisionError::Store(error)) = result else { panic!("{expected}: {result:?}") };
        let text = format!("{error:?}");
        assert!(text.contains(expected), "{expected}: {text}");
        assert_eq!(fixture.books().await, before);
    };
    check(|posting| posting.payout = None, "approves what it does not pay").await;
    check(|posting| posting.review = Review::Pending, "pays what is not approved").await;
    let more = |posting: &mut SalaryPosting| {
        posting.payout = posting.payout.map(|payout| Payout { salary: Diamonds::new(2_001).unwrap(), ..payout });
    };
    check(more, "diamond_movements_salary_request_id_fkey").await;
    let to_nobody = |posting: &mut SalaryPosting| {
        posting.payout = posting.payout.map(|payout| Payout { host: UserId::new(1), ..payout });
    };
    check(to_nobody, "diamond_movements_salary_request_id_fkey").await;
    let by_the_host = |posting: &mut SalaryPosting| {
        let Some(payout) = posting.payout else { return };
        posting.review = Review::Approved(Decided { by: Actor::User(payout.host), at: at(0) });
    };
    check(by_the_host, "salary_requests_not_decided_by_the_host").await;
    let by_nobody = |posting: &mut SalaryPosting| {
        posting.review = Review::Approved(Decided { by: Actor::CommandLine, at: at(0) });
    };
    check(by_nobody, "salary_requests_decided_by_when_decided").await;
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agency_and_a_host_see_their_own_salaries_newest_first() {
    let asked = Asked::new().await;
    let (fixture, other, second) = (&asked.fixture, asked.fixture.user().await, asked.fixture.user().await);
    let others = fixture.agency_of(other).await;
    fixture.asked(asked.host, others, week("2026-W46"), 5).await;
    let mut own = vec![asked.request];
    for number in 0..8 {
        own.push(fixture.asked(asked.host, asked.agency, week("2026-W45").minus(number), 7).await);
    }
    own.push(fixture.asked(second, asked.agency, week("2026-W47"), 9).await);
    own.reverse();
    let list = async |filter, limit, after| {
        let limit = Limit::parse(limit).unwrap();
        fixture.salaries().list(filter, PageRequest { limit, after }).await.unwrap()
    };
    let of_agency = SalaryFilter::OfAgency(asked.agency);
    let ids = |page: &domain::page::Page<domain::salary::ListedSalary>| {
        page.items.iter().map(|listed| listed.request.id).collect::<Vec<_>>()
    };
    let all = list(of_agency, 100, None).await;
    assert_eq!((ids(&all), all.next), (own.clone(), None));
    let oldest = all.items.last().unwrap();
    assert_eq!(oldest.host_name, format!("User-{:04}", asked.host.value() % 10_000), "as users are called at first");
    let request = &oldest.request;
    assert_eq!((request.week, request.salary.value(), request.valid_sessions), (week("2026-W47"), 2_000, 4));
    assert_eq!((request.host, request.agency, &request.review), (asked.host, asked.agency, &Review::Pending));
    for limit in [1, 2, 4, 9] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list(of_agency, limit, after).await;
            seen.extend(ids(&page));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, own, "pages of {limit}");
    }
    assert_eq!(list(SalaryFilter::OfAgency(AgencyId::new(5)), 100, None).await.items, []);
    // A host has those of all his agencies, and nobody else's.
    let of_host = list(SalaryFilter::OfHost(asked.host), 100, None).await.items;
    assert!(of_host.iter().all(|listed| listed.request.host == asked.host && listed.family_name == "Bintang"));
    let of_others = of_host.iter().filter(|listed| listed.request.agency == others);
    assert_eq!((of_host.len(), of_others.count()), (own.len(), 1));
    assert_eq!(list(SalaryFilter::OfHost(asked.owner), 100, None).await.items, []);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_salary_comes_with_what_its_statement_was_made_from() {
    let asked = Asked::new().await;
    let (request, raw) = asked.fixture.salaries().with_inputs(asked.request).await.unwrap().unwrap();
    assert_eq!((request.id, raw.host, raw.week), (asked.request, asked.host, week("2026-W47")));
    assert_eq!((raw.memberships.len(), raw.sessions.len(), raw.gifts.len()), (0, 0, 0));
    assert_eq!(asked.fixture.salaries().with_inputs(SalaryRequestId::new(99)).await.unwrap(), None);
    asked.fixture.assert_in_order().await;
}
