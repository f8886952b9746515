use std::collections::VecDeque;

use bytes::Bytes;
use proptest::prelude::*;
use socketio::{
    encoded::Encoded,
    engine::{Method, Packet, Query, Request, Transport, answer, judge, split},
    settings::Settings,
};

/// Text without the separator, which no packet may contain.
fn text() -> impl Strategy<Value = String> {
    "[^\u{1e}]{0,20}"
}

/// A packet as the polling form writes it.
fn written(packet: &Packet<'_>) -> Vec<u8> {
    let mut payload = Vec::new();
    packet.push_polling(&mut payload);
    payload
}

proptest! {
    #[test]
    fn payloads_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(packets) = split(&payload, 64) {
            packets.for_each(drop);
        }
    }

    #[test]
    fn packets_round_trip(text in text(), data in proptest::collection::vec(any::<u8>(), 0..50), kind in 0_usize..8) {
        let packet = match kind {
            0 => Packet::Open(&text),
            1 => Packet::Close,
            2 => Packet::Ping(&text),
            3 => Packet::Pong(&text),
            4 => Packet::Message(&text),
            5 => Packet::Upgrade,
            6 => Packet::Noop,
            _ => Packet::Binary(Bytes::from(data)),
        };
        let payload = written(&packet);
        prop_assert_eq!(Packet::from_polling(str::from_utf8(&payload).unwrap()), Ok(packet));
    }

    /// Nothing is lost, nothing comes twice, and no answer breaks a limit.
    #[test]
    fn answers_are_the_queue_in_order(texts in proptest::collection::vec(text(), 1..60), limit in 1_usize..40) {
        let settings = Settings { answer_bytes: limit, ..Settings::default() };
        let mut queue: VecDeque<Encoded> = texts.iter().map(|text| Encoded::text(&format!("4{text}"))).collect();
        let mut received = Vec::new();
        while !queue.is_empty() {
            let payload = answer(&mut queue, None, &settings);
            let packets: Vec<_> = split(&payload, 16).unwrap().collect::<Result<_, _>>().unwrap();
            prop_assert!(packets.len() == 1 || payload.len() <= limit);
            for packet in packets {
                let Packet::Message(text) = packet else { panic!("{packet:?}") };
                received.push(text.to_owned());
            }
        }
        prop_assert_eq!(received, texts);
    }

    #[test]
    fn requests_never_panic(query in ".{0,80}", upgrade: bool, known: bool, get: bool) {
        let parsed = Query::parse(&query);
        let method = if get { Method::Get } else { Method::Post };
        let request = Request { method, query: &parsed, upgrade, origin: None, forbidden: None };
        judge(&request, &Settings::default(), |_| known.then_some(Transport::Polling)).ok();
    }
}
