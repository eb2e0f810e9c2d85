#!/usr/bin/python3 -B
"""usage: test_faultproxy.py PROGRAM: the fault proxy does each of its faults to a small server, and nothing else."""
import os
import socket
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import faultproxy  # noqa: E402

PROGRAM = sys.argv.pop(1)
PRODUCE, END_TXN, FETCH = 0, 26, 1


def take(s, n):
    """n bytes, or fewer when the other side closes."""
    got = b""
    while len(got) < n:
        more = s.recv(n - len(got))
        if not more:
            break
        got += more
    return got


class Server(threading.Thread):
    """Answers each request frame with its correlation id and body."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        with s:
            try:
                while True:
                    head = take(s, 4)
                    if len(head) < 4:
                        return
                    body = take(s, struct.unpack(">I", head)[0])
                    s.sendall(struct.pack(">I", len(body) - 4) + body[4:])
            except OSError:
                pass


class Case(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.server.start()
        self.proxy = faultproxy.FaultProxy(PROGRAM, self.server.port)
        self.open = []

    def tearDown(self):
        for s in self.open:
            s.close()
        self.assertEqual(self.proxy.close(), 0)
        self.server.listener.close()

    def did(self):
        self.proxy.tell("count")  # what was printed before has been read by now
        return self.proxy.did

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=60)
        self.open.append(s)
        return s

    @staticmethod
    def ask(s, api, correlation, body=b"x" * 40):
        s.sendall(struct.pack(">IHHI", 8 + len(body), api, 7, correlation) + body)

    def answer(self, s, correlation, body=b"x" * 40):
        self.assertEqual(take(s, 8 + len(body)), struct.pack(">II", 4 + len(body), correlation) + body)

    def round(self, s, correlation, body=b"x" * 40, api=FETCH):
        self.ask(s, api, correlation, body)
        self.answer(s, correlation, body)

    def silent(self, s, seconds=0.3):
        s.settimeout(seconds)
        with self.assertRaises(socket.timeout):
            s.recv(1)
        s.settimeout(60)

    def ended(self, s):
        """Closed or reset; what came before it."""
        got = b""
        try:
            while more := s.recv(65536):
                got += more
        except ConnectionResetError:
            return got, "reset"
        return got, "closed"

    def test_passes_everything_unchanged_when_it_has_no_rules(self):
        a, b = self.connect(), self.connect()
        big = os.urandom(3_000_000)
        sender = threading.Thread(target=self.ask, args=(a, PRODUCE, 1, big))
        sender.start()
        self.round(b, 2)
        self.answer(a, 1, big)
        sender.join()
        for i in range(200):
            self.round(a, i, os.urandom(i))
        self.assertEqual(self.did(), [])

    def test_passes_what_is_not_kafka(self):
        listener = socket.create_server(("127.0.0.1", 0))
        proxy = faultproxy.FaultProxy(PROGRAM, listener.getsockname()[1])
        s = socket.create_connection(("127.0.0.1", proxy.port), timeout=60)
        t, _ = listener.accept()
        s.sendall(b"\xff" * 100)
        self.assertEqual(take(t, 100), b"\xff" * 100)
        t.sendall(b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(take(s, 18), b"GET / HTTP/1.1\r\n\r\n")
        t.close()
        self.assertEqual(self.ended(s), (b"", "closed"))
        s.close()
        listener.close()
        self.assertEqual(proxy.close(), 0)

    def test_delays_each_direction(self):
        s = self.connect()
        self.round(s, 1)
        for direction in "up", "down", "both":
            self.proxy.tell("clear")
            self.proxy.tell(f"{direction} delay 200 20")
            began = time.monotonic()
            self.round(s, 2)
            self.assertGreaterEqual(time.monotonic() - began, 0.4 if direction == "both" else 0.2)

    def test_limits_the_rate(self):
        s = self.connect()
        self.proxy.tell("down rate 100000")
        began = time.monotonic()
        self.round(s, 1, b"y" * 50000)
        self.assertGreaterEqual(time.monotonic() - began, 0.4)

    def test_holds_what_comes_into_a_hole_and_lets_it_go_on(self):
        s = self.connect()
        self.round(s, 1)
        self.proxy.tell("down hole on")
        self.ask(s, FETCH, 2)
        self.silent(s)
        self.proxy.tell("down hole off")
        self.answer(s, 2)

    def test_resets_the_connection_behind_n_bytes(self):
        s = self.connect()
        self.round(s, 1)
        self.proxy.tell("down reset 20")
        self.ask(s, FETCH, 2)
        got, how = self.ended(s)
        self.assertLessEqual(len(got), 20)
        self.assertEqual(how, "reset")
        self.assertEqual([line.split()[0] for line in self.did()], ["reset-down"])
        self.round(self.connect(), 1)  # once

    def test_closes_the_connection_behind_n_bytes(self):
        s = self.connect()
        self.round(s, 1)
        self.proxy.tell("down close 20")
        self.ask(s, FETCH, 2, b"c" * 92)
        self.assertEqual(self.ended(s), ((struct.pack(">II", 96, 2) + b"c" * 92)[:20], "closed"))
        self.assertEqual([line.split()[0] for line in self.did()], ["close-down"])

    def test_drops_the_nth_answer_to_one_kind_of_request_and_no_other(self):
        s = self.connect()
        self.proxy.tell("answer 26 2 drop")
        for i in range(5):
            self.round(s, i, api=PRODUCE)
        self.round(s, 10, api=END_TXN)
        self.ask(s, PRODUCE, 11)
        self.ask(s, END_TXN, 12, b"z" * 100000)
        self.ask(s, PRODUCE, 13)
        self.answer(s, 11)
        self.answer(s, 13)
        self.round(s, 14, api=END_TXN)
        self.assertEqual([line.split()[:2] for line in self.did()], [["answer-drop", "api=26"]])
        self.assertEqual(self.did()[0].split()[-1], f"port={s.getsockname()[1]}", "who would have got it")

    def test_cuts_instead_of_an_answer(self):
        s = self.connect()
        self.round(s, 1)
        self.proxy.tell("answer 0 1 cut")
        self.ask(s, PRODUCE, 2)
        self.assertEqual(self.ended(s), (b"", "reset"))

    def test_gives_half_an_answer_and_closes(self):
        s = self.connect()
        self.proxy.tell("answer 0 1 half")
        self.ask(s, PRODUCE, 2, b"h" * 92)
        self.assertEqual(self.ended(s), ((struct.pack(">II", 96, 2) + b"h" * 92)[:50], "closed"))

    def test_delays_one_answer(self):
        s = self.connect()
        self.proxy.tell("answer 26 1 delay 300")
        began = time.monotonic()
        self.round(s, 1, api=END_TXN)
        self.assertGreaterEqual(time.monotonic() - began, 0.3)
        self.round(s, 2, api=END_TXN)

    def test_finds_answers_when_bytes_come_one_by_one(self):
        s = self.connect()
        self.proxy.tell("answer 26 1 drop")
        for api in END_TXN, FETCH:
            for byte in struct.pack(">IHHI", 13, api, 1, api) + b"abcde":
                s.sendall(bytes([byte]))
                time.sleep(0.002)
        self.answer(s, FETCH, b"abcde")

    def test_cuts_all_and_refuses(self):
        a, b = self.connect(), self.connect()
        self.round(a, 1)
        self.round(b, 1)
        self.proxy.tell("cut")
        self.assertEqual([self.ended(s)[1] for s in (a, b)], ["reset", "reset"])
        self.proxy.tell("refuse on")
        with self.assertRaises(ConnectionResetError):  # by connect already, or by the read
            self.connect().recv(1)
        self.proxy.tell("clear")
        self.round(self.connect(), 1)
        self.assertEqual(self.proxy.tell("count").split()[:3], ["count", "4", "1"])

    def test_tells_what_it_does_not_know(self):
        for command in "sideways delay 1", "answer 0 1 explode", "up", "nonsense", "down jump 3":
            with self.assertRaises(AssertionError):
                self.proxy.tell(command)


if __name__ == "__main__":
    unittest.main()
