use super::*;

fn custom() -> Namespace {
    Namespace::new("/custom")
}

const P0: &str = r#"{"_placeholder":true,"num":0}"#;

#[test]
fn namespaces_are_joined_one_by_one_and_may_be_refused() {
    let mut talk = Talk::websocket();
    talk.says(r#"40{"token":1}"#);
    talk.says("40/custom,");
    assert_eq!(talk.said(), r#"connect / {"token":1}; connect /custom {}"#);
    let data = json!({"code": 7}).as_object().cloned();
    assert!(talk.session.refuse(&custom(), "no", data));
    assert!(talk.session.accept(&Namespace::ROOT, "id1"));
    assert_eq!(talk.said(), r#"send 44/custom,{"message":"no","data":{"code":7}}; send 40{"sid":"id1"}"#);
    assert!(talk.session.is_connected(&Namespace::ROOT) && !talk.session.is_connected(&custom()));
    // Answers that nobody waits for.
    assert!(!talk.session.accept(&Namespace::ROOT, "id2"));
    assert!(!talk.session.accept(&custom(), "id2"));
    assert!(!talk.session.refuse(&custom(), "no", None));
    // A refused client may try again.
    talk.says("40/custom");
    assert!(talk.session.accept(&custom(), "id3"));
    assert_eq!(talk.said(), r#"connect /custom {}; send 40/custom,{"sid":"id3"}"#);
}

#[test]
fn unknown_namespaces_are_refused_and_nothing_is_kept() {
    let mut talk = Talk::joined(Transport::Websocket);
    for name in ["/random", "/custom?x=1", "/é", "//", "/custom/", "/__proto__"] {
        for _ in 0..3 {
            talk.says(&format!("40{name},{{}}"));
            assert_eq!(talk.said(), format!(r#"send 44{name},{{"message":"Invalid namespace"}}"#));
        }
    }
    talk.says(r#"42["still here"]"#);
    assert_eq!(talk.said(), "event / still here []");
}

/// What breaks the rules of a session with `/` joined and `/custom` waiting for its answer.
#[test]
fn invalid_packets_end_the_session_but_what_was_queued_is_fetched() {
    for text in [
        "47",
        "4abc",
        "4",
        "4é",
        "42{}",
        "42[]",
        "42null",
        "42[{}]",
        "42abc[\"x\"]",
        "42[\"x\"",
        "42",
        "42[\"connect\"]",
        "40",
        "40{}",
        "40/custom,",
        "40\"x\"",
        "40[1]",
        "40{",
        "44{\"message\":\"x\"}",
        "44/custom,{}",
        "42/custom,[\"x\"]",
        "41/custom,",
        "43/custom,1[]",
        "42/random,[\"x\"]",
        "41/random,",
        "451-/custom,[\"x\",{\"_placeholder\":true,\"num\":0}]",
        "450-[\"x\"]",
        "451-",
        "4511-[\"x\"]",
        "45abc-[\"x\"]",
        "45-1-[\"x\"]",
        "45999999999999999999-[\"x\"]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":1}]",
    ] {
        for transport in BOTH {
            let mut talk = Talk::joined(transport);
            talk.says("40/custom");
            talk.said();
            talk.says(text);
            let said = talk.said();
            let expected = "left / parse error; closed parse error 1008";
            assert_eq!(said, expected, "{text}");
            assert_eq!(talk.session.poll(talk.now).is_ok(), transport == Transport::Polling, "{text}");
        }
    }
}

/// H14: nothing counts before CONNECT, attachments least of all.
#[test]
fn h14_before_connect_everything_else_ends_the_session() {
    let binary = format!(r#"451-["x",{P0}]"#);
    for text in [r#"42["x"]"#, "41", "43[]", "431[]", "44{}", binary.as_str()] {
        let mut talk = Talk::websocket();
        talk.says(text);
        assert_eq!(talk.said(), "closed parse error 1008", "{text}");
    }
    let mut talk = Talk::websocket();
    let id = talk.session.websocket().unwrap();
    talk.session.websocket_binary(id, Bytes::from_static(b"x"), talk.now);
    assert_eq!(talk.said(), "closed parse error 1008");
    let mut talk = Talk::polling();
    talk.says("bAQID");
    assert_eq!(talk.said(), "closed parse error 1008");
}

#[test]
fn attachments_follow_their_packet_on_both_transports() {
    let text = format!(r#"452-5["message",{P0},{{"a":{{"_placeholder":true,"num":1}}}}]"#);
    let said =
        format!(r#"event / message [{P0},{{"a":{{"_placeholder":true,"num":1}}}}] [b"\x01\x02\x03", b""] ack 5"#);
    let mut talk = Talk::joined(Transport::Websocket);
    let id = talk.session.websocket().unwrap();
    talk.says(&text);
    talk.says("3");
    talk.session.websocket_binary(id, Bytes::from_static(&[1, 2, 3]), talk.now);
    assert_eq!(talk.said(), "");
    talk.session.websocket_binary(id, Bytes::new(), talk.now);
    assert_eq!(talk.said(), said);

    let mut talk = Talk::joined(Transport::Polling);
    talk.says(&format!("{text}\u{1e}bAQID"));
    talk.says("b");
    assert_eq!(talk.said(), said);
}

#[test]
fn attachments_that_do_not_fit_end_the_session() {
    let begun = || {
        let mut talk = Talk::joined(Transport::Websocket);
        talk.says(&format!(r#"451-["x",{P0}]"#));
        assert_eq!(talk.said(), "");
        talk
    };
    let closed = "left / parse error; closed parse error 1008";
    let mut talk = begun();
    talk.says(r#"42["between"]"#);
    assert_eq!(talk.said(), closed);

    let mut talk = begun();
    let id = talk.session.websocket().unwrap();
    talk.session.websocket_binary(id, Bytes::from(vec![0; 1_000_001]), talk.now);
    assert_eq!(talk.said(), closed);

    let mut talk = begun();
    talk.session.websocket_binary(id, Bytes::new(), talk.now);
    talk.session.websocket_binary(id, Bytes::new(), talk.now);
    assert_eq!(talk.said(), format!("event / x [{P0}] [b\"\"]; {closed}"));

    let patient = Settings { ping_interval: Duration::from_secs(60), ..settings() };
    let mut talk = Talk::with(Transport::Websocket, patient);
    talk.says("40");
    talk.session.accept(&Namespace::ROOT, "id");
    talk.says(&format!(r#"451-["x",{P0}]"#));
    talk.said();
    assert_eq!(talk.session.next_deadline(), Some(talk.at(20_000)));
    assert_eq!(talk.passes(20_000), closed, "they never came");
}

fn ticket(talk: &mut Talk, text: &str) -> AckTicket {
    talk.says(text);
    match talk.session.next_output() {
        Some(Output::Event { ack: Some(ticket), .. }) => ticket,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn events_are_acknowledged_under_their_id_by_the_socket_that_got_them() {
    let mut talk = Talk::joined(Transport::Websocket);
    for id in ["0", "1", "9007199254740991"] {
        let ticket = ticket(&mut talk, &format!(r#"42{id}["x"]"#));
        assert!(talk.session.ack(ticket, Args::default()));
        assert_eq!(talk.said(), format!("send 43{id}[]"));
    }
    let old = ticket(&mut talk, r#"421["x"]"#);
    talk.says("41");
    talk.says("40");
    talk.session.accept(&Namespace::ROOT, "id2");
    talk.said();
    assert!(!talk.session.ack(old, Args::default()), "another socket asked");
    let fresh = ticket(&mut talk, r#"421["x"]"#);
    assert!(talk.session.ack(fresh, Args::from(json!({"ok": true}))));
    assert_eq!(talk.said(), r#"send 431[{"ok":true}]"#);
}

#[test]
fn leaving_a_namespace_leaves_the_session_open() {
    let mut talk = Talk::joined(Transport::Websocket);
    talk.says("41");
    assert_eq!(talk.said(), "left / client namespace disconnect");
    assert!(!talk.session.emit(&Namespace::ROOT, "x", &Args::default()));
    assert_eq!(talk.passes(300), "send 2");
    talk.says("3");
    talk.says("40/,{}");
    talk.session.accept(&Namespace::ROOT, "id2");
    assert_eq!(talk.said(), r#"connect / {}; send 40{"sid":"id2"}"#);
    assert!(talk.session.disconnect(&Namespace::ROOT));
    assert!(!talk.session.disconnect(&Namespace::ROOT));
    assert_eq!(talk.said(), "send 41; left / server namespace disconnect");
    assert!(talk.session.is_open());
    talk.says("40");
    assert_eq!(talk.said(), "connect / {}");
}

#[test]
fn the_server_waits_for_acknowledgements_but_not_for_ever() {
    let patient = Settings { ping_interval: Duration::from_secs(60), acks: 3, ..settings() };
    let mut talk = Talk::with(Transport::Websocket, patient);
    let root = Namespace::ROOT;
    assert_eq!(talk.session.emit_with_ack(&root, "q", &Args::default(), talk.now), None, "not joined");
    talk.says("40");
    talk.session.accept(&root, "id");
    talk.said();
    let asks = |talk: &mut Talk| talk.session.emit_with_ack(&Namespace::ROOT, "q", &Args::default(), talk.now);
    assert_eq!([asks(&mut talk), asks(&mut talk), asks(&mut talk), asks(&mut talk)], [Some(0), Some(1), Some(2), None]);
    assert_eq!(talk.said(), r#"send 420["q"]; send 421["q"]; send 422["q"]"#);
    talk.says(r#"431["yes"]"#);
    talk.says(r#"431["again"]"#);
    talk.says(r#"4399["unknown"]"#);
    talk.says("439007199254740991[]");
    assert_eq!(talk.said(), r#"acked / 1 ["yes"]"#);
    assert_eq!(talk.session.next_deadline(), Some(talk.at(5_000)));
    assert_eq!(talk.passes(5_000), "late / 0; late / 2");
    talk.says("430[]");
    assert_eq!(talk.said(), "");
    assert_eq!(asks(&mut talk), Some(3));
    talk.says("41");
    talk.said();
    assert_eq!(talk.passes(5_000), "", "who has left owes nothing");
}

/// H14: what was begun is dropped with the session, on every way out.
#[test]
fn h14_a_session_that_is_over_keeps_nothing_and_says_nothing() {
    let mut talk = Talk::joined(Transport::Websocket);
    let id = talk.session.websocket().unwrap();
    talk.says("40/custom");
    talk.says(&format!(r#"451-["x",{P0}]"#));
    talk.said();
    talk.session.close(Close::Cut, talk.now);
    talk.said();
    assert!(talk.session.partial.is_none());
    talk.session.websocket_binary(id, Bytes::new(), talk.now);
    talk.says(r#"42["x"]"#);
    assert!(!talk.session.accept(&custom(), "id"));
    assert!(!talk.session.emit(&Namespace::ROOT, "x", &Args::default()));
    assert!(!talk.session.disconnect(&Namespace::ROOT));
    assert_eq!(talk.passes(60_000), "");
}
