use chrono::DateTime;
use mockall::{Sequence, predicate::eq};

use super::*;
use crate::{
    live::{EndedSession, MockAudience, MockLiveSessions, SessionEnd},
    money::Diamonds,
    testing::{FixedClock, RecordingPublisher},
};

const HOST: UserId = UserId::new(7);

fn now() -> DateTime<chrono::Utc> {
    DateTime::UNIX_EPOCH
}

fn session(id: i64) -> LiveSession {
    let room = RoomId::parse("chatme-live").ok();
    LiveSession { id: LiveSessionId::new(id), host: HOST, room, started_at: now(), ended: None, created_at: now() }
}

fn ended(id: i64) -> LiveSession {
    let end = SessionEnd { at: now(), duration_seconds: 0, income: Diamonds::ZERO, viewers: 2 };
    LiveSession { ended: Some(end), ..session(id) }
}

fn settled(sequence: &mut Sequence) -> MockAudience {
    let mut audience = MockAudience::new();
    audience.expect_settle().times(1).in_sequence(sequence).returning(|| Ok(()));
    audience
}

fn service(sessions: MockLiveSessions, audience: MockAudience) -> (LiveService, Arc<RecordingPublisher>) {
    let publisher = Arc::new(RecordingPublisher::default());
    let service = LiveService {
        sessions: Arc::new(sessions),
        audience: Arc::new(audience),
        publisher: publisher.clone(),
        clock: Arc::new(FixedClock::new(now())),
    };
    (service, publisher)
}

#[tokio::test]
async fn a_start_ends_what_was_open_and_tells_both() {
    let mut sequence = Sequence::new();
    let audience = settled(&mut sequence);
    let mut sessions = MockLiveSessions::new();
    sessions
        .expect_start()
        .with(eq(HOST), eq(session(1).room), eq(now()))
        .times(1)
        .in_sequence(&mut sequence)
        .returning(|_, _, _| Ok(StartedSession { session: session(2), replaced: Some(ended(1)) }));
    let (service, publisher) = service(sessions, audience);
    assert_eq!(service.start(HOST, session(1).room).await.unwrap(), session(2));
    assert_eq!(publisher.take(), [LiveEvent::SessionEnded(ended(1)), LiveEvent::SessionStarted(session(2))]);
}

#[tokio::test]
async fn an_end_counts_who_came_before_it_and_is_told_once() {
    for is_new in [true, false] {
        let mut sequence = Sequence::new();
        let audience = settled(&mut sequence);
        let mut sessions = MockLiveSessions::new();
        sessions
            .expect_end()
            .with(eq(LiveSessionId::new(1)), eq(HOST), eq(now()))
            .times(1)
            .in_sequence(&mut sequence)
            .returning(move |_, _, _| Ok(Some(EndedSession { session: ended(1), is_new })));
        let (service, publisher) = service(sessions, audience);
        assert_eq!(service.end(HOST, LiveSessionId::new(1)).await.unwrap(), ended(1));
        let told = if is_new { vec![LiveEvent::SessionEnded(ended(1))] } else { Vec::new() };
        assert_eq!(publisher.take(), told);
    }
}

#[tokio::test]
async fn nothing_is_ended_while_viewers_cannot_be_counted() {
    let mut audience = MockAudience::new();
    audience.expect_settle().returning(|| Err(StoreError::Unavailable("away".into())));
    let (service, publisher) = service(MockLiveSessions::new(), audience);
    let failed = service.end(HOST, LiveSessionId::new(1)).await;
    assert!(matches!(failed, Err(EndSessionError::Store(StoreError::Unavailable(_)))), "{failed:?}");
    assert_eq!(publisher.take(), []);
}

#[tokio::test]
async fn somebody_elses_session_is_unknown() {
    let mut sequence = Sequence::new();
    let audience = settled(&mut sequence);
    let mut sessions = MockLiveSessions::new();
    sessions.expect_end().returning(|_, _, _| Ok(None));
    sessions.expect_beat().returning(|_, _, _| Ok(Heartbeat::Unknown));
    let (service, publisher) = service(sessions, audience);
    let id = LiveSessionId::new(1);
    assert!(matches!(service.end(HOST, id).await, Err(EndSessionError::Unknown)));
    assert!(matches!(service.beat(HOST, id).await, Err(HeartbeatError::Unknown)));
    assert_eq!(publisher.take(), []);
}

#[tokio::test]
async fn a_sign_of_life_does_not_revive() {
    let mut sessions = MockLiveSessions::new();
    let mut answers = vec![Heartbeat::Over, Heartbeat::Alive];
    sessions.expect_beat().returning(move |_, _, _| Ok(answers.pop().unwrap()));
    let (service, _) = service(sessions, MockAudience::new());
    assert!(service.beat(HOST, LiveSessionId::new(1)).await.is_ok());
    assert!(matches!(service.beat(HOST, LiveSessionId::new(1)).await, Err(HeartbeatError::Over)));
}

#[tokio::test]
async fn what_is_abandoned_is_ended_until_there_is_nothing_left() {
    let mut sessions = MockLiveSessions::new();
    let mut rounds = vec![vec![], vec![ended(3)], vec![ended(1), ended(2)]];
    sessions
        .expect_end_abandoned()
        .with(eq(now()), eq(ABANDONED_AT_ONCE))
        .times(3)
        .returning(move |_, _| Ok(rounds.pop().unwrap()));
    let (service, publisher) = service(sessions, MockAudience::new());
    assert_eq!(service.end_abandoned().await.unwrap(), 3);
    assert_eq!(publisher.take(), [1, 2, 3].map(|id| LiveEvent::SessionEnded(ended(id))));
}
