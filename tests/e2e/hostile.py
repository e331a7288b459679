"""Clients that mean no good, hundreds at a time in one loop, and a scraper beside them."""

import dataclasses
import itertools
import math
import re
import resource
import select
import socket
import ssl
import threading
import time

SCRAPER = "127.0.0.2"  # where the scraper comes from; the hostile have addresses of their own
TICK = 0.05  # how often the loop looks at the clock
RECEIVE_BUFFER = 4096  # of clients that never read: the kernel makes it as small as it can

GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a client does once it is connected."""

    name: str
    opening: bytes = b""  # sent at once, inside TLS if there is TLS
    drip: bytes = b""  # one byte of it a second follows, again and again
    reads: bool = True
    handshakes: bool = True  # over TLS: False sends the opening as it is


SILENT = Kind("silent")
HALF_HEADER = Kind("half a header", GET + b"X-Half: ")
DRIP_HEADER = Kind("dripping header", GET + b"X-Drip: ", drip=b"a")
DRIP_BODY = Kind("dripping body", GET.replace(b"GET", b"POST") + b"Content-Length: 60000\r\n\r\n",
                 drip=b"a")
NEVER_READING = Kind("never reading", GET + b"\r\n", reads=False)
KINDS = [SILENT, HALF_HEADER, DRIP_HEADER, DRIP_BODY, NEVER_READING]

# The first bytes of a TLS record with a ClientHello of 512 bytes, of which nothing more comes.
HALF_HELLO = bytes.fromhex("1603010200010001fc0303") + b"\x11" * 16
SILENT_HANDSHAKE = Kind("silent handshake", handshakes=False)
HALF_HANDSHAKE = Kind("half a handshake", HALF_HELLO, handshakes=False)
DRIP_HANDSHAKE = Kind("dripping handshake", HALF_HELLO, drip=b"\x11", handshakes=False)
TLS_KINDS = [SILENT_HANDSHAKE, HALF_HANDSHAKE, DRIP_HANDSHAKE]


def trusting_context():
    """A TLS client that asks for no particular server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def allow_many_files(count=4096):
    """Raises the limit of open files for this process: each client is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


class Client:
    """One hostile connection, driven by the events and ticks of a Swarm."""

    def __init__(self, kind, target, source, context=None):
        self.kind = kind
        self.context = context if kind.handshakes else None
        self.shaking = self.opened = False
        self.ended_after = None  # seconds from connect(2) until it was closed by the server
        self.how = "open"  # then "fin", "rst", or the code of the answer that came before
        self.received = b""
        self.dripped = 0
        self.begin = time.monotonic()
        self.socket = self._connect(target, source)

    def _connect(self, target, source):
        connection = socket.socket()
        connection.setblocking(False)
        if not self.kind.reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.bind((source, 0))
        connection.connect_ex(target)
        return connection

    def wants(self):
        """The events that it waits for. One that never reads learns of the end all the same."""
        if not self.opened and not self.shaking:
            return select.EPOLLOUT
        if self.opened and not self.kind.reads:
            return select.EPOLLRDHUP
        return select.EPOLLIN | select.EPOLLRDHUP

    def on_event(self, events):
        try:
            if not self.opened:
                self._open()
            if self.kind.reads and events & (select.EPOLLIN | select.EPOLLRDHUP):
                self._read()
            elif self.opened and events & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                self._end("rst" if events & select.EPOLLERR else "fin")
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except ssl.SSLError as error:
            self._distrust(error)
        except OSError:
            self._end("rst")

    def _open(self):
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "connect")
        if self.context and not self.shaking:
            self.shaking = True
            self.socket = self.context.wrap_socket(self.socket, do_handshake_on_connect=False)
        if self.shaking:
            self.socket.do_handshake()
        self.opened = True
        if self.kind.opening:
            self.socket.send(self.kind.opening)

    def _read(self):
        while True:
            data = self.socket.recv(65536)
            if not data:
                return self._end("fin")
            self.received = (self.received + data)[:64]

    def _distrust(self, error):
        """What came is no TLS: the server turns away, in plain text, who is too many."""
        if isinstance(error, ssl.SSLEOFError):
            return self._end("rst")
        self.received = b"no TLS"
        self.socket = socket.socket(fileno=self.socket.detach())
        self.context, self.shaking, self.opened = None, False, True

    def _end(self, how):
        self.ended_after = time.monotonic() - self.begin
        if not self.kind.reads:
            self._read_the_rest()
        self.how = self._code() or how
        self.socket.close()

    def _read_the_rest(self):
        try:
            self.received = self.socket.recv(64)
        except OSError:
            pass

    def _code(self):
        """Of the answer; TLS may have taken the beginning of one in plain text for a record."""
        found = re.search(rb"1\.[01] (\d{3})", self.received)
        return found[1].decode() if found else self.received[:6].decode("latin-1")

    def on_tick(self, now):
        """Sends its drip if a second has gone since the last."""
        if not (self.opened and self.kind.drip and now - self.begin > self.dripped + 1):
            return
        self.dripped += 1
        try:
            self.socket.send(self.kind.drip)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            self._end("rst")

    def close(self):
        self.socket.close()


class Swarm:
    """Many clients in one loop, which runs until the server has closed them all."""

    def __init__(self, clients):
        self.clients = []
        self.poll = select.epoll()
        self.open = {}
        for client in clients:  # a generator: they connect as fast as they are made
            self.clients.append(client)
            self.open[client.socket.fileno()] = client
            self.poll.register(client.socket.fileno(), client.wants())

    def run(self, seconds, on_tick=lambda: None):
        """Returns when all are closed, or after these seconds."""
        end = time.monotonic() + seconds
        while self.open and time.monotonic() < end:
            for number, events in self.poll.poll(TICK, 256):
                client = self.open[number]
                client.on_event(events)
                self._follow(number, client)
            now = time.monotonic()
            for number, client in list(self.open.items()):
                client.on_tick(now)
                self._forget_if_ended(number, client)
            on_tick()

    def _follow(self, number, client):
        if not self._forget_if_ended(number, client):
            self.poll.modify(number, client.wants())

    def _forget_if_ended(self, number, client):
        if client.ended_after is None:
            return False
        del self.open[number]  # epoll forgets it as it is closed
        return True

    def close(self):
        for client in self.open.values():
            client.close()
        self.poll.close()

    def endings(self):
        """{how: [seconds, ...]}; those that are still open under "open"."""
        result = {}
        for client in self.clients:
            result.setdefault(client.how, []).append(client.ended_after)
        return result


def swarm_of(kinds, target, context=None, count=500, sources=None):
    """`count` clients of each kind. sources: {kind: [address, ...]}, taken in turn."""
    sources = {kind: itertools.cycle((sources or {}).get(kind, ["127.0.0.1"])) for kind in kinds}
    return Swarm(Client(kind, target, next(sources[kind]), context)
                 for kind in kinds for _ in range(count))


def percentile(values, share):
    """The nearest-rank percentile: 0.99 of fewer than 100 values is their maximum."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]


class Scraper(threading.Thread):
    """Scrapes once an interval from an address of its own, a new connection each time."""

    def __init__(self, target, context=None, interval=1.0, path="/metrics"):
        super().__init__(daemon=True)
        self.target, self.context, self.interval, self.path = target, context, interval, path
        self.latencies = []  # seconds; infinite for a scrape that failed
        self.failures = []
        self._done = threading.Event()

    def run(self):
        due = time.monotonic()
        while not self._done.wait(max(0, due - time.monotonic())):
            begin = time.monotonic()
            try:
                self.scrape()
                self.latencies.append(time.monotonic() - begin)
            except (OSError, AssertionError) as error:
                self.latencies.append(math.inf)
                self.failures.append(f"after {time.monotonic() - begin:.1f} s: {error!r}")
            due = max(due + self.interval, time.monotonic())

    def scrape(self):
        with socket.create_connection(self.target, 15, (SCRAPER, 0)) as plain:
            connection = self.context.wrap_socket(plain) if self.context else plain
            with connection:
                request = f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
                connection.sendall(request.encode())
                return self._read_page(connection)

    def _read_page(self, connection):
        answer = bytearray()
        while data := connection.recv(1 << 18):
            answer += data
        head, _, page = bytes(answer).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head[:100]
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        assert len(page) == length, f"{len(page)} of {length} bytes"
        return page

    def stop(self):
        self._done.set()
        self.join(30)
        assert not self.is_alive(), "a scrape does not end"


def memory(pid):
    """The resident memory of a process in bytes."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no memory: it has ended")
