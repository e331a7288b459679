"""node_exporter and procmarshal side by side on one host, this one or one made up."""

import functools
import os
import re
import subprocess
import time

from support import PROCMARSHAL, ROOT, SERVERS, Daemon, Exporter, get, parse_page

NODE_EXPORTER = SERVERS + "/prometheus-node-exporter"
HOSTS = ROOT + "/tests/fixtures/hosts"

# What node_exporter 1.9 does unless told otherwise, and 1.5.0 or Debian's patches do not.
AS_NEWER = [
    "--collector.filesystem.mount-points-exclude="
    r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
    "--collector.filesystem.fs-types-exclude="
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|"
    "mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|"
    "tracefs)$",
    "--collector.diskstats.device-exclude="
    r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
    "--collector.netdev.device-exclude=^$",
    "--collector.netstat.fields="
    "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
    "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|"
    "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
    "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
]
# Of collectors that are on, what is off by default and ours shows.
OPTIONS = ["--collector.cpu.info"]
# Netlink would tell of this host.
ON_MADE_UP_HOSTS = ["--no-collector.netdev.netlink"]


@functools.lru_cache(None)
def our_collectors():
    done = subprocess.run([PROCMARSHAL, "check", os.devnull], capture_output=True, text=True,
                          timeout=60, check=True)
    section = re.search(r"^\[collectors\]\n((?:\w+ = \w+\n)*)", done.stdout, re.M)[1]
    return re.findall(r"^(\w+) = ", section, re.M)


@functools.lru_cache(None)
def their_collectors():
    """{name: on by default}"""
    done = subprocess.run([NODE_EXPORTER, "--help"], capture_output=True, text=True, timeout=60,
                          check=False)
    text = re.sub(r"\s+", " ", done.stdout + done.stderr)
    return {name: default == "enabled" for name, default in
            re.findall(r"Enable the (\w+) collector \(default: (\w+)\)", text)}


def write_host(name, folder):
    """Makes the files of a host of tests/fixtures/hosts; see there for the format."""
    with open(f"{HOSTS}/{name}.txt", encoding="utf-8") as file:
        parts = re.split(r"^== ", file.read(), flags=re.M)[1:]
    for part in parts:
        head, _, content = part.partition("\n")
        path, sign, value = re.fullmatch(r"(\S+)(?: (=|->) ?(.*))?", head).groups()
        path = f"{folder}/{path}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if sign == "->":
            os.symlink(value, path)
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(value + "\n" if sign else content)


class NodeExporter(Exporter):
    def __init__(self, folder, *arguments):
        super().__init__([NODE_EXPORTER, *arguments], folder, "node_exporter")

    def page(self):
        return get(f"http://{self.address}/metrics")[2].decode()


def textfile(name, kind, samples, help_text=None):
    head = f"# HELP {name} {help_text}\n" if help_text else ""
    return head + f"# TYPE {name} {kind}\n" + "".join(name + line + "\n" for line in samples)


TEXTFILES = {
    "bad.prom": "node_restore_seconds one\n",
    "good.prom": textfile("node_backup_seconds", "gauge", ['{of="/home"} 12.5'], "B."),
    "other_help.prom": textfile("node_backup_seconds", "gauge", ['{of="/srv"} 1'], "C."),
    "without_help.prom": textfile("node_backup_seconds", "gauge", ['{of="/var"} 2']),
    "histogram.prom": textfile("node_job_seconds", "histogram", [
        '_bucket{le="0.5",job="a"} 1', '_bucket{le="+Inf",job="a"} 3', '_sum{job="a"} 4.25',
        '_count{job="a"} 3', '_sum{job="b"} 1', '_count{job="b"} 2'], "J."),
    "summary.prom": textfile("node_wait_seconds", "summary", [
        '{quantile="0.5"} 1', '{quantile="0.99"} NaN', "_sum 1e3", "_count 1e1"], "W."),
    "numbers.prom": textfile("node_number", "untyped", [
        '{is="tiny"} 1e-400', '{is="infinite"} -Inf', '{is="none"} nan', '{is="signed"} +.5'],
        "N."),
}


def parse_all(page):
    """parse_page(), with each part of histograms and summaries as if a family of its own."""
    page = re.sub(r"^# TYPE (\w+) (histogram|summary)$",
                  r"\g<0>\n# TYPE \1_bucket \2\n# TYPE \1_sum \2\n# TYPE \1_count \2",
                  page, flags=re.M)
    return {name: family for name, family in parse_page(page).items() if family[1]}


class Pair:
    """Both programs, with all the collectors that procmarshal has."""

    def __init__(self, case, folder, host=None):
        self.root = f"{folder}/{host}" if host else ""
        os.makedirs(folder + "/textfiles", exist_ok=True)
        for name, text in TEXTFILES.items():
            with open(f"{folder}/textfiles/{name}", "w", encoding="ascii") as file:
                file.write(text)
        if host:
            write_host(host, self.root)
            # Theirs asks for sockets of IPv6, which are of this host, if there is this file.
            with open(self.root + "/proc/net/tcp6", "w", encoding="ascii"):
                pass
        self.theirs = NodeExporter(folder, *self._their_arguments(folder))
        case.addClassCleanup(self.theirs.stop)
        with open(folder + "/p.toml", "w", encoding="utf-8") as config:
            config.write('[sampling]\ninterval = "1h"\n[collectors]\n')
            config.writelines(f"{name} = true\n" for name in our_collectors())
            config.write(f'[textfile]\ndirectories = ["{folder}/textfiles"]\n')
        self.ours = Daemon(folder, "--config.file", "p.toml", *self._paths())
        case.addClassCleanup(self.ours.stop)

    def _paths(self):
        return ["--path.procfs=" + self.root + "/proc", "--path.sysfs=" + self.root + "/sys",
                "--path.rootfs=" + (self.root or "/")]

    def _their_arguments(self, folder):
        ours, theirs = set(our_collectors()), their_collectors()
        extra = ["--collector." + name for name in ours if theirs.get(name) is False]
        extra += ["--no-collector." + name for name in theirs.keys() - ours if theirs[name]]
        return [*self._paths(), f"--path.udev.data={self.root}/run/udev/data",
                f"--collector.textfile.directory={folder}/textfiles", *AS_NEWER, *OPTIONS, *extra,
                *(ON_MADE_UP_HOSTS if self.root else [])]

    def round(self):
        """Pages of theirs, ours, theirs, in that order, as parse_all() gives them."""
        time.sleep(1.1)  # an older sample would do for a reader
        pages = [self.theirs.page(), self.ours.page(), self.theirs.page()]
        return [parse_all(page) for page in pages]
