"""Malformed HTTP: each request of requests.txt gets its answer, and no mutation of them does harm.

MUTATIONS in the environment is how many are tried, SEED repeats a run.
"""

import os
import random
import re
import select
import socket
import time
import unittest

from support import SANITIZER, DaemonTest

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT_MUTATIONS = {"asan": 100_000, "tsan": 5_000}.get(SANITIZER, 20_000)
MUTATIONS = int(os.environ.get("MUTATIONS", DEFAULT_MUTATIONS))
SEED = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
CONFIG = '[web.limits]\nrequest_timeout = "1s"\nresponse_timeout = "2s"\n'
LATEST = 4  # seconds: both deadlines and one more
AT_A_TIME = 24  # fewer than the daemon has workers: none has to wait for another
CODES = {b"200", b"400", b"403", b"404", b"405", b"411", b"413", b"415", b"417", b"431", b"501",
         b"505"}
MACRO = re.compile(rb"^\{(\w+)\} = (.*)$")
ESCAPE = re.compile(rb"\\(r|n|t|\\|x[0-9a-f]{2})")
REPEAT = re.compile(rb"\{(\d+)\*([^{}]*)\}")
SIMPLE = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}


class Case:
    """One line of requests.txt."""

    def __init__(self, line, macros):
        self.expected, self.name, text = (part.strip(b" ") for part in line.split(b"|", 2))
        for name, value in macros.items():
            text = text.replace(b"{" + name + b"}", value)
        if line.split(b"|", 2)[2].startswith(b"  "):
            text = b" " + text  # one blank ends the name, more belong to the request
        text = REPEAT.sub(lambda m: m[2] * int(m[1]), text)
        self.raw = ESCAPE.sub(lambda m: SIMPLE.get(m[1]) or bytes.fromhex(m[1][1:].decode()), text)


def read_cases(port):
    macros, cases = {b"port": str(port).encode()}, []
    with open(HERE + "/requests.txt", "rb") as file:
        for line in file.read().split(b"\n"):
            if macro := MACRO.match(line):
                macros[macro[1]] = macro[2]
            elif line and not line.startswith(b"#"):
                cases.append(Case(line, macros))
    return cases


def sources():
    """Addresses of loopback in turn, so many that none has more connections than it may."""
    while True:
        for number in range(1 << 16):
            yield f"127.{64 + number % 64}.{number >> 8}.{number % 254 + 1}"


class Exchange:
    """Sends bytes, says that no more come, and reads until the server closes."""

    def __init__(self, target, source, raw, piece=1 << 20):
        self.raw, self.unsent, self.piece, self.answer = raw, raw, piece, b""
        self.begin = time.monotonic()
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((source, 0))
        self.socket.connect_ex(target)

    def wants(self):
        return select.EPOLLIN | (select.EPOLLOUT if self.unsent is not None else 0)

    def go_on(self, events):
        """True when it is over. A server that closes before it has read all resets: that's fine."""
        try:
            if events & select.EPOLLOUT and self.unsent is not None:
                self._send()
        except OSError:
            self.unsent = None
        try:
            return bool(events & ~select.EPOLLOUT) and self._receive()
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _send(self):
        if self.unsent:
            self.unsent = self.unsent[self.socket.send(self.unsent[:self.piece]):]
        if not self.unsent:
            self.unsent = None
            self.socket.shutdown(socket.SHUT_WR)

    def _receive(self):
        while data := self.socket.recv(1 << 18):
            self.answer += data
        return True


class Exchanges:
    """Runs an Exchange for each request, never more than AT_A_TIME, and yields them as they end."""

    def __init__(self, target, requests, piece=1 << 20):
        self.target, self.requests, self.piece = target, iter(requests), piece
        self.sources = sources()
        self.poll, self.running = select.epoll(), {}

    def __iter__(self):
        try:
            while self._start() or self.running:
                yield from self._go_on()
        finally:
            for exchange in self.running.values():
                exchange.socket.close()
            self.poll.close()

    def _start(self):
        while len(self.running) < AT_A_TIME:
            raw = next(self.requests, None)
            if raw is None:
                return False
            exchange = Exchange(self.target, next(self.sources), raw, self.piece)
            self.running[exchange.socket.fileno()] = exchange
            self.poll.register(exchange.socket.fileno(), exchange.wants())
        return True

    def _go_on(self):
        for number, events in self.poll.poll(0.2):
            exchange = self.running[number]
            if not exchange.go_on(events):
                self.poll.modify(number, exchange.wants())
                continue
            del self.running[number]
            exchange.socket.close()
            yield exchange
        check_for_hangs(self.running.values())


def check_for_hangs(exchanges):
    for exchange in exchanges:
        lasted = time.monotonic() - exchange.begin
        assert lasted < LATEST, f"still open after {lasted:.1f} s: {exchange.raw[:2000]!r}"


def code_of(answer):
    """The one status code in it, or "closed". Fails if something follows the answer."""
    if not answer:
        return b"closed"
    head, _, body = answer.partition(b"\r\n\r\n")
    assert re.match(rb"HTTP/1\.[01] \d{3} ", head), f"no answer: {answer[:200]!r}"
    length = re.search(rb"\r\nContent-Length: (\d+)", head, re.IGNORECASE)
    if length:
        assert len(body) in (0, int(length[1])), f"{len(body)} of {length[1]} bytes: {head!r}"
    else:
        assert b"HTTP/1." not in body, f"two answers: {answer!r}"
    return head[9:12]


class Mutator:
    """Makes requests from others, the same ones for the same seed."""

    TOKENS = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"/", b"%", b"..", b"%2f", b"%00",
              b"?", b"#", b",", b"\xff", b"\x80", b"\r\n\r\n", b"\r\n ", b"HTTP/1.1", b"HTTP/1.0",
              b"GET ", b"POST ", b"Host: localhost\r\n", b"Content-Length: 5\r\n",
              b"Content-Length: 65537\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n",
              b"Expect: 100-continue\r\n", b"Connection: keep-alive\r\n", b"Upgrade: h2c\r\n",
              b"Content-Encoding: gzip\r\n", b"Accept-Encoding: gzip\r\n", b"http://", b"-1",
              b"9223372036854775808", b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    LARGEST = 40_000

    def __init__(self, seeds, seed):
        self.seeds = seeds
        self.random = random.Random(seed)

    def __call__(self):
        raw = bytearray(self.random.choice(self.seeds))
        for _ in range(self.random.randint(1, 4)):
            self.random.choice([self.flip, self.replace, self.insert, self.remove, self.double,
                                self.splice, self.cut, self.swell])(raw)
        return bytes(raw[:self.LARGEST])

    def place(self, raw):
        return self.random.randint(0, len(raw))

    def piece(self, raw):
        begin = self.place(raw)
        return slice(begin, begin + self.random.choice([1, 1, 2, 4, 16, 64]))

    def flip(self, raw):
        if raw:
            raw[self.random.randrange(len(raw))] ^= 1 << self.random.randrange(8)

    def replace(self, raw):
        raw[self.piece(raw)] = self.random.randbytes(self.random.randint(1, 4))

    def insert(self, raw):
        place = self.place(raw)
        raw[place:place] = self.random.choice(self.TOKENS)

    def remove(self, raw):
        del raw[self.piece(raw)]

    def double(self, raw):
        piece = self.piece(raw)
        raw[piece.stop:piece.stop] = raw[piece]

    def splice(self, raw):
        other = self.random.choice(self.seeds)
        raw[self.place(raw):] = other[self.place(other):]

    def cut(self, raw):
        del raw[self.place(raw):]

    def swell(self, raw):
        piece = self.piece(raw)
        raw[piece] = raw[piece] * self.random.choice([2, 10, 100, 1000])


class MalformedTest(DaemonTest):
    def setUp(self):
        super().setUp()
        self.start(CONFIG)
        self.cases = read_cases(self.port)

    def check_it_is_well(self):
        """Answers still, and ends as it should; the sanitizers' leak check is a part of the end."""
        self.assertTrue(self.daemon.alive(), self.daemon.log()[-10_000:])
        self.assertIn("procmarshal_build_info", self.daemon.page())
        status, _ = self.daemon.stop()
        self.assertEqual(status, 0, self.daemon.log()[-10_000:])

    def test_each_request_gets_its_answer(self):
        self.assertGreaterEqual(len(self.cases), 200)
        for case in self.cases:
            with self.subTest(case.name.decode()):
                exchange, = Exchanges(self.target, [case.raw])
                self.assertEqual(code_of(exchange.answer).decode(), case.expected.decode(),
                                 f"{case.raw[:300]!r} got {exchange.answer[:300]!r}")
        self.check_it_is_well()

    def test_answers_do_not_depend_on_how_a_request_arrives(self):
        expected = {case.raw: case for case in self.cases if 0 < len(case.raw) < 1000}
        for exchange in Exchanges(self.target, expected, piece=1):
            case = expected[exchange.raw]
            with self.subTest(case.name.decode()):
                self.assertEqual(code_of(exchange.answer).decode(), case.expected.decode(),
                                 f"{case.raw!r} got {exchange.answer[:300]!r}")
        self.check_it_is_well()

    def test_mutations_do_no_harm(self):
        print(f"MUTATIONS={MUTATIONS} SEED={SEED}", flush=True)
        mutate = Mutator([case.raw for case in self.cases if len(case.raw) < 30_000], SEED)
        begin, codes = time.monotonic(), {}
        for exchange in Exchanges(self.target, (mutate() for _ in range(MUTATIONS))):
            code = code_of(exchange.answer)
            codes[code] = codes.get(code, 0) + 1
            if code not in CODES and code != b"closed":
                self.fail(f"{code} for {exchange.raw[:2000]!r}")
        print(f"{MUTATIONS / (time.monotonic() - begin):.0f} a second: {codes}", flush=True)
        self.check_it_is_well()


if __name__ == "__main__":
    unittest.main(verbosity=2)
