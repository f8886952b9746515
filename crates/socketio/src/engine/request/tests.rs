use super::*;
use crate::engine::Query;

/// Judges `METHOD query`, a `+` after the method asking for a websocket. Known sessions: `poll` and `sock`.
fn judged(request: &str, origin: Option<&[u8]>, forbidden: Option<&str>) -> String {
    let (method, query) = request.split_once(' ').unwrap();
    let upgrade = method.ends_with('+');
    let method = match method.trim_end_matches('+') {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => Method::Other,
    };
    let query = Query::parse(query);
    let request = Request { method, query: &query, upgrade, origin, forbidden };
    let lookup = |sid: &str| match sid {
        "poll" => Some(Transport::Polling),
        "sock" => Some(Transport::Websocket),
        _ => None,
    };
    match judge(&request, &Settings::default(), lookup) {
        Ok(kind) => format!("{kind:?}"),
        Err(refusal) => format!("{} {}", refusal.status, refusal.body()),
    }
}

fn check(request: &str, expected: &str) {
    assert_eq!(judged(request, None, None), expected, "{request}");
}

const TRANSPORT: &str = r#"400 {"code":0,"message":"Transport unknown"}"#;
const SESSION: &str = r#"400 {"code":1,"message":"Session ID unknown"}"#;
const METHOD: &str = r#"400 {"code":2,"message":"Bad handshake method"}"#;
const BAD: &str = r#"400 {"code":3,"message":"Bad request"}"#;
const VERSION: &str = r#"400 {"code":5,"message":"Unsupported protocol version"}"#;

#[test]
fn requests_say_what_they_want() {
    check("GET EIO=4&transport=polling", "Open(Polling)");
    check("GET transport=polling&t=abc&b64=1&EIO=4&token=x", "Open(Polling)");
    check("GET EIO=%34&trans%70ort=poll%69ng", "Open(Polling)");
    check("GET EIO=4&transport=polling&sid=", "Open(Polling)");
    check("GET+ EIO=4&transport=websocket", "Open(Websocket)");
    check("GET EIO=4&transport=polling&sid=poll", r#"Poll("poll")"#);
    check("GET transport=polling&sid=poll", r#"Poll("poll")"#);
    check("GET EIO=3&transport=polling&sid=poll", r#"Poll("poll")"#);
    check("POST EIO=4&transport=polling&sid=poll", r#"Push("poll")"#);
    check("GET+ EIO=4&transport=websocket&sid=poll", r#"Probe("poll")"#);
}

#[test]
fn refusals_come_in_their_order() {
    for query in ["", "EIO=4", "EIO=4&transport=abc", "EIO=4&transport=__proto__", "transport=constructor&sid=nope"] {
        check(&format!("GET {query}"), TRANSPORT);
        check(&format!("POST {query}"), TRANSPORT);
    }
    for sid in ["nope", "%00", "poll%20", "__proto__", "x".repeat(10_000).as_str(), "poll&sid=poll"] {
        check(&format!("GET EIO=4&transport=polling&sid={sid}"), SESSION);
        check(&format!("DELETE transport=polling&sid={sid}"), SESSION);
        check(&format!("GET+ EIO=4&transport=websocket&sid={sid}"), SESSION);
    }
    check("GET EIO=4&transport=polling&sid=sock", BAD);
    check("POST EIO=4&transport=polling&sid=sock", BAD);
    check("GET EIO=4&transport=websocket&sid=poll", BAD);
    check("GET EIO=4&transport=websocket&sid=sock", BAD);
    check("GET+ EIO=4&transport=websocket&sid=sock", BAD);
    check("PUT EIO=4&transport=polling&sid=poll", BAD);
    check("POST EIO=4&transport=polling", METHOD);
    check("OPTIONS EIO=4&transport=polling", METHOD);
    check("POST+ transport=websocket", METHOD);
    check("GET EIO=4&transport=websocket", BAD);
    check("GET transport=polling", VERSION);
    check("GET EIO=abc&transport=polling", VERSION);
    check("GET EIO=3&transport=polling", VERSION);
    check("GET+ EIO=3&transport=websocket", VERSION);
    // The Dart client's default: a websocket that calls itself polling.
    check("GET+ EIO=4&transport=polling", BAD);
}

/// H08: queries that no client writes. H18: another version while upgrading.
#[test]
fn h08_h18_odd_queries_are_refused() {
    check("GET EIO=4&EIO=4&transport=polling", VERSION);
    check("GET EIO=4&transport=polling&transport=polling", TRANSPORT);
    check("GET EIO[]=4&transport=polling", VERSION);
    check("GET EIO=4&transport[]=polling", TRANSPORT);
    check("GET EIO=4&transport=polling%", TRANSPORT);
    check("GET EIO=4&transport=polling%f", TRANSPORT);
    check("GET EIO=4&transport=%ff%fe", TRANSPORT);
    check("GET EIO=4&transport=polling&__proto__=x&&&=&%&é=é&j=0", "Open(Polling)");
    check("GET+ EIO=3&transport=websocket&sid=poll", BAD);
    check("GET+ EIO=4&EIO=4&transport=websocket&sid=poll", BAD);
    check("GET+ transport=websocket&sid=poll", r#"Probe("poll")"#);
}

#[test]
fn the_origin_is_printable_and_looked_at_before_the_session() {
    for (origin, refused) in [(&b"http://a"[..], false), (b"\xc3\xa9", false), (b"a\x01", true), (b"\x7f", true)] {
        let answer = judged("GET EIO=4&transport=polling&sid=nope", Some(origin), None);
        assert_eq!(answer, if refused { BAD } else { SESSION });
    }
    assert_eq!(judged("GET transport=x", Some(b"\x01"), None), TRANSPORT);
}

#[test]
fn the_application_may_want_no_new_session() {
    let forbidden = |request, message| judged(request, None, Some(message));
    assert_eq!(forbidden("GET EIO=3&transport=polling", ""), r#"403 {"code":4,"message":"Forbidden"}"#);
    assert_eq!(forbidden("GET EIO=4&transport=polling", "No\n"), r#"403 {"code":4,"message":"No\n"}"#);
    assert_eq!(forbidden("GET EIO=4&transport=polling&sid=poll", "No"), r#"Poll("poll")"#);
    assert_eq!(forbidden("POST EIO=4&transport=polling", "No"), METHOD);
}

#[test]
fn upgrades_can_be_switched_off() {
    let query = Query::parse("EIO=4&transport=websocket&sid=poll");
    let request = Request { method: Method::Get, query: &query, upgrade: true, origin: None, forbidden: None };
    let settings = Settings { upgrades: false, ..Settings::default() };
    assert_eq!(judge(&request, &settings, |_| Some(Transport::Polling)), Err(Refusal::BAD));
}
