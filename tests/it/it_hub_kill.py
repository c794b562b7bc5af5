#!/usr/bin/python3
"""Nothing that d4-hub confirmed is lost, whatever is killed or full."""

import os
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from hub import Hub, Load, stored, until  # noqa: E402


class Kills(unittest.TestCase):
    """Nothing that was confirmed is lost, whoever is killed."""

    def check(self, hub, load):
        numbers, doubled = stored(hub, load.sensor)
        have = set(numbers)
        missing = [n for n in load.confirmed if n not in have]
        self.assertEqual(missing[:5], [])
        self.assertEqual(len(have), len(numbers))  # no record twice
        self.assertGreater(len(load.confirmed), 0)
        return doubled

    def test_redis_killed_under_load(self):
        with Hub(queue="1GiB") as hub:
            hub.start()
            load = Load(hub, hub.enroll("--type", "8"))
            load.start()
            for _ in range(3):
                n = len(load.confirmed)
                until("some are confirmed",
                      lambda: len(load.confirmed) > n + 2000)
                pid = hub.redis_pid()
                hub.note_redis()
                os.kill(pid, signal.SIGKILL)
                until("it is started again", lambda: hub.redis_pid() != pid)
            n = len(load.confirmed)
            until("it goes on", lambda: len(load.confirmed) > n + 2000)
            load.end()
            self.check(hub, load)

    def test_hub_killed_the_next_one_adopts_redis(self):
        with Hub(queue="1GiB") as hub:
            hub.start()
            load = Load(hub, hub.enroll("--type", "8"))
            load.start()
            until("some are confirmed", lambda: len(load.confirmed) > 2000)
            pid = hub.redis_pid()
            hub.kill()
            self.assertTrue(os.path.exists("/proc/%d" % pid))
            # As a server that an older hub started: fewer rights.
            hub.redis().execute_command("ACL", "SETUSER", "hub", "-eval")
            hub.redis().execute_command("ACL", "DELUSER", "archive")
            mark = hub.log_size()
            hub.start()
            self.assertIn("redis pid=%d adopted" % pid, hub.log(mark))
            self.assertTrue(hub.redis("archive").ping())
            n = len(load.confirmed)
            until("it goes on", lambda: len(load.confirmed) > n + 2000)
            load.end()
            self.check(hub, load)

    def test_worker_killed_is_started_again(self):
        with Hub(queue="1GiB") as hub:
            hub.start()
            load = Load(hub, hub.enroll("--type", "8"))
            load.start()
            for _ in range(2):
                n = len(load.confirmed)
                until("some are confirmed",
                      lambda: len(load.confirmed) > n + 2000)
                pid = hub.worker_pid()
                os.kill(pid, signal.SIGKILL)
                until("another one", lambda: hub.worker_pid() != pid)
            load.end()
            self.check(hub, load)

    def test_supervisor_killed_takes_the_worker_with_it(self):
        with Hub() as hub:
            hub.start()
            worker = hub.worker_pid()
            hub.kill()
            until("the worker ends",
                  lambda: not os.path.exists("/proc/%d" % worker))


class DiskFull(unittest.TestCase):
    def test_it_says_so_waits_and_goes_on(self):
        with Hub(queue="1GiB") as hub:
            state = os.path.join(hub.etc, "state")
            os.makedirs(state, exist_ok=True)
            mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", state]
            if os.geteuid() != 0 or subprocess.run(
                    mount, stderr=subprocess.DEVNULL).returncode != 0:
                self.skipTest("may not mount")
            try:
                hub.start()
                s = hub.enroll("--type", "8")
                tls = hub.connect()
                data = b"".join(b"%d|%s\n" % (i, b"x" * 1000)
                                for i in range(100))
                sent = 0
                tls.settimeout(1)
                try:
                    while sent < 1000 and "disk=full" not in hub.log():
                        tls.sendall(s.frame(8, data))
                        sent += 1
                except OSError:
                    pass  # it is not read any more
                until("it says so", lambda: "disk=full" in hub.log())
                subprocess.run(["mount", "-o", "remount,size=400m", state],
                               check=True)
                until("redis stays", lambda: hub.status()["redis"]["up"] and
                      hub.status()["redis"]["waiting_entries"] == 0)
                # What waited in the socket may still be on its way.
                until("all that was read is stored", lambda:
                      len(stored(hub, s)[0]) == hub.status()["records"]["in"])
                got = stored(hub, s)[0]
                whole = got[:len(got) // 100 * 100]
                self.assertEqual(whole, list(range(100)) *
                                 (len(whole) // 100))
                tls.close()
            finally:
                hub.stop()
                subprocess.run(["umount", "-l", state])


if __name__ == "__main__":
    unittest.main(verbosity=2)
