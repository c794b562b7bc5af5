#!/usr/bin/python3
"""`compat: d4-core`: analyzer lists, files and session streams as d4-core's
workers and analyzers expect them (tests/support/d4core_redis.py)."""

import base64
import gzip
import hashlib
import json
import os
import re
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from d4core_redis import Core  # noqa: E402
from hub import Hub, until  # noqa: E402
from packets import pcap  # noqa: E402


def lines(n, mark):
    return [b"%d|%s\n" % (i, mark) for i in range(n)]


def cut(data, n):
    return [data[i:i + n] for i in range(0, len(data), n)]


def capture(n):
    return pcap(1, [bytes([i % 251]) * (60 + i % 40) for i in range(n)])


def whole(paths):
    """The packets of all files, as one capture: at midnight a file ends."""
    out = b""
    for path in paths:
        with gzip.open(path) as f:
            got = f.read()
        out += got[24:] if out else got
    return out


def data(hub, *names):
    return os.path.join(hub.etc, "state/data", *names)


def compat_pid(hub):
    return int(re.findall(r"compat pid=(\d+) started", hub.log())[-1])


class Lists(unittest.TestCase):
    def test_lines_go_to_the_queues_of_type_and_sensor_oldest_first(self):
        with Hub(compat="d4-core", ext="[ja3-jl, maltrail]") as hub:
            hub.start()
            core = Core(hub)
            a, b = hub.enroll("--type", "8"), hub.enroll("--type", "8")
            x = hub.enroll("--type", "254")
            every = core.queue(8)
            group = core.queue(8, sensors=[b.hex])
            short = core.queue(8, max_size=100)
            ext = core.queue(254, "maltrail")
            mine, theirs = lines(3000, b"a"), lines(500, b"b")
            # Frames are cut anywhere; an empty line is no item.
            hub.send([a.frame(8, f) for f in
                      cut(b"".join(mine) + b"\n", 4000)])
            hub.send([b.frame(8, f) for f in cut(b"".join(theirs), 777)])
            trail = lines(50, b"t")
            hub.send([x.frame(2, b'{"type":"maltrail"}'),
                      x.frame(254, b"".join(trail))])
            until("all of them", lambda:
                  core.lists.llen(every) == 3500 and
                  core.lists.llen(ext) == 50)
            got = [i + b"\n" for i in core.items(every)]
            self.assertEqual([g for g in got if g.endswith(b"|a\n")], mine)
            self.assertEqual([g for g in got if g.endswith(b"|b\n")], theirs)
            self.assertEqual([i + b"\n" for i in core.items(group)], theirs)
            self.assertEqual([i + b"\n" for i in core.items(ext)], trail)
            # d4-core keeps one more than max_size.
            self.assertEqual(core.items(short), core.items(every)[-101:])
            until("the account", lambda: sum(
                t["items"] for t in hub.account(
                    "compat.trimmed", "d4-hub-compat")) == 3500 - 101)
            self.assertTrue(core.meta.hget(
                "analyzer:" + every.split(":")[2], "last_updated"))
            # Its group holds nothing back that is done.
            until("acknowledged", lambda: all(
                g["pending"] == 0 for g in
                core.meta.xinfo_groups("d4:{8:0}:q")))

    def test_captures_and_objects_are_files_that_items_name(self):
        with Hub(compat="d4-core", compat_rotate="1h",
                 ext="[ja3-jl, filewatcher, filewatcherjson]") as hub:
            hub.start()
            core = Core(hub)
            cap, ja3, fw, fj = [hub.enroll("--type", t) for t in
                                ("1", "254", "254", "254")]
            keys = {k: core.queue(*k) for k in
                    ((1,), (254, "ja3-jl"), (254, "filewatcher"),
                     (254, "filewatcherjson"))}
            packets = capture(400)
            hub.send([cap.frame(1, f) for f in cut(packets, 5000)])
            # The session is over, so its file is closed.
            until("the capture", lambda:
                  whole(core.items(keys[1,])) == packets)
            for path in core.items(keys[1,]):
                self.assertRegex(path.decode(), re.escape(data(
                    hub, cap.hex, "1")) + r"/\d{4}/\d\d/\d\d/" + cap.hex +
                    r"-\d{4}-\d\d-\d\d-\d{6}\.cap\.gz$")
            raw = base64.b64encode(b"certificate").decode()
            objects = [{"Timestamp": "2026-11-22T11:00:00", "n": 1,
                        "Certificates": [{"Raw": raw}]},
                       {"Timestamp": "2026-11-22T11:00:00", "n": 2},
                       {"Timestamp": "../../../../tmp/x", "n": 3},
                       {"Certificates": None}]
            text = [json.dumps(o).encode() + b"\n" for o in objects]
            hub.send([ja3.frame(2, b'{"type":"ja3-jl"}'),
                      ja3.frame(254, b"".join(text))])
            paths = until("objects", lambda: len(core.items(
                keys[254, "ja3-jl"])) == 4 and core.items(
                keys[254, "ja3-jl"]))
            folder = data(hub, "datas/ja3-jl/jsons")
            self.assertEqual({os.path.dirname(p.decode()) for p in paths},
                             {folder})
            for path, want in zip(paths, text):
                with open(path, "rb") as f:
                    self.assertEqual(f.read() + b"\n", want)
            sha1 = hashlib.sha1(b"certificate").hexdigest()
            self.assertTrue(os.path.exists(data(
                hub, "datas/ja3-jl/certs", sha1 + ".crt")))
            hub.send([fw.frame(
                2, b'{"type":"filewatcher","extension":"../e.x"}'),
                fw.frame(254, base64.b64encode(b"content") + b"\n")])
            (path,) = until("a file", lambda: core.items(
                keys[254, "filewatcher"]))
            sha256 = hashlib.sha256(b"content").hexdigest()
            self.assertRegex(path.decode(), re.escape(data(
                hub, fw.hex, "254")) + r"/\d{4}/\d\d/\d\d/filewatcher/files/"
                + sha256 + r"\.e\.x$")
            with open(path, "rb") as f:
                self.assertEqual(f.read(), b"content")
            hub.send([fj.frame(2, b'{"type":"filewatcherjson"}'),
                      fj.frame(254, b'{"a":1}\n')])
            (path,) = until("an object", lambda: core.items(
                keys[254, "filewatcherjson"]))
            self.assertIn(hashlib.sha256(b'{"a":1}').hexdigest() + ".json",
                          path.decode())
            self.assertEqual(core.meta.hlen("d4:compat:file"), 0)

    def test_killed_again_and_again_each_item_comes_once(self):
        with Hub(compat="d4-core") as hub:
            hub.start()
            core = Core(hub)
            s, cap = hub.enroll("--type", "8"), hub.enroll("--type", "1")
            key, caps = core.queue(8), core.queue(1)
            packets = capture(2000)
            frames, parts = lines(4000, b"k" * 50), cut(packets, 3000)
            tls, tls1 = hub.connect(), hub.connect()
            self.addCleanup(tls.close)
            self.addCleanup(tls1.close)
            for i in range(2):
                for f in cut(b"".join(frames[i * 2000:i * 2000 + 2000]), 999):
                    tls.sendall(s.frame(8, f))
                at = len(parts) * i // 2
                for f in parts[at:len(parts) * (i + 1) // 2]:
                    tls1.sendall(cap.frame(1, f))
                pid = compat_pid(hub)
                os.kill(pid, signal.SIGKILL)
                until("another one", lambda: compat_pid(hub) != pid)
            self.assertEqual(d4.finish(tls), "confirmed")
            self.assertEqual(d4.finish(tls1), "confirmed")
            until("all", lambda: core.lists.llen(key) >= 4000)
            self.assertEqual([i + b"\n" for i in core.items(key)], frames)
            until("the capture", lambda: whole(core.items(caps)) == packets)

    def test_the_configuration_is_checked(self):
        with Hub(compat="d4-core", compat_workers="[4]") as hub:
            for options, what in (({}, "no worker for type 4"),
                                  ({"compat_workers": "[8]",
                                    "stats": "false"}, "needs stats"),
                                  ({"compat": "core"}, "no such word")):
                hub.options(**options)
                done = hub.run("-n", "-c", hub.conf, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(what, done.stderr)

    def test_switched_off_it_holds_nothing_back(self):
        with Hub(compat="d4-core") as hub:
            hub.start()
            core = Core(hub)
            groups = until("a group", lambda: core.meta.exists(
                "d4:{8:0}:q") and core.meta.xinfo_groups("d4:{8:0}:q"))
            self.assertEqual(groups[0]["name"], b"d4-core")
            hub.stop()
            hub.options(compat="none")
            hub.start()
            core = Core(hub)
            until("none", lambda: not core.meta.xinfo_groups("d4:{8:0}:q"))


class Workers(unittest.TestCase):
    def test_sessions_are_streams_for_the_workers_of_their_types(self):
        with Hub(compat="d4-core", compat_workers="[1, 2, 8]",
                 ext="[ja3-jl]") as hub:
            hub.start()
            core = Core(hub)
            s, cap, x = [hub.enroll("--type", t) for t in ("8", "1", "254")]
            key = core.queue(8)
            want = lines(300, b"w")
            hub.send([s.frame(8, f) for f in cut(b"".join(want), 1000)])
            (sess,) = until("announced", lambda: core.sessions(8))
            until("ended", lambda: core.meta.sismember("ended_session", sess))
            got = core.work(8, sess)
            self.assertEqual({u for u, _ in got}, {s.hex})
            self.assertEqual(b"".join(m for _, m in got), b"".join(want))
            core.done(8, sess)
            # The lists are the worker's then, not ours.
            self.assertEqual(core.items(key), [])
            packets = capture(300)
            hub.send([cap.frame(1, f) for f in cut(packets, 2000)])
            (sess,) = until("announced", lambda: core.sessions(1))
            until("ended", lambda: core.meta.sismember("ended_session", sess))
            self.assertEqual(b"".join(m for _, m in core.work(1, sess)),
                             packets)
            meta = b'{"type":"ja3-jl"}'
            hub.send([x.frame(2, meta[:5]), x.frame(2, meta[5:]),
                      x.frame(254, b'{"a":1}\n')])
            (sess,) = until("announced", lambda: core.sessions(2))
            until("ended", lambda: core.meta.sismember("ended_session", sess))
            self.assertEqual(core.work(2, sess), [(x.hex, meta)])
            self.assertEqual(core.work(254, sess), [(x.hex, b'{"a":1}\n')])
            self.assertEqual(core.sessions(254), [])
            self.assertEqual(core.meta.hlen("d4:compat:sess"), 0)

    def test_a_worker_that_is_behind_or_refuses_loses_nothing_of_others(self):
        with Hub(compat="d4-core", compat_workers="[8]") as hub:
            hub.start()
            core = Core(hub)
            s, t = hub.enroll("--type", "8"), hub.enroll("--type", "8")
            core.meta.hset("stream_max_size_by_uuid", s.hex, 2)
            tls = hub.connect()
            self.addCleanup(tls.close)
            got, want = [], lines(6, b"x" * 70000)
            # One entry each: the third waits until the worker has come.
            for w in want:
                tls.sendall(s.frame(8, w))
            (sess,) = until("announced", lambda: core.sessions(8))

            def work():
                self.assertLessEqual(core.meta.xlen("stream:8:" + sess), 2)
                got.extend(m for _, m in core.work(8, sess))
                return b"".join(got) == b"".join(want)
            until("all", work)
            # Told that it is not of its type, no more is given.
            core.incorrect(8, sess)
            tls.sendall(s.frame(8, b"more\n"))
            until("refused", lambda: core.meta.sismember(
                "d4:compat:refused", sess))
            self.assertEqual(core.meta.xlen("stream:8:" + sess), 0)
            self.assertEqual(d4.finish(tls), "confirmed")
            # A later session of that sensor has a worker of its own, but
            # none that begins in the same look of the manager.
            due = time.time() + 5000
            core.meta.set("d4:compat:last:8:" + s.hex, due)
            hub.send([s.frame(8, b"later\n")])
            hub.send([t.frame(8, b"other\n")])
            (other,) = until("announced", lambda: core.sessions(8))
            self.assertEqual(core.work(8, other), [(t.hex, b"other\n")])
            ((name, score),) = until("it is due", lambda: core.meta.zrange(
                "d4:compat:due", 0, -1, withscores=True))
            self.assertRegex(name.decode(), "^8 [0-9a-f-]{36}$")
            self.assertAlmostEqual(score, due + 12, delta=1)
            self.assertEqual(core.sessions(8), [other])


class Census(unittest.TestCase):
    def test_who_is_connected_and_how_much_came_is_as_d4_core_says_it(self):
        with Hub(ext="[ja3-jl]") as hub:
            hub.start()
            r, x = hub.redis(), hub.enroll("--type", "254")
            r.hset("metadata_uuid:" + x.hex, "Error", "of yesterday")
            tls = hub.connect()
            self.addCleanup(tls.close)
            tls.sendall(x.frame(2, b'{"type":') + x.frame(2, b'"ja3-jl"}'))
            for _ in range(3):
                tls.sendall(x.frame(254, b'{"a":1}\n'))

            def ranks(pattern, member):
                # The day may change under us.
                return sum(r.zscore(k, member) or 0 for k in r.keys(pattern))
            kinds = "stat_uuid_type:*:" + x.hex
            until("all frames", lambda: (
                ranks(kinds, "2"), ranks(kinds, "254")) == (2, 3))
            self.assertEqual(ranks("daily_type:*", "2"), 2)
            self.assertEqual(ranks("stat_type_uuid:*:254", x.hex), 3)
            self.assertFalse(r.hexists("metadata_uuid:" + x.hex, "Error"))
            uuid = x.hex.encode()
            (sess,) = r.smembers(
                "map:active_connection-uuid-session_uuid:" + x.hex)
            self.assertRegex(sess.decode(), "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-")
            for name, want in (
                    ("active_connection", uuid),
                    ("active_connection:254", uuid),
                    ("active_connection_by_uuid:" + x.hex, b"254"),
                    ("active_uuid_type254:" + x.hex, sess),
                    ("active_connection_extended_type:" + x.hex, b"ja3-jl")):
                self.assertEqual(r.smembers(name), {want}, name)
            self.assertEqual(r.hgetall(
                "map:session-uuid_active_extended_type"), {sess: b"ja3-jl"})
            self.assertEqual(d4.finish(tls), "confirmed")
            until("nobody is connected", lambda: not r.keys("active_*") and
                  not r.keys("map:*"))


    def test_what_a_dead_worker_left_goes_and_nothing_of_others(self):
        with Hub() as hub:
            hub.start()
            r, s = hub.redis(), hub.enroll("--type", "8")
            other = hub.enroll("--type", "8")
            tls = hub.connect()
            self.addCleanup(tls.close)
            tls.sendall(s.frame(8, b"a|\n"))
            until("connected", lambda: r.sismember(
                "active_connection:8", s.hex))
            os.kill(hub.worker_pid(), signal.SIGKILL)
            until("nobody is", lambda: not r.keys("active_*") and
                  not r.keys("map:*") and not r.keys("d4:census:*"))
            # As if from a d4-core, or a hub before this version.
            r.sadd("active_connection", other.hex)
            r.sadd("active_connection:8", other.hex)
            r.sadd("active_connection_by_uuid:" + other.hex, 8)
            hub.stop()
            hub.start()
            r = hub.redis()
            until("that goes, too", lambda: not r.keys("active_*"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
