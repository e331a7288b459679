#!/usr/bin/env python3
"""Compares procmarshal with Debian's prometheus-node-exporter on this host.

    bench/compare_system.py [PAIRS]        15 by default

Starts both programs as they come, and procmarshal once more without system collectors, scrapes them in
turn with two seconds between two scrapes of one, and prints the CPU time of each for a scrape (median),
the ratio of the two, what memory they hold, and how many series they show. procmarshal reads all
processes too: the second line is what the system alone takes, the difference of the two procmarshals.
Its own timetable is set to an hour, so that all its work is for a scrape. Then it prints how long each
collector of procmarshal takes, those that are off by default too, the slowest first. Needs scripts/test
to have run.
"""

import statistics
import sys
import time

from costs import GAP, costs_in_turn, count_series, held, median_ms, quotient, ratio
from support import Daemon, Folder, parse_page
from system_pages import NodeExporter, our_collectors

DURATION = "node_scrape_collector_duration_seconds"
HOURLY = '[sampling]\ninterval = "1h"\n'


def start(folder, name, settings):
    with open(f"{folder}/{name}.toml", "w", encoding="ascii") as config:
        config.write(HOURLY + settings)
    return Daemon(folder, "--config.file", name + ".toml")


def switched(on):
    return "[collectors]\n" + "".join(f"{name} = {on}\n" for name in our_collectors())


def compare(folder, count):
    ours = start(folder, "default", "")
    without = start(folder, "without", switched("false"))
    theirs = NodeExporter(folder)
    try:
        rounds = costs_in_turn([ours, without, theirs], count)
        print_comparison(rounds)
        print(f"\nRSS (anonymous): {held(ours)}, its {held(theirs)}; "
              f"series: {count_series(ours.page())}, {count_series(without.page())} of them not of the "
              f"system, its {count_series(theirs.page())}")
        return parse_page(ours.page())[DURATION][1].keys()
    finally:
        for server in (ours, without, theirs):
            server.stop()


def print_comparison(rounds):
    their_ms = median_ms(each[2] for each in rounds)
    our_ms = median_ms(each[0] for each in rounds)
    system_ms = median_ms(each[0] - each[1] for each in rounds)
    print("| | procmarshal | node_exporter | ratio (range) |\n| --- | --- | --- | --- |")
    print(f"| with processes | {our_ms:.2f} ms | {their_ms:.2f} ms "
          f"| {ratio([(each[0], each[2]) for each in rounds])} |")
    print(f"| the system alone | {system_ms:.2f} ms | {their_ms:.2f} ms | {quotient(system_ms, their_ms)} |",
          flush=True)


def durations(folder, count):
    """{labels: [seconds]} with all collectors on."""
    ours = start(folder, "all", switched("true"))
    seconds = {}
    try:
        ours.page()  # the first opens files
        for _ in range(count):
            time.sleep(GAP)
            for labels, value in parse_page(ours.page())[DURATION][1].items():
                seconds.setdefault(labels, []).append(value)
    finally:
        ours.stop()
    return seconds


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    folder = Folder()
    try:
        on_by_default = compare(folder.path, count)
        taken = durations(folder.path, count)
    finally:
        folder.remove()
    print("\n| collector | median | longest |\n| --- | --- | --- |")
    for labels, values in sorted(taken.items(), key=lambda item: -statistics.median(item[1])):
        name = dict(labels)["collector"] + ("" if labels in on_by_default else " (off by default)")
        print(f"| {name} | {statistics.median(values) * 1e6:.0f} µs | {max(values) * 1e6:.0f} µs |")


main()
