use chrono::DateTime;

use super::*;
use crate::{
    agency::{
        Agency, AgencyStanding, Answer, AnswerContext, CardFingerprint, Decider, EndContext, FREE_TO_APPLY,
        HostApplicationState, HostApplyContext, HostApplyRefusal, HostClock, HostFacts, HostReviewContext,
        HostReviewRefusal, InviteContext, KeyId, MockAgencies, MockCardVault, MockHostApplications, MockMemberships,
        Origin, SealedCard,
    },
    id::{HostApplicationId, MembershipId},
    page::Limit,
    review::{Review, Verdict},
    testing::FixedClock,
    user::{DisplayName, Gender},
};

const HOST: UserId = UserId::new(1);
const OWNER: UserId = UserId::new(2);
const AGENCY: AgencyId = AgencyId::new(1_000_000);
const APPLICATION: HostApplicationId = HostApplicationId::new(3);

fn application(state: HostApplicationState) -> HostApplication {
    HostApplication::restore(APPLICATION, HOST, AGENCY, Origin::Invitation { by: OWNER }, state).unwrap()
}

fn owner() -> OwnerFacts {
    OwnerFacts { is_banned: false, agency: Some(AGENCY) }
}

fn service(applications: MockHostApplications, memberships: MockMemberships) -> HostService {
    let (mut vault, mut agencies) = (MockCardVault::new(), MockAgencies::new());
    let key = KeyId::parse("1").unwrap();
    vault.expect_seal().returning(move |_, row| Ok(SealedCard { key: key.clone(), bytes: row.text().into_bytes() }));
    vault.expect_fingerprint().returning(|_| CardFingerprint([7; 32]));
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
    HostService {
        applications: Arc::new(applications),
        memberships: Arc::new(memberships),
        agencies: Arc::new(agencies),
        vault: Arc::new(vault),
        clock: Arc::new(FixedClock::new(DateTime::UNIX_EPOCH)),
    }
}

#[tokio::test]
async fn a_host_applies_with_a_card_sealed_for_this_application() {
    let mut applications = MockHostApplications::new();
    applications.expect_apply().returning(|order, at, decide| {
        let row = CardBinding::HostApplication { host: HOST, agency: AGENCY, at };
        assert_eq!(order.card.sealed.bytes, row.text().into_bytes());
        let agency = Some(AgencyStanding { owner: HOST, is_approved: true });
        let facts = HostApplyContext { host: Some(FREE_TO_APPLY), agency, is_card_used: false };
        Err(decide(&facts).unwrap_err().into())
    });
    let form = HostForm { name: DisplayName::parse("Siti").unwrap(), gender: Gender::Female };
    let number = CardNumber::parse("3174010203040001").unwrap();
    let refused = service(applications, MockMemberships::new()).apply(HOST, AGENCY, form, &number).await;
    assert!(matches!(refused, Err(HostApplyError::Refused(HostApplyRefusal::OwnAgency))));
}

#[tokio::test]
async fn an_owner_invites_and_the_user_is_asked() {
    let mut applications = MockHostApplications::new();
    applications.expect_invite().returning(|_, _, decide| {
        decide(&InviteContext { caller: owner(), host: Some(FREE_TO_APPLY), declined: 0, open_invitations: 0 })?;
        Ok(application(HostApplicationState::Invited))
    });
    applications.expect_answer().returning(|_, decide| {
        let invited = Some(application(HostApplicationState::Invited));
        Ok(application(decide(&AnswerContext { application: invited, is_member: false })?))
    });
    let service = service(applications, MockMemberships::new());
    let (invited, _) = service.invite(InviteOrder { owner: OWNER, agency: AGENCY, host: HOST }).await.unwrap();
    assert_eq!(invited.state().word(), "invited");
    let order = AnswerOrder { user: HOST, application: APPLICATION, answer: Answer::Accept };
    assert_eq!(service.answer(order).await.unwrap().state().word(), "pending");
}

#[tokio::test]
async fn of_two_agencies_that_take_one_host_the_second_is_refused() {
    let mut applications = MockHostApplications::new();
    applications.expect_review().returning(|_, decide| {
        let facts = HostReviewContext {
            caller: owner(),
            application: Some(application(HostApplicationState::Submitted(Review::Pending))),
            host: Some(FREE_TO_APPLY),
            agency_owner: Some(OWNER),
            memberships: 0,
            clock: HostClock::default(),
        };
        assert!(decide(&facts).unwrap().membership.is_some());
        let taken = HostReviewContext { host: Some(HostFacts { is_member: true, ..FREE_TO_APPLY }), ..facts };
        Ok(decide(&taken)?)
    });
    let by = Decider::Owner { user: OWNER, agency: Some(AGENCY) };
    let order = HostReviewOrder { by, application: APPLICATION, verdict: Verdict::Approve };
    let refused = service(applications, MockMemberships::new()).review(order).await;
    assert!(matches!(refused, Err(HostReviewError::Refused(HostReviewRefusal::AlreadyMember))));
}

#[tokio::test]
async fn a_host_leaves_at_the_instant_of_the_clock() {
    let mut memberships = MockMemberships::new();
    memberships.expect_end().returning(|_, decide| {
        let membership =
            Membership::new(MembershipId::new(5), HOST, AGENCY, DateTime::from_timestamp(-9, 0).unwrap(), None)
                .unwrap();
        Ok(decide(&EndContext { caller: owner(), membership: Some(membership), clock: HostClock::default() })?)
    });
    let ended = service(MockHostApplications::new(), memberships).end(EndOrder::Leave { host: HOST }).await.unwrap();
    assert_eq!(ended.until(), Some(DateTime::UNIX_EPOCH));
}

#[tokio::test]
async fn lists_are_shown_to_whom_they_are_for() {
    let page = PageRequest { limit: Limit::MAX, after: None };
    let list = |expected: ApplicationFilter| {
        let mut applications = MockHostApplications::new();
        let is_wanted = move |filter: &ApplicationFilter, _: &PageRequest| *filter == expected;
        applications.expect_list().withf(is_wanted).returning(|_, _| Ok(Page { items: Vec::new(), next: None }));
        service(applications, MockMemberships::new())
    };
    list(ApplicationFilter::InvitationsOf(HOST)).invitations(HOST, page).await.unwrap();
    list(ApplicationFilter::Everybody(ReviewStatus::Pending))
        .all_applications(ReviewStatus::Pending, page)
        .await
        .unwrap();
    let owners = list(ApplicationFilter::ToAgency(AGENCY, None));
    assert!(owners.applications_to(OWNER, AGENCY, None, page).await.is_ok());
    assert!(matches!(owners.applications_to(HOST, AGENCY, None, page).await, Err(AccessError::Refused(_))));
    let foreign = owners.applications_to(OWNER, AgencyId::new(8), None, page).await;
    assert!(matches!(foreign, Err(AccessError::Refused(_))));
}
