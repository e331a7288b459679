#!/usr/bin/env python3
"""Compares procmarshal with Debian's prometheus-process-exporter on the same processes.

    bench/compare.py [--full] [PROCESSES...]        1000 and 10000 by default

For each number it makes that many mostly idle processes, starts both programs as they come (groups by
process name), scrapes them in turn with at least two seconds between two scrapes of one, and prints the
CPU time of each for a scrape (median), the ratio of the two, what memory they hold, and how many
series of how many bytes procmarshal shows. procmarshal's own timetable is set to an hour, so that all
its work is for a scrape. Process-exporter reads threads and proportional memory, as it does unless told
otherwise; with --full, procmarshal does so too. Needs scripts/test to have run.
"""

import os
import subprocess
import sys

from costs import ROOT, costs_in_turn, count_series, held, median_ms, ratio, scrape
from support import SERVERS, Daemon, Folder, Server, free_port, wait_for

SLEEPERS = os.environ.get("SLEEPERS", ROOT + "/build/release/bench/sleepers")
SCRAPES = 9


def start_process_exporter(folder):
    address = f"127.0.0.1:{free_port()}"
    with open(folder + "/pe.yml", "w", encoding="ascii") as config:
        config.write('process_names:\n  - name: "{{.Comm}}"\n    cmdline: [".*"]\n'
                     '  - name: "{{.Comm}}"\n    comm: []\n')
    server = Server([SERVERS + "/prometheus-process-exporter", "-procnames", "",
                     "-config.path", "pe.yml", "-web.listen-address", address], folder, "pe")
    server.address = address

    def is_up():
        assert server.alive(), server.log()
        try:
            return scrape(address)
        except OSError:
            return False
    wait_for(is_up, "process-exporter", 120)
    return server


def compare(count, settings):
    folder = Folder()
    with open(folder.path + "/p.toml", "w", encoding="ascii") as config:
        config.write('[sampling]\ninterval = "1h"\n' + settings)
    sleepers = subprocess.Popen([SLEEPERS, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sleepers.stdout.readline()
    ours = Daemon(folder.path, "--config.file", "p.toml")
    theirs = start_process_exporter(folder.path)
    try:
        pairs = costs_in_turn([ours, theirs], SCRAPES)
        print(f"| {count:,} | {median_ms(pair[0] for pair in pairs):.1f} ms "
              f"| {median_ms(pair[1] for pair in pairs):,.0f} ms | {ratio(pairs)} "
              f"| {held(ours)} | {held(theirs)} |")
        page = ours.page()
        print(f"  {count_series(page):,} series, {len(page):,} bytes", flush=True)
    finally:
        ours.stop()
        theirs.stop()
        sleepers.stdin.close()
        sleepers.wait()
        folder.remove()


print("| processes | procmarshal | process-exporter | ratio (range) | RSS (anonymous) | its RSS |")
print("| --- | --- | --- | --- | --- | --- |")
full = "--full" in sys.argv[1:]
for argument in [word for word in sys.argv[1:] if word != "--full"] or ["1000", "10000"]:
    compare(int(argument), "[processes]\nthreads = true\nsmaps = true\n" if full else "")
