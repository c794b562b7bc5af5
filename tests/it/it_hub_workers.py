#!/usr/bin/python3
"""A d4-hub of several workers is one hub: limits, lists and the control socket
hold for all of them, and one that dies takes nothing with it."""

import os
import re
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from hub import Hub, Load, stored, until  # noqa: E402
from workers import log_name, opened, pids, ready, sessions  # noqa: E402


class Workers(unittest.TestCase):
    def on_both(self, hub, sensor, kind=8):
        """A live session of the sensor at each worker, as far as one may be:
        connects until another worker has taken the newest."""
        first = hub.connect()
        first.sendall(sensor.frame(kind, b"1|\n"))
        was = until("it is open", lambda: sessions(hub, sensor))[0]["session"]
        for _ in range(200):
            tls = hub.connect()
            tls.sendall(sensor.frame(kind, b"2|\n"))
            now = until("it is open", lambda: [
                s["session"] for s in sessions(hub, sensor)
                if s["session"] != was and s["frames"]])[0]
            if log_name(hub, now) != log_name(hub, was):
                return first, tls, now
            first.close()
            first, was = tls, now
        raise AssertionError("the kernel gives one worker all")

    def test_one_connection_per_type_and_uuid(self):
        with Hub(workers="2") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "8")
            old, tls, newest = self.on_both(hub, s)
            until("the older one has ended", lambda: [
                x["session"] for x in sessions(hub, s)] == [newest])
            self.assertIn("reason=superseded", hub.log())
            live = hub.redis().hgetall("d4:live:" + s.hex)
            self.assertEqual(len(live), 1)
            tls.close()
            until("nothing is left", lambda: not hub.redis().exists(
                "d4:live:" + s.hex) and not hub.redis().sismember(
                    "active_connection", s.hex))
            old.close()

    def test_lists_and_the_control_socket_hold_for_all(self):
        with Hub(workers="2") as hub:
            ready(hub.start())
            many = [hub.enroll("--type", "8") for _ in range(12)]
            open_ = [hub.connect() for _ in many]
            for s, tls in zip(many, open_):
                tls.sendall(s.frame(8, b"1|\n"))
            got = until("all are listed", lambda: [
                x for x in [sessions(hub)] if len(x) == 12 and
                all(y["frames"] for y in x)])[0]
            places = {log_name(hub, s["session"]) for s in got}
            self.assertEqual({s["uuid"] for s in got},
                             {s.uuid for s in many})
            status = hub.status()
            self.assertEqual(status["sessions"]["now"], 12)
            until("all are stored", lambda: hub.status()["queues"]["8"][
                "length"] == 12)
            # Redis has them before the workers have its answers.
            until("all are counted", lambda: hub.status()["records"][
                "forward"] == 12)
            self.assertIn("\nd4_hub_sessions 12\n",
                          hub.ctl("metrics")["page"])
            # At whichever worker it is.
            hub.ctl("sensors", "revoke", many[0].uuid)
            hub.ctl("sensors", "kick", many[1].uuid)
            hub.ctl("blocklist", "add", many[2].uuid)
            until("three have ended", lambda: len(sessions(hub)) == 9)
            self.assertLessEqual(places, {"0", "1"})
            hub.options(payload_max="16KiB")
            self.assertTrue(hub.ctl("config", "reload")["reloaded"])
            until("both have it", lambda: len(re.findall(
                r"worker [01]\]: reload done", hub.log())) == 2)
            for tls in open_:
                tls.close()

    def test_a_worker_that_dies_takes_nothing_with_it(self):
        with Hub(workers="2", queue="1GiB") as hub:
            ready(hub.start())
            loads = [Load(hub, hub.enroll("--type", "8")) for _ in range(3)]
            for load in loads:
                load.start()
            for place in (1, 0):
                n = [len(x.confirmed) for x in loads]
                until("all send", lambda: all(
                    len(x.confirmed) > m + 300 for x, m in zip(loads, n)))
                pid = pids(hub)[place]
                os.kill(pid, signal.SIGKILL)
                until("another one", lambda: pids(hub)[place] != pid)
                ready(hub)
            for load in loads:
                load.end()
            for load in loads:
                numbers, _ = stored(hub, load.sensor)
                self.assertEqual(set(load.confirmed) - set(numbers), set())
                self.assertEqual(len(set(numbers)), len(numbers))
            until("nobody is connected", lambda: not hub.redis().keys(
                "d4:live:*"))

    def test_each_has_segments_of_its_own(self):
        with Hub(workers="2", queue="16MiB", queue_disk="256MiB") as hub:
            ready(hub.start())
            many = [hub.enroll("--type", "8") for _ in range(8)]
            sent = 0
            until("both have written", lambda: len({
                int(os.path.basename(x)[:20]) % 64
                for x in hub.segments()}) == 2 or self.feed(hub, many) < 0)
            sent = len(hub.entries(8, check=True))
            self.assertGreater(sent, 0)
            # One of them is enough for all segments.
            hub.stop()
            hub.options(workers="1", unread="drop-oldest")
            hub.start()
            until("both places are looked after", lambda: hub.status()[
                "queues"]["8"]["disk_bytes"] == sum(
                    os.path.getsize(x) for x in hub.segments()) > 0)
            self.assertEqual(hub.account("overflow.orphan"), [])

    def feed(self, hub, many):
        for s in many:
            line = b"".join(b"%d|%s\n" % (i, b"x" * 200) for i in range(400))
            self.assertEqual(hub.send([s.frame(8, line)] * 4), "confirmed")
        return 0

    def test_a_clone_is_held_wherever_it_comes(self):
        """Four turns, whichever worker sees each of them."""
        with Hub(workers="2") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "8")
            open_ = [opened(hub, s, s.frame(8, b"1|\n"),
                            "127.0.0.%d" % (2 + turn % 2))[0]
                     for turn in range(4)]
            self.assertNotIn("alarm=clone", hub.log())
            open_.append(hub.connect("127.0.0.2"))
            open_[-1].sendall(s.frame(8, b"1|\n"))
            until("it is noticed", lambda: "alarm=clone" in hub.log())
            until("it is held", lambda: set((hub.redis().get(
                "d4:clone:" + s.hex) or b"").split()) == {
                    b"127.0.0.2", b"127.0.0.3"})
            for tls in open_:
                tls.close()

    def test_clones_that_send_to_two_workers_are_noticed(self):
        with Hub(workers="2", ext="{a: lines}") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "254.a")
            first = s.frame(2, b'{"type":"a"}') + s.frame(254, b"0\n")
            here, place = opened(hub, s, first, "127.0.0.2")
            for _ in range(200):
                there, at = opened(hub, s, first, "127.0.0.3")
                if at != place:
                    break
                # It was no turn of two that are there together.
                there.close()
                hub.redis().hdel("d4:turn:" + s.hex, "t1", "t2", "t3")
            self.assertNotEqual(at, place)

            def noticed():
                for tls in (here, there):
                    try:
                        tls.sendall(s.frame(254, b"1\n"))
                    except OSError:
                        pass
                return "alarm=clone" in hub.log()
            until("it is noticed", noticed)
            until("one of them is out", lambda: len(sessions(hub, s)) < 2)
            here.close()
            there.close()

    def test_two_workers_are_upgraded_to_three(self):
        with Hub(workers="2") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "8")
            tls = hub.connect()
            tls.sendall(s.frame(8, b"1|\n"))
            until("it is stored", lambda: len(hub.entries(8)) == 1)
            hub.options(workers="3")
            mark = hub.log_size()
            hub.signal(signal.SIGUSR2)
            self.assertEqual(tls.recv(1), b"")
            tls.close()
            until("it is done", lambda: "upgrade done" in hub.log(mark))
            until("three answer", lambda: hub.status()["workers"] == 3)
            for _ in range(8):
                self.assertEqual(hub.send([s.frame(8, b"2|\n")]), "confirmed")
            self.assertEqual(hub.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
