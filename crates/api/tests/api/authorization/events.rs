//! Who may send what in live rooms: every event of clients against everybody, with what is his own, what is another's, and
//! nothing. The rows are compared with the hub's own list: an event without a row fails, and so does a row without an event.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{NOTHING, Object, World};
use crate::{
    sockets::wire::Ws,
    support::{TestApp, User},
};

/// What an event names, and so what it asks of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// A token: for whom the socket speaks from now on.
    Token,
    /// A room, which anybody may enter.
    Door,
    /// A seat in a party room.
    Seat,
    /// A room that is left.
    Place,
    /// A room that is spoken in.
    Stage,
    /// Who gets a gift.
    Receiver,
    /// A gift that was paid for.
    Payment,
    /// Who gets a private message.
    Recipient,
}

/// The events, and what they name. A gift has two forms.
const ROWS: &[(&str, Named)] = &[
    ("user:join", Named::Token),
    ("live:join", Named::Door),
    ("live:leave", Named::Place),
    ("live:message", Named::Stage),
    ("live:gift", Named::Receiver),
    ("live:gift", Named::Payment),
    ("party:join", Named::Seat),
    ("party:leave", Named::Place),
    ("party:message", Named::Stage),
    ("chat:send", Named::Recipient),
];

/// A room in which a resident is, on a seat where there are seats, and nobody else.
const FOREIGN_ROOM: &str = "theirs";
/// A room that nobody ever opened.
const MISSING_ROOM: &str = "nowhere";

/// A socket for each question, and one that listens all the while and answers no ping.
const SETTINGS: [(&str, &str); 3] =
    [("SOCKETS_PER_USER", "1000"), ("CHAT_BURST", "1000"), ("PING_INTERVAL_MS", "600000")];

/// What an event is refused with; `None` when it is done.
fn expected(named: Named, is_guest: bool, object: Object) -> Option<&'static str> {
    match (named, object) {
        (Named::Token, Object::Missing) => Some("token_invalid"),
        // Whoever holds a token is its user; nobody is two.
        (Named::Token, Object::Foreign) if !is_guest => Some("identity_taken"),
        (Named::Token | Named::Door, _) | (Named::Place, Object::Own) => None,
        (Named::Place, _) => Some("not_in_room"),
        (Named::Seat, Object::Missing) => Some("malformed_payload"),
        _ if is_guest => Some("unauthenticated"),
        (Named::Stage | Named::Seat | Named::Payment, Object::Own) => None,
        (Named::Receiver | Named::Recipient, Object::Foreign) => None,
        (Named::Stage, _) => Some("not_in_room"),
        (Named::Seat, _) => Some("seat_taken"),
        (Named::Payment, _) => Some("gift_not_paid"),
        (Named::Receiver, Object::Own) => Some("self_gift"),
        (Named::Receiver, Object::Missing) => Some("receiver_not_found"),
        (Named::Recipient, Object::Own) => Some("message_to_oneself"),
        (Named::Recipient, Object::Missing) => Some("recipient_not_found"),
    }
}

/// A server, the people, and who is in the foreign rooms.
struct Scene {
    app: TestApp,
    resident: User,
}

impl Scene {
    /// A socket, in the room that it is to be in.
    async fn socket(&self, caller: Option<&User>, (event, named): (&str, Named), object: Object) -> Ws {
        let mut ws = Ws::joined(&self.app, caller.map(|caller| caller.token.as_str())).await;
        if object == Object::Own && matches!(named, Named::Place | Named::Stage) {
            let join = if event.starts_with("party") { "party:join" } else { "live:join" };
            assert_eq!(ws.code(join, &json!({"roomId": own_room(caller)})).await, Value::Null);
        }
        ws
    }

    /// Pays the resident for a rose, which is told to no room.
    async fn pay(&self, payer: &User, receiver: i64) {
        let rose = json!({"giftId": "rose", "receiverId": receiver});
        let paid = self.app.post("/api/gifts/send", Some(&payer.token), &rose).await;
        assert_eq!(paid.0, 200, "{paid:?}");
    }

    /// What the event says. It always says that it comes from the resident, too, which nobody believes.
    async fn payload(&self, caller: Option<&User>, named: Named, object: Object, receiver: i64) -> Value {
        let own_id = caller.map_or(NOTHING.user, |caller| caller.id);
        let (room, user) = match object {
            Object::Own => (own_room(caller), own_id),
            Object::Foreign => (FOREIGN_ROOM.to_owned(), self.resident.id),
            Object::Missing => (MISSING_ROOM.to_owned(), NOTHING.user),
        };
        let mut payload = match named {
            Named::Token => json!({"token": match object {
                Object::Own => caller.map(|caller| caller.token.as_str()),
                Object::Foreign => Some(self.resident.token.as_str()),
                Object::Missing => Some("a.b.c"),
            }}),
            Named::Door | Named::Place => json!({"roomId": room}),
            Named::Stage => json!({"roomId": room, "message": "hai"}),
            Named::Seat => json!({"roomId": room, "seat": if object == Object::Missing { 9 } else { 1 }}),
            Named::Receiver => json!({"roomId": FOREIGN_ROOM, "giftId": "rose", "receiverId": user}),
            Named::Payment => {
                match (object, caller) {
                    (Object::Own, Some(caller)) => self.pay(caller, receiver).await,
                    (Object::Foreign, _) => self.pay(&self.resident, receiver).await,
                    (Object::Own | Object::Missing, _) => {}
                }
                json!({"roomId": FOREIGN_ROOM, "to": receiver, "gift": {"id": "rose"}})
            }
            Named::Recipient => json!({"toUserId": user, "message": "hai"}),
        };
        for member in ["userId", "from", "fromUserId"] {
            payload[member] = json!(self.resident.id);
        }
        payload
    }
}

fn own_room(caller: Option<&User>) -> String {
    format!("of {:?}", caller.map(|caller| caller.id))
}

#[test]
fn every_event_has_its_row() {
    let handled: BTreeSet<_> = api::client_events().collect();
    let rows: BTreeSet<_> = ROWS.iter().map(|(event, _)| *event).collect();
    assert_eq!(handled, rows, "the hub's events, and those with a row");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_says_in_live_rooms_what_is_his_to_say_and_nothing_else() {
    let app = TestApp::start_with(&SETTINGS).await;
    let world = World::new(&app).await;
    let (resident, receiver) = (app.user().await, app.user().await);
    let World { banned, viewer, host, other_host, owner, other_owner, admin, .. } = &world;
    let people = [viewer, host, other_host, owner, other_owner, admin];
    for payer in people.into_iter().chain([&resident]) {
        app.give_coins(payer, 1_000).await;
    }
    let scene = Scene { app, resident };
    let mut residents = Ws::joined(&scene.app, Some(&scene.resident.token)).await;
    for (join, seat) in [("live:join", Value::Null), ("party:join", json!(1))] {
        assert_eq!(residents.code(join, &json!({"roomId": FOREIGN_ROOM, "seat": seat})).await, Value::Null);
    }
    for row in ROWS.iter().copied() {
        let (event, named) = row;
        for object in [Object::Missing, Object::Foreign, Object::Own] {
            for caller in [None].into_iter().chain(people.map(Some)) {
                let mut ws = scene.socket(caller, row, object).await;
                let payload = scene.payload(caller, named, object, receiver.id).await;
                let code = ws.code(event, &payload).await;
                let id = caller.map(|caller| caller.id);
                assert_eq!(
                    code,
                    json!(expected(named, caller.is_none(), object)),
                    "{event} {object:?} {id:?} {payload}"
                );
            }
            // Who is banned is not let in, and what he says all the same is not heard.
            let mut ws = Ws::open(&scene.app).await;
            let refused = ws.join(Some(&banned.token)).await;
            assert!(refused.starts_with("44") && refused.contains("account_banned"), "{refused}");
            let payload = scene.payload(Some(viewer), named, object, receiver.id).await;
            ws.say(&format!("421{}", json!([event, payload]))).await;
            ws.closed().await;
        }
    }
    let mut guest = Ws::joined(&scene.app, None).await;
    assert_eq!(guest.code("user:join", &json!({"token": banned.token})).await, json!("account_banned"));

    // The resident was written to by each of them, by his own name; his rooms heard nobody who was not in them.
    assert_eq!(residents.code("no:such-event", &json!({})).await, json!("unknown_event"));
    let heard = residents.passed_over();
    let names: BTreeSet<_> = heard.iter().map(|(name, _)| name.as_str()).collect();
    assert!(!names.contains("live:new-message") && !names.contains("party:new-message"), "{names:?}");
    let writers: Vec<_> = heard.iter().filter(|(name, _)| name == "chat:receive").collect();
    let writers: Vec<_> = writers.into_iter().map(|(_, body)| body["fromUserId"].as_i64().unwrap()).collect();
    assert_eq!(writers, people.map(|person| person.id));
    scene.app.stop().await;
}
