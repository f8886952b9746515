//! `LiveSessions`: begun, seen, ended once, with what the gifts and viewers meanwhile came to.

use chrono::TimeDelta;
use domain::{
    id::{LiveSessionId, UserId},
    live::{EndedSession, Heartbeat, LiveSession, LiveSessions as _, SessionSpan, Sighting, StartedSession},
    room::RoomId,
    time::{Period, Window},
};
use persistence::PgLiveSessions;

use crate::support::{Fixture, at, at_once, calendar, order};

/// A fixture with its live sessions.
struct Live {
    fixture: Fixture,
    store: PgLiveSessions,
}

impl Live {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        Self { store: store(&fixture), fixture }
    }

    async fn start(&self, host: UserId, second: i64) -> LiveSession {
        self.store.start(host, Some(room("r")), at(second)).await.unwrap().session
    }

    async fn end(&self, session: &LiveSession, second: i64) -> EndedSession {
        self.store.end(session.id, session.host, at(second)).await.unwrap().unwrap()
    }

    async fn see(&self, name: &str, users: &[UserId], second: i64) {
        let see = |user: &UserId| Sighting { room: room(name), user: *user, at: at(second) };
        self.store.seen(&users.iter().map(see).collect::<Vec<_>>()).await.unwrap();
    }

    /// Signs of life every 100 seconds, so that the session is not over before `second`.
    async fn keep_alive(&self, session: &LiveSession, from: i64, second: i64) {
        for beat in (from..second).step_by(100) {
            assert_eq!(self.store.beat(session.id, session.host, at(beat)).await.unwrap(), Heartbeat::Alive, "{beat}");
        }
    }
}

fn store(fixture: &Fixture) -> PgLiveSessions {
    PgLiveSessions::new(fixture.database.clone(), calendar())
}

fn room(name: &str) -> RoomId {
    RoomId::parse(name).unwrap()
}

/// When a session ended (second and length), what it brought, and how many saw it.
fn outcome(session: &LiveSession) -> (i64, i32, i64, i32) {
    let end = session.ended.unwrap();
    ((end.at - at(0)).num_seconds(), end.duration_seconds, end.income.value(), end.viewers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_counts_gifts_and_viewers_and_is_the_same_ever_after() {
    let live = Live::new().await;
    let (host, fan, other) =
        (live.fixture.user().await, live.fixture.user_with(1_000).await, live.fixture.user().await);
    let session = live.start(host, 0).await;
    assert_eq!((session.host, session.room.clone(), session.started_at), (host, Some(room("r")), at(0)));
    assert_eq!((session.ended, session.created_at), (None, at(0)));
    for (second, gift) in [(-1, "before"), (0, "first"), (50, "amid"), (89, "last"), (90, "behind")] {
        live.fixture.send_at(&order(fan, host, "rose", 2, gift), second).await.unwrap();
    }
    live.fixture.send_at(&order(fan, other, "rose", 2, "other"), 50).await.unwrap();
    live.see("r", &[fan, host], 10).await;
    live.see("r", &[fan, fan, other], 20).await;
    live.see("elsewhere", &[other], 30).await;
    let ended = live.end(&session, 90).await;
    assert!(ended.is_new);
    assert_eq!(outcome(&ended.session), (90, 90, 30, 2));
    live.see("r", &[UserId::new(10_000_001)], 95).await;
    assert_eq!(live.end(&session, 99).await, EndedSession { session: ended.session, is_new: false });
    assert_eq!(live.fixture.count("live_session_viewers").await, 0);
    assert_eq!(live.store.end(session.id, fan, at(99)).await.unwrap(), None);
    assert_eq!(live.store.end(LiveSessionId::new(4_711), host, at(99)).await.unwrap(), None);
    live.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_hours_of_income_come_from_the_totals() {
    let live = Live::new().await;
    let (host, fan) = (live.fixture.user().await, live.fixture.user_with(100_000).await);
    // From 09:13:20 to 14:13:20.
    let (session, end) = (live.start(host, 0).await, 5 * 3_600);
    live.keep_alive(&session, 0, end).await;
    for second in (-3_600..end + 3_600).step_by(600) {
        live.fixture.send_at(&order(fan, host, "rose", 2, &format!("k{second}")), second).await.unwrap();
    }
    let ended = live.end(&session, end).await.session;
    assert_eq!(outcome(&ended), (end, 18_000, 30 * 10, 0));
    let reads = "SELECT COALESCE(SUM(income), 0)::bigint FROM host_income WHERE type = 'normal'
        AND created_at >= to_timestamp(1795400000.123456) AND created_at < to_timestamp(1795418000.123456)";
    assert_eq!(live.fixture.number(reads).await, 300);
    live.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_has_one_open_session_however_many_are_begun_at_once() {
    let live = Live::new().await;
    let host = live.fixture.user().await;
    for round in 0..10 {
        let starts = (0..8).map(|number| {
            let store = store(&live.fixture);
            async move { store.start(host, Some(room(&format!("r{number}"))), at(round)).await.unwrap() }
        });
        let started = at_once(starts.collect()).await;
        assert_eq!(live.store.open(10).await.unwrap().len(), 1);
        let replaced: Vec<_> = started.iter().filter_map(|one| one.replaced.as_ref()).map(|one| one.id).collect();
        let expected = if round == 0 { 7 } else { 8 };
        assert_eq!(replaced.len(), expected);
        assert_eq!(replaced.iter().collect::<std::collections::HashSet<_>>().len(), expected);
    }
    assert_eq!(live.fixture.count("live_sessions WHERE end_time IS NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_session_ends_the_one_before_where_its_life_ended() {
    let live = Live::new().await;
    let host = live.fixture.user().await;
    let first = live.start(host, 0).await;
    let StartedSession { session: second, replaced } = live.store.start(host, None, at(100)).await.unwrap();
    assert_eq!((replaced.as_ref().map(outcome), second.room.clone()), (Some((100, 100, 0, 0)), None));
    assert_eq!(replaced.unwrap().id, first.id);
    // Nobody heard of the second one any more.
    let third = live.store.start(host, None, at(500)).await.unwrap();
    assert_eq!(third.replaced.as_ref().map(outcome), Some((100, 0, 0, 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_one_of_many_ends_ends() {
    let live = Live::new().await;
    let host = live.fixture.user().await;
    for round in 0..10 {
        let session = live.start(host, round).await;
        let (id, abandoned) = (session.id, round % 2 == 1);
        let ends = (0..8).map(|_| {
            let store = store(&live.fixture);
            async move {
                if abandoned {
                    store.end_abandoned(at(round + 200), 10).await.unwrap().len()
                } else {
                    usize::from(store.end(id, host, at(round + 10)).await.unwrap().unwrap().is_new)
                }
            }
        });
        assert_eq!(at_once(ends.collect()).await.into_iter().sum::<usize>(), 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_ended_ends_with_its_last_sign_of_life() {
    let live = Live::new().await;
    let (silent, beating, seen, elsewhere) =
        (live.fixture.user().await, live.fixture.user().await, live.fixture.user().await, live.fixture.user().await);
    for host in [silent, beating, seen, elsewhere] {
        live.start(host, 0).await;
    }
    let beat = live.store.open(10).await.unwrap()[1].id;
    assert_eq!(live.store.beat(beat, beating, at(70)).await.unwrap(), Heartbeat::Alive);
    // A sign that arrives late takes nothing back.
    assert_eq!(live.store.beat(beat, beating, at(60)).await.unwrap(), Heartbeat::Alive);
    live.see("r", &[seen], 80).await;
    live.see("another room", &[elsewhere], 80).await;
    assert_eq!(live.store.end_abandoned(at(119), 10).await.unwrap(), []);
    let ended = live.store.end_abandoned(at(121), 10).await.unwrap();
    assert_eq!(ended.iter().map(outcome).collect::<Vec<_>>(), [(0, 0, 0, 1), (0, 0, 0, 1)]);
    assert_eq!(ended.iter().map(|one| one.host).collect::<Vec<_>>(), [silent, elsewhere]);
    // Over, though nobody has ended it: nothing revives it.
    assert_eq!(live.store.beat(beat, beating, at(190)).await.unwrap(), Heartbeat::Over);
    live.see("r", &[seen, silent], 200).await;
    let ended = live.store.end_abandoned(at(300), 1).await.unwrap();
    assert_eq!(ended.iter().map(outcome).collect::<Vec<_>>(), [(70, 70, 0, 1)]);
    let ended = live.store.end_abandoned(at(300), 1).await.unwrap();
    assert_eq!(ended.iter().map(outcome).collect::<Vec<_>>(), [(80, 80, 0, 0)]);
    assert_eq!(live.store.beat(beat, beating, at(301)).await.unwrap(), Heartbeat::Over);
    assert_eq!(live.store.beat(beat, silent, at(301)).await.unwrap(), Heartbeat::Unknown);
    assert_eq!(live.store.open(10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_hours_are_the_longest() {
    let live = Live::new().await;
    let host = live.fixture.user().await;
    let (session, twelve_hours) = (live.start(host, 0).await, 12 * 3_600);
    live.keep_alive(&session, 0, twelve_hours).await;
    assert_eq!(live.store.beat(session.id, host, at(twelve_hours)).await.unwrap(), Heartbeat::Over);
    assert_eq!(live.store.end_abandoned(at(twelve_hours - 1), 10).await.unwrap(), []);
    let ended = live.store.end_abandoned(at(twelve_hours), 10).await.unwrap();
    assert_eq!(ended.iter().map(outcome).collect::<Vec<_>>(), [(twelve_hours - 100, 43_100, 0, 0)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_ends_what_is_abandoned_waits_for_nobody() {
    let live = Live::new().await;
    let (held, free) = (live.fixture.user().await, live.fixture.user().await);
    for host in [held, free] {
        live.start(host, 0).await;
    }
    let holder = live.fixture.client().await;
    let lock = format!("BEGIN; SELECT id FROM live_sessions WHERE host_id = {held} FOR NO KEY UPDATE");
    holder.batch_execute(&lock).await.unwrap();
    let ended = live.store.end_abandoned(at(200), 10).await.unwrap();
    assert_eq!(ended.iter().map(|one| one.host).collect::<Vec<_>>(), [free]);
    holder.batch_execute("COMMIT").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_are_those_that_reach_into_the_window() {
    let live = Live::new().await;
    let host = live.fixture.user().await;
    // At 09:13:20.123456, midnight was so many seconds ago, and those microseconds less.
    let midnight = -33_200;
    for (start, end) in
        [(midnight - 90_000, midnight - 86_400), (midnight - 60, midnight - 1), (midnight - 50, midnight + 9)]
    {
        let session = live.start(host, start).await;
        live.keep_alive(&session, start, end).await;
        live.end(&session, end).await;
    }
    live.start(host, -10).await;
    let today = calendar().window(Period::Daily, at(0));
    let begun = |spans: Vec<SessionSpan>| {
        spans.iter().map(|span| (span.signs.started_at - at(0)).num_seconds()).collect::<Vec<_>>()
    };
    let spans = live.store.spans(host, today).await.unwrap();
    assert_eq!(spans[0].within(today, at(0)), TimeDelta::microseconds(9_123_456));
    assert_eq!(begun(spans), [midnight - 50, -10]);
    assert_eq!(live.store.spans(host, Window::ALWAYS).await.unwrap().len(), 4);
    assert_eq!(live.store.spans(UserId::new(5), Window::ALWAYS).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gifts_starts_ends_and_sightings_at_once_do_not_block_each_other() {
    let live = Live::new().await;
    let host = live.fixture.user().await;
    let mut fans = Vec::new();
    for _ in 0..6 {
        fans.push(live.fixture.user_with(1_000).await);
    }
    for round in 0..5 {
        let mut tasks: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
        for (number, fan) in fans.iter().copied().enumerate() {
            let (gifts, seeing, starting) = (live.fixture.gifts(), store(&live.fixture), store(&live.fixture));
            let gift = order(fan, host, "rose", 1, &format!("{round}-{number}"));
            tasks.push(Box::pin(async move {
                let decide = crate::support::deciding(&gift, &crate::support::Calls::default());
                domain::gift::GiftLedger::settle(&gifts, gift, at(round), decide).await.unwrap();
            }));
            let seen: Vec<_> =
                fans.iter().map(|user| Sighting { room: room("r"), user: *user, at: at(round) }).collect();
            tasks.push(Box::pin(async move { seeing.seen(&seen).await.unwrap() }));
            tasks.push(Box::pin(async move {
                let started = starting.start(host, Some(room("r")), at(round)).await.unwrap().session;
                starting.end(started.id, host, at(round + 1)).await.unwrap();
            }));
        }
        at_once(tasks).await;
    }
    assert_eq!(live.fixture.count("live_session_viewers").await, 0);
    live.fixture.assert_in_order().await;
}
