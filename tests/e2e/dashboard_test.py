"""The dashboard "Node Exporter Full" finds what it asks for: dashboard_1860.txt says what that is, with
its labels, and what a host needs to have it. What this host lacks is looked for on those of
tests/fixtures/hosts."""

import glob
import os
import re
import unittest

from support import ROOT, Folder
from system_pages import HOSTS, Pair

LIST = ROOT + "/tests/e2e/dashboard_1860.txt"
NAMES = 234
SYSTEMD = "/run/systemd/"  # files can't stand in for it: it is asked over D-Bus


def asked_for():
    """{metric: what it takes}, {metric: labels}"""
    with open(LIST, encoding="utf-8") as file:
        lines = [re.fullmatch(r"(\w+)(?:\{([\w,]+)\})?(?: (.+))?\n", line).groups("")
                 for line in file if not line.startswith("#")]
    return ({name: condition for name, _, condition in lines},
            {name: set(labels.split(",")) for name, labels, _ in lines if labels})


def can_have(root, condition):
    """Whether a host has what this takes."""
    if condition.startswith("never: "):
        return False
    patterns, _, start = condition.partition(" ")
    paths = [path for pattern in patterns.split("|") for path in glob.glob(root + (pattern or "/"))]
    return any(not start or has_line(path, start) for path in paths)


def has_line(path, start):
    with open(path, encoding="utf-8", errors="replace") as file:
        return any(re.match(start, line) for line in file)


class DashboardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.asked_for, cls.labels = asked_for()
        cls.pages = {}  # root of a host: {name: series} of their page, and of ours
        for host in [None, *sorted(name[:-4] for name in os.listdir(HOSTS))]:
            folder = Folder()
            cls.addClassCleanup(folder.remove)
            pair = Pair(cls, folder.path, host)
            cls.pages[pair.root] = [{name: series for name, (_, series) in page.items() if series}
                                    for page in pair.round()[:2]]

    def test_what_a_host_can_have_is_there(self):
        for root, (_, ours) in self.pages.items():
            lacking = [name for name, condition in self.asked_for.items()
                       if can_have(root, condition) and name not in ours]
            self.assertEqual("", " ".join(lacking), root or "this host")

    def test_the_list_knows_what_hosts_have(self):
        for root, shown in self.pages.items():
            wrong = [name for name, condition in self.asked_for.items()
                     if not can_have(root, condition) and any(name in page for page in shown)]
            self.assertEqual("", " ".join(wrong), root or "this host")

    def test_series_have_the_labels_that_it_uses(self):
        for root, (_, ours) in self.pages.items():
            for name, labels in self.labels.items():
                for pairs in ours.get(name, {}):
                    self.assertLessEqual(labels, dict(pairs).keys(), f"{name} of {root or 'this host'}")

    def test_each_metric_is_shown_somewhere(self):
        shown = set().union(*(ours for _, ours in self.pages.values()))
        missing = [name for name, condition in self.asked_for.items()
                   if name not in shown and not condition.startswith(("never: ", SYSTEMD))]
        self.assertEqual("", " ".join(missing))

    def test_the_list_is_whole(self):
        self.assertEqual(len(self.asked_for), NAMES)


if __name__ == "__main__":
    unittest.main(verbosity=2)
