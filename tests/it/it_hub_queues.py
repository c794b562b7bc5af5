#!/usr/bin/python3
"""d4-hub's queues: trimming, budgets, shards."""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, Load, stored, until  # noqa: E402


class Queues(unittest.TestCase):
    def fill(self, hub, s, n, start=0):
        line = b"x" * 1000
        for i in range(start, start + n):
            got = hub.send([s.frame(8, b"".join(
                b"%d|%s\n" % (i * 100 + k, line) for k in range(100)))])
            self.assertEqual(got, "confirmed")

    def test_trimmed_at_what_the_slowest_reader_needs(self):
        with Hub() as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            r = hub.redis("wash")
            key = "d4:{8:0}:q"
            for group in ("fast", "slow"):
                r.xgroup_create(key, group, "0", mkstream=True)
            self.fill(hub, s, 5)
            total = r.xlen(key)
            got = r.xreadgroup("fast", "c", {key: ">"}, count=1000)[0][1]
            r.xack(key, "fast", *[i for i, _ in got])
            some = r.xreadgroup("slow", "c", {key: ">"}, count=3)[0][1]
            time.sleep(0.6)  # two looks of the trimmer: nothing may go
            self.assertEqual(r.xlen(key), total)
            r.xack(key, "slow", some[0][0], some[1][0])
            until("two are trimmed", lambda: r.xlen(key) == total - 2)
            r.hset("d4:{8:0}:hold", "parked", some[2][0])
            r.xack(key, "slow", some[2][0])
            rest = r.xreadgroup("slow", "c", {key: ">"}, count=1000)[0][1]
            r.xack(key, "slow", *[i for i, _ in rest])
            time.sleep(0.6)  # held for the parked one
            self.assertEqual(r.xlen(key), total - 2)
            r.delete("d4:{8:0}:hold")
            until("all are trimmed", lambda: r.xlen(key) == 0)

    def test_unread_and_full_stops_reading_and_others_go_on(self):
        with Hub(queue="1MiB", queue_disk="0B", ext="{a: lines}") as hub:
            hub.start()
            s, t = hub.enroll("--type", "8"), hub.enroll("--type", "3")
            self.fill(hub, s, 8)
            n = 8
            time.sleep(0.6)  # two looks, before one more could wait for ever
            while not hub.status()["queues"]["8"]["full"]:
                self.fill(hub, s, 1, n)
                n += 1
                time.sleep(0.6)
            tls = hub.connect()
            tls.sendall(s.frame(8, b"late|\n"))
            self.assertEqual(hub.send([t.frame(3, b"x\n")]), "confirmed")
            r = hub.redis()
            r.delete("d4:{8:0}:q")
            until("it is free",
                  lambda: not hub.status()["queues"]["8"]["full"])
            self.assertEqual(d4.finish(tls), "confirmed")

    def test_unread_drop_oldest_is_counted(self):
        with Hub(queue="1MiB", queue_disk="0B", unread="drop-oldest") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            self.fill(hub, s, 30)
            want = 3000
            q = until("something is dropped", lambda: [
                q for q in [hub.status()["queues"]["8"]]
                if q["records_dropped"] > 0 and not q["full"]])[0]
            until("books and queue agree", lambda: sum(
                e["n"] for e in hub.entries(8)) +
                hub.status()["queues"]["8"]["records_dropped"] == want)
            with open(os.path.join(
                    hub.etc, "state/account/d4-hub.jsonl")) as f:
                self.assertIn("unread.drop-oldest", f.read())
            self.assertGreater(q["bytes_dropped"], 0)

    def test_what_a_killed_hub_dropped_is_accounted_by_the_next(self):
        with Hub(unread="drop-oldest", keep_redis="true") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            self.assertEqual(hub.send([s.frame(8, b"a\n")]), "confirmed")
            r = hub.redis()
            # It was killed between the drop and its account.
            r.hset("d4:{8:0}:dropped", mapping={
                "entries": 2, "records": 7, "bytes": 99})
            hub.kill()
            hub.start()
            until("settled", lambda: r.hget(
                "d4:{8:0}:dropped", "records") == b"0")
            rows = hub.account()
            self.assertEqual([(x["entries"], x["records"], x["bytes"])
                              for x in rows], [(2, 7, 99)])
            self.assertEqual(r.xlen("d4:{8:0}:q"), 1)

    def test_redis_out_of_memory_loses_nothing(self):
        with Hub(queue="1GiB", maxmemory="64MiB") as hub:
            hub.start()
            r = hub.redis()
            load = Load(hub, hub.enroll("--type", "8"))
            load.start()
            until("some are confirmed", lambda: len(load.confirmed) > 2000)
            r.config_set("maxmemory", "1mb")  # it refuses every XADD now
            until("it is noticed", lambda: "refused by redis" in hub.log() or
                  "nearly full" in hub.log())
            time.sleep(0.5)
            r.config_set("maxmemory", "200mb")
            n = len(load.confirmed)
            until("it goes on", lambda: len(load.confirmed) > n + 2000)
            load.end()
            numbers, _ = stored(hub, load.sensor)
            self.assertTrue(set(load.confirmed) <= set(numbers))
            self.assertEqual(len(set(numbers)), len(numbers))

    def test_the_number_of_shards_stays(self):
        with Hub(shards="4") as hub:
            hub.start()
            sensors = [hub.enroll("--type", "8") for _ in range(8)]
            for s in sensors:
                hub.send([s.frame(8, b"1|\n")])
            for s in sensors:
                got = hub.entries(8, "", d4.shard(s.uuid, 4))
                self.assertIn(s.uuid, [e["sensor"] for e in got])
            self.assertEqual(hub.redis().hget("d4:queues", "8"), b"4")
            hub.stop()
            hub.options(shards="2")
            hub.start()
            self.assertEqual(hub.status()["queues"]["8"]["shards"], 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
