#!/usr/bin/python3
"""Certificates of sensors: whose they must be (ADR 0033)."""

import datetime
import os
import subprocess
import sys
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import BIN, Hub, until  # noqa: E402


class Pair:
    """A certificate and its key, in two files; by `ca`, or by itself."""

    def __init__(self, folder, cn, ca=None, names=(), is_ca=False):
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        self.name = x509.Name([x509.NameAttribute(
            x509.NameOID.COMMON_NAME, cn)])
        self.private = ec.generate_private_key(ec.SECP256R1())
        make = x509.CertificateBuilder(
            (ca or self).name, self.name, self.private.public_key(),
            x509.random_serial_number(), now - day, now + day)
        make = make.add_extension(x509.BasicConstraints(is_ca, None), True)
        if names:
            make = make.add_extension(x509.SubjectAlternativeName(names),
                                      False)
        cert = make.sign((ca or self).private, hashes.SHA256())
        self.digest = cert.fingerprint(hashes.SHA256()).hex()
        pem = serialization.Encoding.PEM
        self.cert = os.path.join(folder, self.digest + ".crt")
        self.key = os.path.join(folder, self.digest + ".key")
        self.pem = cert.public_bytes(pem).decode()
        with open(self.cert, "w") as f:
            f.write(self.pem)
        with open(os.open(self.key, os.O_CREAT | os.O_WRONLY, 0o600),
                  "wb") as f:
            f.write(self.private.private_bytes(
                pem, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))


class Case(unittest.TestCase):
    word = None

    @classmethod
    def setUpClass(cls):
        cls.hub = Hub()
        cls.ca = Pair(cls.hub.dir, "ca", is_ca=True)
        cls.hub.options(client_ca=cls.ca.cert, client_cert=cls.word)
        cls.hub.start()

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def setUp(self):
        self.s = self.hub.enroll("--type", "8")

    def pair(self, cn, names=(), ca=True):
        return Pair(self.hub.dir, cn, self.ca if ca else None, names)

    def bind(self, which):
        got = self.hub.ctl("sensors", "certificate", self.s.uuid, which)
        self.assertEqual(got["certificate"], which)

    def session(self, pair):
        return d4.tls_connect(self.hub.address, self.hub.ca, client=pair and
                              (pair.cert, pair.key))

    def attempt(self, pair, reason="certificate"):
        """Whether it is taken; when not, for this reason."""
        mark = self.hub.log_size()
        try:
            tls = self.session(pair)
            tls.sendall(self.s.frame(8, b"x\n"))
            # Python's unwrap() takes an alert for the end of a session.
            if d4.finish(tls) == "confirmed" and reason != "tls":
                return True
        except OSError:
            pass
        until(reason, lambda: "refused reason=%s " % reason in
              self.hub.log(mark))
        return False

    def becomes(self, pair, want):
        until("it holds", lambda: self.attempt(pair) == want)


class Asked(Case):
    """client_cert: ask. Who is bound to a certificate needs that one."""
    word = "ask"

    def test_a_fingerprint_whoever_signed_it(self):
        own = self.pair("x", ca=False)
        self.assertTrue(self.attempt(None))
        live = self.session(None)
        mark = self.hub.log_size()
        live.sendall(self.s.frame(8, b"x\n"))
        until("it is open", lambda: " open peer=" in self.hub.log(mark))
        self.bind("sha256:" + own.digest)
        until("live sessions end", lambda: "refused reason=certificate" in
              self.hub.log(mark))
        live.close()
        self.assertFalse(self.attempt(None))
        self.assertTrue(self.attempt(own))
        self.assertFalse(self.attempt(self.pair("x", ca=False)))
        self.assertFalse(self.attempt(self.pair("x")))
        show = self.hub.ctl("sensors", "show", self.s.uuid)
        self.assertEqual(show["certificate"], "sha256:" + own.digest)
        until("it is counted", lambda: self.hub.ctl(
            "sensors", "show", self.s.uuid)["refused"]["certificate"] >= 4)
        self.bind("any")
        self.becomes(None, True)

    def test_its_uuid_in_a_certificate_of_the_ca(self):
        u = self.s.uuid
        self.bind("uuid")
        self.becomes(None, False)
        for good in (self.pair(u), self.pair("x", [x509.DNSName(u)]),
                     self.pair("x", [x509.UniformResourceIdentifier(
                         "urn:uuid:" + u)])):
            self.assertTrue(self.attempt(good))
        for bad in (self.pair(u, ca=False), self.pair("x"), self.pair(u[:-1]),
                    self.pair("x", [x509.DNSName("*")]), self.pair(
                        self.hub.enroll("--type", "8").uuid)):
            self.assertFalse(self.attempt(bad))

    def test_two_names_during_a_change(self):
        self.bind("name:old.example,name:new.example")
        self.becomes(None, False)
        for name, want in (("old.example", True), ("new.example", True),
                           ("other.example", False)):
            self.assertEqual(self.attempt(self.pair(name)), want)

    def test_what_is_not_understood_lets_nobody_in(self):
        self.hub.redis().hset("d4:sensor:" + self.s.hex, "cert", "nonsense")
        until("it is broken", lambda: not self.attempt(
            None, "sensor.broken"))
        done = self.hub.run("ctl", "-c", self.hub.conf, "sensors",
                            "certificate", self.s.uuid, "sha256:12",
                            check=False)
        self.assertIn("not valid", done.stderr)

    def test_d4_sensor_shows_its_own(self):
        own = self.pair("x", ca=False)
        folder = os.path.join(self.hub.dir, "sensor")
        os.mkdir(folder)
        for name, text in {
                "uuid": self.s.uuid, "key": self.s.key.decode(), "type": "8",
                "version": "1", "source": "stdin", "fingerprint": self.s.pin,
                "destination": self.hub.address,
                "client.crt": own.pem}.items():
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)

        def run():
            return subprocess.run(
                [os.path.join(BIN, "d4-sensor"), "-c", folder],
                input="a line\n", capture_output=True, text=True, timeout=60)
        self.bind("sha256:" + own.digest)
        self.assertIn("go together", run().stderr)
        os.link(own.key, os.path.join(folder, "client.key"))
        done = run()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(
            [e["data"] for e in self.hub.entries(8)
             if e["sensor"] == self.s.uuid], [b"a line\n"])


class Wanted(Case):
    """client_cert: ca, the default."""
    word = "ca"

    def test_one_of_the_ca_is_needed_and_may_be_bound(self):
        one, two = self.pair("one"), self.pair("two")
        self.assertFalse(self.attempt(None, "tls"))
        self.assertFalse(self.attempt(self.pair("one", ca=False), "tls"))
        self.assertTrue(self.attempt(one) and self.attempt(two))
        self.bind("name:one")
        self.becomes(two, False)
        self.assertTrue(self.attempt(one))


class NotAsked(unittest.TestCase):
    def test_without_being_asked_nobody_shows_one(self):
        with Hub() as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            hub.ctl("sensors", "certificate", s.uuid, "uuid")
            until("it is refused", lambda: hub.send(
                [s.frame(8, b"x\n")]) != "confirmed")
            self.assertIn("certificate",
                          hub.status()["sessions"]["refused"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
