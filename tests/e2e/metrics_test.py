"""/metrics of the running daemon as promtool, curl and people see it, with real processes."""

import gzip
import re
import subprocess
import threading
import time
import unittest

from support import ALL, OPENMETRICS, SERVERS, TEXT, Daemon, Folder, Helper, escape_label, wait_for

# promtool's complaints about names that are kept because dashboards and rules use them. The only
# list of them: node_exporter's metrics of memory and protocols are named after the kernel's fields,
# those of entropy are in bits, and process-exporter's counters of errors lack their suffix.
COMPATIBILITY = re.compile(
    r"node_(memory|netstat)_\w+ metric names should be written in 'snake_case'|"
    r"node_entropy_\w+_bits use base unit \"bytes\" instead of \"bits\"|"
    r"namedprocess_scrape_\w*errors counter metrics should have \"_total\" suffix")

HOSTILE = [b"\xff\xfe", b'"', b"\\", b"\n", b"a\nb 1", b"} 1 {", b"a ) S ( b", b"\x01\x1b[31m",
           "größe".encode(), b" ", b""]


class MetricsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        with open(cls.folder.path + "/all.toml", "w", encoding="utf-8") as config:
            config.write(ALL)
        cls.daemon = Daemon(cls.folder.path, "--config.file", "all.toml")
        cls.addClassCleanup(cls.daemon.stop)

    def test_promtool_has_no_complaint(self):
        checked = subprocess.run([SERVERS + "/promtool", "check", "metrics"], capture_output=True,
                                 input=self.daemon.page(), text=True, timeout=60, check=False)
        complaints = [line for line in checked.stderr.splitlines()
                      if line and not COMPATIBILITY.match(line)]
        self.assertEqual(complaints, [])

    def test_serves_what_it_promises(self):
        page = self.daemon.page()
        for name in ["num_procs", "cpu_seconds_total", "memory_bytes", "read_bytes_total",
                     "write_bytes_total", "num_threads", "open_filedesc", "worst_fd_ratio", "states",
                     "oldest_start_time_seconds"]:
            self.assertIn(f"\nnamedprocess_namegroup_{name}{{", page)
        for start in ["linux_process_memory_resident_bytes{", "node_load1 ", "node_load15 ",
                      "node_memory_MemAvailable_bytes ", 'node_cpu_seconds_total{cpu="0",',
                      "node_uname_info{", "node_boot_time_seconds ", "procmarshal_build_info{",
                      "procmarshal_sample_duration_seconds_bucket{", "procmarshal_processes ",
                      "process_cpu_seconds_total "]:
            self.assertIn("\n" + start, page)

    def test_formats_differ_in_form_only(self):
        def names(page):
            return {re.split(r"[{ ]", line)[0] for line in page.splitlines() if line[0] != "#"}
        self.assertEqual(names(self.daemon.page(TEXT)), names(self.daemon.page(OPENMETRICS)))

    def test_the_compressed_page_is_the_page(self):
        _, headers, body = self.daemon.get("/metrics", {"Accept-Encoding": "gzip"})
        self.assertEqual(headers["Content-Encoding"], "gzip")
        plain = gzip.decompress(body).decode()
        self.assertIn("\nprocmarshal_processes ", plain)
        self.assertLess(len(body), len(plain) / 4)

    def families(self, query):
        """The names of the families on a page of some collectors."""
        status, _, body = self.daemon.get("/metrics?" + query)
        self.assertEqual(status, 200, body)
        return set(re.findall(r"^# TYPE (\w+) ", body.decode(), re.M))

    def test_shows_the_collectors_that_are_asked_for(self):
        scrape = {"node_scrape_collector_success", "node_scrape_collector_duration_seconds"}
        load = {"node_load1", "node_load5", "node_load15"}
        self.assertEqual(self.families("collect[]=loadavg"), scrape | load)
        self.assertEqual(self.families("collect%5B%5D=loadavg&collect%5B%5D=uname"),
                         scrape | load | {"node_uname_info"})
        self.assertEqual(self.families("exclude[]=loadavg"), self.families("") - load)
        _, _, body = self.daemon.get("/metrics?collect[]=registry&collect[]=namedprocess")
        page = body.decode()
        self.assertEqual(re.findall(r'^node_scrape_collector_success{collector="(\w+)"} 1$', page, re.M),
                         ["namedprocess", "registry"])
        for start in ["namedprocess_namegroup_num_procs{", "linux_process_threads{",
                      "procmarshal_build_info{"]:
            self.assertIn("\n" + start, page)

    def test_refuses_queries_it_cannot_serve(self):
        for query in ["collect[]=loadavg&exclude[]=uname", "collect[]=nonesuch", "collect[]=",
                      "collect[]=%", "&".join(["collect[]=cpu"] * 1000)]:
            status, _, body = self.daemon.get("/metrics?" + query)
            self.assertEqual((status, body.count(b"\n")), (400, 1), query)
        self.assertIn(b'no collector "nonesuch"', self.daemon.get("/metrics?collect[]=nonesuch")[2])

    def test_hostile_names_leave_the_page_whole(self):
        helpers = [Helper(name, lambda: time.sleep(600)) for name in HOSTILE]
        try:
            time.sleep(1.1)  # an older sample would do for a reader
            page = wait_for(lambda: self.page_with(helpers), "all helpers to be on the page")
        finally:
            for helper in helpers:
                helper.stop()
        for name in HOSTILE:
            group = f'namedprocess_namegroup_num_procs{{groupname="{escape_label(name)}"}} '
            self.assertEqual(len(re.findall("^" + re.escape(group), page, re.M)), 1, name)
        for line in page.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \w+ .*|\w+(\{(\w+="([^"\\]|\\.)*",?)*\})? \S+)$')

    def page_with(self, helpers):
        page = self.daemon.page()
        if all(f'{{pid="{helper.pid}",' in page for helper in helpers):
            return page
        time.sleep(1)
        return None

    def test_many_readers_share_a_sample(self):
        before = self.samples()
        time.sleep(1.1)
        begin = time.monotonic()
        threads = [threading.Thread(target=self.daemon.page) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begin
        # One for the readers and one for us, now or in the same second; one more a second.
        self.assertLessEqual(self.samples() - before, 2 + took)

    def samples(self):
        return self.daemon.value('procmarshal_samples_total{kind="on_demand"}') or 0

    def test_unknown_paths_and_other_methods(self):
        self.assertEqual(self.daemon.get("/nonesuch")[0], 404)
        self.assertEqual(self.daemon.get("/metrics/")[0], 404)
        for method in ("POST", "PUT", "DELETE", "HEAD"):
            status, headers, _ = self.daemon.get("/metrics", method=method)
            self.assertEqual((status, headers["Allow"]), (405, "GET"), method)

    def test_the_other_pages(self):
        self.assertEqual(self.daemon.get("/-/healthy")[0], 200)
        self.assertEqual(self.daemon.get("/-/ready")[0], 200)
        _, headers, body = self.daemon.get("/")
        self.assertIn("text/html", headers["Content-Type"])
        self.assertIn(b'href="/metrics"', body)

    def test_knows_its_own_process(self):
        with open(f"/proc/{self.daemon.process.pid}/comm", "rb") as comm:
            group = escape_label(comm.read()[:-1])
        self.assertGreaterEqual(
            self.daemon.value(f'namedprocess_namegroup_num_procs{{groupname="{group}"}}'), 1)
        self.assertGreater(self.daemon.value("process_open_fds"), 3)
        self.assertAlmostEqual(self.daemon.value("process_start_time_seconds"), time.time(), delta=120)

    def test_a_process_that_ends_leaves_its_group_at_zero(self):
        helper = Helper(b"short-lived", lambda: time.sleep(600))
        series = 'namedprocess_namegroup_num_procs{groupname="short-lived"}'
        try:
            wait_for(lambda: self.daemon.value(series) == 1, "the process to be seen")
        finally:
            helper.stop()
        wait_for(lambda: self.daemon.value(series) == 0, "the process to be gone")


if __name__ == "__main__":
    unittest.main(verbosity=2)
