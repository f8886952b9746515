use super::*;
use crate::agency::{FREE_TO_APPLY, Origin};

const HOST: UserId = UserId::new(1);
const OWNER: UserId = UserId::new(2);
const AGENCY: AgencyId = AgencyId::new(700_000);
const OTHER_AGENCY: AgencyId = AgencyId::new(800_000);
const APPLICATION: HostApplicationId = HostApplicationId::new(3);
const REJECT: Verdict = Verdict::Reject { reason: None };

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn application(state: HostApplicationState) -> Option<HostApplication> {
    let origin = Origin::Invitation { by: OWNER };
    Some(HostApplication::restore(APPLICATION, HOST, AGENCY, origin, state).unwrap())
}

fn facts(state: HostApplicationState) -> HostReviewContext {
    HostReviewContext {
        caller: OwnerFacts { is_banned: false, agency: Some(AGENCY) },
        application: application(state),
        host: Some(FREE_TO_APPLY),
        agency_owner: Some(OWNER),
        memberships: 0,
        clock: HostClock::default(),
    }
}

fn pending() -> HostReviewContext {
    facts(HostApplicationState::Submitted(Review::Pending))
}

fn owner(agency: Option<AgencyId>) -> Decider {
    Decider::Owner { user: OWNER, agency }
}

fn decide(by: Decider, verdict: Verdict, facts: &HostReviewContext) -> Result<HostReviewPosting, HostReviewRefusal> {
    review_host(&HostReviewOrder { by, application: APPLICATION, verdict }, facts, at(30))
}

#[test]
fn an_approved_host_becomes_a_member_at_that_instant() {
    let posting = decide(owner(Some(AGENCY)), Verdict::Approve, &pending()).unwrap();
    assert_eq!(posting.membership, Some(NewMembership { host: HOST, agency: AGENCY, from: at(30) }));
    assert_eq!((posting.state.word(), posting.audit), ("approved", None));
    let clock = HostClock { last_counted: None, last_left: Some(at(31)) };
    let later = decide(owner(None), Verdict::Approve, &HostReviewContext { clock, ..pending() }).unwrap();
    assert_eq!(later.membership.map(|membership| membership.from), Some(at(31)));
}

#[test]
fn a_rejected_host_does_not_and_an_invitation_can_be_taken_back() {
    let gone = HostReviewContext { host: None, memberships: MEMBERSHIPS_MAX, ..pending() };
    for (facts, word) in
        [(pending(), "rejected"), (gone, "rejected"), (facts(HostApplicationState::Invited), "withdrawn")]
    {
        let posting = decide(owner(None), REJECT, &facts).unwrap();
        assert_eq!((posting.state.word(), posting.membership), (word, None));
    }
}

#[test]
fn an_administrator_decides_for_every_agency_and_the_log_says_so() {
    let admin = Decider::Admin(Actor::CommandLine);
    let nobody = OwnerFacts { is_banned: false, agency: None };
    let audit =
        decide(admin, Verdict::Approve, &HostReviewContext { caller: nobody, ..pending() }).unwrap().audit.unwrap();
    assert_eq!((audit.actor, audit.action), (Actor::CommandLine, AuditAction::HostApproved));
    assert_eq!(audit.after.iter().next(), Some(("status", "approved")));
}

#[test]
fn refusals_are_looked_for_in_their_documented_order() {
    let refused = |by, facts: &HostReviewContext| decide(by, Verdict::Approve, facts).unwrap_err();
    let caller = |is_banned, agency| OwnerFacts { is_banned, agency };
    let decided = facts(HostApplicationState::Declined { at: at(1) });
    let banned = HostReviewContext { caller: caller(true, None), application: None, ..decided.clone() };
    assert_eq!(refused(owner(Some(OTHER_AGENCY)), &banned), AccessRefusal::Banned.into());
    let nobody = HostReviewContext { caller: caller(false, None), ..banned };
    assert_eq!(refused(owner(Some(OTHER_AGENCY)), &nobody), AccessRefusal::NotAnAgency.into());
    let foreign = HostReviewContext { caller: caller(false, Some(OTHER_AGENCY)), ..decided.clone() };
    for agency in [Some(AGENCY), Some(OTHER_AGENCY), None] {
        assert_eq!(refused(owner(agency), &foreign), AccessRefusal::NotFound.into());
    }
    let unknown = HostReviewContext { application: None, ..decided.clone() };
    assert_eq!(refused(owner(None), &unknown), AccessRefusal::NotFound.into());
    assert_eq!(refused(Decider::Admin(Actor::CommandLine), &unknown), AccessRefusal::NotFound.into());
    assert_eq!(refused(owner(None), &decided), HostReviewRefusal::AlreadyDecided);
    assert_eq!(refused(owner(None), &facts(HostApplicationState::Invited)), HostReviewRefusal::NotAccepted);

    let member = HostFacts { is_member: true, ..FREE_TO_APPLY };
    let host = |host, agency_owner| HostReviewContext { host, agency_owner, memberships: MEMBERSHIPS_MAX, ..pending() };
    for gone in [None, Some(HostFacts { is_banned: true, ..member })] {
        assert_eq!(refused(owner(None), &host(gone, Some(HOST))), HostReviewRefusal::UnknownHost);
    }
    assert_eq!(refused(owner(None), &host(Some(member), Some(HOST))), HostReviewRefusal::OwnAgency);
    assert_eq!(refused(owner(None), &host(Some(member), Some(OWNER))), HostReviewRefusal::AlreadyMember);
    assert_eq!(refused(owner(None), &host(Some(FREE_TO_APPLY), None)), HostReviewRefusal::TooManyMemberships);
}

#[test]
fn a_second_decision_is_a_conflict_whichever_came_first() {
    for first in [Verdict::Approve, REJECT] {
        let after = decide(owner(None), first, &pending()).unwrap().state;
        for second in [Verdict::Approve, REJECT] {
            assert_eq!(decide(owner(None), second, &facts(after.clone())), Err(HostReviewRefusal::AlreadyDecided));
        }
    }
}
