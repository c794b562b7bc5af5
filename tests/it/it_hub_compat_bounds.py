#!/usr/bin/python3
"""What bounds `compat: d4-core`: its files by age and size, the streams of
workers that never run, and what is said of both."""

import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from d4core_redis import Core  # noqa: E402
from hub import Hub, until  # noqa: E402

DAY = 86400


def data(hub, *names):
    return os.path.join(hub.etc, "state/data", *names)


def account(hub, event):
    return hub.account(event, "d4-hub-compat")


def told(hub):
    """What it says of itself; it says so two seconds after its start."""
    done = hub.run("ctl", "-c", hub.conf, "--json", "compat", check=False)
    if done.returncode != 0:
        assert "just begun" in done.stderr, done.stderr
        return {"compat": {"removed_files": -1}, "waits": []}
    return json.loads(done.stdout)


def objects(n):
    return [json.dumps({"Timestamp": "t%d" % i, "n": i}).encode() + b"\n"
            for i in range(n)]


def put(path, content=b"theirs"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)


def old(paths, days):
    t = time.time() - days * DAY
    for path in paths:
        os.utime(path, (t, t))


def filed(hub, n):
    """n objects sent and filed; -> sensor, core, its queue's key, paths."""
    core = Core(hub)
    key = core.queue(254, "ja3-jl")
    s = hub.enroll("--type", "254")
    hub.send([s.frame(2, b'{"type":"ja3-jl"}'),
              s.frame(254, b"".join(objects(n)))])
    items = until("all of them", lambda: [
        x for x in [core.items(key)] if len(x) == n])[0]
    return s, core, key, [p.decode() for p in items]


class Files(unittest.TestCase):
    def test_old_files_go_with_their_items_and_nobody_elses(self):
        with Hub(compat="d4-core", ext="[ja3-jl]") as hub:
            hub.start()
            s, core, key, paths = filed(hub, 5)
            self.assertEqual(core.lists.rpop(key).decode(), paths[0])
            # Files began to be ours long ago.
            core.meta.hset("d4:compat:since", "ja3-jl",
                           int(time.time()) - 50 * DAY)
            hub.stop()
            theirs = [data(hub, "datas/ja3-jl/jsons/notes.txt"),
                      data(hub, s.hex, "1/2020/01/02",
                           s.hex + "-2020-01-02-030405.cap.gz"),
                      data(hub, "datas/ja3-jl/jsons/before-us.json")]
            for path in theirs:
                put(path)
            old(paths[:4], 40)
            old(theirs, 60)
            hub.start()
            core = Core(hub)
            until("old ones go", lambda: not any(
                os.path.exists(p) for p in paths[:4]))
            (one,) = account(hub, "compat.retention")
            self.assertEqual((one["type"], one["files"], one["unread"]),
                             ("ja3-jl", 4, 3))
            self.assertEqual([p.decode() for p in core.items(key)],
                             paths[4:])
            for path in [paths[4]] + theirs:
                self.assertTrue(os.path.exists(path), path)
            said = until("it says so", lambda: [
                c for c in [told(hub)["compat"]]
                if c["removed_files"] == 4])[0]
            self.assertEqual(said["removed_unread"], 3)
            self.assertTrue(said["up"])
            self.assertIn("\nd4_compat_removed_unread_total 3\n",
                          hub.ctl("metrics")["page"])

    def test_beyond_a_size_the_oldest_go(self):
        with Hub(compat="d4-core", ext="[ja3-jl]") as hub:
            hub.start()
            _, core, key, paths = filed(hub, 6)
            core.meta.hset("d4:compat:since", "ja3-jl", 1)
            hub.stop()
            for i, path in enumerate(paths):
                put(path, b"x" * 1000)
                old([path], 10 - i)
            hub.options(compat_bytes="3500B", compat_age="0s")
            hub.start()
            core = Core(hub)
            until("the oldest go", lambda: [
                os.path.exists(p) for p in paths] == [False] * 3 + [True] * 3)
            until("and their items", lambda: [
                p.decode() for p in core.items(key)] == paths[3:])
            self.assertEqual(sum(a["bytes"] for a in account(
                hub, "compat.retention")), 3000)

    def test_without_its_reserve_nothing_is_made_and_nothing_lost(self):
        with Hub(compat="d4-core", ext="[ja3-jl]",
                 compat_reserve="1024TiB") as hub:
            hub.start()
            key = Core(hub).queue(254, "ja3-jl")
            s = hub.enroll("--type", "254")
            hub.send([s.frame(2, b'{"type":"ja3-jl"}'),
                      s.frame(254, b"".join(objects(3)))])
            (waits,) = until("it waits", lambda: told(hub)["waits"])
            self.assertIn("compat_reserve", waits["why"])
            self.assertEqual(Core(hub).items(key), [])
            hub.stop()
            hub.options(compat_reserve="0B")
            hub.start()
            core = Core(hub)
            until("all of them", lambda: len(core.items(key)) == 3)


class Streams(unittest.TestCase):
    """A worker that is named and never runs."""

    def fill(self, hub, n=18):
        senders = [hub.enroll("--type", "8") for _ in range(2)]
        want = [b"%d|%s\n" % (i, b"w" * 60000) for i in range(n)]
        for s in senders:
            self.assertEqual(hub.send([s.frame(8, w) for w in want]),
                             "confirmed")
        return senders, want

    def test_its_streams_are_bounded_and_it_is_said(self):
        with Hub(compat="d4-core", compat_workers="[8]",
                 compat_streams="1MiB") as hub:
            hub.start()
            core = Core(hub)
            senders, want = self.fill(hub)
            (waits,) = until("it waits", lambda: [
                w for w in told(hub)["waits"]
                if w["what"] == "d4:{8:0}:q"])
            self.assertIn("workers run", waits["why"])

            def held():
                return sum(core.meta.memory_usage(k)
                           for k in core.meta.scan_iter("stream:8:*"))
            self.assertLess(held(), 2 << 20)
            got = {s.hex: b"" for s in senders}

            def work():
                self.assertLess(held(), 2 << 20)
                for sess in core.sessions(8):
                    for u, m in core.work(8, sess):
                        got[u] += m
                return all(x == b"".join(want) for x in got.values())
            until("the worker got all", work)
            until("nothing waits", lambda: not told(hub)["waits"])

    def test_given_up_it_misses_entries_and_all_are_accounted(self):
        with Hub(compat="d4-core", compat_workers="[8]",
                 compat_streams="1MiB", compat_give_up="1s") as hub:
            hub.start()
            core = Core(hub)
            self.fill(hub)
            key = "d4:{8:0}:q"
            until("the queue is not held", lambda: [
                g["last-delivered-id"] for g in core.meta.xinfo_groups(key)
                if g["pending"] == 0] ==
                [core.meta.xinfo_stream(key)["last-generated-id"]])
            missed = account(hub, "compat.unworked")
            self.assertGreater(len(missed), 2)
            self.assertEqual(len({a["id"] for a in missed}), len(missed))
            kept = sum(core.meta.xlen(k)
                       for k in core.meta.scan_iter("stream:8:*"))
            # Several lines may be one entry.
            self.assertEqual(len(missed) + kept, core.meta.xinfo_stream(
                key)["entries-added"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
