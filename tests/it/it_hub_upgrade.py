#!/usr/bin/python3
"""Another version of d4-hub takes over while sensors send: nothing is lost,
and nothing comes twice beyond what a sensor had not got confirmed."""

import os
import re
import shutil
import signal
import ssl
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import sensor  # noqa: E402
from hub import DEADLINE, PROGRAM, Hub, Load, stored, until  # noqa: E402


def installed(hub):
    """A d4-hub that the next one can be put in the place of."""
    hub.program = os.path.join(hub.dir, "d4-hub")
    install(hub, PROGRAM)
    return hub.start()


def install(hub, what):
    """As a package does it: another file under the same name."""
    shutil.copy(what, hub.program + ".new")
    os.replace(hub.program + ".new", hub.program)


def upgrade(hub, ask):
    """Asks for it, and waits until the old workers have ended."""
    pid, old, mark = hub.process.pid, hub.worker_pid(), hub.log_size()
    install(hub, PROGRAM)
    ask()
    until("the old version has ended", lambda: "upgrade done" in hub.log(mark)
          or hub.process.poll() is not None)
    assert hub.process.poll() is None, hub.log(mark)
    assert pid == hub.process.pid and not os.path.exists("/proc/%d" % old)
    assert "died" not in hub.log(mark), hub.log(mark)


class Feed(threading.Thread):
    """A real d4-sensor that is fed numbered lines until it is told to end."""

    def __init__(self, hub):
        super().__init__(daemon=True)
        self.sensor = hub.enroll("--type", "8")
        self.real = sensor.Sensor(
            uuid=self.sensor.uuid, key=self.sensor.key.decode(),
            destination=hub.address, fingerprint=self.sensor.pin)
        self.halt, self.number = threading.Event(), 0
        self.stdin = self.real.start("--retry", "1s")

    def run(self):
        while not self.halt.is_set():
            self.stdin.write(b"".join(
                b"%d|%s\n" % (self.number + i, b"y" * 60) for i in range(20)))
            self.stdin.flush()
            self.number += 20
            time.sleep(0.002)

    def end(self):
        self.halt.set()
        self.join(DEADLINE)
        self.stdin.close()
        assert self.real.wait() == 0, self.real.log

    def resent(self):
        """Records that it sent again, as it says itself."""
        return sum(int(n) for n in re.findall(
            r"session broken waiting=(\d+)", self.real.log))


class Quiet(threading.Thread):
    """A stock client: it sends once, and reads what it is told; `how` the
    hub ended it."""

    def __init__(self, hub):
        super().__init__(daemon=True)
        self.sensor = hub.enroll("--type", "8")
        self.tls, self.how = hub.connect(), None
        self.tls.sendall(self.sensor.frame(8, b"0|\n"))

    def run(self):
        self.tls.settimeout(DEADLINE)
        try:
            self.how = "close_notify" if self.tls.recv(1) == b"" else "bytes"
        except ssl.SSLEOFError:
            self.how = "eof"
        self.tls.close()


class UnderLoad(unittest.TestCase):
    def test_nothing_is_lost_and_no_more_comes_twice_than_is_said(self):
        with Hub(queue="1GiB") as hub:
            installed(hub)
            feed, quiet = Feed(hub), Quiet(hub)
            load = Load(hub, hub.enroll("--type", "8"))
            feed.start()
            load.start()
            quiet.start()
            for ask in (lambda: hub.ctl("config", "upgrade"),
                        lambda: hub.signal(signal.SIGUSR2)):
                n, m = len(load.confirmed), feed.number
                until("they send", lambda: len(load.confirmed) > n + 1000 and
                      feed.number > m + 1000)
                upgrade(hub, ask)
            quiet.join(DEADLINE)
            self.assertEqual(quiet.how, "close_notify")
            n = len(load.confirmed)
            until("it goes on", lambda: len(load.confirmed) > n + 1000)
            feed.end()
            load.end()
            self.assertEqual(stored(hub, quiet.sensor), ([0], 0))
            have, doubled = stored(hub, load.sensor)
            self.assertEqual(set(load.confirmed) - set(have), set())
            self.assertEqual((len(set(have)), doubled), (len(have), 0))
            have, doubled = stored(hub, feed.sensor)
            self.assertEqual(sorted(set(have)), list(range(feed.number)))
            self.assertLessEqual(len(have) - len(set(have)), feed.resent())
            self.assertEqual(hub.account("drain.lost"), [])

    def test_who_does_not_listen_is_ended_when_the_time_is_over(self):
        with Hub(handover="2s") as hub:
            installed(hub)
            s = hub.enroll("--type", "8")
            tls = hub.connect()
            tls.sendall(s.frame(8, b"0|\n")[:40])  # inside a frame
            until("it came", lambda: hub.status()["sessions"]["held_bytes"])
            upgrade(hub, lambda: hub.signal(signal.SIGUSR2))
            with self.assertRaises(OSError):
                tls.recv(1)  # no close_notify: that would confirm
            tls.close()


class Refusals(unittest.TestCase):
    def test_a_version_that_would_not_start_is_not_taken(self):
        with Hub() as hub:
            installed(hub)
            s = hub.enroll("--type", "8")
            for text, why in (("#!/bin/sh\nexit 64\n", "would not start"),
                              ("no program\n", "cannot be started")):
                with open(hub.dir + "/bad", "w") as f:
                    f.write(text)
                os.chmod(hub.dir + "/bad", 0o755)
                install(hub, hub.dir + "/bad")
                worker = hub.worker_pid()
                done = hub.run("ctl", "-c", hub.conf, "config", "upgrade",
                               check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(why, done.stderr)
                self.assertEqual(hub.worker_pid(), worker)
                self.assertEqual(hub.send([s.frame(8, b"1|\n")]), "confirmed")

    def test_an_invalid_configuration_is_not_taken(self):
        with Hub() as hub:
            installed(hub)
            mark = hub.log_size()
            hub.options(flush="nonsense")
            hub.signal(signal.SIGUSR2)
            until("it says so", lambda: "upgrade refused" in hub.log(mark))
            self.assertIn("hub.yaml:", hub.log(mark))
            hub.options(flush="5ms")
            self.assertTrue(hub.status()["ok"])

    def test_new_options_hold_afterwards(self):
        with Hub() as hub:
            installed(hub)
            hub.options(sandbox="best-effort", sessions_max="77")
            upgrade(hub, lambda: hub.signal(signal.SIGUSR2))
            self.assertIn("sessions_max=77", hub.log())
            s = hub.enroll("--type", "8")
            self.assertEqual(hub.send([s.frame(8, b"1|\n")]), "confirmed")
            self.assertEqual(hub.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
