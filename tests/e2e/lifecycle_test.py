"""Starting, reloading and ending the daemon, its command line, its log, and life with few rights."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

from support import ALL, PROCMARSHAL, ROOT, Daemon, Folder, free_port, get, wait_for

CLONE_NEWNS, MS_PRIVATE, MS_REC = 0x20000, 1 << 18, 1 << 14
NOBODY = 65534
SUCCESSFUL = "procmarshal_config_last_reload_successful"


def become_nobody():
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def is_up(address):
    try:
        return get(f"http://{address}/-/healthy")[0] == 200
    except OSError:
        return False


def hide_others(level):
    """A /proc of our own on which nobody sees the processes of others."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.unshare(CLONE_NEWNS) == 0
    assert libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
    assert libc.mount(b"proc", b"/proc", b"proc", 0, b"hidepid=" + level) == 0
    become_nobody()


class LifecycleTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def start(self, *arguments, **options):
        daemon = Daemon(self.folder.path, *arguments, **options)
        self.addCleanup(daemon.stop)
        return daemon

    def start_for_all(self, *arguments, **options):
        """The same from a copy that everybody may run: the tree may be in a home nobody enters."""
        program = self.folder.path + "/procmarshal"
        if not os.path.exists(program):
            shutil.copy(PROCMARSHAL, program)
        return self.start(*arguments, executable=program, **options)

    def write(self, path, text):
        path = f"{self.folder.path}/{path}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_program(self, *arguments):
        return subprocess.run([PROCMARSHAL, *arguments], capture_output=True, text=True, timeout=60,
                              check=False, cwd=self.folder.path)

    def test_ends_at_once_when_told(self):
        daemon = self.start()
        daemon.page()
        status, seconds = daemon.stop()
        self.assertEqual(status, 0, daemon.log())
        self.assertLess(seconds, 1)
        self.assertIn('msg=stopped', daemon.log().replace('"', ""))

    def test_ends_within_a_second_while_clients_hang(self):
        daemon = self.start()
        host, port = daemon.address.split(":")
        clients = [socket.create_connection((host, int(port))) for _ in range(12)]
        try:
            for client in clients[6:]:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
            time.sleep(0.2)
            status, seconds = daemon.stop()
        finally:
            for client in clients:
                client.close()
        self.assertEqual(status, 0, daemon.log())
        self.assertLess(seconds, 1)

    def test_a_collector_that_hangs_holds_up_nothing_else(self):
        tree = self.folder.path + "/proc"
        shutil.copytree(ROOT + "/tests/fixtures/linux-6.18", tree, symlinks=True)
        os.remove(tree + "/loadavg")
        os.mkfifo(tree + "/loadavg")  # opening it waits for a writer
        daemon = self.start("--path.procfs", tree)
        self.assertEqual(daemon.get("/-/healthy")[0], 200)
        self.assertEqual(daemon.get("/-/ready")[0], 503)
        self.assertEqual(daemon.get("/metrics")[0], 503)
        daemon.process.send_signal(signal.SIGHUP)
        status, seconds = daemon.stop()
        self.assertEqual(status, 0, daemon.log())
        self.assertLess(seconds, 1)

    def test_says_what_takes_a_restart(self):
        path = self.write("p.toml", '[web]\nlisten = ["127.0.0.1:1"]\n')
        daemon = self.start("--config.file", path)  # the flag wins: nothing changes
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "configuration reloaded" in daemon.log(), "the reload")
        self.assertNotIn("restart", daemon.log())

    def test_a_reload_takes_what_is_new_and_refuses_what_is_bad(self):
        path = self.write("p.toml", "[collectors]\nloadavg = true\n")
        daemon = self.start("--config.file", path)
        self.assertIsNotNone(daemon.value("node_load1"))
        start = daemon.value("process_start_time_seconds")
        self.write("conf.d/10-off.toml", "[collectors]\nloadavg = false\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: daemon.value("node_load1") is None, "the collector to be off")
        self.assertEqual(daemon.value(SUCCESSFUL), 1)

        self.write("conf.d/20-bad.toml", "[sampling]\nintervall = \"1s\"\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: daemon.value(SUCCESSFUL) == 0, "the bad file to show")
        self.assertIsNone(daemon.value("node_load1"))
        self.assertEqual(daemon.value("process_start_time_seconds"), start)
        self.assertIn('20-bad.toml:2: unknown key', daemon.log())
        self.assertIn("did you mean", daemon.log())

        os.remove(self.folder.path + "/conf.d/20-bad.toml")
        os.remove(self.folder.path + "/conf.d/10-off.toml")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: daemon.value("node_load1") is not None, "the collector to be on again")
        self.assertEqual(daemon.value(SUCCESSFUL), 1)

    def test_log_levels_change_at_run_time(self):
        path = self.write("p.toml", '[log]\nlevel = "error"\n')
        address = f"127.0.0.1:{free_port()}"
        process = subprocess.Popen(
            [PROCMARSHAL, "--web.listen-address", address, "--config.file", path],
            stderr=subprocess.PIPE, text=True)
        try:
            wait_for(lambda: is_up(address), "procmarshal to listen")
            self.write("p.toml", '[log]\nlevel = "info"\nformat = "json"\n')
            process.send_signal(signal.SIGHUP)
            line = json.loads(process.stderr.readline())
            self.assertEqual(line["level"], "info")
            self.assertIn("reloaded", line["msg"])
        finally:
            process.terminate()
            process.communicate(timeout=30)

    def test_logs_json_lines(self):
        process = subprocess.Popen(
            [PROCMARSHAL, "--web.listen-address", "127.0.0.1:0", "--log.format=json"],
            stderr=subprocess.PIPE, text=True)
        try:
            self.assertEqual(set(json.loads(process.stderr.readline())), {"ts", "level", "msg"})
        finally:
            process.terminate()
            rest = process.communicate(timeout=30)[1]
        for line in rest.splitlines():
            json.loads(line)

    def test_says_why_it_cannot_start(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            done = self.run_program("--web.listen-address", address)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"listen on {address}: ", done.stderr)
        self.assertIn("Address already in use", done.stderr)

    def test_check_says_what_is_in_force(self):
        path = self.write("p.toml", "[processes]\ntop = 7\n")
        done = self.run_program("check", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("top = 7", done.stdout)
        again = self.run_program("check", self.write("again.toml", done.stdout))
        self.assertEqual(again.stdout.split("\n", 1)[1], done.stdout.split("\n", 1)[1])

    def test_check_finds_mistakes(self):
        path = self.write("p.toml", '[processes]\ntop = "many"\n[web]\nlisten = "here"\n')
        done = self.run_program("check", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("p.toml:2: processes.top", done.stderr)
        self.assertIn("p.toml:4: web.listen", done.stderr)
        self.assertEqual(self.run_program("check", "nonesuch.toml").returncode, 1)

    def test_the_packaged_file_is_valid(self):
        self.assertEqual(
            self.run_program("check", ROOT + "/packaging/procmarshal.toml").returncode, 0)

    def test_help_and_version(self):
        self.assertRegex(self.run_program("version").stdout, r"^procmarshal \d+\.\d+\.\d+\n$")
        helped = self.run_program("--help")
        self.assertEqual(helped.returncode, 0)
        for word in ["serve", "check", "version", "--config.file", "--web.listen-address",
                     "--path.procfs", "--path.sysfs", "--path.rootfs",
                     "--log.level", "--log.format", "/metrics"]:
            self.assertIn(word, helped.stdout)
        wrong = self.run_program("--web.listen-adress", "x")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("--web.listen-address", wrong.stderr)

    def test_refuses_a_root_that_is_not_there(self):
        wrong = self.run_program("--path.rootfs", "/nonesuch", "--web.listen-address", "127.0.0.1:0")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("open /nonesuch/: No such file or directory", wrong.stdout + wrong.stderr)

    def test_reads_another_tree(self):
        daemon = self.start("--path.procfs", ROOT + "/tests/fixtures/linux-6.18")
        self.assertEqual(
            daemon.value('namedprocess_namegroup_num_procs{groupname="webapp"}'), 1)

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_does_with_few_rights(self):
        path = self.write("p.toml", ALL)
        daemon = self.start_for_all("--config.file", path, preexec_fn=become_nobody)
        self.assertGreater(daemon.value("procmarshal_processes"), 3)
        self.assertGreater(daemon.value('procmarshal_processes_unreadable{what="io"}'), 1)
        self.assertEqual(daemon.value('node_scrape_collector_success{collector="namedprocess"}'), 1)
        wait_for(lambda: "CAP_SYS_PTRACE" in daemon.log(), "a line that says what is missing")
        daemon.page()
        self.assertEqual(daemon.log().count("CAP_SYS_PTRACE"), 1)
        self.assertIn('linux_process_memory_resident_bytes{pid="1",', daemon.page())
        self.assertNotIn('linux_process_read_bytes_total{pid="1",', daemon.page())

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount")
    def test_sees_its_own_user_where_others_are_hidden(self):
        everybody = sum(name.isdigit() for name in os.listdir("/proc"))
        path = self.write("p.toml", ALL)
        daemon = self.start_for_all("--config.file", path, preexec_fn=lambda: hide_others(b"2"))
        self.assertIn(f'{{pid="{daemon.process.pid}",', daemon.page())
        self.assertLess(daemon.value("procmarshal_processes"), everybody / 2)
        self.assertEqual(daemon.value('procmarshal_process_read_failures_total{reason="denied"}'), 0)

        daemon = self.start_for_all("--config.file", path, preexec_fn=lambda: hide_others(b"1"))
        self.assertIn(f'{{pid="{daemon.process.pid}",', daemon.page())
        self.assertGreater(
            daemon.value('procmarshal_process_read_failures_total{reason="denied"}'), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
