#!/usr/bin/python3
"""A partner that is down for a day: memory flat, disk within its budget,
nobody else waits, and then all of it, exactly once and in order.

The day is in the entries: their receive times run over 24 hours, while they
are fed at RATE records a second; a third of them waits when the relay is
started, so that its buffers are as large then as they get. How many times
that rate the partner catches up with is printed, not asserted: the machine
may be busy. It is counted from the first records that are confirmed, and
once more with all that is before them: the wait for the next try, the probe.
"""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from relay import (Org, Sensor, partners_of, pipeline,  # noqa: E402
                   sensors_policy, share, source, until)
from relay_cases import LOG, numbered  # noqa: E402

MIB = 1 << 20
BUDGET = 4 * MIB
DAY = 86400
RATE = 20000  # records a second
RECORDS = 400000  # some 33 MiB
EACH = 500
GROWTH = 8 * MIB  # of memory, while the backlog grows by some 22 MiB
PARTNERS = partners_of("acme", "other")
POLICY = sensors_policy(
    source("pdns", [LOG], types="8"), pipeline("raw-8", types="8"),
    share("to-acme", "pdns", "raw-8") +
    share("to-other", "pdns", "raw-8", to="other"), PARTNERS)


def memory(org):
    """{process: {"HWM": bytes, "RSS": bytes}}"""
    out = {}
    for name in ("wash", "post"):
        with open("/proc/%d/status" % org.pids()[name]) as f:
            out[name] = {k: int(n) * 1024 for k, n in re.findall(
                r"Vm(HWM|RSS):\s+(\d+) kB", f.read())}
    return out


def on_disk(top):
    """Bytes of a folder whose files come and go."""
    total = 0
    for path, _, names in os.walk(top):
        for name in names:
            try:
                total += os.path.getsize(os.path.join(path, name))
            except FileNotFoundError:
                pass
    return total


class Day:
    def __init__(self, org):
        self.org = org
        self.sensor = Sensor(org, 8, uid=LOG)
        self.begin = time.time() - DAY
        self.sent, self.most, self.live = 0, 0, 0

    def within(self):
        self.most = max(self.most, on_disk(
            os.path.join(self.org.state, "spool", "acme")))
        assert self.most <= BUDGET, self.most
        return True

    def feed(self, upto, rate=RATE):
        """At that rate; a machine that cannot do it feeds slower."""
        start, first = time.monotonic(), self.sent
        while self.sent < upto:
            at = self.begin + DAY * self.sent / RECORDS
            self.sensor.lines(numbered(self.sent, EACH), now=at)
            self.sent += EACH
            self.within()
            due = start + (self.sent - first) / rate
            time.sleep(max(0, due - time.monotonic()))
        self.live = (upto - first) / (time.monotonic() - start)

    def has(self, partner):
        """What the partner confirmed, and that the budget was kept."""
        self.within()
        return sum(la.get("confirmed", 0)
                   for la in (self.org.status() or {}).get("lanes", [])
                   if la["partner"] == partner)

    def all_but_acme(self):
        until("the other has all of it", lambda: self.has("other") ==
              self.sent, 180)
        assert self.has("acme") == 0
        return memory(self.org)


def parked(org, partner):
    airlock = until("a status", org.status)["airlock"]
    return [p["parked"] for p in airlock["partners"]
            if p["partner"] == partner][0]


def flat(before, after):
    for name, was in before.items():
        for kind, n in was.items():
            print("  %s: Vm%s %.1f MiB, then %.1f" % (
                name, kind, n / MIB, after[name][kind] / MIB), flush=True)
            assert after[name][kind] <= n + GROWTH, (name, kind)


def catch_up(day):
    """Records a second from the first confirmation to the last frame, and
    from when the partner listens."""
    acme = day.org.partners["acme"]
    acme.start(day.org.uuids("acme"), "--no-workers")
    listens = time.time()
    had = until("confirmed", lambda: day.has("acme"), 240)
    start = time.time()
    until("caught up", lambda: day.has("acme") == RECORDS, 240)
    end = os.stat(os.path.join(acme.dir, "frames.jsonl")).st_mtime
    return (RECORDS - had) / (end - start), RECORDS / (end - listens)


def test_a_partner_down_for_a_day():
    # A sanitizer build must not keep what was freed: memory is looked at.
    os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (
        os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1")))
    org = Org(POLICY, ("acme", "other"))
    try:
        org.more_options["acme"] = ", budget: 4MiB, backoff_max: 500ms"
        org.start_partners("--no-workers")
        org.partners["acme"].stop()
        day = Day(org)
        day.feed(RECORDS // 3 // EACH * EACH, float("inf"))
        org.up()
        third = day.all_but_acme()
        assert parked(org, "acme") and not parked(org, "other")
        day.feed(RECORDS)
        end = day.all_but_acme()
        assert parked(org, "acme") and not parked(org, "other")
        flat(third, end)
        rate, with_wait = catch_up(day)
        until("parked no more", lambda: not parked(org, "acme"))
        want = numbered(0, RECORDS)
        for name in ("acme", "other"):
            assert org.partners[name].lines(8) == want, name
            times = [f["timestamp"] for f in org.partners[name].frames()]
            assert times[-1] - times[0] > DAY * 0.9, (times[0], times[-1])
        for lane in until("a status", org.status)["lanes"]:
            assert relay.balanced(lane) and lane["in"] == RECORDS, lane
        print("  disk: %d of %d B; live %d records/s (stated %d); caught up "
              "with %d records/s: ratio %.1f (%d from the start: %.1f)" % (
                  day.most, BUDGET, day.live, RATE, rate, rate / day.live,
                  with_wait, with_wait / day.live), flush=True)
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
