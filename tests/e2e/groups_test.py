"""Groups of real processes: matched anew after exec and reload, followed by children, and counted
without a fall."""

import ctypes
import os
import re
import resource
import signal
import time
import unittest

from puppets import state_of
from support import DaemonTest, Helper, wait_for

FAST = '[sampling]\ninterval = "100ms"\n'


def group(name, **conditions):
    lines = [f'[[group]]\nname = "{name}"\n']
    for key, value in conditions.items():
        shown = str(value).lower() if isinstance(value, bool) else f'["{value}"]'
        lines.append(f"{key} = {shown}\n")
    return "".join(lines)


def burn():
    while True:
        pass


class GroupsTest(DaemonTest):
    def value(self, family, name, more=""):
        return self.daemon.value(f'namedprocess_namegroup_{family}{{groupname="{name}"{more}}}')

    def processes(self, name):
        return self.value("num_procs", name)

    def cpu(self, name):
        return sum(self.value("cpu_seconds_total", name, f',mode="{mode}"') or 0
                   for mode in ("user", "system"))

    def help(self, name, function):
        helper = Helper(name, function)
        self.addCleanup(helper.stop)
        return helper

    def reload(self, config):
        with open(self.folder.path + "/p.toml", "w", encoding="utf-8") as file:
            file.write(config)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.daemon.log().count("reloaded") > self.reloads, "the reload")
        self.reloads += 1

    def setUp(self):
        super().setUp()
        self.reloads = 0

    def test_a_declared_group_is_there_without_a_process(self):
        self.start(FAST + group("absent", comm="pm-absent") + group("{{.Comm}}", comm="pm-other"))
        page = self.daemon.page()
        self.assertIn('namedprocess_namegroup_num_procs{groupname="absent"} 0\n', page)
        self.assertNotIn("pm-other", page)
        self.help(b"pm-absent", signal.pause)
        wait_for(lambda: self.processes("absent") == 1, "the process to be counted")

    def test_a_process_is_matched_anew_after_exec(self):
        read, write = os.pipe()

        def run():
            os.read(read, 1)
            os.execv("/bin/sleep", ["pm-after", "1000"])
        self.start(FAST + group("before", comm="pm-before") + group("after", exe="pm-after"))
        self.help(b"pm-before", run)
        wait_for(lambda: self.processes("before") == 1, "the process")
        os.write(write, b"x")
        wait_for(lambda: (self.processes("before"), self.processes("after")) == (0, 1), "the exec")

    def test_children_follow_where_they_should(self):
        def fork():
            if os.fork() == 0:
                ctypes.CDLL(None).prctl(15, ctypes.c_char_p(b"pm-child"), 0, 0, 0)
                ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # dies with its parent
            signal.pause()
        self.start(FAST + group("with", comm="pm-with", children=True) +
                   group("without", comm="pm-without"))
        self.help(b"pm-with", fork)
        self.help(b"pm-without", fork)
        wait_for(lambda: (self.processes("with"), self.processes("without")) == (2, 1),
                 "the children to be where they belong")

    def test_a_reload_keeps_what_groups_have_counted(self):
        first = FAST + group("kept", comm="pm-kept") + group("old", comm="pm-moved")
        self.start(first)
        self.help(b"pm-kept", burn)
        self.help(b"pm-moved", burn)
        wait_for(lambda: min(self.cpu("kept"), self.cpu("old")) > 0.5, "CPU time to be counted")
        kept, old = self.cpu("kept"), self.cpu("old")
        self.reload(FAST + group("kept", comm="pm-kept") + group("new", comm="pm-moved"))
        wait_for(lambda: self.processes("new") == 1, "the process in its new group")
        self.assertGreaterEqual(self.cpu("kept"), kept)
        self.assertEqual(self.processes("old"), 0)
        left = self.cpu("old")
        self.assertGreaterEqual(left, old)
        wait_for(lambda: self.cpu("new") > 0.5, "CPU time in the new group")
        self.assertEqual(self.cpu("old"), left)

    def test_a_broken_reload_changes_nothing(self):
        self.start(FAST + group("kept", comm="pm-kept"))
        with open(self.folder.path + "/p.toml", "w", encoding="utf-8") as file:
            file.write("[[group]]\nname = 'x'\ncmdline = ['(']\n")
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reload failed" in self.daemon.log(), "the reload to fail")
        self.assertRegex(self.daemon.log(), r"p\.toml:3: .*missing \)")
        self.assertEqual(self.processes("kept"), 0)

    def test_an_ended_process_leaves_what_its_parent_was_told(self):
        """Each child burns for a while that no sample sees whole: the test is their parent."""
        self.start('[sampling]\ninterval = "1h"\n' + group("brief", comm="pm-brief"))
        parent = self.help(b"pm-brief", lambda: burn_in_children(20, 0.1))
        wait_for(lambda: state_of(parent.pid) == "T", "the children to end")
        used = children_cpu(parent.pid)
        self.assertGreater(used, 1)
        self.assertAlmostEqual(self.cpu("brief"), used, delta=0.05 * used + 0.05)

    def test_all_families_of_process_exporter_are_there(self):
        self.start(FAST + "[processes]\nthreads = true\nsmaps = true\n")
        page = self.daemon.page()
        families = set(re.findall(r"^# TYPE (namedprocess_\w+) ", page, re.MULTILINE))
        self.assertEqual(len(families), 23, sorted(families))


def burn_in_children(count, seconds):
    for _ in range(count):
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            end = time.process_time() + seconds
            while time.process_time() < end:
                pass
            os._exit(0)
        os.waitpid(child, 0)
    os.kill(os.getpid(), signal.SIGSTOP)


def children_cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    unittest.main()
