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
import re
import statistics
import subprocess
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT + "/tests/e2e")
from support import SERVERS, Daemon, Folder, Server, free_port, wait_for  # noqa: E402

SLEEPERS = os.environ.get("SLEEPERS", ROOT + "/build/release/bench/sleepers")
SCRAPES = 9
GAP = 2.0


def cpu_seconds(pid):
    """Exact, in ns: the sum over the threads' schedstat; they do not end while we measure."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        text = file.read()
    return {name: int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1]) / 1024
            for name in ("VmRSS", "RssAnon")}


def scrape(address):
    request = urllib.request.Request(f"http://{address}/metrics", headers={
        "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
        "Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return len(answer.read())


def cost(server, address):
    before = cpu_seconds(server.process.pid)
    scrape(address)
    time.sleep(0.2)  # work that goes on after the answer counts too
    return cpu_seconds(server.process.pid) - before


def start_process_exporter(folder):
    address = f"127.0.0.1:{free_port()}"
    with open(folder + "/pe.yml", "w", encoding="ascii") as config:
        config.write('process_names:\n  - name: "{{.Comm}}"\n    cmdline: [".*"]\n'
                     '  - name: "{{.Comm}}"\n    comm: []\n')
    server = Server([SERVERS + "/prometheus-process-exporter", "-procnames", "",
                     "-config.path", "pe.yml", "-web.listen-address", address], folder, "pe")

    def is_up():
        assert server.alive(), server.log()
        try:
            return scrape(address)
        except OSError:
            return False
    wait_for(is_up, "process-exporter", 120)
    return server, address


def compare(count, settings):
    folder = Folder()
    with open(folder.path + "/p.toml", "w", encoding="ascii") as config:
        config.write('[sampling]\ninterval = "1h"\n' + settings)
    sleepers = subprocess.Popen([SLEEPERS, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sleepers.stdout.readline()
    ours = Daemon(folder.path, "--config.file", "p.toml")
    theirs, their_address = start_process_exporter(folder.path)
    try:
        for _ in range(2):
            scrape(ours.address)
            time.sleep(GAP)
        pairs = []
        for _ in range(SCRAPES):
            begin = time.monotonic()
            pairs.append((cost(ours, ours.address), cost(theirs, their_address)))
            time.sleep(max(0.0, GAP - (time.monotonic() - begin)))
        report(count, pairs, memory(ours.process.pid), memory(theirs.process.pid))
        page = ours.page()
        series = sum(not line.startswith("#") for line in page.splitlines())
        print(f"  {series:,} series, {len(page):,} bytes", flush=True)
    finally:
        ours.stop()
        theirs.stop()
        sleepers.stdin.close()
        sleepers.wait()
        folder.remove()


def report(count, pairs, our_memory, their_memory):
    ours = statistics.median(pair[0] for pair in pairs) * 1e3
    theirs = statistics.median(pair[1] for pair in pairs) * 1e3
    ratios = sorted(pair[1] / pair[0] for pair in pairs)
    print(f"| {count:,} | {ours:.1f} ms | {theirs:,.0f} ms | 1/{statistics.median(ratios):.0f} "
          f"(1/{ratios[0]:.0f} to 1/{ratios[-1]:.0f}) "
          f"| {our_memory['VmRSS']:.1f} MiB ({our_memory['RssAnon']:.1f}) "
          f"| {their_memory['VmRSS']:.1f} MiB ({their_memory['RssAnon']:.1f}) |", flush=True)


print("| processes | procmarshal | process-exporter | ratio (range) | RSS (anonymous) | its RSS |")
print("| --- | --- | --- | --- | --- | --- |")
full = "--full" in sys.argv[1:]
for argument in [word for word in sys.argv[1:] if word != "--full"] or ["1000", "10000"]:
    compare(int(argument), "[processes]\nthreads = true\nsmaps = true\n" if full else "")
