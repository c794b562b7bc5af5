#!/usr/bin/python3
"""d4-hub's life: stops, reloads, rights, first steps."""

import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, stored, until  # noqa: E402


class Stops(unittest.TestCase):
    def test_sigterm_stores_what_was_read(self):
        with Hub() as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            tls = hub.connect()
            for i in range(100):
                tls.sendall(s.frame(8, b"%d|\n" % i))
            until("all is read", lambda: hub.status()["records"]["in"] == 100)
            pid = hub.redis_pid()
            self.assertEqual(hub.stop(), 0)
            # An open session is not confirmed: its sensor sends it again.
            self.assertIn(d4.finish(tls), ("eof", "reset"))
            self.assertFalse(os.path.exists("/proc/%d" % pid))
            hub.start()
            self.assertEqual(stored(hub, s)[0], list(range(100)))

    def test_redis_may_stay(self):
        with Hub(keep_redis="true") as hub:
            hub.start()
            pid = hub.redis_pid()
            self.assertEqual(hub.stop(), 0)
            self.assertTrue(os.path.exists("/proc/%d" % pid))
            hub.start()
            self.assertIn("redis pid=%d adopted" % pid, hub.log())
            hub.options(keep_redis="false")

    def test_what_is_not_stored_in_time_is_accounted(self):
        with Hub(drain="1s", redis='"unix:/nonexistent/redis.sock"') as hub:
            # An external Redis of our own, which goes away for good.
            other = Hub(keep_redis="true")
            try:
                other.start()
                secret = os.path.join(other.etc, "keys/redis-hub")
                sock = os.path.join(other.etc, "state/redis/redis.sock")
                hub.options(redis='"unix:%s?user=hub&secret=%s"' % (
                    sock, secret))
                hub.start()
                s = hub.enroll("--type", "8")
                tls = hub.connect()
                tls.sendall(s.frame(8, b"1|\n"))
                until("it is stored", lambda: stored(other, s)[0] == [1])
                other.kill()
                os.kill(other.redis_pid(), signal.SIGKILL)
                until("it is noticed", lambda: "redis down" in hub.log())
                tls.sendall(s.frame(8, b"2|\n3|\n"))
                until("it is read",
                      lambda: hub.status()["records"]["in"] == 3)
                self.assertEqual(hub.stop(), 0)
                with open(os.path.join(
                        hub.etc, "state/account/d4-hub.jsonl")) as f:
                    text = f.read()
                self.assertIn('"event": "drain.lost"',
                              text.replace('":"', '": "'))
                self.assertIn('"records": 2', text.replace('":2', '": 2'))
                tls.close()
            finally:
                other.close()


class Reloads(unittest.TestCase):
    def test_sighup_takes_a_new_configuration(self):
        with Hub(ext="{a: lines}") as hub:
            hub.start()
            s = hub.enroll("--type", "254.b")
            frames = [s.frame(2, b'{"type":"b"}'), s.frame(254, b"{}\n")]
            self.assertNotEqual(hub.send(frames), "confirmed")
            hub.options(ext="{a: lines, b: lines}")
            hub.signal(signal.SIGHUP)
            until("it is done", lambda: "reload done" in hub.log())
            until("b is accepted", lambda: hub.send(frames) == "confirmed")

    def test_redis_is_still_kept_after_a_reload(self):
        with Hub() as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            hub.signal(signal.SIGHUP)
            until("it is done", lambda: "reload done" in hub.log())
            pid = hub.redis_pid()
            os.kill(pid, signal.SIGKILL)
            until("it is started again", lambda: hub.redis_pid() != pid)
            self.assertEqual(hub.send([s.frame(8, b"1|\n")]), "confirmed")

    def test_an_invalid_one_changes_nothing(self):
        with Hub() as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            hub.options(flush="nonsense")
            mark = hub.log_size()
            hub.signal(signal.SIGHUP)
            until("it says so", lambda: "reload failed" in hub.log(mark))
            self.assertIn("hub.yaml:", hub.log(mark))
            self.assertEqual(hub.send([s.frame(8, b"1|\n")]), "confirmed")
            self.assertEqual(hub.run("-n", "-c", hub.conf,
                                     check=False).returncode, 1)

    def test_a_new_certificate(self):
        with Hub() as hub, Hub() as other:
            hub.start()
            hub.enroll()
            for name in ("hub.pem", "keys/hub.key", "ca.pem"):
                os.replace(os.path.join(other.etc, name),
                           os.path.join(hub.etc, name))
            hub.signal(signal.SIGHUP)
            until("it is done", lambda: "reload done" in hub.log())
            hub.connect().close()  # verifies with the new CA

    def test_a_live_session_survives_a_new_certificate(self):
        with Hub() as hub, Hub() as other:
            hub.start()
            s = hub.enroll("--type", "8")
            live = hub.connect()
            live.sendall(s.frame(8, b"1|\n"))
            until("it is stored", lambda: stored(hub, s)[0] == [1])
            for name in ("hub.pem", "keys/hub.key", "ca.pem"):
                os.replace(os.path.join(other.etc, name),
                           os.path.join(hub.etc, name))
            hub.signal(signal.SIGHUP)
            until("it is done", lambda: "reload done" in hub.log())
            live.sendall(s.frame(8, b"2|\n"))
            self.assertEqual(d4.finish(live), "confirmed")
            self.assertEqual(stored(hub, s)[0], [1, 2])

    def test_a_key_of_another_certificate_changes_nothing(self):
        with Hub() as hub, Hub() as other:
            hub.start()
            s = hub.enroll("--type", "8")
            key = os.path.join(hub.etc, "keys", "hub.key")
            os.replace(os.path.join(other.etc, "keys", "hub.key"), key)
            mark = hub.log_size()
            hub.signal(signal.SIGHUP)
            until("it says so", lambda: "reload failed" in hub.log(mark))
            self.assertIn("key values mismatch", hub.log(mark))
            self.assertIn("and key " + key, hub.log(mark))
            self.assertEqual(hub.send([s.frame(8, b"1|\n")]), "confirmed")
            p = hub.run("-n", "-c", hub.conf, check=False)
            self.assertEqual(p.returncode, 1)
            self.assertIn(key, p.stderr)


class Sandbox(unittest.TestCase):
    def test_the_worker_has_given_up_its_rights(self):
        with Hub() as hub:
            hub.start()
            with open("/proc/%d/status" % hub.worker_pid()) as f:
                facts = dict(x.split(":", 1) for x in f.read().splitlines())
            self.assertEqual(facts["NoNewPrivs"].strip(), "1")
            self.assertEqual(facts["Seccomp"].strip(), "2")


class Init(unittest.TestCase):
    def test_it_overwrites_nothing(self):
        with Hub() as hub:
            with open(hub.conf) as f:
                before = f.read()
            again = hub.run("init", hub.etc, check=False)
            self.assertEqual(again.returncode, 1)
            self.assertIn("exists", again.stderr)
            with open(hub.conf) as f:
                self.assertEqual(f.read(), before)
            for name in os.listdir(os.path.join(hub.etc, "keys")):
                mode = os.stat(os.path.join(hub.etc, "keys", name)).st_mode
                self.assertEqual(mode & 0o777, 0o600, name)

    def test_a_sensor_is_enrolled_once(self):
        with Hub() as hub:
            s = hub.enroll("--type", "254.ja3-jl")
            self.assertEqual(s.type, "254.ja3-jl")
            again = hub.run("enroll", "-c", hub.conf, "--uuid", s.uuid,
                            check=False)
            self.assertEqual(again.returncode, 1)
            t = hub.enroll("--uuid", s.uuid, "--replace")
            self.assertNotEqual(s.key, t.key)
            self.assertIn(s.uuid, hub.run("sensors", "-c", hub.conf).stdout)
            self.assertEqual(hub.run("enroll", "--nonsense",
                                     check=False).returncode, 64)


if __name__ == "__main__":
    unittest.main(verbosity=2)
