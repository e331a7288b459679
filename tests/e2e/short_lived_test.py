"""CPU time of processes that come and go between samples, as the one who waited for them knows it."""

import os
import resource
import signal
import time
import unittest

from puppets import name_this_thread, state_of
from support import DaemonTest, Helper, wait_for

# Names that no other run of these tests has, at the same time on the same host.
PARENT, BRIEF = f"waits{os.getpid()}", f"brief{os.getpid()}"
CONFIG = f"""
[sampling]
interval = "1s"
[[group]]
name = "{{{{.Comm}}}}"
comm = ["{PARENT}", "{BRIEF}"]
"""
CHILDREN = 60
SECONDS = 0.3  # of CPU time, each


def burn():
    name_this_thread(BRIEF.encode())
    end = time.process_time() + SECONDS
    while time.process_time() < end:
        os.stat("/")


def live(report):
    """Has one child after the other, tells what all of them and itself used, and stands still."""
    for _ in range(CHILDREN):
        child = os.fork()
        if child == 0:
            try:
                burn()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    os.write(report, str(sum(each.ru_utime + each.ru_stime for each in used)).encode())
    os.kill(os.getpid(), signal.SIGSTOP)


class ShortLivedTest(DaemonTest):
    def cpu(self, name):
        series = "namedprocess_namegroup_cpu_seconds_total"
        values = (self.daemon.value(f'{series}{{groupname="{name}",mode="{mode}"}}')
                  for mode in ("user", "system"))
        return sum(value or 0 for value in values)

    def test_all_of_their_time_is_counted_once(self):
        self.start(CONFIG)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        parent = Helper(PARENT.encode(), lambda: live(writer))
        self.addCleanup(parent.stop)
        os.close(writer)
        wait_for(lambda: state_of(parent.pid) in "TZ", "all children to end", 120)
        used = float(os.read(reader, 100))
        self.assertGreater(used, CHILDREN * SECONDS)

        # One sample for what ended last, and one more for what that left open.
        samples = self.daemon.value("procmarshal_sample_duration_seconds_count")
        wait_for(lambda: self.daemon.value("procmarshal_sample_duration_seconds_count")
                 >= samples + 3, "three more samples")
        seen, counted = self.cpu(BRIEF), self.cpu(PARENT) + self.cpu(BRIEF)
        self.assertGreater(seen, 0, "each ended unseen: that proves less")
        self.assertGreaterEqual(counted, 0.95 * used)
        self.assertLessEqual(counted, 1.05 * used)


if __name__ == "__main__":
    unittest.main(verbosity=2)
