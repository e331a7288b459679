"""A real Prometheus scrapes the daemon, in both formats, and what it stores is the truth."""

import http.server
import threading
import time
import unittest

from support import (OPENMETRICS, TEXT, Daemon, Folder, Helper, Prometheus, get, wait_for)

HOSTILE = b'h\xff"\\\n} 1'


class Relay:
    """Passes scrapes on to the daemon, asking for the plain text format: this Prometheus always asks
    for OpenMetrics."""

    def __init__(self, target):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802, the library's name
                _, headers, body = get(f"http://{target}/metrics", {"Accept": TEXT})
                self.send_response(200)
                self.send_header("Content-Type", headers["Content-Type"])
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def burn(path):
    """Uses about half a core, and notes in a file at what time it had used how much."""
    with open(path, "w", buffering=1, encoding="ascii") as out:
        while True:
            until = time.monotonic() + 0.02
            while time.monotonic() < until:
                pass
            out.write(f"{time.time()} {time.process_time()}\n")
            time.sleep(0.02)


def interpolate(points, at):
    for (t1, v1), (t2, v2) in zip(points, points[1:]):
        if t1 <= at <= t2:
            return v1 + (v2 - v1) * (at - t1) / (t2 - t1)
    raise AssertionError(f"no measurement around {at}")


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        cls.truth = cls.folder.path + "/burner"
        cls.burner = Helper(b"e2e-burner", lambda: burn(cls.truth))
        cls.addClassCleanup(cls.burner.stop)
        cls.hostile = Helper(HOSTILE, lambda: time.sleep(600))
        cls.addClassCleanup(cls.hostile.stop)
        # Scheduled samples are rare, so that each scrape has a sample of its own: what Prometheus
        # stores for a time is what was true at that time.
        with open(cls.folder.path + "/p.toml", "w", encoding="utf-8") as config:
            config.write('[sampling]\ninterval = "10m"\n')
        cls.daemon = Daemon(cls.folder.path, "--config.file", "p.toml")
        cls.addClassCleanup(cls.daemon.stop)
        # A daemon of its own: one that is scraped twice may give the second the sample of the first.
        other = Folder()
        cls.addClassCleanup(other.remove)
        for_relay = Daemon(other.path, "--config.file", cls.folder.path + "/p.toml")
        cls.addClassCleanup(for_relay.stop)
        cls.relay = Relay(for_relay.address)
        cls.addClassCleanup(cls.relay.stop)
        cls.prometheus = Prometheus(
            cls.folder.path, {"openmetrics": cls.daemon.address, "text": cls.relay.address}, "2s")
        cls.addClassCleanup(cls.prometheus.stop)
        wait_for(lambda: len(cls.prometheus.query("up == 1")) == 2, "two scrapes that succeed")

    def names(self, job):
        result = self.prometheus.query(f'group by (__name__) ({{job="{job}"}})')
        return {series["metric"]["__name__"] for series in result}

    def test_both_formats_are_up_and_have_the_same_names(self):
        # Some metrics come into being with the first scrape.
        wait_for(lambda: self.names("openmetrics") == self.names("text"), "the same names in both")
        self.assertGreater(len(self.names("text")), 80)
        self.assertIn("namedprocess_namegroup_cpu_seconds_total", self.names("text"))

    def test_the_formats_are_what_they_are_taken_for(self):
        self.assertTrue(self.daemon.page(OPENMETRICS).endswith("# EOF\n"))
        self.assertNotIn("# EOF", self.daemon.page(TEXT))
        targets = self.prometheus.query('up{job=~"openmetrics|text"}')
        self.assertEqual([target["value"][1] for target in targets], ["1", "1"])

    def test_a_hostile_name_is_one_more_group(self):
        for job in ("openmetrics", "text"):
            result = self.prometheus.query(
                'namedprocess_namegroup_num_procs{groupname="h\\ufffd\\"\\\\\\n} 1",job="' + job + '"}')
            self.assertEqual([series["value"][1] for series in result], ["1"], job)

    def test_cpu_seconds_grow_at_the_true_rate(self):
        time.sleep(24)
        modes = self.prometheus.query('namedprocess_namegroup_cpu_seconds_total'
                                      '{groupname="e2e-burner",job="openmetrics"}[1m]')
        self.assertEqual(len(modes), 2)
        stored = {}
        for mode in modes:
            for at, seconds in mode["values"]:
                stored[at] = stored.get(at, 0) + float(seconds)
        self.assertGreater(len(stored), 8)
        first, last = min(stored), max(stored)
        with open(self.truth, encoding="ascii") as file:
            points = [tuple(map(float, line.split())) for line in file if line.endswith("\n")]
        truth = interpolate(points, last) - interpolate(points, first)
        self.assertGreater(truth, 2, "the burner was hardly given a CPU")
        self.assertAlmostEqual((stored[last] - stored[first]) / truth, 1, delta=0.05)


if __name__ == "__main__":
    unittest.main(verbosity=2)
