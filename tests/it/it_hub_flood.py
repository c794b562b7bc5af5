#!/usr/bin/python3
"""Memory under a flood of unfinished frames: whoever knows the UUID of a
sensor, but not its key, opens many connections and finishes no frame."""

import os
import select
import signal
import ssl
import struct
import sys
import unittest
import uuid

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import PROGRAM, Hub, until  # noqa: E402

MIB = 1 << 20
CONNECTIONS = 256
HELD = 16 * MIB   # the budget
FRAME = 900000    # bytes of each, never all of them
EACH = 96 << 10   # of a connection: TLS, session, what is read at once
SLACK = 64 * MIB  # the heap's own, on any machine


def instrumented():
    with open(PROGRAM, "rb") as f:
        return b"__asan_init" in f.read()


def peak(pid):
    """VmHWM of a process in bytes."""
    with open("/proc/%d/status" % pid) as f:
        line = [x for x in f if x.startswith("VmHWM:")][0]
    return int(line.split()[1]) << 10


class Flood(unittest.TestCase):
    def begin(self, sensor):
        """A connection that has sent the header of a large frame."""
        tls = self.hub.connect()
        tls.sendall(d4.HEADER.pack(1, 2, uuid.UUID(sensor.uuid).bytes, 0,
                                   bytes(32), FRAME + 1))
        tls.setblocking(False)
        return tls

    def push(self, flood, left):
        """Whatever the sockets take, for a moment; the connections that are
        still there."""
        some = bytes(16000)
        _, ready, _ = select.select([], flood, [], 0.1)
        for tls in ready:
            try:
                while left[tls] > 0:
                    left[tls] -= tls.send(some[:left[tls]])
            except (BlockingIOError, ssl.SSLWantWriteError):
                continue
            except OSError:
                left[tls] = 0
        return [x for x in flood if left[x] > 0]

    def test_it_stays_within_the_budget(self):
        with Hub(held="16MiB", frame="10m", handshake="10m",
                 ext="{a: lines}") as self.hub:
            self.hub.start()
            worker = self.hub.worker_pid()
            target = self.hub.enroll("--type", "254.a")
            good = self.hub.enroll("--type", "8")
            before = peak(worker)
            flood = [self.begin(target) for _ in range(CONNECTIONS)]
            left = {x: FRAME for x in flood}
            alive = flood

            def full():
                nonlocal alive
                alive = self.push(alive, left)
                refused = self.hub.status()["sessions"]["refused"]
                return refused.get("budget", 0) >= 8
            until("the budget is reached", full)
            # Who does no harm is served meanwhile.
            self.assertEqual(self.hub.send([good.frame(8, b"x\n")] * 20),
                             "confirmed")
            for _ in range(20):
                alive = self.push(alive, left)
            held = self.hub.status()["sessions"]["held_bytes"]
            self.assertLessEqual(held, HELD + HELD // 4)
            grown = peak(worker) - before
            sent = sum(FRAME - x for x in left.values())
            print("sent %d MiB, held %d MiB, grown %d MiB" % (
                sent // MIB, held // MIB, grown // MIB))
            if not instrumented():
                # A buffer may be twice what is in it.
                self.assertLess(grown, 2 * (HELD + HELD // 4) +
                                CONNECTIONS * EACH + SLACK)
            self.assertIn("reason=budget", self.hub.log())
            show = self.hub.ctl("sensors", "show", target.uuid)
            self.assertGreaterEqual(show["refused"]["budget"], 8)
            for tls in flood:
                tls.close()
            # Who is not read ends by the clock.
            self.hub.options(handshake="1s")
            self.hub.signal(signal.SIGHUP)
            until("all is free again", lambda: self.hub.status()[
                "sessions"]["held_bytes"] == 0)
            until("a sensor is served", lambda: self.hub.send(
                [good.frame(8, b"y\n")]) == "confirmed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
