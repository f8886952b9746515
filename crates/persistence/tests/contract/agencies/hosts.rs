//! `HostApplications`: applied, invited, answered, decided.

use domain::{
    agency::{
        Answer, AnswerError, AnswerOrder, AnswerRefusal, ApplicationFilter, CardBinding, DECLINES_MAX, Decider,
        HostApplications as _, HostApplyError, HostApplyRefusal, HostReviewError, HostReviewOrder, HostReviewRefusal,
        INVITATIONS_MAX, InviteError, InviteOrder, InviteRefusal, ReviewStatus,
    },
    id::{AgencyId, UserId},
    idempotency::Actor,
    review::Verdict,
};

use super::{ROUNDS, page};
use crate::support::{Fixture, at, at_once, card, order};

const REJECT: Verdict = Verdict::Reject { reason: None };

fn refused(result: Result<domain::agency::HostApplication, HostApplyError>) -> HostApplyRefusal {
    match result {
        Err(HostApplyError::Refused(refusal)) => refusal,
        other => panic!("no refusal but {other:?}"),
    }
}

/// The states of all applications of a host, the oldest first.
async fn states(fixture: &Fixture, host: UserId) -> Vec<String> {
    let states = "SELECT status || COALESCE(' ' || withdrawal, '') FROM host_applications WHERE host_id";
    fixture.texts(&format!("{states} = {host} ORDER BY id")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_applies_once_at_a_time_and_keeps_his_card() {
    let fixture = Fixture::new().await;
    let ((owner, agency), (_, other)) = (fixture.agency().await, fixture.agency().await);
    let (host, rival) = (fixture.user().await, fixture.user().await);
    let application = fixture.apply_as_host(host, agency, 7).await.unwrap();
    assert_eq!((application.host(), application.agency(), application.state().word()), (host, agency, "pending"));
    assert_eq!(refused(fixture.apply_as_host(host, other, 7).await), HostApplyRefusal::AlreadyPending);
    assert_eq!(refused(fixture.apply_as_host(rival, other, 7).await), HostApplyRefusal::CardUsed);
    assert_eq!(refused(fixture.apply_as_host(owner, agency, 9).await), HostApplyRefusal::OwnAgency);
    let nobody = fixture.apply_as_host(UserId::new(1), agency, 9).await;
    assert_eq!(refused(nobody), HostApplyRefusal::UnknownUser);
    let unknown = fixture.apply_as_host(rival, AgencyId::new(7), 9).await;
    assert_eq!(refused(unknown), HostApplyRefusal::UnknownAgency);

    let (sealed, row) = fixture.applications().sealed_card(application.id()).await.unwrap().unwrap();
    assert_eq!(row, CardBinding::HostApplication { host, agency, at: at(0) });
    assert_eq!(sealed.bytes, format!("{} of {}", card(7).reveal(), row.text()).into_bytes());

    // The card is his for ever while he is approved, and everybody's when he was rejected.
    fixture.review(owner, application.id(), REJECT, 1).await.unwrap();
    let second = fixture.apply_as_host(rival, agency, 7).await.unwrap();
    fixture.review(owner, second.id(), Verdict::Approve, 2).await.unwrap();
    assert_eq!(refused(fixture.apply_as_host(host, other, 7).await), HostApplyRefusal::CardUsed);
    fixture.leave(rival, 3).await;
    fixture.apply_as_host(rival, other, 7).await.unwrap();
    assert_eq!(refused(fixture.apply_as_host(host, other, 7).await), HostApplyRefusal::CardUsed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_applications_of_one_host_at_once_one_wins() {
    let fixture = Fixture::new().await;
    let mut agencies = Vec::new();
    for _ in 0..8 {
        agencies.push(fixture.agency().await.1);
    }
    for round in 0..ROUNDS {
        let host = fixture.user().await;
        let (won, lost) = race(&fixture, agencies.iter().map(|agency| (host, *agency, host.value())).collect()).await;
        assert_eq!((won, lost), (1, vec![HostApplyRefusal::AlreadyPending; 7]), "{round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_applications_with_one_card_at_once_one_wins() {
    let fixture = Fixture::new().await;
    let agencies = [fixture.agency().await.1, fixture.agency().await.1];
    for round in 0..ROUNDS {
        let mut rivals = Vec::new();
        for rival in 0..30 {
            rivals.push((fixture.user().await, agencies[rival % 2], i64::try_from(round).unwrap()));
        }
        let (won, lost) = race(&fixture, rivals).await;
        assert_eq!((won, lost), (1, vec![HostApplyRefusal::CardUsed; 29]), "{round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_itself_lets_nobody_use_the_card_of_another() {
    let fixture = Fixture::new().await;
    let agencies = [fixture.agency().await.1, fixture.agency().await.1];
    for round in 0..ROUNDS {
        let mut rivals = Vec::new();
        for rival in 0..30 {
            let (host, agency) = (fixture.user().await, agencies[rival % 2]);
            let row = CardBinding::HostApplication { host, agency, at: at(0) };
            let order = fixture.order_to_apply(&row, i64::try_from(round).unwrap());
            let store = fixture.applications();
            // A rule that lets everybody apply.
            rivals.push(async move { store.apply(order, at(0), Box::new(|_| Ok(()))).await });
        }
        let (won, lost): (Vec<_>, Vec<_>) = at_once(rivals).await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "{round}");
        assert_eq!(lost.into_iter().map(refused).collect::<Vec<_>>(), [HostApplyRefusal::CardUsed; 29], "{round}");
    }
}

async fn race(fixture: &Fixture, rivals: Vec<(UserId, AgencyId, i64)>) -> (usize, Vec<HostApplyRefusal>) {
    let tasks = rivals.into_iter().map(|(host, agency, number)| {
        let service = fixture.host_service(0);
        let form = domain::agency::HostForm {
            name: domain::user::DisplayName::parse("Siti").unwrap(),
            gender: domain::user::Gender::Female,
        };
        async move { service.apply(host, agency, form, &card(number)).await.map(|(application, _)| application) }
    });
    let (won, lost): (Vec<_>, Vec<_>) = at_once(tasks.collect()).await.into_iter().partition(Result::is_ok);
    (won.len(), lost.into_iter().map(refused).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invited_user_is_asked_and_answers_once() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    let (user, hosts) = (fixture.user().await, fixture.host_service(3));
    let order = InviteOrder { owner, agency, host: user };
    let (invitation, _) = hosts.invite(order).await.unwrap();
    let twice = hosts.invite(order).await;
    assert!(matches!(twice, Err(InviteError::Refused(InviteRefusal::AlreadyApplied))), "{twice:?}");
    assert_eq!(refused(fixture.apply_as_host(user, agency, 1).await), HostApplyRefusal::AlreadyInvited);
    let early = fixture.review(owner, invitation.id(), Verdict::Approve, 4).await;
    assert!(matches!(early, Err(HostReviewError::Refused(HostReviewRefusal::NotAccepted))), "{early:?}");
    let listed = hosts.invitations(user, page(9)).await.unwrap().items;
    assert_eq!((listed.len(), &listed[0].application, &listed[0].phone), (1, &invitation, &None));

    let answers = (0..10).map(|number| {
        let hosts = fixture.host_service(5);
        let answer = if number % 2 == 0 { Answer::Accept } else { Answer::Decline };
        let order = AnswerOrder { user, application: invitation.id(), answer };
        async move { hosts.answer(order).await }
    });
    let (won, lost): (Vec<_>, Vec<_>) = at_once(answers.collect()).await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|one| matches!(one, Err(AnswerError::Refused(AnswerRefusal::AlreadyClosed)))), "{lost:?}");
    assert_eq!(hosts.invitations(user, page(9)).await.unwrap().items, []);
    let stranger = AnswerOrder { user: owner, application: invitation.id(), answer: Answer::Accept };
    assert!(matches!(hosts.answer(stranger).await, Err(AnswerError::Refused(AnswerRefusal::NotFound))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_said_no_three_times_is_not_invited_again_and_may_still_apply() {
    let fixture = Fixture::new().await;
    let ((owner, agency), (rival, other)) = (fixture.agency().await, fixture.agency().await);
    let (user, hosts) = (fixture.user().await, fixture.host_service(3));
    let order = InviteOrder { owner, agency, host: user };
    let answer = async |answer| {
        let application = hosts.invite(order).await.unwrap().0.id();
        hosts.answer(AnswerOrder { user, application, answer }).await.unwrap();
        application
    };
    answer(Answer::Decline).await;
    // Neither what the owner takes back nor what he rejects is the user's no.
    for accepts in [false, true] {
        let application =
            if accepts { answer(Answer::Accept).await } else { hosts.invite(order).await.unwrap().0.id() };
        fixture.review(owner, application, REJECT, 4).await.unwrap();
    }
    answer(Answer::Withdraw).await;
    answer(Answer::Decline).await;
    assert_eq!(DECLINES_MAX, 3);
    let again = hosts.invite(order).await;
    assert!(matches!(again, Err(InviteError::Refused(InviteRefusal::DeclinedTooOften))), "{again:?}");
    hosts.invite(InviteOrder { owner: rival, agency: other, host: user }).await.unwrap();
    fixture.apply_as_host(user, agency, 7).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agency_has_so_many_open_invitations_and_no_more() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    let most = INVITATIONS_MAX - 3;
    fixture
        .execute(&format!(
            "INSERT INTO users (id, phone, password, name, balance, role, token_epoch, created_at, updated_at)
             SELECT n, 'i' || n, '', '', 0, 'user', 0, 'epoch', 'epoch' FROM generate_series(1, {most}) n;
             INSERT INTO host_applications (host_id, agency_id, invited_by, status, created_at)
             SELECT n, {agency}, {owner}, 'invited', 'epoch' FROM generate_series(1, {most}) n"
        ))
        .await;
    let mut invited = Vec::new();
    for _ in 0..8 {
        let (hosts, host) = (fixture.host_service(0), fixture.user().await);
        invited.push(async move { hosts.invite(InviteOrder { owner, agency, host }).await });
    }
    let (won, lost): (Vec<_>, Vec<_>) = at_once(invited).await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 3);
    assert!(lost.iter().all(|one| matches!(one, Err(InviteError::Refused(InviteRefusal::TooMany)))), "{lost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_decisions_on_one_application_at_once_one_wins() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    for round in 0..ROUNDS {
        let host = fixture.user().await;
        let application = fixture.apply_as_host(host, agency, host.value()).await.unwrap().id();
        let tasks = (0..30).map(|rival| {
            // Approve against reject, and approve twice.
            let verdict = if rival % 2 == 0 || round % 2 == 0 { Verdict::Approve } else { REJECT };
            let by = Decider::Owner { user: owner, agency: Some(agency) };
            let hosts = fixture.host_service(rival);
            async move { hosts.review(HostReviewOrder { by, application, verdict }).await }
        });
        let decided = at_once(tasks.collect()).await;
        let won: Vec<_> = decided.iter().filter_map(|result| result.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{round}");
        for lost in decided.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(lost, HostReviewError::Refused(HostReviewRefusal::AlreadyDecided)), "{lost:?}");
        }
        let members = fixture.count(&format!("memberships WHERE host_id = {host}")).await;
        assert_eq!(members == 1, won[0].membership.is_some(), "{round}");
        assert_eq!(states(&fixture, host).await, [won[0].state.word()]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_agencies_that_take_one_host_at_once_one_wins_while_gifts_flow() {
    let fixture = Fixture::new().await;
    let ((owner, agency), (rival, other)) = (fixture.agency().await, fixture.agency().await);
    for coins in [owner, rival] {
        fixture.top_up(coins, 100_000).await;
    }
    for round in 0..ROUNDS {
        let host = fixture.user().await;
        let mine = fixture.invited(owner, agency, host).await;
        let theirs = fixture.invited(rival, other, host).await;
        let takers = (0..30).map(|taker| {
            let (user, application) = if taker % 2 == 0 { (owner, mine) } else { (rival, theirs) };
            let order =
                HostReviewOrder { by: Decider::Owner { user, agency: None }, application, verdict: Verdict::Approve };
            let hosts = fixture.host_service(taker);
            async move { hosts.review(order).await }
        });
        // The owners send gifts to the host while they take him: nobody waits in a circle.
        let gifts = [owner, rival].into_iter().cycle().take(6).enumerate();
        let gifts = gifts.map(|(gift, from)| order(from, host, "rose", 1, &format!("{round}-{gift}"))).collect();
        let (decided, (sent, _)) = tokio::join!(at_once(takers.collect()), fixture.send_at_once(gifts));
        assert!(sent.iter().all(Result::is_ok), "{sent:?}");
        assert_eq!(decided.iter().filter(|result| result.is_ok()).count(), 1, "{round}");
        for lost in decided.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(lost, HostReviewError::Refused(HostReviewRefusal::AlreadyDecided)), "{lost:?}");
        }
        let mut ends = states(&fixture, host).await;
        ends.sort_unstable();
        assert_eq!(ends, ["approved", "withdrawn joined_otherwise"], "{round}");
        assert_eq!(fixture.count(&format!("memberships WHERE host_id = {host}")).await, 1, "{round}");
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_show_what_each_may_see() {
    let fixture = Fixture::new().await;
    let ((owner, agency), (_, other)) = (fixture.agency().await, fixture.agency().await);
    let (first, second, third) = (fixture.user().await, fixture.user().await, fixture.user().await);
    let pending = fixture.apply_as_host(first, agency, 1).await.unwrap();
    fixture.apply_as_host(third, other, 3).await.unwrap();
    let hosts = fixture.host_service(9);
    hosts.invite(InviteOrder { owner, agency, host: second }).await.unwrap();
    let listed = hosts.applications_to(owner, agency, None, page(9)).await.unwrap().items;
    assert_eq!((listed.len(), &listed[0].application), (1, &pending));
    assert_eq!((listed[0].name.as_deref(), listed[0].gender.as_deref()), (Some("Siti"), Some("perempuan")));
    assert_eq!(listed[0].phone.as_ref().map(domain::user::PhoneNumber::reveal), Some(format!("08{first}").as_str()));
    assert_eq!(listed[0].card.as_ref().unwrap().to_string(), "0000********0001");
    assert!(hosts.applications_to(owner, other, None, page(9)).await.is_err());
    let all = hosts.all_applications(ReviewStatus::Pending, page(1)).await.unwrap();
    assert_eq!((all.items.len(), &all.items[0].phone, all.next.is_some()), (1, &None, true));

    let by = Decider::Admin(Actor::CommandLine);
    let order = HostReviewOrder { by, application: pending.id(), verdict: REJECT };
    hosts.review(order).await.unwrap();
    let rejected = ApplicationFilter::ToAgency(agency, Some(ReviewStatus::Rejected));
    assert_eq!(fixture.applications().list(rejected, page(9)).await.unwrap().items.len(), 1);
    let actions = fixture.texts("SELECT action FROM audit_log ORDER BY id").await;
    assert_eq!(actions.last().map(String::as_str), Some("host_rejected"));
}
