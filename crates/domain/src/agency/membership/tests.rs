use super::*;

const HOST: UserId = UserId::new(1);
const OWNER: UserId = UserId::new(2);
const AGENCY: AgencyId = AgencyId::new(700_000);
const OTHER_AGENCY: AgencyId = AgencyId::new(800_000);
const MEMBERSHIP: MembershipId = MembershipId::new(5);

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn membership(until: Option<i64>) -> Membership {
    Membership::new(MEMBERSHIP, HOST, AGENCY, at(10), until.map(at)).unwrap()
}

fn owner_of(agency: Option<AgencyId>) -> OwnerFacts {
    OwnerFacts { is_banned: false, agency }
}

fn context(agency: Option<AgencyId>, membership: Option<Membership>) -> EndContext {
    EndContext { caller: owner_of(agency), membership, clock: HostClock::default() }
}

const REMOVE: EndOrder = EndOrder::Remove { owner: OWNER, agency: AGENCY, membership: MEMBERSHIP };
const LEAVE: EndOrder = EndOrder::Leave { host: HOST };

#[test]
fn a_membership_does_not_end_before_it_begins() {
    assert_eq!(Membership::new(MEMBERSHIP, HOST, AGENCY, at(10), Some(at(9))), Err(EndsBeforeItBegins));
    let empty = membership(Some(10));
    assert!(!empty.covers(at(10)) && !empty.reaches(at(10)) && empty.clip(at(0), at(20)).is_none());
}

#[test]
fn its_first_instant_is_within_and_the_one_of_its_end_is_not() {
    let ended = membership(Some(20));
    assert_eq!([9, 10, 19, 20].map(|second| ended.covers(at(second))), [false, true, true, false]);
    assert_eq!([9, 10, 11, 20, 21].map(|end| ended.reaches(at(end))), [false, false, true, true, false]);
    assert_eq!(membership(None).clip(at(0), at(30)), Some((at(10), at(30))));
    assert_eq!(ended.clip(at(15), at(30)), Some((at(15), at(20))));
    assert_eq!((ended.clip(at(0), at(10)), ended.clip(at(20), at(30))), (None, None));
}

#[test]
fn refusals_are_looked_for_in_their_documented_order() {
    let banned = OwnerFacts { is_banned: true, agency: None };
    let refused = |order, facts| end_membership(order, &facts, at(30)).unwrap_err();
    let not_found = EndRefusal::Access(AccessRefusal::NotFound);
    assert_eq!(refused(REMOVE, EndContext { caller: banned, ..context(None, None) }), AccessRefusal::Banned.into());
    assert_eq!(refused(REMOVE, context(None, None)), AccessRefusal::NotAnAgency.into());
    assert_eq!(refused(REMOVE, context(Some(OTHER_AGENCY), Some(membership(None)))), not_found);
    assert_eq!(refused(REMOVE, context(Some(AGENCY), None)), not_found);
    let foreign = Membership::new(MEMBERSHIP, HOST, OTHER_AGENCY, at(10), None).unwrap();
    assert_eq!(refused(REMOVE, context(Some(AGENCY), Some(foreign))), not_found);
    assert_eq!(refused(REMOVE, context(Some(AGENCY), Some(membership(Some(20))))), EndRefusal::AlreadyEnded);
    assert_eq!(refused(LEAVE, context(None, None)), EndRefusal::NotAMember);
    assert_eq!(refused(LEAVE, context(None, Some(membership(Some(20))))), EndRefusal::NotAMember);
    let stranger = EndOrder::Leave { host: OWNER };
    assert_eq!(refused(stranger, context(None, Some(membership(None)))), EndRefusal::NotAMember);
}

#[test]
fn a_host_leaves_and_an_owner_removes() {
    for (order, facts) in
        [(LEAVE, context(None, Some(membership(None)))), (REMOVE, context(Some(AGENCY), Some(membership(None))))]
    {
        let ended = end_membership(order, &facts, at(30)).unwrap();
        assert_eq!(ended, membership(Some(30)), "{order:?}");
    }
}

#[test]
fn a_change_takes_effect_after_what_was_counted() {
    let micro = TimeDelta::microseconds(1);
    for (last_counted, last_left, expected) in [
        (None, None, at(30)),
        (Some(at(29)), Some(at(30)), at(30)),
        (Some(at(30)), None, at(30) + micro),
        (Some(at(31)), Some(at(40)), at(40)),
    ] {
        assert_eq!(HostClock { last_counted, last_left }.effective(at(30)), expected);
    }
    // A clock that is behind the one that began the membership.
    let facts = context(None, Some(membership(None)));
    assert_eq!(end_membership(LEAVE, &facts, at(5)).unwrap().until(), Some(at(10)));
}
