use super::*;

/// A joined polling session and the websocket that it tries.
fn probing() -> (Talk, WebsocketId) {
    let mut talk = Talk::joined(Transport::Polling);
    let id = talk.session.probe_opened(talk.now).unwrap();
    assert_eq!(talk.said(), "");
    (talk, id)
}

#[test]
fn the_waiting_poll_is_released_and_packets_follow_the_upgrade() {
    let (mut talk, id) = probing();
    talk.session.poll(talk.now).unwrap();
    talk.session.websocket_text(id, "2probe", talk.now);
    assert_eq!(talk.said(), "probe 3probe; release Noop");
    assert_eq!(talk.session.transport(), Transport::Polling);
    assert!(talk.session.emit(&Namespace::ROOT, "between", &Args::default()));
    talk.session.websocket_text(id, "5", talk.now);
    assert_eq!(talk.said(), r#"send 42["between"]; upgraded 1"#);
    assert_eq!((talk.session.transport(), talk.session.websocket()), (Transport::Websocket, Some(id)));
    talk.says(r#"42["after"]"#);
    assert_eq!(talk.said(), "event / after []");
}

/// python-engineio never polls before its upgrade, and sends its CONNECT on the websocket.
#[test]
fn a_client_may_upgrade_right_after_the_handshake() {
    let mut talk = Talk::polling();
    let id = talk.session.probe_opened(talk.now).unwrap();
    for text in ["2probe", "5", "40"] {
        talk.session.websocket_text(id, text, talk.now);
    }
    assert_eq!(talk.said(), "probe 3probe; upgraded 1; connect / {}");
}

#[test]
fn after_the_upgrade_polling_requests_and_websockets_are_refused() {
    let (mut talk, id) = probing();
    talk.session.websocket_text(id, "2probe", talk.now);
    talk.session.push_begin(false, talk.now).unwrap();
    talk.session.websocket_text(id, "5", talk.now);
    talk.said();
    assert_eq!(talk.session.poll(talk.now), Err(Refusal::BAD));
    assert_eq!(talk.session.push_begin(false, talk.now), Err(Refusal::BAD));
    assert_eq!(talk.session.probe_opened(talk.now), Err(Refusal::BAD));
    assert_eq!(talk.session.push_end(b"42[\"begun before\"]", talk.now), Ok(Pushed::Now));
    assert_eq!(talk.said(), "event / begun before []");
}

/// Two connections: the poll that was sent after the upgrade may arrive before it.
#[test]
fn a_poll_between_probe_and_upgrade_is_held_for_a_moment() {
    let (mut talk, id) = probing();
    talk.session.websocket_text(id, "2probe", talk.now);
    talk.said();
    talk.session.poll(talk.now).unwrap();
    assert_eq!(talk.said(), "");
    assert_eq!(talk.session.next_deadline(), Some(talk.now + UPGRADE_HOLD));
    talk.session.websocket_text(id, "5", talk.now);
    assert_eq!(talk.said(), "upgraded 1; release Refuse");

    let (mut talk, id) = probing();
    talk.session.websocket_text(id, "2probe", talk.now);
    talk.said();
    for _ in 0..2 {
        talk.session.poll(talk.now).unwrap();
        talk.now += UPGRADE_HOLD;
        talk.session.on_deadline(talk.now);
        assert_eq!(talk.said(), "release Noop");
    }
    talk.session.poll(talk.now).unwrap();
    assert_eq!(talk.session.poll(talk.now), Err(Refusal::BAD), "two are still one too many");
}

/// Only the websocket ends; the session goes on polling.
fn check_trial_ends(texts: &[&str]) {
    let (mut talk, id) = probing();
    for text in texts {
        talk.session.websocket_text(id, text, talk.now);
    }
    assert!(talk.said().ends_with("drop 1"), "{texts:?}");
    talk.session.websocket_text(id, "5", talk.now);
    talk.session.websocket_binary(id, Bytes::from_static(b"x"), talk.now);
    talk.session.websocket_closed(id, talk.now);
    assert_eq!(talk.said(), "", "it means nothing any more");
    talk.says(r#"42["polling"]"#);
    assert_eq!(talk.said(), "event / polling []");
    assert_eq!(talk.session.poll(talk.now), Ok(()));
    let second = talk.session.probe_opened(talk.now).unwrap();
    talk.session.websocket_text(second, "2probe", talk.now);
    talk.session.websocket_text(second, "5", talk.now);
    assert_eq!(talk.said(), "probe 3probe; release Noop; upgraded 2");
}

/// H20: also an invalid packet while upgrading.
#[test]
fn h20_a_failed_trial_leaves_the_session_alone() {
    check_trial_ends(&["5"]);
    check_trial_ends(&["2"]);
    check_trial_ends(&["2probeé"]);
    check_trial_ends(&["40"]);
    check_trial_ends(&["é"]);
    check_trial_ends(&[""]);
    check_trial_ends(&["2probe", "2probe", "4x"]);
    check_trial_ends(&["2probe", "1"]);
}

#[test]
fn a_websocket_that_drops_or_is_broken_before_the_upgrade_is_forgotten() {
    let (mut talk, id) = probing();
    talk.session.websocket_text(id, "2probe", talk.now);
    talk.said();
    talk.session.websocket_closed(id, talk.now);
    assert_eq!(talk.said(), "");
    let id = talk.session.probe_opened(talk.now).unwrap();
    talk.session.websocket_broken(id, crate::websocket::Violation::Unmasked, talk.now);
    assert_eq!(talk.said(), "");
    assert_eq!(talk.session.poll(talk.now), Ok(()));
    let id = talk.session.probe_opened(talk.now).unwrap();
    talk.session.websocket_binary(id, Bytes::from_static(b"x"), talk.now);
    assert_eq!(talk.said(), "drop 3");
    assert!(talk.session.is_open());
}

#[test]
fn a_trial_that_takes_too_long_ends_and_the_session_lives_on() {
    let quick = Settings { upgrade_timeout: Duration::from_millis(100), ..settings() };
    let mut talk = Talk::with(Transport::Polling, quick);
    let id = talk.session.probe_opened(talk.now).unwrap();
    talk.session.websocket_text(id, "2probe", talk.now);
    talk.said();
    assert_eq!(talk.session.next_deadline(), Some(talk.at(100)));
    assert_eq!(talk.passes(100), "drop 1");
    assert!(talk.session.is_open());
}

#[test]
fn a_second_websocket_is_refused_and_the_first_goes_on() {
    let (mut talk, id) = probing();
    assert_eq!(talk.session.probe_opened(talk.now), Err(Refusal::BAD));
    talk.session.websocket_text(id, "2probe", talk.now);
    talk.session.websocket_text(id, "5", talk.now);
    assert_eq!(talk.said(), "probe 3probe; upgraded 1");
    let off = Settings { upgrades: false, ..settings() };
    assert_eq!(Talk::with(Transport::Polling, off).session.probe_opened(talk.now), Err(Refusal::BAD));
}

#[test]
fn the_heart_beats_during_and_after_the_upgrade() {
    let (mut talk, id) = probing();
    talk.session.websocket_text(id, "2probe", talk.now);
    talk.said();
    assert_eq!(talk.passes(300), "send 2");
    talk.session.websocket_text(id, "5", talk.now);
    talk.session.websocket_text(id, "3", talk.now);
    assert_eq!(talk.said(), "upgraded 1");
    assert_eq!(talk.passes(300), "send 2");
}

#[test]
fn a_session_that_ends_takes_its_trial_along() {
    let (mut talk, id) = probing();
    talk.session.websocket_text(id, "2probe", talk.now);
    talk.said();
    talk.session.close(Close::Cut, talk.now);
    assert_eq!(talk.said(), "left / transport error; drop 1; closed transport error 1008");
}
