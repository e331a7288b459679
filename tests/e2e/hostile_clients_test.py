"""Clients that hold on to connections, 500 of a kind, while a scraper goes on as ever."""

import signal
import subprocess
import time
import unittest

import hostile
from support import ALL, SANITIZER, DaemonTest, Helper

EACH = 500  # clients of a kind
PER_ADDRESS = 8  # web.limits.connections_per_address, by default
REQUEST_DEADLINE, RESPONSE_DEADLINE = 5, 10  # seconds, by default
LATEST_SCRAPE = 1.0 if SANITIZER else 0.1  # seconds
MEMORY_GROWTH = 8 << 20
SAMPLES_UNTIL_STEADY = 5  # rates and memory details come after the first
PROCESSES = 100  # that make the page larger than a client's window
TLS_TOGETHER = [  # in pairs: more at a time would take all workers
    [hostile.SILENT, hostile.HALF_HEADER],
    [hostile.DRIP_HEADER, hostile.DRIP_BODY],
    [hostile.SILENT_HANDSHAKE, hostile.HALF_HANDSHAKE],
    [hostile.DRIP_HANDSHAKE, hostile.NEVER_READING],
]


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True, timeout=60)


def deadline(kind):
    return RESPONSE_DEADLINE if kind is hostile.NEVER_READING else REQUEST_DEADLINE


class HostileClientsTest(DaemonTest):
    def setUp(self):
        super().setUp()
        hostile.allow_many_files()
        for _ in range(PROCESSES):
            self.addCleanup(Helper(b"sleeper", signal.pause).stop)

    def start_watched(self, config="", context=None):
        self.start(ALL + config)
        self.context = context
        self.scraper = hostile.Scraper(self.target, context)
        for _ in range(SAMPLES_UNTIL_STEADY):
            self.scraper.scrape()
            time.sleep(1)
        self.memory_before = self.memory_most = hostile.memory(self.daemon.process.pid)
        self.scraper.start()
        self.addCleanup(self.scraper.stop)

    def watch_memory(self):
        self.memory_most = max(self.memory_most, hostile.memory(self.daemon.process.pid))

    def attack(self, kinds, count=EACH):
        """Lets these kinds loose, each from an address of its own, until all were closed."""
        sources = {kind: [f"127.0.1.{i + 1}"] for i, kind in enumerate(kinds)}
        swarm = hostile.swarm_of(kinds, self.target, self.context, count, sources)
        try:
            swarm.run(max(map(deadline, kinds)) + 3, self.watch_memory)
        finally:
            swarm.close()
        for kind in kinds:
            with self.subTest(kind.name):
                self.check_endings(kind, [c for c in swarm.clients if c.kind is kind])

    def check_endings(self, kind, clients):
        open_still = sum(client.ended_after is None for client in clients)
        self.assertEqual(open_still, 0, f"{open_still} of {len(clients)} were never closed")
        last = max(client.ended_after for client in clients)
        self.assertLess(last, deadline(kind) + 1, "seconds until the last was closed")
        at_once = sum(client.ended_after < 1 for client in clients)
        self.assertGreaterEqual(at_once, len(clients) - PER_ADDRESS, "turned away at once")
        if kind is not hostile.DRIP_BODY:  # which is answered at once: nobody wants the body
            self.assertEqual(at_once, len(clients) - PER_ADDRESS, "turned away at once")
        if not self.context:
            turned_away = sum(client.how == "503" for client in clients)
            self.assertGreaterEqual(turned_away, 1, "told why")

    def check_the_host(self):
        """The scraper never noticed, memory has not grown, and the daemon is well."""
        time.sleep(1)
        self.scraper.stop()
        p50, p99 = (hostile.percentile(self.scraper.latencies, share) for share in (0.5, 0.99))
        growth = self.memory_most - self.memory_before
        print(f"{len(self.scraper.latencies)} scrapes, p50 {p50 * 1000:.1f} ms, "
              f"p99 {p99 * 1000:.1f} ms; memory +{growth >> 10} KiB", flush=True)
        self.assertEqual(self.scraper.failures, [])
        self.assertLessEqual(p99, LATEST_SCRAPE, f"p99 of {len(self.scraper.latencies)} scrapes")
        if not SANITIZER:
            self.assertLessEqual(growth, MEMORY_GROWTH, "bytes")
        self.assertTrue(self.daemon.alive(), self.daemon.log())
        page = self.scraper.scrape()
        self.assertTrue(b'procmarshal_http_refused_total{reason="address_limit"}' in page,
                        "those turned away are not counted")
        status, _ = self.daemon.stop()
        self.assertEqual(status, 0, self.daemon.log())

    def test_plain(self):
        self.start_watched()
        for kind in hostile.KINDS:
            self.attack([kind])
        self.check_the_host()

    def test_tls(self):
        make_certificate(self.folder.path)
        self.start_watched('[web.tls_server_config]\ncert_file = "cert.pem"\nkey_file = "key.pem"\n',
                   hostile.trusting_context())
        for kinds in TLS_TOGETHER:
            self.attack(kinds, EACH // 2)
        self.check_the_host()


if __name__ == "__main__":
    unittest.main(verbosity=2)
