"""TLS, passwords, IPv6 and unix sockets, as real clients see them: a real Prometheus, and Python's ssl."""

import base64
import http.client
import os
import socket
import ssl
import subprocess
import unittest

from support import Daemon, DaemonTest, Prometheus, wait_for

HASH = "$2y$10$X0h1gDsPszWURQaxFh.zou1qBE4ktQb/xj54qy74ae2.rRKDOU4L."
PASSWORD = "secret"
TLS = '[web.tls_server_config]\ncert_file = "server.pem"\nkey_file = "server.key"\n'
MUTUAL = TLS + 'client_auth_type = "RequireAndVerifyClientCert"\nclient_ca_file = "ca.pem"\n'
USERS = f'[web.basic_auth_users]\nalice = "{HASH}"\n'


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def make_authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", f"/CN={name}", "-keyout", name + ".key", "-out", name + ".pem")


def make_certificate(folder, name, authority="ca"):
    """name.pem and name.key, for localhost and 127.0.0.1, put in place one after the other."""
    with open(f"{folder}/{name}.ext", "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", name + ".key.new", "-out", name + ".csr")
    openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA", authority + ".pem", "-CAkey",
            authority + ".key", "-CAcreateserial", "-days", "2", "-extfile", name + ".ext",
            "-out", name + ".pem.new")
    for end in (".key", ".pem"):
        os.rename(f"{folder}/{name}{end}.new", f"{folder}/{name}{end}")


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class TlsTest(DaemonTest):
    def setUp(self):
        super().setUp()
        for name in ("ca", "other_ca"):
            make_authority(self.folder.path, name)
        for name in ("server", "client"):
            make_certificate(self.folder.path, name)
        make_certificate(self.folder.path, "stranger", "other_ca")

    def context(self, authority="ca", client=None):
        path = self.folder.path
        context = ssl.create_default_context(cafile=f"{path}/{authority}.pem")
        if client:
            context.load_cert_chain(f"{path}/{client}.pem", f"{path}/{client}.key")
        return context

    def get(self, context, path="/metrics", headers=None):
        connection = http.client.HTTPSConnection(self.host, int(self.port), timeout=10, context=context)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), connection.sock
        finally:
            connection.close()

    def version(self, version):
        """What a client that speaks this version only agrees on with the daemon."""
        context = self.context()
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with socket.create_connection((self.host, int(self.port)), 10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                return connection.version()

    def serial(self):
        with socket.create_connection((self.host, int(self.port)), 10) as plain:
            with self.context().wrap_socket(plain, server_hostname="localhost") as connection:
                return connection.getpeercert()["serialNumber"]

    def test_speaks_tls_1_2_and_1_3_and_nothing_older(self):
        self.start(TLS)
        self.assertEqual(self.version(ssl.TLSVersion.TLSv1_2), "TLSv1.2")
        self.assertEqual(self.version(ssl.TLSVersion.TLSv1_3), "TLSv1.3")
        for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with self.assertRaises(ssl.SSLError):
                self.version(old)
        self.assertEqual(self.get(self.context())[0], 200)

    def test_speaks_1_3_only_if_told_so(self):
        self.start(TLS + 'min_version = "TLS13"\n')
        self.assertEqual(self.version(ssl.TLSVersion.TLSv1_3), "TLSv1.3")
        with self.assertRaises(ssl.SSLError):
            self.version(ssl.TLSVersion.TLSv1_2)

    def test_counts_handshakes_that_fail(self):
        self.start(TLS)
        with socket.create_connection((self.host, int(self.port)), 10) as plain:
            plain.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            while plain.recv(4096):
                pass
        failed = b'procmarshal_http_refused_total{reason="handshake"} 1\n'
        wait_for(lambda: failed in self.get(self.context())[1], "the failure to be counted")
        self.assertIn(b"procmarshal_tls_last_reload_successful 1\n", self.get(self.context())[1])

    def test_counts_a_handshake_that_never_comes_as_a_timeout_only(self):
        self.start('[web.limits]\nrequest_timeout = "200ms"\n' + TLS)
        with socket.create_connection(self.target, 10) as silent:
            self.assertEqual(silent.recv(1), b"")
        late = b'procmarshal_http_refused_total{reason="timeout"} 1\n'
        wait_for(lambda: late in self.get(self.context())[1], "the timeout to be counted")
        self.assertIn(b'procmarshal_http_refused_total{reason="handshake"} 0\n',
                      self.get(self.context())[1])

    def test_takes_a_new_certificate_without_a_restart(self):
        self.start(TLS)
        before = self.serial()
        make_certificate(self.folder.path, "server")
        wait_for(lambda: self.serial() != before, "the new certificate")
        self.assertEqual(self.get(self.context())[0], 200)

    def test_keeps_the_old_certificate_while_the_new_one_is_broken(self):
        self.start('[sampling]\ninterval = "200ms"\n' + TLS)
        before = self.serial()
        with open(self.folder.path + "/server.pem", "w", encoding="ascii") as file:
            file.write("nonsense")
        wait_for(lambda: b"procmarshal_tls_last_reload_successful 0\n" in self.get(self.context())[1],
                 "the metric to tell")
        self.assertEqual(self.serial(), before)
        self.assertIn("server.pem", self.daemon.log())

    def test_wants_a_certificate_from_clients(self):
        self.start(MUTUAL)
        self.assertEqual(self.get(self.context(client="client"))[0], 200)
        for context in (self.context(), self.context(client="stranger")):
            with self.assertRaises(OSError):  # ssl.SSLError, or a reset that came before it
                self.get(context)

    def test_says_at_the_start_what_is_wrong(self):
        with open(self.folder.path + "/p.toml", "w", encoding="utf-8") as file:
            file.write(TLS.replace("server.key", "client.key"))
        with self.assertRaisesRegex(AssertionError, "private key in client.key does not belong"):
            Daemon(self.folder.path, "--config.file", "p.toml")

    def scrape(self, job):
        """A real Prometheus with these settings for its job sees the daemon."""
        prometheus = Prometheus(self.folder.path, {}, "1s", scrape_configs=[{
            "job_name": "door", "scheme": "https",
            "static_configs": [{"targets": [f"{self.host}:{self.port}"]}], **job}])
        self.addCleanup(prometheus.stop)
        return prometheus

    def test_prometheus_scrapes_with_a_password(self):
        self.start(TLS + USERS)
        tls = {"ca_file": "ca.pem"}
        good = self.scrape({"tls_config": tls,
                            "basic_auth": {"username": "alice", "password": PASSWORD}})
        wait_for(lambda: [r for r in good.query('up{job="door"}') if r["value"][1] == "1"],
                 "Prometheus to see the daemon")
        self.assertTrue(good.query("procmarshal_build_info"))

    def test_prometheus_scrapes_with_a_certificate(self):
        self.start(MUTUAL)
        prometheus = self.scrape({"tls_config": {
            "ca_file": "ca.pem", "cert_file": "client.pem", "key_file": "client.key"}})
        wait_for(lambda: [r for r in prometheus.query('up{job="door"}') if r["value"][1] == "1"],
                 "Prometheus to see the daemon")
        self.assertTrue(prometheus.query("procmarshal_build_info"))


class PasswordTest(DaemonTest):
    def test_lets_in_who_knows_the_password(self):
        self.start(USERS)
        self.assertEqual(self.daemon.get("/metrics", basic("alice", PASSWORD))[0], 200)
        for headers in ({}, basic("alice", "wrong"), basic("bob", PASSWORD), basic("alice", HASH)):
            status, answer, _ = self.daemon.get("/metrics", headers)
            self.assertEqual(status, 401, headers)
            self.assertEqual(answer["WWW-Authenticate"], 'Basic realm="procmarshal", charset="UTF-8"')

    def test_slows_down_who_guesses(self):
        self.start(USERS)
        answers = [self.daemon.get("/-/healthy", basic("alice", str(i)))[0] for i in range(20)]
        self.assertEqual(answers[:10], [401] * 10)
        self.assertIn(429, answers[10:])
        self.assertEqual(self.daemon.get("/-/healthy", basic("alice", PASSWORD))[0], 429)
        wait_for(lambda: self.daemon.get("/-/healthy", basic("alice", PASSWORD))[0] == 200,
                 "to be let in again")

    def test_takes_other_users_by_a_reload(self):
        self.start("")
        self.assertEqual(self.daemon.get("/metrics")[0], 200)
        with open(self.folder.path + "/p.toml", "w", encoding="utf-8") as file:
            file.write(USERS)
        self.daemon.process.send_signal(1)
        wait_for(lambda: self.daemon.get("/metrics")[0] == 401, "the reload")


class ListenTest(DaemonTest):
    def fetch(self, family, address, host="localhost"):
        with socket.socket(family) as connection:
            connection.settimeout(10)
            connection.connect(address)
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            answer = b""
            while True:
                part = connection.recv(65536)
                if not part:
                    return answer.split(b"\r\n")[0]
                answer += part

    def test_serves_a_unix_socket(self):
        path = self.folder.path + "/web.sock"
        self.start("", "--web.listen-address", "unix:" + path)
        self.assertEqual(self.fetch(socket.AF_UNIX, path), b"HTTP/1.1 200 OK")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o660)
        self.daemon.stop()
        self.assertFalse(os.path.exists(path))

    def test_serves_every_interface_by_ipv4_and_ipv6(self):
        self.start("", "--web.listen-address", ":0")
        port = int(wait_for(lambda: self.daemon.port_of("[::]"), "the second address"))
        self.assertEqual(self.fetch(socket.AF_INET, ("127.0.0.1", port)), b"HTTP/1.1 200 OK")
        self.assertEqual(self.fetch(socket.AF_INET6, ("::1", port), f"[::1]:{port}"),
                         b"HTTP/1.1 200 OK")

    def test_the_page_is_for_this_host_unless_told_otherwise(self):
        proxied = {"X-Forwarded-For": "192.0.2.1"}
        self.start("")
        self.assertEqual(self.daemon.get("/")[0], 200)
        self.assertEqual(self.daemon.get("/", proxied)[0], 403)
        self.assertEqual(self.daemon.get("/metrics", proxied)[0], 200)
        self.assertEqual(self.daemon.get("/", {"Host": "evil.example"})[0], 403)
        with open(self.folder.path + "/p.toml", "w", encoding="utf-8") as file:
            file.write('[web]\napi_from = ["127.0.0.0/8"]\nallowed_hosts = ["good.example"]\n')
        self.daemon.process.send_signal(1)
        wait_for(lambda: self.daemon.get("/", proxied)[0] == 200, "the reload")
        self.assertEqual(self.daemon.get("/", {"Host": "good.example"})[0], 200)
        self.assertEqual(self.daemon.get("/", {"Host": "evil.example"})[0], 403)


if __name__ == "__main__":
    unittest.main(verbosity=2)
