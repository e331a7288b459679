"""What the end-to-end tests share: the daemon, a real Prometheus, and processes to be watched."""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROCMARSHAL = os.environ.get("PROCMARSHAL", ROOT + "/build/release/procmarshal")
# "asan" or "tsan" if the program was built so: slower, larger, and checked for leaks as it ends.
SANITIZER = {name: name for name in ("asan", "tsan")}.get(
    os.path.basename(os.path.dirname(os.path.abspath(PROCMARSHAL))), "")
SERVERS = ROOT + "/build/servers/usr/bin"
TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PR_SET_NAME = 15
# Every process on the page, however many the host has.
ALL = "[processes]\nall = true\n[budget]\nseries = 1000000\n"


def wait_for(condition, what, seconds=30):
    """Returns the first true result of condition(), asked again and again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, headers=None, method="GET"):
    """(status, headers, body) of a request, whatever the status."""
    request = urllib.request.Request(url, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class Server:
    """A process that is ended, by its pid, with the test; its output goes to a file."""

    def __init__(self, arguments, folder, name, **options):
        self.log_path = f"{folder}/{name}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                arguments, stdout=log, stderr=subprocess.STDOUT, cwd=folder, **options)

    def log(self):
        with open(self.log_path, encoding="utf-8") as log:
            return log.read()

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it as an init system would; returns its exit status and how long it took."""
        begin = time.monotonic()
        if self.alive():
            self.process.terminate()
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        return status, time.monotonic() - begin


class Exporter(Server):
    """One of the programs of Prometheus' family, with its web server on a port that the kernel picks."""

    LISTEN = "--web.listen-address=127.0.0.1:0"

    def __init__(self, arguments, folder, name):
        super().__init__([*arguments, self.LISTEN], folder, name)
        self.address = wait_for(self._find_address, name + " to listen")

    def _find_address(self):
        assert self.alive(), self.process.args[0] + " has ended: " + self.log()
        found = re.search(r'msg="Listening on" address=([0-9.:]+)\n', self.log())
        return found and found[1]


class Daemon(Server):
    """procmarshal on a port of loopback that the kernel picks."""

    def __init__(self, folder, *arguments, **options):
        super().__init__([PROCMARSHAL, "--web.listen-address", "127.0.0.1:0", *arguments], folder,
                         "procmarshal", **options)
        self.address = wait_for(self._find_address, "procmarshal to listen")

    def _find_address(self):
        assert self.alive(), "procmarshal has ended: " + self.log()
        found = re.search(r"metrics at https?://([0-9.:]+)/metrics", self.log())
        return found and found[1]

    def port_of(self, host):
        """The port of another address that it listens on."""
        found = re.search(rf"listening on https?://{re.escape(host)}:([0-9]+)", self.log())
        return found and found[1]

    def get(self, path, headers=None, method="GET"):
        return get(f"http://{self.address}{path}", headers, method)

    def page(self, accept=TEXT):
        status, _, body = self.get("/metrics", {"Accept": accept})
        assert status == 200, status
        return body.decode()

    def value(self, series):
        """The value of one series on the page, None if it is not there."""
        for line in self.page().splitlines():
            if line.startswith(series + " "):
                return float(line[len(series) + 1:])
        return None


class Prometheus(Exporter):
    """A real Prometheus that scrapes the given {job: address} as often as it is told, and what else
    is configured."""

    def __init__(self, folder, jobs, interval, scrape_configs=()):
        config = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval},
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [address]}]}
                for job, address in jobs.items()] + list(scrape_configs),
        }
        with open(folder + "/prometheus.yml", "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML
        super().__init__([SERVERS + "/prometheus", "--config.file=prometheus.yml",
                          "--storage.tsdb.path=data"], folder, "prometheus")
        wait_for(self._ready, "Prometheus to be ready")

    def _ready(self):
        assert self.alive(), "Prometheus has ended: " + self.log()
        try:
            return get(f"http://{self.address}/-/ready")[0] == 200
        except OSError:
            return False

    def query(self, expression):
        """The result of an instant query, as Prometheus gives it."""
        encoded = urllib.parse.urlencode({"query": expression})
        status, _, body = get(f"http://{self.address}/api/v1/query?{encoded}")
        answer = json.loads(body)
        assert status == 200 and answer["status"] == "success", answer
        return answer["data"]["result"]


class Helper:
    """A child process that runs a function under a name of its own."""

    def __init__(self, name, function):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                ctypes.CDLL(None).prctl(PR_SET_NAME, ctypes.c_char_p(name), 0, 0, 0)
                function()
            finally:
                os._exit(0)

    def stop(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0


class Folder:
    """A temporary folder that goes with the test."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="procmarshal_e2e_")
        os.chmod(self.path, 0o755)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class DaemonTest(unittest.TestCase):
    """A test in a folder of its own, where it starts the daemon."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def start(self, config, *arguments):
        with open(self.folder.path + "/p.toml", "w", encoding="utf-8") as file:
            file.write(config)
        self.daemon = Daemon(self.folder.path, "--config.file", "p.toml", *arguments)
        self.addCleanup(self.daemon.stop)
        self.host, self.port = self.daemon.address.split(":")
        self.target = self.host, int(self.port)


def parse_page(page):
    """{family: (type, {labels as sorted pairs: value})}"""
    families = {}
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split(" ")[2:]
            families[name] = kind, {}
        elif line and not line.startswith("#"):
            name, labels, value = re.fullmatch(r"(\w+)(\{.*\})? (\S+)", line).groups()
            pairs = tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")))
            if name in families:  # else a part of a histogram or a summary
                families[name][1][pairs] = float(value)
    return families


def escape_label(name):
    """bytes of a process name as procmarshal shows them in a label."""
    text = name.decode("utf-8", errors="replace")
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


if sys.version_info < (3, 9):
    sys.exit("these tests need Python 3.9 or newer")
