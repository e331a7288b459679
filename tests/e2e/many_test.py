"""50,000 processes with a name each, in a tree that looks like /proc: the page stays within the budget
of series, all of it adds up to the host, and the program stays small."""

import os
import re
import shutil
import tempfile
import unittest

from support import SANITIZER, DaemonTest, wait_for

PROCESSES = 5_000 if SANITIZER else 50_000
FIRST_PID = 10
SECONDS = 2  # of CPU that each process has used
BUDGET = 20_000
MEBIBYTE = 1 << 20
MOST_MEMORY = 60 * MEBIBYTE
IN_MEMORY = "/dev/shm"
ROOM = 1024 * MEBIBYTE
SHARED = {
    "status": "Uid:\t0\t0\t0\t0\nVmRSS:\t 1000 kB\nVmSwap:\t 0 kB\nSigQ:\t0/95\n"
              "voluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t2\n",
    "io": "rchar: 1\nwchar: 1\nsyscr: 1\nsyscw: 1\nread_bytes: 1\nwrite_bytes: 1\n"
          "cancelled_write_bytes: 0\n",
    "cgroup": "0::/system.slice/worker.service\n",
    "cmdline": "/usr/bin/worker\0",
    "limits": "Limit Soft Limit Hard Limit Units\nMax open files 1024 4096 files\n",
}


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def make_tree(root, seconds):
    """Files that are alike are links to one."""
    os.makedirs(root)
    write(root + "/stat", "cpu 1 2 3 4 5 6 7 8 9 10\nbtime 1700000000\nctxt 1\nprocesses 1\n"
                          "procs_running 1\nprocs_blocked 0\n")
    write(root + "/meminfo", "MemTotal: 100000000 kB\n")
    for name, text in SHARED.items():
        write(f"{root}/{name}", text)
    for pid in range(FIRST_PID, FIRST_PID + PROCESSES):
        folder = f"{root}/{pid}"
        os.makedirs(folder + "/fd")
        write_stat(root, pid, seconds)
        for name in SHARED:
            os.link(f"{root}/{name}", f"{folder}/{name}")


def write_stat(root, pid, seconds):
    write(f"{root}/{pid}/stat",
          f"{pid} (worker-{pid:07}) S 1 {pid} {pid} 0 -1 64 100 0 5 0 {seconds * 100} 0 0 0 20 0 1 0 "
          f"{pid} 10000000 250 1 1 2 3 4 0 0 0\n")


def memory(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return int(re.search(rf"^{name}:\s+(\d+)", file.read(), re.M)[1]) * 1024


def of_groups_and_processes(page):
    return [line for line in page.splitlines()
            if line.startswith(("namedprocess_namegroup_", "linux_group_", "linux_process_"))]


class ManyTest(DaemonTest):
    def make_room(self):
        """In memory, if there is any: a disk takes minutes for so many files."""
        memory_free = os.statvfs(IN_MEMORY) if os.path.isdir(IN_MEMORY) else None
        if memory_free is None or memory_free.f_bavail * memory_free.f_bsize < ROOM:
            return self.folder.path
        room = tempfile.mkdtemp(prefix="procmarshal_e2e_", dir=IN_MEMORY)
        self.addCleanup(shutil.rmtree, room, ignore_errors=True)
        return room

    def total(self, family, more=""):
        pattern = rf"^namedprocess_namegroup_{family}{{groupname=\"[^\"]+\"{more}}} (\S+)$"
        return sum(float(value) for value in re.findall(pattern, self.daemon.page(), re.M))

    def test_stays_within_its_budgets(self):
        root = self.make_room() + "/proc"
        make_tree(root, SECONDS)
        self.start('[sampling]\ninterval = "1h"\n', "--path.procfs", root)
        wait_for(lambda: self.daemon.get("/-/ready")[0] == 200, "the first sample", 120)
        page = self.daemon.page()
        self.assertIn('namedprocess_namegroup_num_procs{groupname="other"}', page)
        self.assertLessEqual(len(of_groups_and_processes(page)), BUDGET)
        self.assertEqual(self.total("num_procs"), PROCESSES)
        self.assertGreater(self.daemon.value('procmarshal_series_dropped_total{of="groups"}'), 0)

        user = ',mode="user"'
        before = self.total("cpu_seconds_total", user)
        for pid in range(FIRST_PID, FIRST_PID + 1000):
            write_stat(root, pid, SECONDS + 3)
        wait_for(lambda: self.total("cpu_seconds_total", user) > before, "the next sample", 120)
        self.assertAlmostEqual(self.total("cpu_seconds_total", user) - before, 3000, 3)
        if not SANITIZER:
            self.assertLess(memory(self.daemon.process.pid, "RssAnon"), MOST_MEMORY)


if __name__ == "__main__":
    unittest.main()
