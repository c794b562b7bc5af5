#!/usr/bin/python3
"""d4-hub's statistics, its page of metrics, and d4-hub watch."""

import os
import re
import signal
import sys
import time
import unittest

SOURCE = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
from hub import Hub, until  # noqa: E402
from watch import WRITER, Watch  # noqa: E402


def comm(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return None


class Case(unittest.TestCase):
    def send(self, hub, s, frames):
        self.assertEqual(hub.send(frames), "confirmed")


class Figures(Case):
    def total(self, rows, kind, field):
        return sum(r[field] for r in rows if r["type"] == kind)

    def test_counters_of_sensors_types_addresses_and_clocks(self):
        with Hub(ext="[ja3-jl]") as hub:
            hub.start()
            s, t = hub.enroll("--type", "8"), hub.enroll(
                "--type", "254.ja3-jl")
            late = int(time.time()) - 7200
            for _ in range(2):
                self.send(hub, s, [s.frame(8, b"a\nb\n", timestamp=late),
                                   s.frame(8, b"c\n", timestamp=late)])
            self.send(hub, t, [t.frame(2, b'{"type":"ja3-jl"}'),
                               t.frame(254, b"{}\n")])
            rows = until("it is counted", lambda: [
                r for r in [hub.ctl("stats", "sensor", s.uuid)["stats"]]
                if self.total(r, "8", "records") == 6])[0]
            self.assertEqual(self.total(rows, "8", "frames"), 4)
            self.assertEqual(self.total(rows, "8", "sessions"), 2)
            self.assertEqual(self.total(rows, "8", "bytes"), 12)
            self.assertTrue(all(re.fullmatch(r"\d{4}-\d\d-\d\d", r["day"])
                                for r in rows))
            until("all types", lambda: {"8", "254.ja3-jl"} <= {
                r["type"] for r in hub.ctl("stats", "types")["stats"]})
            # Whenever this is run: midnight may have been in between.
            days = {r["day"].replace("-", "") for r in rows}
            self.assertEqual(
                {a["address"] for d in days for a in
                 hub.ctl("stats", "addresses", "--day", d)["addresses"]},
                {"127.0.0.1"})
            clocks = {c["uuid"]: c for c in hub.ctl(
                "stats", "clocks")["clocks"]}
            self.assertLess(abs(clocks[s.uuid]["skew_s"] + 7200), 600)
            self.assertLess(abs(clocks[t.uuid]["skew_s"]), 600)

    def test_addresses_are_bounded_in_redis(self):
        with Hub() as hub:
            hub.start()
            s = hub.enroll("--type", "8")
            r = hub.redis()
            today = int(time.time()) // 86400
            for day in (today, today + 1):
                r.zadd("d4:stat:%d:ip" % day,
                       {"2001:db8::%x" % i: 1 for i in range(10000)})
            self.send(hub, s, [s.frame(8, b"a\n")])
            until("it is another", lambda: any(
                r.zscore("d4:stat:%d:ip" % d, "other")
                for d in (today, today + 1)))

    def test_the_page_of_metrics(self):
        with Hub() as hub:
            hub.start()
            with Watch(hub) as watch:
                s = hub.enroll("--type", "8")
                self.send(hub, s, [s.frame(8, b"a\n")])
                hub.redis().hset("d4:archive:x", mapping={
                    "up": 1, "told_seen": int(time.time()) + 3600, "records": 7})
                hub.redis().sadd("d4:archives", "x")
                watch.wait("queue.unread", "8")
                page = until("it is counted", lambda: [
                    p for p in [hub.run("ctl", "-c", hub.conf, "metrics").stdout]
                    if 'd4_hub_queue_entries{queue="8"} 1\n' in p])[0]
                for line in page.splitlines():
                    self.assertRegex(line, r"^(# (HELP|TYPE) [a-z0-9_]+ .+|"
                                     r'[a-z0-9_]+(\{[a-z]+="[^"]*"'
                                     r'(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+)$')
                names = re.findall(r"(?m)^# TYPE (\S+)", page)
                self.assertEqual(len(names), len(set(names)))
                self.assertIn("d4_hub_redis_up 1\n", page)
                self.assertIn('event="queue.unread",subject="8"} 1\n', page)
                self.assertIn('d4_archive_records_total{archive="x"} 7\n', page)
                self.assertIn("d4_hub_queue_entries",
                              hub.ctl("metrics", "show")["page"])


    def test_the_page_is_written_into_a_file(self):
        def page():
            try:
                with open(path) as f:
                    return f.read()
            except FileNotFoundError:
                return ""
        with Hub() as hub:
            path = os.path.join(hub.dir, "d4-hub.prom")
            hub.start()
            with Watch(hub, metrics=path):
                until("a page", lambda: "d4_hub_up 1\n" in page() and
                      "d4_hub_queue_entries{" in page())
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o644)
                hub.stop()
                until("it is away", lambda: page().endswith("d4_hub_up 0\n"))
                hub.start()
                until("it is back", lambda: "d4_hub_up 1\n" in page())
            self.assertEqual(
                [f for f in os.listdir(hub.dir) if ".prom." in f], [])


class Events(Case):
    def test_an_event_is_raised_once_and_cleared_once(self):
        with Hub() as hub:
            hub.start()
            with Watch(hub) as watch:
                s = hub.enroll("--type", "8")
                self.send(hub, s, [s.frame(8, b"a\n")])
                e = watch.wait("queue.unread", "8")
                self.assertEqual(e["state"], "raised")
                self.assertEqual(watch.stop(), 0)
                watch.start()  # knows what was raised
                until("it is told", lambda: watch.commands(
                    "queue.unread") == ["raised"])
                hub.ctl("queues", "create", "8", "reader")
                watch.wait("queue.unread", "8", False)
                until("it is told", lambda: watch.commands(
                    "queue.unread") == ["raised", "cleared"])
                self.assertEqual(watch.log().count(
                    "alarm event=queue.unread"), 1)

    def test_a_hub_that_is_away(self):
        with Hub() as hub:
            hub.start()
            with Watch(hub) as watch:
                until("it looks", lambda: hub.ctl("events")["watch"])
                hub.kill()
                until("it is told", lambda: watch.commands(
                    "hub.down") == ["raised"])
                hub.start()
                until("it is told", lambda: watch.commands(
                    "hub.down") == ["raised", "cleared"])
                self.assertIsNone(watch.raised("hub.down"))

    def test_sensors_that_are_silent_or_off(self):
        with Hub() as hub:
            hub.start()
            with Watch(hub, skew="1h", silent="1s") as watch:
                s, t = (hub.enroll("--type", "8") for _ in range(2))
                hub.ctl("sensors", "limits", t.uuid, "--silent", "1h")
                self.send(hub, t, [t.frame(8, b"a\n")])
                self.send(hub, s, [s.frame(8, b"a\n", timestamp=int(
                    time.time()) + 86400)])
                watch.wait("sensor.silent", s.uuid)
                e = watch.wait("sensor.skew", s.uuid)
                self.assertIn("s ahead of ours", e["text"])
                self.assertIsNone(watch.raised("sensor.silent", t.uuid))
                hub.ctl("sensors", "limits", s.uuid, "--silent", "1h")
                watch.wait("sensor.silent", s.uuid, False)
                self.send(hub, s, [s.frame(8, b"a\n")])
                watch.wait("sensor.skew", s.uuid, False)

    def test_certificates_and_archives(self):
        with Hub() as hub:
            hub.start()
            with Watch(hub, cert="3650d") as watch:
                watch.wait("cert.expiring", os.path.join(hub.etc, "hub.pem")[:79])
                r = hub.redis()
                r.hset("d4:archive:x", mapping={"up": 1, "told_seen": 1,
                                                "full": 1})
                r.sadd("d4:archives", "x")
                watch.wait("archive.down", "x")
                watch.wait("archive.full", "x")
                r.delete("d4:archive:x")
                r.srem("d4:archives", "x")
                watch.wait("archive.down", "x", False)

    def test_a_command_that_hangs_is_killed_and_shells_see_nothing(self):
        with Hub() as hub:
            hub.start()
            with Watch(hub, timeout="200ms", command="[/bin/sleep, " '"1000"]') as watch:
                s = hub.enroll("--type", "8")
                self.send(hub, s, [s.frame(8, b"a\n")])
                until("it is killed", lambda: "is killed" in watch.log() and
                      "signal=9" in watch.log())

    def test_a_command_has_nothing_of_ours(self):
        with Hub() as hub:
            hub.start()
            with Watch(hub, command='[/bin/sleep, "1000"]') as watch:
                s = hub.enroll("--type", "8")
                self.send(hub, s, [s.frame(8, b"a\n")])
                pid = until("it runs", lambda: [
                    p for p in watch.children() if comm(p) == "sleep"])[0]
                with open("/proc/%d/status" % pid) as f:
                    status = dict(line.split(":", 1) for line in f)
                self.assertNotIn("0", status["Uid"].split())
                self.assertEqual(status["NoNewPrivs"].strip(), "1")
                if os.geteuid() == 0:
                    # While it is loaded, its libraries are open, too.
                    until("nothing else is open", lambda: sorted(os.listdir(
                        "/proc/%d/fd" % pid)) == ["0", "1", "2"])
                    with open("/proc/%d/environ" % pid) as f:
                        self.assertNotIn("D4_", f.read())
                os.kill(pid, signal.SIGKILL)
                until("it is told", lambda: "signal=9" in watch.log())

    def test_events_are_not_everybodys_to_write(self):
        with Hub() as hub:
            hub.start()
            for words in (("events", "put", "k", "no json"),):
                done = hub.run("ctl", "-c", hub.conf, *words, check=False)
                self.assertEqual(done.returncode, 1)
            for text in ("[a]", "{silent: x}", "{command: [sh]}",
                         "{nonsense: 1}"):
                hub.options(events=text)
                for words in (("-n",), ("watch", "-n")):
                    done = hub.run(*words, "-c", hub.conf, check=False)
                    self.assertEqual(done.returncode, 1, text)


if __name__ == "__main__":
    if not os.access(WRITER, os.X_OK):
        print("no", WRITER)
        sys.exit(77)
    unittest.main(verbosity=2)
