#!/usr/bin/python3
"""d4-hub's life: kills, restarts, reloads, drains, full queues."""

import os
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import DEADLINE, Hub, until  # noqa: E402


class Load(threading.Thread):
    """A sensor that sends numbered lines until it is told to stop, and ends
    each session properly; what the hub confirmed is in `confirmed`."""

    def __init__(self, hub, sensor):
        super().__init__(daemon=True)
        self.hub, self.sensor = hub, sensor
        self.halt = threading.Event()
        self.confirmed = []
        self.sessions = 0
        self.number = 0

    def one_session(self):
        mine = []
        tls = self.hub.connect()
        try:
            for _ in range(40):
                batch = [self.number + i for i in range(50)]
                self.number += 50
                tls.sendall(self.sensor.frame(8, b"".join(
                    b"%d|%s\n" % (i, b"x" * 80) for i in batch)))
                mine += batch
        except OSError:
            tls.close()
            return
        self.sessions += 1
        if d4.finish(tls, 60) == "confirmed":
            self.confirmed += mine

    def run(self):
        while not self.halt.is_set():
            try:
                self.one_session()
            except OSError:
                time.sleep(0.05)  # the hub is away: try again

    def end(self):
        self.halt.set()
        self.join(DEADLINE * 3)
        assert not self.is_alive()


def stored(hub, sensor):
    """Numbers in the queue, in order, entries that came twice once."""
    seen, numbers, doubled = set(), [], 0
    for e in hub.entries(8):
        if e["sensor"] != sensor.uuid:
            continue
        if (e["sess"], e["seq"]) in seen:
            doubled += 1
            continue
        seen.add((e["sess"], e["seq"]))
        numbers += [int(x.split(b"|")[0]) for x in e["data"].splitlines()]
    return numbers, doubled


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
            mark = hub.log_size()
            hub.start()
            self.assertIn("redis pid=%d adopted" % pid, hub.log(mark))
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
        with Hub(queue="1MiB", ext="{a: lines}") as hub:
            hub.start()
            s, t = hub.enroll("--type", "8"), hub.enroll("--type", "3")
            self.fill(hub, s, 12)
            until("it is full",
                  lambda: hub.status()["queues"]["8"]["full"])
            tls = hub.connect()
            tls.sendall(s.frame(8, b"late|\n"))
            self.assertEqual(hub.send([t.frame(3, b"x\n")]), "confirmed")
            r = hub.redis()
            r.delete("d4:{8:0}:q")
            until("it is free",
                  lambda: not hub.status()["queues"]["8"]["full"])
            self.assertEqual(d4.finish(tls), "confirmed")

    def test_unread_drop_oldest_is_counted(self):
        with Hub(queue="1MiB", unread="drop-oldest") as hub:
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
