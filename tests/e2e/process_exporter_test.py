"""process-exporter and procmarshal side by side, on the same processes and by the same rules: its
file, and what `procmarshal migrate` makes of it. Each family is equal, or differs as listed here."""

import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from puppets import (MEBIBYTE, EndingThread, Program, Puppet, Threads, burn, state_of, switch,
                     wchan_of, with_children, with_open_files, with_zombie, write_and_read)
from support import (PROCMARSHAL, ROOT, SERVERS, Daemon, Exporter, Folder, Helper, get,
                     parse_page, wait_for)

GROUP = "namedprocess_namegroup_"
NEVER = "never"  # a group no process of which there ever is
WRITTEN = 2  # MiB
LEAST_FAMILIES = 20
TINY = 1e-7
# What parents were told of their children is exact, and files show whole ticks: the rest of a tick
# goes to those that ended.
TICK = 1 / os.sysconf("SC_CLK_TCK") + TINY

RULES = rf"""
process_names:
  - name: "{{{{.Comm}}}}"
    comm: [pup-sleep, pup-burn, pup-write, pup-threads, pup-ending, pup-gone]
  - name: "{{{{ .Comm }}}}"
    comm: [pup-zombie, pup-parent, pup-files, pup-late]
  - name: "of {{{{.Username}}}} {{{{.PID}}}} {{{{.StartTime}}}} {{{{.Cgroups}}}}"
    comm: [pup-template]
  - exe: [pup-base]
  - name: "{{{{.ExeFull}}}}"
    exe: [/opt/puppets/pup-full]
  - name: "{{{{.ExeBase}}}} {{{{.Matches.who}}}}{{{{.Matches.nobody}}}}"
    comm: [{os.path.basename(sys.executable)[:15]}]
    exe: [pup-capture, pup-other]
    cmdline: ['--puppet=(?P<who>\w+)', '--real(?:ly)?$']
  - name: {NEVER}
    comm: [pup-never]
"""

# What ours leaves out, and why.
OMITTED = {
    r"process_exporter_build_info": "ours is procmarshal_build_info: it is another program",
    r"go_\w+": "of the language that process-exporter is written in",
    r"promhttp_\w+": "of its HTTP library; ours are procmarshal_http_*",
}

# What is of each exporter itself: there is nothing to compare but the type.
OF_ITSELF = {
    "process_cpu_seconds_total", "process_max_fds", "process_open_fds",
    "process_resident_memory_bytes", "process_start_time_seconds", "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
}

EQUAL = {GROUP + name for name in (
    "num_procs", "read_bytes_total", "write_bytes_total",
    "major_page_faults_total", "minor_page_faults_total", "open_filedesc", "worst_fd_ratio",
    "num_threads", "thread_count", "thread_cpu_seconds_total", "thread_io_bytes_total",
    "thread_major_page_faults_total", "thread_minor_page_faults_total",
    "thread_context_switches_total")} | {"namedprocess_scrape_errors"}


class Within:
    """A value that is not known exactly."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def __eq__(self, value):
        return self.low <= value <= self.high

    def __repr__(self):
        return f"{self.low} to {self.high}"


# family: (why ours differs, what ours has to be: a function of the world, the labels and their value)
DIFFERENT = {
    GROUP + "states": (
        "theirs counts a process with several threads and each of its threads; ours the process",
        lambda world, labels, value: value - world.threads_in(labels["groupname"], labels["state"])),
    GROUP + "threads_wchan": (
        "theirs counts the main thread of a process with several threads twice",
        lambda world, labels, value: value - world.mains_in(labels["groupname"], labels["wchan"])),
    GROUP + "context_switches_total": (
        "theirs falls when a thread ends, even below 0, which shows as 2^64; ours never does",
        lambda world, labels, value: world.switches(labels, value)),
    GROUP + "oldest_start_time_seconds": (
        "theirs is the year 1 for a group without processes, and in whole seconds; ours is 0",
        lambda world, labels, value: 0 if value < 0 else Within(value, value + 1)),
    GROUP + "cpu_seconds_total": (
        "theirs lacks what a process did between the last scrape and its end; ours does not, if it "
        "was waited for",
        lambda world, labels, value: Within(
            value - TINY, value + (0.5 if labels["groupname"] == "pup-gone" else TICK))),
    GROUP + "memory_bytes": (
        "proportional memory is read at another moment, and others map the same libraries; theirs "
        "takes resident memory from stat, which is off by some pages on each CPU for each process",
        lambda world, labels, value: near_memory(
            labels["memtype"], value, world.processes_in(labels["groupname"]))),
    "namedprocess_scrape_procread_errors": (
        "theirs counts during its start only", lambda *_: Within(0, math.inf)),
    "namedprocess_scrape_partial_errors": (
        "theirs counts processes that no rule fits, too", lambda *_: Within(0, math.inf)),
}


def near_memory(kind, value, processes):
    if kind == "resident":
        slack = 64 * os.sysconf("SC_PAGE_SIZE") * (os.cpu_count() + 1) * processes
        return Within(value - slack, value + slack)
    return Within(0.9 * value, 1.1 * value) if kind.startswith("proportional") else value


def without_unsteady(families):
    """What stands still as long as the puppets do."""
    return {name: {labels: value for labels, value in series.items()
                   if not dict(labels).get("memtype", "").startswith("proportional")}
            for name, (_, series) in families.items() if name.startswith(GROUP)}


class ProcessExporter(Exporter):
    def __init__(self, folder, rules):
        super().__init__([SERVERS + "/prometheus-process-exporter", "-config.path", rules], folder,
                         "process-exporter")

    def page(self):
        return get(f"http://{self.address}/metrics")[2].decode()


class World:
    """The puppets, and the two that watch them, until all puppets have done their work."""

    def __init__(self, case, folder):
        self.case, self.folder = case, folder
        # Not in /tmp, which may be in memory: that is no I/O.
        self.disk = tempfile.mkdtemp(prefix="puppets_", dir=os.environ.get("BUILD", ROOT + "/build"))
        case.addClassCleanup(shutil.rmtree, self.disk)
        self._make_puppets()
        self.theirs = self._keep(ProcessExporter(folder, self._write("rules.yml", RULES)))
        self.ours = self._keep(Daemon(folder, "--config.file", self._migrate("rules.yml")))
        self._watch_work()

    def _keep(self, thing):
        self.case.addClassCleanup(thing.stop)
        return thing

    def _write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def _migrate(self, rules):
        done = subprocess.run([PROCMARSHAL, "migrate", rules], capture_output=True, text=True,
                              timeout=60, check=True, cwd=self.folder)
        assert done.stderr == "", done.stderr
        return self._write("migrated.toml", done.stdout)

    def _puppet(self, name, prepare=lambda: None, work=lambda: None):
        return self._keep(Puppet(name, prepare, work))

    def _make_puppets(self):
        self._puppet(b"pup-sleep")
        self._puppet(b"pup-sleep")
        self.burner = self._keep(Helper(b"pup-burn", self._burn))
        wait_for(lambda: state_of(self.burner.pid) == "T", "the burner to stop")
        self.writer = self._puppet(
            b"pup-write", work=lambda: write_and_read(self.disk + "/file", WRITTEN))
        threads = Threads(self.disk, [b"pup-t one", b"pup-t two", b"pup-t two"])
        self.threads = self._puppet(b"pup-threads", threads.prepare, threads.work)
        ending = EndingThread()
        self.ending = self._puppet(b"pup-ending", ending.prepare, ending.work)
        self.gone = self._puppet(b"pup-gone", work=lambda: burn(0.2))
        self._puppet(b"pup-undertaker", with_zombie)
        self._puppet(b"pup-parent", with_children, lambda: switch(10))
        self._puppet(b"pup-files", with_open_files)
        self._puppet(b"pup-template")
        for arguments in (["/opt/puppets/pup-base"], ["/opt/puppets/pup-full"],
                          ["/elsewhere/pup-full"], ["pup-capture", "--puppet=alice", "--real"],
                          ["pup-other", "--puppet=bob", "--really"],
                          ["pup-capture", "--puppet=eve", "--unreal"]):
            self._keep(Program(arguments))

    @staticmethod
    def _burn():
        os.kill(os.getpid(), signal.SIGSTOP)
        while True:
            burn(1)

    def _watch_work(self):
        self.wait_until_still()
        # process-exporter takes the time of the boot in whole seconds: what has started within one
        # of its own start might have started before it.
        time.sleep(2)
        self._puppet(b"pup-late",
                     lambda: (burn(0.2), write_and_read(self.disk + "/late", WRITTEN)))
        os.kill(self.burner.pid, signal.SIGCONT)
        for puppet in (self.writer, self.threads, self.ending, self.gone):
            puppet.work()
        os.kill(self.burner.pid, signal.SIGSTOP)
        self.before = self.wait_until_still()

        self.gone.stop()
        self.ending.work()
        wait_for(lambda: os.listdir(f"/proc/{self.ending.pid}/task") == [str(self.ending.pid)],
                 "the thread to end")
        self.wait_until_still()
        wait_for(self._has_proportional_memory, "proportional memory", 60)
        self.after = [parse_page(page) for page in self.pages()]

    def pages(self):
        """theirs, ours; ours may be a second old."""
        return self.theirs.page(), self.ours.page()

    def wait_until_still(self):
        """Returns what is on both pages once it is the same twice, with new samples."""
        last = [None]

        def is_still():
            now = [parse_page(page) for page in self.pages()]
            still = last[0] == [without_unsteady(page) for page in now]
            last[0] = [without_unsteady(page) for page in now]
            if not still:
                time.sleep(1.2)
            return still and now
        return wait_for(is_still, "the puppets to stand still", 60)

    def _has_proportional_memory(self):
        """procmarshal reads it now and then, and not at once."""
        theirs, ours = (parse_page(page).get(GROUP + "memory_bytes", ("", {}))[1]
                        for page in self.pages())
        return all(ours.get(labels, 0) > 0 for labels, value in theirs.items()
                   if value > 0 and "proportionalResident" in dict(labels).values())

    def threads_in(self, group, state):
        """How many more threads process-exporter counts as processes."""
        if group != "pup-threads" or state != "Sleeping":
            return 0
        return len(os.listdir(f"/proc/{self.threads.pid}/task"))

    def processes_in(self, group):
        return self.after[1][GROUP + "num_procs"][1][(("groupname", group),)]

    def mains_in(self, group, wchan):
        return int(group == "pup-threads" and wchan == wchan_of(self.threads.pid))

    def switches(self, labels, value):
        if labels["groupname"] != "pup-ending":
            return value
        name = GROUP + "context_switches_total"
        before = self.before[1].get(name, ("", {}))[1].get(tuple(sorted(labels.items())), math.inf)
        wrapped = value > 2 ** 63  # below 0 for theirs
        return Within(before if wrapped else max(value, before), 2 ** 63)


def may_add(labels):
    """What is on our page only: a group that is named in the file from the start, and the counters of
    threads that have ended."""
    return labels.get("groupname") == NEVER or (
        labels.get("groupname") == "pup-ending" and "threadname" in labels)


class ProcessExporterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = Folder()
        cls.addClassCleanup(folder.remove)
        cls.world = World(cls, folder.path)
        cls.theirs, cls.ours = cls.world.after

    def series(self, page, family, **labels):
        return page[GROUP + family][1][tuple(sorted(labels.items()))]

    def test_each_family_is_equal_or_differs_for_a_reason(self):
        compared = set()
        for family, (kind, theirs) in self.theirs.items():
            if any(re.fullmatch(name, family) for name in OMITTED):
                continue
            with self.subTest(family):
                self.assertIn(family, EQUAL | DIFFERENT.keys() | OF_ITSELF, "it is new: list it")
                self.assertTrue(family in self.ours, "procmarshal has none")
                self.assertEqual(self.ours[family][0], kind)
                self.compare(family, theirs, self.ours[family][1])
                compared.add(family)
        self.assertGreaterEqual(len(compared), LEAST_FAMILIES, sorted(compared))

    def compare(self, family, theirs, ours):
        if family in OF_ITSELF:
            self.assertTrue(all(value > 0 for value in [*theirs.values(), *ours.values()]))
            self.assertEqual(theirs.keys(), ours.keys())
            return
        reason, expect = DIFFERENT.get(family, ("", lambda world, labels, value: value))
        extra = [labels for labels in ours.keys() - theirs.keys() if not may_add(dict(labels))]
        self.assertEqual(extra, [], "on our page only")
        for labels, value in theirs.items():
            self.assertTrue(labels in ours, f"{labels}: on their page only")
            expected = expect(self.world, dict(labels), value)
            if isinstance(expected, Within):
                self.assertEqual(expected, ours[labels], f"{labels}; {reason}")
            else:
                self.assertAlmostEqual(ours[labels], expected, 7, f"{labels}; {reason}")

    def test_each_family_of_the_lists_is_there(self):
        listed = EQUAL | DIFFERENT.keys() | OF_ITSELF
        self.assertEqual(listed - self.theirs.keys(), set())

    def test_what_is_left_out_is_left_out(self):
        for name in OMITTED:
            self.assertTrue([each for each in self.theirs if re.fullmatch(name, each)], name)
            self.assertEqual([each for each in self.ours if re.fullmatch(name, each)], [], name)

    def test_the_rules_take_the_puppets_and_nothing_else(self):
        page = self.theirs[GROUP + "num_procs"][1]
        groups = {dict(labels)["groupname"]: value for labels, value in page.items()}
        template = [name for name in groups if name.startswith("of ")]
        self.assertEqual(len(template), 1)
        self.assertEqual(groups, {
            "pup-sleep": 2, "pup-burn": 1, "pup-write": 1, "pup-threads": 1, "pup-ending": 1,
            "pup-gone": 0, "pup-zombie": 1, "pup-parent": 4, "pup-files": 1, "pup-late": 1,
            "pup-base": 1, "/opt/puppets/pup-full": 1, "pup-capture alice<no value>": 1,
            "pup-other bob<no value>": 1, template[0]: 1})

    def test_the_puppets_did_what_was_to_be_counted(self):
        def theirs(family, group, **labels):
            return self.series(self.theirs, family, groupname=group, **labels)
        for group in ("pup-write", "pup-late"):
            self.assertGreaterEqual(theirs("write_bytes_total", group), WRITTEN * MEBIBYTE)
        for group in ("pup-burn", "pup-late", "pup-gone", "pup-threads"):
            self.assertGreater(theirs("cpu_seconds_total", group, mode="user"), 0)
        self.assertEqual(theirs("states", "pup-burn", state="Other"), 1)
        self.assertEqual(theirs("states", "pup-zombie", state="Zombie"), 1)
        self.assertGreater(theirs("worst_fd_ratio", "pup-files"), 40 / 128)
        self.assertEqual(theirs("thread_count", "pup-threads", threadname="pup-t two"), 2)
        self.assertGreaterEqual(theirs("thread_io_bytes_total", "pup-threads", iomode="write",
                                       threadname="pup-t two"), 2 * MEBIBYTE)

    def test_the_reasons_hold(self):
        switches = {"groupname": "pup-ending", "ctxswitchtype": "voluntary"}
        self.assertLess(self.series(self.theirs, "context_switches_total", **switches),
                        self.series(self.world.before[0], "context_switches_total", **switches))
        self.assertEqual(self.series(self.theirs, "oldest_start_time_seconds",
                                     groupname="pup-gone"), -62135596800)
        self.assertEqual(self.series(self.theirs, "states", groupname="pup-threads",
                                     state="Sleeping"), 1 + 4)

    def test_a_group_that_is_named_is_there_from_the_start(self):
        self.assertEqual(self.series(self.ours, "num_procs", groupname=NEVER), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
