use super::*;

const HOST: UserId = UserId::new(1);
const OWNER: UserId = UserId::new(2);
const AGENCY: AgencyId = AgencyId::new(700_000);

/// A user about whom everything is wrong but being banned.
fn busy() -> HostFacts {
    let open = OpenApplications { own: true, invited_here: true, accepted_here: true, own_here: true };
    HostFacts { is_banned: false, is_member: true, open }
}

fn open(change: impl FnOnce(&mut OpenApplications)) -> HostFacts {
    let mut host = FREE_TO_APPLY;
    change(&mut host.open);
    host
}

fn check_apply(host: Option<HostFacts>, owner: Option<UserId>, is_card_used: bool, expected: Option<HostApplyRefusal>) {
    let agency = owner.map(|owner| AgencyStanding { owner, is_approved: true });
    let facts = HostApplyContext { host, agency, is_card_used };
    assert_eq!(apply_as_host(HOST, &facts).err(), expected, "{facts:?}");
}

#[test]
fn refusals_of_applications_are_looked_for_in_their_documented_order() {
    let (own, other) = (Some(HOST), Some(OWNER));
    check_apply(None, None, true, Some(HostApplyRefusal::UnknownUser));
    check_apply(Some(HostFacts { is_banned: true, ..busy() }), None, true, Some(HostApplyRefusal::Banned));
    check_apply(Some(busy()), None, true, Some(HostApplyRefusal::UnknownAgency));
    check_apply(Some(busy()), own, true, Some(HostApplyRefusal::OwnAgency));
    check_apply(Some(busy()), other, true, Some(HostApplyRefusal::AlreadyMember));
    let pending = HostFacts { is_member: false, ..busy() };
    check_apply(Some(pending), other, true, Some(HostApplyRefusal::AlreadyPending));
    check_apply(Some(open(|open| open.accepted_here = true)), other, true, Some(HostApplyRefusal::AlreadyPending));
    check_apply(Some(open(|open| open.invited_here = true)), other, true, Some(HostApplyRefusal::AlreadyInvited));
    check_apply(Some(FREE_TO_APPLY), other, true, Some(HostApplyRefusal::CardUsed));
    check_apply(Some(FREE_TO_APPLY), other, false, None);
}

#[test]
fn an_agency_that_is_not_approved_is_none() {
    let agency = Some(AgencyStanding { owner: OWNER, is_approved: false });
    let facts = HostApplyContext { host: Some(FREE_TO_APPLY), agency, is_card_used: false };
    assert_eq!(apply_as_host(HOST, &facts), Err(HostApplyRefusal::UnknownAgency));
}

fn invite(owner: Option<AgencyId>, invited: UserId, host: Option<HostFacts>, open: u32) -> Result<(), InviteRefusal> {
    invite_again(owner, invited, host, (0, open))
}

fn invite_again(
    owner: Option<AgencyId>,
    invited: UserId,
    host: Option<HostFacts>,
    (declined, open_invitations): (u32, u32),
) -> Result<(), InviteRefusal> {
    let order = InviteOrder { owner: OWNER, agency: AGENCY, host: invited };
    let caller = OwnerFacts { is_banned: false, agency: owner };
    invite_host(order, &InviteContext { caller, host, declined, open_invitations })
}

#[test]
fn refusals_of_invitations_are_looked_for_in_their_documented_order() {
    let (own, full) = (Some(AGENCY), INVITATIONS_MAX);
    assert_eq!(invite(None, OWNER, None, full), Err(AccessRefusal::NotAnAgency.into()));
    assert_eq!(invite(Some(AgencyId::new(8)), OWNER, None, full), Err(AccessRefusal::NotFound.into()));
    assert_eq!(invite(own, OWNER, None, full), Err(InviteRefusal::UnknownHost));
    let banned = Some(HostFacts { is_banned: true, ..busy() });
    assert_eq!(invite(own, OWNER, banned, full), Err(InviteRefusal::UnknownHost));
    assert_eq!(invite(own, OWNER, Some(busy()), full), Err(InviteRefusal::OwnAgency));
    assert_eq!(invite(own, HOST, Some(busy()), full), Err(InviteRefusal::AlreadyMember));
    for host in [
        open(|open| (open.own, open.own_here) = (true, true)),
        open(|open| open.invited_here = true),
        open(|open| open.accepted_here = true),
    ] {
        let again = invite_again(own, HOST, Some(host), (DECLINES_MAX, full));
        assert_eq!(again, Err(InviteRefusal::AlreadyApplied));
    }
    let insist = |declined| invite_again(own, HOST, Some(FREE_TO_APPLY), (declined, full));
    assert_eq!(insist(DECLINES_MAX), Err(InviteRefusal::DeclinedTooOften));
    assert_eq!(insist(DECLINES_MAX - 1), Err(InviteRefusal::TooMany));
    assert_eq!(invite(own, HOST, Some(FREE_TO_APPLY), full - 1), Ok(()));
    // He may be invited while he waits for another agency.
    assert_eq!(invite(own, HOST, Some(open(|open| open.own = true)), 0), Ok(()));
}
