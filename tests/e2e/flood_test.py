"""10,000 scrapes a second: samples stay on schedule, and another scraper gets its pages."""

import math
import multiprocessing
import re
import socket
import struct
import threading
import time
import unittest

import hostile
from support import SANITIZER, DaemonTest

RATE = 10_000  # requests a second at least
OFFERED = RATE * 11 // 10  # so that a generator that was late makes up for it
GENERATORS = 2
SECONDS = 10
BURST = 0.01  # seconds between bursts of one generator
PATIENCE = 0.1  # seconds after which a flooder drops a connection, answered or not
INTERVAL = 1.0  # of samples
LATE = INTERVAL / 2
SLOWEST_SCRAPE = 1.0  # seconds
CONFIG = '[sampling]\ninterval = "1s"\n'
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
RESET = struct.pack("ii", 1, 0)  # for SO_LINGER: no connection lingers in TIME_WAIT
SCHEDULED = re.compile(rb'^procmarshal_samples_total\{kind="scheduled"\} (\d+)', re.MULTILINE)


def send_one(target, source):
    """A connection with a request under way; None if the server takes no more for now."""
    connection = socket.socket()
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.setblocking(False)
        connection.bind((source, 0))
        connection.connect_ex(target)
        connection.send(REQUEST)
        return connection
    except OSError:
        connection.close()
        return None


def generate(target, sources, count, sent):
    """Sends `count` requests in SECONDS, and as many as it can if that's too many."""
    under_way, done = [], 0
    begin = time.monotonic()
    while (now := time.monotonic()) < begin + SECONDS:
        due = int(count * min(1, (now - begin + BURST) / SECONDS))
        for number in range(done, due):
            under_way.append((now, send_one(target, sources[number % len(sources)])))
        done = max(done, due)
        while under_way and under_way[0][0] < now - PATIENCE:
            connection = under_way.pop(0)[1]
            if connection:
                connection.close()
        time.sleep(max(0, now + BURST - time.monotonic()))
    sent.value = done
    for _, connection in under_way:
        if connection:
            connection.close()


class Flood:
    """The generators, processes of their own."""

    def __init__(self, target, sources):
        self.sent = [multiprocessing.Value("i", 0) for _ in range(GENERATORS)]
        self.processes = [
            multiprocessing.Process(
                target=generate, daemon=True,
                args=(target, sources[i::GENERATORS] or sources,
                      OFFERED * SECONDS // GENERATORS, sent))
            for i, sent in enumerate(self.sent)]
        for process in self.processes:
            process.start()

    def wait(self):
        """The requests a second that were sent."""
        for process in self.processes:
            process.join(SECONDS * 6)
        return sum(sent.value for sent in self.sent) / SECONDS

    def stop(self):
        for process in self.processes:
            process.kill()
            process.join()


class Watch(threading.Thread):
    """Scrapes ten times a second and notes how many scheduled samples there were when."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.scraper = hostile.Scraper(target)
        self.seen, self.failures = [], []  # seen: (begin, end, samples) of each scrape
        self._done = threading.Event()

    def run(self):
        while not self._done.wait(0.1):
            begin = time.monotonic()
            try:
                samples = int(SCHEDULED.search(self.scraper.scrape())[1])
                self.seen.append((begin, time.monotonic(), samples))
            except (OSError, AssertionError) as error:
                self.failures.append(f"after {time.monotonic() - begin:.1f} s: {error!r}")

    def stop(self):
        self._done.set()
        self.join(30)

    def slowest(self):
        return max(end - begin for begin, end, _ in self.seen)

    def lateness(self):
        """Seconds by which samples were behind the timetable for certain.

        A sample was taken after the last scrape without it had begun, and before the first scrape
        with it had ended: so a slow scrape makes this less exact, but never too large.
        """
        late, due = 0.0, math.inf  # due: when a sample number 0 would have been, at the latest
        for former, current in zip(self.seen, self.seen[1:]):
            late = max(late, former[0] - (former[2] + 1) * INTERVAL - due)
            if current[2] != former[2]:
                due = min(due, current[1] - current[2] * INTERVAL)
        return late


class FloodTest(DaemonTest):
    def setUp(self):
        super().setUp()
        hostile.allow_many_files(8192)
        self.start(CONFIG)

    def flood(self, sources):
        flood = Flood(self.target, sources)
        self.addCleanup(flood.stop)
        watch = Watch(self.target)
        watch.start()
        self.addCleanup(watch.stop)
        rate = flood.wait()
        watch.stop()
        self.check(watch, rate)

    def check(self, watch, rate):
        self.assertEqual(watch.failures, [])
        samples = watch.seen[-1][2] - watch.seen[0][2]
        passed = watch.seen[-1][1] - watch.seen[0][0]
        print(f"{rate:.0f} requests a second; {samples} samples in {passed:.1f} s, at least "
              f"{watch.lateness():.2f} s late; {len(watch.seen)} scrapes, the slowest in "
              f"{watch.slowest() * 1000:.0f} ms", flush=True)
        self.assertTrue(self.daemon.alive(), self.daemon.log())
        if not SANITIZER:
            self.assertGreaterEqual(rate, RATE, "this host can't send as many requests")
            self.assertLessEqual(watch.lateness(), LATE)
            self.assertLess(watch.slowest(), SLOWEST_SCRAPE)

    def test_from_one_address(self):
        self.flood(["127.0.3.1"])

    def test_from_more_addresses_than_there_are_workers_for(self):
        self.flood([f"127.0.3.{i}" for i in range(1, 21)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
