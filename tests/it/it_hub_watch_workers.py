#!/usr/bin/python3
"""d4-hub watch beside a hub of two workers: what is wrong is raised once and
cleared once, whichever of them sees it."""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from hub import Hub, until  # noqa: E402
from watch import WRITER, Watch  # noqa: E402
from workers import ready, spread  # noqa: E402

META = b'{"type":"a"}'
CHUNK = (b"x" * 8191 + b"\n") * 4


class Once(unittest.TestCase):
    def told(self, watch, event, states):
        """The command was told of these; and the log has each once."""
        until("%s: %s" % (event, states),
              lambda: watch.commands(event) == states)
        self.assertEqual(watch.log().count("alarm event=" + event),
                         states.count("raised"))

    def test_a_silent_sensor_with_sessions_at_both(self):
        def silent():
            r.hset("d4:state:" + s.hex, "last", int(time.time()) - 7200)
            return watch.raised("sensor.silent", s.uuid)

        def frames():
            return sum(x["frames"] for x in hub.ctl(
                "stats", "sensor", s.uuid)["stats"])

        with Hub(workers="2", ext="{a: lines}") as hub:
            ready(hub.start())
            r, s = hub.redis(), hub.enroll("--type", "254.a")
            at = spread(hub, s, s.frame(2, META) + s.frame(254, b"a\n"))
            # What they sent is told, so nothing else says when it was.
            until("all is counted", lambda: frames() == 2 * hub.status()[
                "sessions"]["opened"])
            with Watch(hub, silent="1h") as watch:
                states = []
                for tls in at:
                    until("it looks", lambda: hub.ctl("events")["watch"])
                    until("it is silent", silent)
                    self.told(watch, "sensor.silent", states + ["raised"])
                    tls.sendall(s.frame(254, b"b\n"))
                    watch.wait("sensor.silent", s.uuid, False)
                    states += ["raised", "cleared"]
                    self.told(watch, "sensor.silent", states)
            for tls in at:
                tls.close()

    def test_a_queue_that_both_have_filled(self):
        with Hub(workers="2", ext="{a: lines}", queue="1MiB",
                 queue_disk="0B") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "254.a")
            at = spread(hub, s, s.frame(2, META) + s.frame(254, b"a\n"))
            with Watch(hub) as watch:
                while not hub.status()["queues"]["254.a"]["full"]:
                    for tls in at:
                        tls.sendall(s.frame(254, CHUNK))
                watch.wait("queue.full", "254.a")
                self.told(watch, "queue.full", ["raised"])
                hub.ctl("queues", "empty", "254.a", "--yes")
                watch.wait("queue.full", "254.a", False)
                self.told(watch, "queue.full", ["raised", "cleared"])
            for tls in at:
                tls.close()


if __name__ == "__main__":
    if not os.access(WRITER, os.X_OK):
        print("no", WRITER)
        sys.exit(77)
    unittest.main(verbosity=2)
