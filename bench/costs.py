"""What the comparisons with other exporters share: what a scrape costs the program that answers it."""

import os
import re
import statistics
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT + "/tests/e2e")

GAP = 2.0  # seconds from one scrape of a program to the next, which so is a new sample


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


def cost(server):
    before = cpu_seconds(server.process.pid)
    scrape(server.address)
    time.sleep(0.2)  # work that goes on after the answer counts too
    return cpu_seconds(server.process.pid) - before


def costs_in_turn(servers, count):
    """`count` times the CPU seconds of a scrape of each; two scrapes before do not count."""
    for _ in range(2):
        for server in servers:
            scrape(server.address)
        time.sleep(GAP)
    rounds = []
    for _ in range(count):
        begin = time.monotonic()
        rounds.append([cost(server) for server in servers])
        time.sleep(max(0.0, GAP - (time.monotonic() - begin)))
    return rounds


def quotient(ours, theirs):
    """How much less ours is: "1/9.1"."""
    return f"1/{theirs / ours:.1f}"


def ratio(pairs):
    """Median and range of such quotients: "1/9.1 (1/7.2 to 1/12.0)"."""
    by_ratio = sorted(pairs, key=lambda pair: pair[1] / pair[0])
    least, middle, most = (quotient(*by_ratio[i]) for i in (0, len(pairs) // 2, -1))
    return f"{middle} ({least} to {most})"


def median_ms(costs):
    return statistics.median(costs) * 1e3


def held(server):
    """Memory that a server holds, as text."""
    sizes = memory(server.process.pid)
    return f"{sizes['VmRSS']:.1f} MiB ({sizes['RssAnon']:.1f})"


def count_series(page):
    return sum(not line.startswith("#") for line in page.splitlines())
