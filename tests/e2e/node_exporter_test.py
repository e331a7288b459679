"""node_exporter and procmarshal side by side, on this host and on those of tests/fixtures/hosts. Each
family and each series is equal, or differs as listed here."""

import os
import re
import time
import unittest

from support import SERVERS, Folder
from system_pages import HOSTS, Pair, our_collectors, their_collectors

PATIENCE = 40  # seconds until a gauge that jitters was seen unchanged
LEAST_FAMILIES = 140
TINY = 1e-9


class Difference:
    """What differs, in families that fit a pattern, and why. Each must be met on some host."""

    def __init__(self, family, reason, **series):
        self.family, self.reason, self.series = re.compile(family), reason, series
        self.met = False

    def fits(self, family, labels=None):
        labels = labels or {}
        fits = self.family.fullmatch(family) and all(
            re.fullmatch(pattern, labels.get(name, "")) for name, pattern in self.series.items())
        self.met = self.met or bool(fits)
        return bool(fits)

    def __repr__(self):
        return f"{self.family.pattern} {self.series or ''}: {self.reason}"


NEWER = "node_exporter shows it since a later version"

# Families that are on their page only.
OMITTED = [
    Difference("node_exporter_build_info", "ours is procmarshal_build_info: it is another program"),
]
# Series that are on their page only, or on ours only, in families that both have.
OMITTED_SERIES = [
    Difference("node_cpu_(guest_)?seconds_total", "1.5.0 shows CPUs that are offline, with 0", cpu="1"),
    Difference("node_interrupts_total", "theirs numbers the columns, and not the CPUs", cpu="1"),
]
ADDED_SERIES = [
    Difference("node_scrape_collector_.*", "theirs has no such collector",
               collector="namedprocess|registry|" + "|".join(
                   set(our_collectors()) - their_collectors().keys())),
    Difference("node_interrupts_total", "theirs numbers the columns, and not the CPUs", cpu="2"),
    Difference("node_backup_seconds", "theirs leaves out what has no help text in this file, but in "
               "another", of="/var"),
    Difference("node_hwmon_sensor_label", NEWER, sensor="freq1"),
    Difference("node_md_state", NEWER, state="reshape"),
    Difference("node_filesystem_readonly", NEWER, mountpoint="/mnt/gone away"),
]
# Labels that only ours has.
ADDED_LABELS = [
    (Difference("node_filesystem_.*", NEWER), "device_error"),
    (Difference("node_disk_info", NEWER), "rotational"),
    (Difference("node_network_info", NEWER), "adminstate"),
    (Difference("node_nvme_info", NEWER), "cntlid"),
]
# Types: {family: (theirs, ours)}.
OTHER_TYPES = {}
# Values: (difference, between what ours has to lie: a function of their value and of the labels).
OTHER_VALUES = [
    (Difference("node_scrape_collector_duration_seconds", "of each program itself"),
     lambda value, labels: [0, 60]),
    (Difference("node_scrape_collector_success", "theirs succeeds where there is nothing",
                collector="cpufreq"),
     lambda value, labels: [0, value]),
    (Difference("node_filefd_allocated", "each program has more files open while it is asked"),
     lambda value, labels: [value - 100, value + 100]),
]


def any_fits(differences, *what):
    return any([difference.fits(*what) for difference in differences])  # meets them all


class Comparison:
    """Of two programs on one host."""

    def __init__(self, pair):
        self.pair = pair
        self.compared = set()
        self.families_of_theirs = set()
        # (kind, family, labels): why. Of each round, but for what may pass.
        deadline = time.monotonic() + PATIENCE
        self.faults = self.round()
        while any(map(self.may_pass, self.faults)) and time.monotonic() < deadline:
            again = self.round()
            self.faults = {what: why for what, why in (self.faults | again).items()
                           if not self.may_pass(what) or (what in self.faults and what in again)}

    @staticmethod
    def may_pass(what):
        """What others change between our page and theirs: gauges, and series that come and go."""
        return what[0] not in ("family", "type", "counter")

    def round(self):
        before, ours, after = self.pair.round()
        self.faults_of_round = {}
        theirs_all = {name for name in before.keys() | after.keys() if name.startswith("node_")}
        ours_all = {name for name, (_, series) in ours.items()
                    if name.startswith("node_") and series}
        self.families_of_theirs |= theirs_all
        for family in sorted(theirs_all - ours_all):
            if not any_fits(OMITTED, family):
                self.fault("family", family, "", "on their page only")
        for family in sorted(theirs_all & ours_all):
            self.compared.add(family)
            self.compare(family, before.get(family), ours[family], after.get(family))
        return self.faults_of_round

    def fault(self, kind, family, labels, why):
        self.faults_of_round[kind, family, labels] = why

    def compare(self, family, before, ours, after):
        kind = (before or after)[0]
        if kind != ours[0] and OTHER_TYPES.get(family) != (kind, ours[0]):
            self.fault("type", family, "", f"theirs is a {kind}, ours a {ours[0]}")
        theirs = [page[1] for page in (before, after) if page]
        our_series = self.without_added_labels(family, ours[1])
        for labels in theirs[0].keys() | theirs[-1].keys() | our_series.keys():
            values = [series[labels] for series in theirs if labels in series]
            self.compare_series(kind, family, labels, values, our_series.get(labels))

    @staticmethod
    def without_added_labels(family, series):
        added = {label for difference, label in ADDED_LABELS if difference.fits(family)}
        assert not series or added <= dict(next(iter(series))).keys(), (family, added)
        return {tuple(pair for pair in labels if pair[0] not in added): value
                for labels, value in series.items()}

    def compare_series(self, kind, family, labels, values, ours):
        if ours is None:
            if len(values) == 2 and not any_fits(OMITTED_SERIES, family, dict(labels)):
                self.fault("series", family, labels, f"on their page only: {values[-1]}")
        elif not values:
            if not any_fits(ADDED_SERIES, family, dict(labels)):
                self.fault("series", family, labels, f"on our page only: {ours}")
        else:
            for difference, expect in OTHER_VALUES:
                if difference.fits(family, dict(labels)):
                    values = [bound for value in values for bound in expect(value, dict(labels))]
            if not lies_between(ours, values):
                self.fault(kind, family, labels, f"theirs {values}, ours {ours}")


def lies_between(value, bounds):
    if any(bound != bound for bound in bounds):
        return value != value
    if value in bounds:  # infinities, too
        return True
    slack = TINY * max(abs(bound) for bound in bounds)
    return min(bounds) - slack <= value <= max(bounds) + slack


class NodeExporterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hosts = {}
        for host in [None, *sorted(name[:-4] for name in os.listdir(HOSTS))]:
            folder = Folder()
            cls.addClassCleanup(folder.remove)
            cls.hosts[host or "this one"] = Comparison(Pair(cls, folder.path, host))

    def test_each_family_is_equal_or_differs_for_a_reason(self):
        for host, comparison in self.hosts.items():
            for (_, family, labels), why in sorted(comparison.faults.items()):
                with self.subTest(host=host, family=family, labels=dict(labels)):
                    self.fail(why)

    def test_all_that_node_exporter_shows_was_compared(self):
        for host, comparison in self.hosts.items():
            omitted = {family for family in comparison.families_of_theirs if any_fits(OMITTED, family)}
            self.assertEqual(comparison.families_of_theirs - omitted, comparison.compared, host)
            self.assertGreater(len(comparison.compared), LEAST_FAMILIES, host)

    def test_no_listed_difference_is_dead(self):
        differences = [*OMITTED, *OMITTED_SERIES, *ADDED_SERIES,
                       *(difference for difference, _ in ADDED_LABELS + OTHER_VALUES)]
        self.assertEqual([each for each in differences if not each.met], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
