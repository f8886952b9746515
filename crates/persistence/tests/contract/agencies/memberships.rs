//! `Memberships`: ended, kept on record, and never across what was counted.

use domain::{
    agency::{
        AccessRefusal, Decider, EndError, EndOrder, EndRefusal, HostReviewError, HostReviewOrder, HostReviewRefusal,
        InviteError, InviteOrder, InviteRefusal, Memberships as _,
    },
    id::{MembershipId, UserId},
    review::Verdict,
    salary::{SalaryRefusal, SalaryRequests as _},
};

use super::{ROUNDS, page};
use crate::{
    race::deadlocks,
    support::{Calls, Fixture, at, at_once, deciding_salary, decision_of, order, salary_refused, week},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_membership_ends_once_and_stays_on_record() {
    let fixture = Fixture::new().await;
    let ((owner, agency), (rival, other)) = (fixture.agency().await, fixture.agency().await);
    let host = fixture.user().await;
    let membership = fixture.join(owner, agency, host, 10).await;
    assert_eq!((membership.host(), membership.agency(), membership.from()), (host, agency, at(10)));
    let end = async |order: EndOrder, second: i64| fixture.host_service(second).end(order).await;
    let remove = |owner, agency, membership| EndOrder::Remove { owner, agency, membership };
    let not_found = |result: &Result<_, EndError>| {
        matches!(result, Err(EndError::Refused(EndRefusal::Access(AccessRefusal::NotFound))))
    };
    assert!(not_found(&end(remove(rival, other, membership.id()), 20).await));
    assert!(not_found(&end(remove(rival, agency, membership.id()), 20).await));
    assert!(not_found(&end(remove(owner, agency, MembershipId::new(7)), 20).await));
    let stranger = end(remove(host, agency, membership.id()), 20).await;
    assert!(matches!(stranger, Err(EndError::Refused(EndRefusal::Access(AccessRefusal::NotAnAgency)))));

    let ended = end(remove(owner, agency, membership.id()), 20).await.unwrap();
    assert_eq!((ended.until(), fixture.memberships().current_of(host).await.unwrap()), (Some(at(20)), None));
    let again = end(remove(owner, agency, membership.id()), 30).await;
    assert!(matches!(again, Err(EndError::Refused(EndRefusal::AlreadyEnded))));
    let nothing = end(EndOrder::Leave { host }, 30).await;
    assert!(matches!(nothing, Err(EndError::Refused(EndRefusal::NotAMember))));

    // He may go elsewhere, and come back; never before he left.
    let back = fixture.join(rival, other, host, 15).await;
    assert_eq!(back.from(), at(20));
    fixture.leave(host, 40).await;
    assert_eq!(fixture.count(&format!("memberships WHERE host_id = {host}")).await, 2);
    assert!(end(EndOrder::Leave { host: UserId::new(1) }, 30).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hosts_of_all_agencies_are_paged_who_joined_last_first() {
    let fixture = Fixture::new().await;
    let ((owner, agency), (rival, other)) = (fixture.agency().await, fixture.agency().await);
    let mut joined = Vec::new();
    for number in 0..7 {
        let host = fixture.user().await;
        let (owner, agency) = if number % 2 == 0 { (owner, agency) } else { (rival, other) };
        joined.push(fixture.join(owner, agency, host, number / 3).await);
    }
    // Who left is no host, who came back is one.
    let (left, back) = (joined.remove(3).host(), joined.remove(0).host());
    fixture.leave(left, 10).await;
    fixture.leave(back, 10).await;
    joined.push(fixture.join(rival, other, back, 11).await);
    joined.reverse();
    fixture.execute(&format!("UPDATE users SET banned_at = 'epoch' WHERE id = {back}")).await;
    for limit in [1, 2, 6, 9] {
        let (mut seen, mut next) = (Vec::new(), page(limit));
        loop {
            let found = fixture.memberships().hosts(next).await.unwrap();
            assert!(found.items.iter().all(|host| host.is_banned == (host.membership.host() == back)));
            assert!(found.items.iter().all(|host| !host.name.is_empty() && !host.family_name.is_empty()));
            seen.extend(found.items.into_iter().map(|host| host.membership));
            next.after = found.next;
            if next.after.is_none() {
                break;
            }
        }
        assert_eq!(seen, joined, "pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ends_at_once_one_wins() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    for round in 0..ROUNDS {
        let host = fixture.user().await;
        let membership = fixture.join(owner, agency, host, 0).await.id();
        let tasks = (0..10).map(|rival| {
            let hosts = fixture.host_service(rival);
            let remove = EndOrder::Remove { owner, agency, membership };
            let order = if rival % 2 == 0 { EndOrder::Leave { host } } else { remove };
            async move { hosts.end(order).await }
        });
        let ended = at_once(tasks.collect()).await;
        assert_eq!(ended.iter().filter(|result| result.is_ok()).count(), 1, "{round}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_names_what_is_not_his_waits_for_nobody_and_keeps_nobody_waiting() {
    let fixture = Fixture::new().await;
    let ((owner, agency), (rival, other)) = (fixture.agency().await, fixture.agency().await);
    let (host, stranger) = (fixture.user().await, fixture.user().await);
    let membership = fixture.join(owner, agency, host, 0).await.id();
    let applicant = fixture.user().await;
    let application = fixture.apply_as_host(applicant, agency, 7).await.unwrap().id();
    let salary = fixture.asked(host, agency, week("2026-W46"), 2_000).await;
    // Somebody has the rows in his hands: who locked them now would wait, and be told that the store is away.
    let blocker = fixture.client().await;
    blocker
        .batch_execute(&format!("BEGIN; SELECT FROM users WHERE id IN ({host}, {applicant}) FOR UPDATE"))
        .await
        .unwrap();
    let hosts = fixture.host_service(1);
    for (caller, own) in [(stranger, None), (rival, Some(other))] {
        let expected = own.map_or(AccessRefusal::NotAnAgency, |_| AccessRefusal::NotFound);
        let removed = hosts.end(EndOrder::Remove { owner: caller, agency, membership }).await;
        assert!(
            matches!(removed, Err(EndError::Refused(EndRefusal::Access(refusal))) if refusal == expected),
            "{removed:?}"
        );
        let decided = fixture.review(caller, application, Verdict::Approve, 1).await;
        assert!(
            matches!(decided, Err(HostReviewError::Refused(HostReviewRefusal::Access(refusal))) if refusal == expected),
            "{decided:?}"
        );
        let invited = hosts.invite(InviteOrder { owner: caller, agency, host }).await;
        assert!(
            matches!(invited, Err(InviteError::Refused(InviteRefusal::Access(refusal))) if refusal == expected),
            "{invited:?}"
        );
        let order = decision_of(caller, salary, Verdict::Approve, "k");
        let decide = deciding_salary(&order, 1, &Calls::default());
        let paid = salary_refused(fixture.salaries().decide(order, at(1), decide).await);
        assert_eq!(paid, SalaryRefusal::Access(expected));
    }
    blocker.batch_execute("ROLLBACK").await.unwrap();
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_at_the_border_never_changes_sides() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    let (host, fan) = (fixture.user().await, fixture.user_with(100_000).await);
    // The clock of the server that sends is ahead of that of the one that decides.
    fixture.send_at(&order(fan, host, "rose", 2, "before"), 100).await.unwrap();
    let membership = fixture.join(owner, agency, host, 90).await;
    assert_eq!((membership.from() - at(100)).num_microseconds(), Some(1));
    fixture.send_at(&order(fan, host, "rose", 2, "within"), 101).await.unwrap();
    let left = fixture.leave(host, 95).await;
    assert_eq!((left.until().unwrap() - at(101)).num_microseconds(), Some(1));
    fixture.roll_up().await;
    let kept = "SELECT COALESCE(SUM(income), 0)::bigint FROM membership_totals WHERE period = 'all'";
    assert_eq!(fixture.number(kept).await, 10);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_and_leaving_waits_for_gifts_and_ends_of_sessions_under_way() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    let fan = fixture.user_with(100_000).await;
    for round in 0..ROUNDS {
        let host = fixture.user().await;
        let application = fixture.invited(owner, agency, host).await;
        let session = {
            use domain::live::LiveSessions as _;
            fixture.sessions().start(host, None, at(0)).await.unwrap().session
        };
        let gifts = (0..8).map(|gift| order(fan, host, "rose", 1, &format!("{round}-{gift}"))).collect();
        let (sessions, sender) = (fixture.sessions(), fixture.send_at_once(gifts));
        let end = async move {
            use domain::live::LiveSessions as _;
            sessions.end(session.id, host, at(5)).await
        };
        let change = async {
            fixture.review(owner, application, Verdict::Approve, 0).await.unwrap();
            fixture.leave(host, 0).await
        };
        let (ended, (sent, _), _) = tokio::join!(end, sender, change);
        assert!(ended.unwrap().unwrap().is_new && sent.iter().all(Result::is_ok), "{round}: {sent:?}");
    }
    // Whatever came first, each gift and each second is counted for who was a member at its instant.
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_owners_who_take_each_other_as_hosts_at_once_do_not_wait_in_a_circle() {
    let fixture = Fixture::new().await;
    for _ in 0..ROUNDS {
        let ((one, his), (two, hers)) = (fixture.agency().await, fixture.agency().await);
        let takes = [(one, fixture.invited(one, his, two).await), (two, fixture.invited(two, hers, one).await)];
        let tasks = takes.map(|(user, application)| {
            let by = Decider::Owner { user, agency: None };
            let hosts = fixture.host_service(0);
            async move { hosts.review(HostReviewOrder { by, application, verdict: Verdict::Approve }).await }
        });
        let decided = at_once(tasks.into()).await;
        assert!(decided.iter().all(Result::is_ok), "{decided:?}");
    }
    assert_eq!(deadlocks(fixture).await, 0);
}
