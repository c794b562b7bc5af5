#!/usr/bin/python3
"""d4-hub's queues over their memory budget: entries on disk (ADR 0013)."""

import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
import overflow  # noqa: E402
from hub import Hub, Load, stored, until  # noqa: E402

MIB = 1 << 20
KEY = "d4:{8:0}:q"
LINE = b"x" * 1000


def lines(start, n):
    return b"".join(b"%d|%s\n" % (i, LINE) for i in range(start, start + n))


def fill(hub, s, frames, start=0):
    """Frames of 500 lines each, in one session; the number of lines."""
    got = hub.send([s.frame(8, lines(start + i * 500, 500))
                    for i in range(frames)])
    assert got == "confirmed", got
    return frames * 500


def memory(hub):
    return hub.redis().memory_usage(KEY, samples=0) or 0


def queue(hub):
    return hub.status()["queues"]["8"]


def consume(hub, group="reader", most=1 << 30):
    """Reads and acknowledges; the lines' numbers, with data from disk."""
    r = hub.redis("wash")
    numbers = []
    while len(numbers) <= most:
        got = r.xreadgroup(group, "c", {KEY: ">"}, count=100)
        if not got:
            break
        for id_, fields in got[0][1]:
            e = d4.entry_parse([x for kv in fields.items() for x in kv])
            if "ref" in e:
                e["data"] = overflow.read(hub.overflow, KEY, e, check=False)
            numbers += [int(x.split(b"|")[0]) for x in e["data"].splitlines()]
            r.xack(KEY, group, id_)
    return numbers


class Overflow(unittest.TestCase):
    def test_a_backlog_larger_than_memory_is_exact_and_goes_away(self):
        with Hub(queue="1MiB", queue_disk="256MiB") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            n = fill(hub, s, 40)  # 20 MB
            self.assertLess(memory(hub), 1.3 * MIB)
            q = queue(hub)
            self.assertTrue(q["to_disk"])
            self.assertFalse(q["full"])
            self.assertGreater(q["disk_bytes"], 15 * MIB)
            self.assertEqual(q["disk_bytes"], sum(
                os.path.getsize(f) for f in hub.segments()))
            self.assertEqual(stored(hub, s)[0], list(range(n)))
            for path in hub.segments():
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
            # A checksum of the other implementation, on some of them.
            got = hub.entries(8)
            refs = [e for e in got if "ref" in e]
            for e in refs[:2] + refs[-2:]:
                overflow.read(hub.overflow, KEY, e)
            hub.redis("wash").xgroup_create(KEY, "reader", "0")
            self.assertEqual(consume(hub), list(range(n)))
            until("the segments are gone", lambda: not hub.segments() and
                  queue(hub)["disk_bytes"] == 0)
            until("in memory again", lambda: not queue(hub)["to_disk"])
            fill(hub, s, 1)
            self.assertEqual(hub.segments(), [])
            self.assertIn("in memory again", hub.log())
            self.assertEqual(hub.account(), [])

    def test_time_to_full_is_told(self):
        with Hub(queue="1MiB", queue_disk="64MiB") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            fill(hub, s, 4)
            at = [4]

            def filling():
                fill(hub, s, 1, at[0] * 500)
                at[0] += 1
                q = queue(hub)
                return q["fill_bytes_per_s"] > 0 and \
                    q["time_to_full_s"] is not None
            until("it is known", filling)
            self.assertFalse(queue(hub)["full"])

    def test_the_disk_budget_makes_sensors_wait_and_loses_nothing(self):
        with Hub(queue="1MiB", queue_disk="4MiB", inflight="1MiB") as hub:
            hub.start()
            hub.redis("wash").xgroup_create(KEY, "reader", "0", mkstream=True)
            load = Load(hub, hub.enroll("--type", "8"))
            load.start()
            until("it is full", lambda: queue(hub)["full"])
            until("nothing comes any more", lambda: quiet(hub))
            q = queue(hub)
            self.assertEqual(q["time_to_full_s"], 0)
            # What was read before is stored: the shelf, a read's worth.
            self.assertLess(q["disk_bytes"], 8 * MIB)
            self.assertLess(memory(hub), 1.5 * MIB)
            got = consume(hub, most=1000)
            until("its sensor is read again", lambda: got.extend(
                consume(hub, most=1000)) or len(got) > 12000)
            load.halt.set()
            until("the sensor ended", lambda: got.extend(consume(hub)) or
                  not load.is_alive())
            got += consume(hub)
            hub.stop()
            self.assertTrue(set(load.confirmed) <= set(got))
            self.assertEqual(got, sorted(set(got)))

    def test_drop_oldest_counts_memory_and_disk(self):
        with Hub(queue="1MiB", queue_disk="4MiB",
                 unread="drop-oldest") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            n = 0
            for i in range(12):
                n += fill(hub, s, 4, n)
            q = until("it is free", lambda: [
                q for q in [queue(hub)]
                if not q["full"] and q["records_dropped"] > 0 and
                q["disk_bytes"] < 5 * MIB and quiet(hub)])[0]
            left = stored(hub, s)[0]
            self.assertEqual(left, list(range(n - len(left), n)))
            self.assertEqual(len(left) + q["records_dropped"], n)
            told = hub.account("unread.drop-oldest")
            self.assertEqual(sum(t["records"] for t in told),
                             q["records_dropped"])
            self.assertEqual(sum(t["bytes"] for t in told),
                             q["bytes_dropped"])

    def test_a_full_disk_makes_sensors_wait(self):
        with Hub(queue="16MiB", queue_disk="1GiB", inflight="1MiB") as hub:
            os.makedirs(hub.overflow, exist_ok=True)
            # 64 MiB of it are left to Redis.
            mount = ["mount", "-t", "tmpfs", "-o", "size=69m", "tmpfs",
                     hub.overflow]
            if os.geteuid() != 0 or subprocess.run(
                    mount, stderr=subprocess.DEVNULL).returncode != 0:
                self.skipTest("may not mount")
            try:
                hub.start()
                load = Load(hub, hub.enroll("--type", "8"))
                load.start()
                until("it says so", lambda: "alarm queue=8" in hub.log(), 90)
                until("it is full", lambda: queue(hub)["full"])
                until("nothing comes any more", lambda: quiet(hub))
                self.assertTrue(queue(hub)["disk_failed"])
                self.assertLess(memory(hub), 20 * MIB)
                n = len(load.confirmed)
                subprocess.run(["mount", "-o", "remount,size=200m",
                                hub.overflow], check=True)
                until("it goes on", lambda: len(load.confirmed) > n + 2000)
                load.end()
                numbers = stored(hub, load.sensor)[0]
                self.assertTrue(set(load.confirmed) <= set(numbers))
                self.assertEqual(numbers, sorted(set(numbers)))
            finally:
                hub.stop()
                subprocess.run(["umount", "-l", hub.overflow])


def quiet(hub):
    """Nothing happened for two looks of the hub."""
    def facts():
        q = queue(hub)
        return q["entries_put"], q["records_dropped"], q["disk_bytes"]
    at = facts()
    time.sleep(0.7)
    return facts() == at


class Kills(unittest.TestCase):
    def test_hub_and_redis_killed_while_entries_go_to_disk(self):
        with Hub(queue="1MiB", queue_disk="1GiB") as hub:
            hub.start()
            load = Load(hub, hub.enroll("--type", "8"))
            load.start()

            def more(n):
                at = len(load.confirmed)
                until("some are confirmed",
                      lambda: len(load.confirmed) > at + n, 60)
            until("entries go to disk", lambda: hub.segments())
            for turn in range(3):
                more(3000)
                pid = hub.redis_pid()
                hub.note_redis()
                os.kill(pid, signal.SIGKILL)
                until("redis again", lambda: hub.redis_pid() != pid)
                more(3000)
                pid = hub.worker_pid()
                os.kill(pid, signal.SIGKILL)
                until("a worker again", lambda: hub.worker_pid() != pid)
                more(3000)
                hub.note_redis()
                hub.kill()
                hub.start()
            more(3000)
            load.end()
            numbers, _ = stored(hub, load.sensor)
            missing = set(load.confirmed) - set(numbers)
            self.assertEqual(sorted(missing)[:5], [])
            self.assertEqual(len(set(numbers)), len(numbers))
            self.assertTrue(hub.segments())
            self.assertEqual(hub.account("overflow.gone"), [])
            self.assertEqual(hub.account("overflow.damaged"), [])

    def test_what_is_not_referred_to_is_accounted_and_cut_off(self):
        with Hub(queue="1MiB", queue_disk="64MiB") as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            n = fill(hub, s, 8)
            hub.kill()
            last = hub.segments()[-1]
            size = os.path.getsize(last)
            with open(last, "rb") as f:
                seed = int.from_bytes(f.read(48)[44:], "little")
            with open(os.path.join(hub.overflow, "id")) as f:
                store = f.read().strip()
            whole, _ = overflow.entry(seed, s.uuid, n + 1, 2, 1700000000000000,
                                      b"a\nb\n")
            with open(last, "ab") as f:  # one that Redis never heard of
                f.write(whole + whole[:20])
            lone = os.path.join(os.path.dirname(last), "%020d.ovf" % 77)
            with open(lone, "wb") as f:
                f.write(overflow.segment(int(store, 16), 77, KEY, 5, [
                    {"sensor": s.uuid, "seq": 1, "n": 1, "t_rx": 1,
                     "data": b"z\n"}])[0])
            hub.start()
            told = until("both are told", lambda: [
                t for t in [hub.account("overflow.orphan")] if len(t) == 2][:1])
            by = {t["segment"]: t for t in told[0]}
            tail = by[int(os.path.basename(last)[:20])]
            self.assertEqual((tail["entries"], tail["records"], tail["bytes"],
                              tail["torn_bytes"]), (1, 2, 4, 20))
            self.assertEqual((by[77]["records"], by[77]["torn_bytes"]), (1, 0))
            until("it is cut off", lambda: os.path.getsize(last) == size)
            until("it is gone", lambda: lone not in hub.segments())
            self.assertEqual(stored(hub, s)[0], list(range(n)))
            n += fill(hub, s, 8, n)
            self.assertEqual(stored(hub, s)[0], list(range(n)))
            self.assertGreater(max(hub.segments()), lone)  # never used twice
            hub.stop()
            hub.start()
            self.assertEqual(len(hub.account("overflow.orphan")), 2)

    def test_a_missing_and_a_short_segment_are_told(self):
        with Hub(queue="1MiB", queue_disk="64MiB") as hub:
            hub.start()
            fill(hub, hub.enroll("--type", "8"), 10)
            hub.stop()
            first, second = hub.segments()[:2]
            os.unlink(first)
            os.truncate(second, 1000)
            hub.start()
            until("both are told", lambda: hub.account("overflow.gone") and
                  hub.account("overflow.damaged"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
