use super::*;
use crate::{
    money::AMOUNT_MAX,
    salary::testing::{AGENCY, HOST, OTHER_AGENCY, OWNER, diamonds, week},
    wallet::Reason,
};

const REQUEST: SalaryRequestId = SalaryRequestId::new(3);
const REJECT: Verdict = Verdict::Reject { reason: None };

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn order(owner: UserId, agency: Option<AgencyId>, verdict: Verdict) -> SalaryOrder {
    SalaryOrder { owner, agency, request: REQUEST, verdict, key: RequestKey::parse("k").unwrap() }
}

fn facts(review: Review) -> SalaryContext {
    let request = SalaryRequest {
        id: REQUEST,
        host: HOST,
        agency: AGENCY,
        week: week("2026-W48"),
        salary: diamonds(6_000),
        valid_sessions: 5,
        review,
        created_at: at(),
    };
    SalaryContext {
        caller: OwnerFacts { is_banned: false, agency: Some(AGENCY) },
        request: Some(request),
        is_host_banned: false,
        diamonds: diamonds(100),
    }
}

fn decide(verdict: Verdict, facts: &SalaryContext) -> Result<SalaryPosting, SalaryRefusal> {
    decide_salary(&order(OWNER, Some(AGENCY), verdict), facts, at())
}

#[test]
fn an_approved_salary_is_paid_and_a_rejected_one_is_not() {
    let approved = decide(Verdict::Approve, &facts(Review::Pending)).unwrap();
    assert_eq!(approved.payout, Some(Payout { host: HOST, salary: diamonds(6_000) }));
    let decided = Decided { by: Actor::User(OWNER), at: at() };
    assert_eq!(approved.review, Review::Approved(decided));
    let reason = Reason::parse("asleep on camera").ok();
    let rejected = decide(Verdict::Reject { reason: reason.clone() }, &facts(Review::Pending)).unwrap();
    assert_eq!((rejected.payout, rejected.review), (None, Review::Rejected { decided, reason }));
}

#[test]
fn a_second_decision_is_a_conflict_whichever_came_first() {
    for first in [Verdict::Approve, REJECT] {
        let review = decide(first, &facts(Review::Pending)).unwrap().review;
        for second in [Verdict::Approve, REJECT] {
            assert_eq!(decide(second, &facts(review.clone())), Err(SalaryRefusal::AlreadyDecided));
        }
    }
}

#[test]
fn refusals_are_looked_for_in_their_documented_order() {
    let caller = |is_banned, agency| OwnerFacts { is_banned, agency };
    let decided = Review::Approved(Decided { by: Actor::User(OWNER), at: at() });
    let refused = |order: &SalaryOrder, facts: &SalaryContext| decide_salary(order, facts, at()).unwrap_err();
    let own = order(HOST, Some(AGENCY), Verdict::Approve);

    let banned = SalaryContext { caller: caller(true, None), ..facts(decided.clone()) };
    assert_eq!(refused(&own, &banned), AccessRefusal::Banned.into());
    let nobody = SalaryContext { caller: caller(false, None), ..facts(decided.clone()) };
    assert_eq!(refused(&own, &nobody), AccessRefusal::NotAnAgency.into());
    // The agency was sold: the order names it, and the caller owns another one now.
    let sold = SalaryContext { caller: caller(false, Some(OTHER_AGENCY)), ..facts(decided.clone()) };
    for agency in [Some(AGENCY), Some(OTHER_AGENCY), None] {
        assert_eq!(refused(&order(HOST, agency, Verdict::Approve), &sold), AccessRefusal::NotFound.into());
    }
    let unknown = SalaryContext { request: None, ..facts(Review::Pending) };
    assert_eq!(refused(&own, &unknown), AccessRefusal::NotFound.into());
    assert_eq!(refused(&own, &facts(decided.clone())), SalaryRefusal::OwnSalary);
    assert_eq!(refused(&order(HOST, None, REJECT), &facts(Review::Pending)), SalaryRefusal::OwnSalary);

    let full = SalaryContext { is_host_banned: true, diamonds: diamonds(AMOUNT_MAX - 5_999), ..facts(decided) };
    assert_eq!(decide(Verdict::Approve, &full), Err(SalaryRefusal::AlreadyDecided));
    let pending = SalaryContext { request: facts(Review::Pending).request, ..full };
    assert_eq!(decide(Verdict::Approve, &pending), Err(SalaryRefusal::HostBanned));
    let free = SalaryContext { is_host_banned: false, ..pending.clone() };
    assert_eq!(decide(Verdict::Approve, &free), Err(SalaryRefusal::TooManyDiamonds));
    assert!(decide(REJECT, &pending).is_ok());
    let fitting = SalaryContext { diamonds: diamonds(AMOUNT_MAX - 6_000), ..free };
    assert!(decide(Verdict::Approve, &fitting).is_ok());
}

#[test]
fn the_content_names_everything_but_owner_and_key() {
    let reject = Verdict::Reject { reason: Reason::parse("late").ok() };
    for (order, expected) in [
        (order(OWNER, None, Verdict::Approve), "salary request=3 agency=- approve"),
        (order(OWNER, Some(AGENCY), REJECT), "salary request=3 agency=1000000 reject"),
        (order(OWNER, Some(AGENCY), reject), "salary request=3 agency=1000000 reject reason=late"),
    ] {
        assert_eq!(order.content(), expected);
    }
}
