"""The client of python-socketio: another implementation of the protocol, with habits of its own."""

import json
import os
import queue
import unittest
import uuid

import socketio

URL = os.environ["CHATME_URL"]
ANN, BEN = json.loads(os.environ["CHATME_USERS"])[:2]
PATIENCE = 15
FAMILIES = {"default": None, "websocket": ["websocket"], "polling": ["polling"]}


class Client:
    """A client that keeps what it hears, and is disconnected in the end."""

    def __init__(self, test, transports, user=None):
        self.socket = socketio.Client(reconnection=False)
        self.heard = {}
        for name in ("live:user-joined", "live:user-left", "live:new-message", "live:cached-messages", "connect_error"):
            self.heard[name] = queue.Queue()
            self.socket.on(name, self.heard[name].put)
        test.addCleanup(self.socket.disconnect)
        auth = {"token": user["token"]} if user else None
        self.socket.connect(URL, auth=auth, transports=transports, wait_timeout=PATIENCE)

    def ask(self, event, payload):
        return self.socket.call(event, payload, timeout=PATIENCE)

    def until(self, event):
        return self.heard[event].get(timeout=PATIENCE)


class ClientTest(unittest.TestCase):
    def for_each_family(self, run):
        for name, transports in FAMILIES.items():
            with self.subTest(name):
                run(lambda user=None, transports=transports: Client(self, transports, user), "room_" + uuid.uuid4().hex)
                self.doCleanups()

    def test_people_meet_in_a_room(self):
        def run(connect, room):
            listener, speaker = connect(BEN), connect(ANN)
            self.assertEqual(listener.ask("live:join", {"roomId": room})["count"], 1)
            self.assertEqual(speaker.ask("live:join", {"roomId": room})["count"], 2)
            self.assertEqual(listener.until("live:user-joined")["userId"], ANN["id"])
            answers = [speaker.ask("live:message", {"roomId": room, "message": str(line)}) for line in range(20)]
            heard = [listener.until("live:new-message") for _ in range(20)]
            self.assertEqual([body["message"] for body in heard], [str(line) for line in range(20)])
            self.assertEqual([body["seq"] for body in heard], [answer["seq"] for answer in answers])
            late = connect()
            late.ask("live:join", {"roomId": room})
            self.assertEqual(len(late.until("live:cached-messages")["messages"]), 20)
            speaker.ask("live:leave", {"roomId": room})
            self.assertEqual(listener.until("live:user-left")["userId"], ANN["id"])
            self.assertTrue(speaker.heard["live:new-message"].empty())

        self.for_each_family(run)

    def test_a_guest_may_not_chat_and_an_unknown_event_is_answered(self):
        def run(connect, room):
            guest = connect()
            guest.ask("live:join", {"roomId": room})
            self.assertEqual(guest.ask("live:message", {"roomId": room, "message": "x"})["code"], "unauthenticated")
            self.assertEqual(guest.ask("no:such-event", {"bytes": b"x"})["code"], "unknown_event")

        self.for_each_family(run)

    def test_who_disconnects_is_gone(self):
        def run(connect, room):
            listener, other = connect(BEN), connect(ANN)
            listener.ask("live:join", {"roomId": room})
            other.ask("live:join", {"roomId": room})
            # Over polling it forgets to say goodbye while its last push is being answered.
            other.socket.eio.queue.join()
            other.socket.disconnect()
            self.assertEqual(listener.until("live:user-left")["userId"], ANN["id"])

        self.for_each_family(run)

    def test_a_bad_token_is_refused(self):
        def run(connect, _):
            with self.assertRaises(socketio.exceptions.ConnectionError):
                connect({"token": "not.a.token"})

        self.for_each_family(run)

    def test_the_default_moves_to_a_websocket(self):
        client = Client(self, None, ANN)
        self.assertEqual(client.socket.transport(), "websocket")
        self.assertEqual(client.ask("user:join", {})["user"]["userId"], ANN["id"])


if __name__ == "__main__":
    unittest.main()
