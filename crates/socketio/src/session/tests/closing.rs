use super::*;
use crate::websocket::Violation;

#[test]
fn a_poll_waits_for_packets_or_a_release() {
    let mut talk = Talk::joined(Transport::Polling);
    assert_eq!(talk.session.poll(talk.now), Ok(()));
    assert!(talk.session.is_polled());
    assert_eq!(talk.said(), "");
    talk.session.poll_answered();
    assert_eq!(talk.session.poll(talk.now), Ok(()));
    assert_eq!(talk.passes(500), "left / ping timeout; release Close; closed ping timeout 1000");
}

#[test]
fn a_second_poll_ends_the_session() {
    let mut talk = Talk::joined(Transport::Polling);
    talk.session.poll(talk.now).unwrap();
    assert_eq!(talk.session.poll(talk.now), Err(Refusal::BAD));
    assert_eq!(talk.said(), "left / transport error; release Close; closed transport error 1008");
    assert_eq!(talk.session.poll(talk.now), Err(Refusal::SESSION));
}

#[test]
fn an_aborted_poll_ends_the_session() {
    let mut talk = Talk::joined(Transport::Polling);
    talk.session.poll_aborted(talk.now);
    assert_eq!(talk.said(), "", "there was none");
    talk.session.poll(talk.now).unwrap();
    talk.session.poll_aborted(talk.now);
    assert_eq!(talk.said(), "left / transport error; closed transport error 1008");
    assert!(talk.session.is_gone());
}

#[test]
fn a_second_push_ends_the_session_but_one_that_broke_off_does_not_count() {
    let mut talk = Talk::joined(Transport::Polling);
    talk.session.push_begin(false, talk.now).unwrap();
    talk.session.push_broken();
    talk.session.push_begin(false, talk.now).unwrap();
    assert_eq!(talk.session.push_begin(false, talk.now), Err(Refusal::BAD));
    assert_eq!(talk.said(), "left / transport error; closed transport error 1008");
    assert_eq!(talk.session.push_end(b"42[\"late\"]", talk.now), Err(Refusal::SESSION));
    assert_eq!(talk.said(), "");
}

/// H17: a body that says it is binary is answered, and ends the session.
#[test]
fn h17_a_binary_body_is_refused() {
    let mut talk = Talk::joined(Transport::Polling);
    assert_eq!(talk.session.push_begin(true, talk.now), Err(Refusal::BAD));
    assert_eq!(talk.said(), "left / transport error; closed transport error 1008");
    assert!(talk.session.is_gone());
}

#[test]
fn a_body_that_is_too_large_ends_the_session() {
    let mut talk = Talk::joined(Transport::Polling);
    talk.session.push_begin(false, talk.now).unwrap();
    let refusal = talk.session.push_too_large(talk.now);
    assert_eq!((refusal.status, refusal.body().as_str()), (413, r#"{"code":3,"message":"Payload too large"}"#));
    assert_eq!(talk.said(), "left / transport error; closed transport error 1009");
}

/// What is malformed on the engine layer leaves nothing to be fetched.
#[test]
fn malformed_engine_packets_end_the_session() {
    for body in ["", "abc", "7", "2", "2probe", "0{}", "3\u{1e}", "42[\"a\"]\u{1e}7", "b!", "\u{1e}", "é", "3\u{1e}é"]
    {
        let mut talk = Talk::joined(Transport::Polling);
        talk.session.push_begin(false, talk.now).unwrap();
        assert_eq!(talk.session.push_end(body.as_bytes(), talk.now), Err(Refusal::BAD), "{body}");
        let said = talk.said();
        assert!(said.ends_with("left / parse error; closed parse error 1008"), "{body}: {said}");
        assert_eq!(said.starts_with("event / a []; "), body.starts_with("42"), "packets before the bad one count");
        assert_eq!(talk.session.poll(talk.now), Err(Refusal::SESSION), "{body}");
    }
    for text in ["", "abc", "7", "2", "2probe", "0{}", "é", "bAQID"] {
        let mut talk = Talk::joined(Transport::Websocket);
        talk.says(text);
        assert_eq!(talk.said(), "left / parse error; closed parse error 1008", "{text}");
    }
    let mut talk = Talk::joined(Transport::Polling);
    talk.session.push_begin(false, talk.now).unwrap();
    assert_eq!(talk.session.push_end(b"4\xff", talk.now), Err(Refusal::BAD));
}

#[test]
fn noops_and_stray_upgrades_are_harmless() {
    for transport in BOTH {
        let mut talk = Talk::joined(transport);
        for text in ["6", "3", "5", "3probe"] {
            talk.says(text);
        }
        assert_eq!(talk.said(), "");
        assert!(talk.session.is_open());
    }
}

#[test]
fn the_client_closes_with_a_waiting_poll() {
    let mut talk = Talk::joined(Transport::Polling);
    talk.session.poll(talk.now).unwrap();
    talk.session.push_begin(false, talk.now).unwrap();
    assert_eq!(talk.session.push_end(b"41\x1e1\x1e42[\"late\"]", talk.now), Ok(Pushed::Now));
    assert_eq!(talk.said(), "left / client namespace disconnect; release Noop; closed transport close 1000");
    assert_eq!(talk.session.poll(talk.now), Err(Refusal::SESSION));
}

/// The suite sends both at once on two connections; the push may win.
#[test]
fn the_client_closes_and_its_poll_comes_second() {
    let closed = || {
        let mut talk = Talk::joined(Transport::Polling);
        talk.session.push_begin(false, talk.now).unwrap();
        assert_eq!(talk.session.push_end(b"1", talk.now), Ok(Pushed::After(CLOSE_HOLD)));
        assert_eq!(talk.said(), "left / transport close; closed transport close 1000");
        assert!(!talk.session.is_open() && !talk.session.is_gone());
        assert_eq!(talk.session.next_deadline(), Some(talk.now + CLOSE_HOLD));
        talk
    };
    let mut talk = closed();
    assert_eq!(talk.session.poll(talk.now), Ok(()));
    assert_eq!(talk.said(), "release Noop");
    assert_eq!(talk.session.poll(talk.now), Err(Refusal::SESSION));

    let mut talk = closed();
    assert_eq!(talk.session.poll(talk.now + CLOSE_HOLD), Err(Refusal::SESSION));
    assert!(talk.session.is_gone());
}

#[test]
fn a_websocket_client_closes() {
    let mut talk = Talk::joined(Transport::Websocket);
    talk.says("1");
    assert_eq!(talk.said(), "left / transport close; closed transport close 1000");
    assert!(talk.session.is_gone());

    let mut talk = Talk::joined(Transport::Websocket);
    let id = talk.session.websocket().unwrap();
    talk.session.websocket_closed(id, talk.now);
    talk.session.websocket_closed(id, talk.now);
    assert_eq!(talk.said(), "left / transport close; closed transport close 1000");

    let mut talk = Talk::joined(Transport::Websocket);
    talk.session.websocket_broken(id, Violation::TooLarge, talk.now);
    assert_eq!(talk.said(), "left / transport error; closed transport error 1009");
}

fn check_close(transport: Transport, polled: bool, how: Close, expected: &str, lingers: bool) {
    let mut talk = Talk::joined(transport);
    if polled {
        talk.session.poll(talk.now).unwrap();
    }
    talk.session.close(how, talk.now);
    talk.session.close(Close::Disconnect, talk.now);
    assert_eq!(talk.said(), expected, "{how:?}");
    assert_eq!(talk.session.is_gone(), !lingers);
    if lingers {
        assert_eq!(talk.session.poll(talk.now + CLOSE_LINGER - Duration::from_millis(1)), Ok(()));
        assert_eq!(talk.said(), "release Close");
        assert!(talk.session.is_gone());
    }
}

/// A deploy must not say `41`, or phones stay offline.
#[test]
fn the_application_closes() {
    use Close::{Cut, Disconnect, Shutdown};
    use Transport::{Polling, Websocket};
    let out = "send 41; left / server namespace disconnect; closed forced server close 1000";
    check_close(Websocket, false, Disconnect, out, false);
    check_close(Polling, false, Disconnect, out, true);
    let out = "send 41; left / server namespace disconnect; release Noop; closed forced server close 1000";
    check_close(Polling, true, Disconnect, out, true);
    let down = "left / server shutting down; closed server shutting down 1001";
    check_close(Websocket, false, Shutdown, down, false);
    check_close(Polling, false, Shutdown, down, true);
    let down = "left / server shutting down; release Close; closed server shutting down 1001";
    check_close(Polling, true, Shutdown, down, false);
    let cut = "left / transport error; closed transport error 1008";
    check_close(Websocket, false, Cut, cut, false);
    check_close(Polling, false, Cut, cut, false);
}

#[test]
fn nobody_comes_for_the_last_packets() {
    let mut talk = Talk::joined(Transport::Polling);
    talk.session.close(Close::Shutdown, talk.now);
    talk.said();
    assert_eq!(talk.session.next_deadline(), Some(talk.now + CLOSE_LINGER));
    talk.now += CLOSE_LINGER;
    talk.session.on_deadline(talk.now);
    assert!(talk.session.is_gone());
}
