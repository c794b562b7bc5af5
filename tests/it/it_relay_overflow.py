#!/usr/bin/python3
"""Wash is down while sensors send: what the hub put on disk reaches the
partner, each record once and in order; what is damaged is accounted."""

import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import jsonl  # noqa: E402
import marked  # noqa: E402
import relay  # noqa: E402
import relay_cases as cases  # noqa: E402
from hub import until as hub_until  # noqa: E402
from it_relay_hub import World, send  # noqa: E402
from relay import until  # noqa: E402

KEY = "d4:{8:0}:q"
MIB = 1 << 20


def confirmed(world, n):
    return world.org.idle() and cases.confirmed(world.org) >= n


def backlog(world, first, n):
    """n lines in sessions of 2000; the sum of what was sent."""
    for at in range(first, first + n, 2000):
        send(world, world.log, 8, [marked.Pdns.make(i)
                                   for i in range(at, at + 2000)])
    return first + n


def account(world, event):
    path = os.path.join(world.org.state, "wash", "wash.jsonl")
    return [g for g in jsonl.rows(path) if g["event"] == event]


def arrived(world):
    """The numbers of the lines, in the order in which the partner has them."""
    return [i for data in world.partner.data(8)
            for i in marked.Pdns.find(data)]


def test_a_night_without_wash_with_kills():
    with World(queue="1MiB", queue_disk="1GiB") as w:
        n = 0
        for turn in range(3):
            n = backlog(w, n, 20000)
            pid = w.a.redis_pid()
            w.a.note_redis()
            os.kill(pid, signal.SIGKILL)
            hub_until("redis again", lambda: w.a.redis_pid() != pid)
            n = backlog(w, n, 10000)
            w.a.note_redis()
            w.a.kill()
            w.a.start()
        r = w.a.redis()
        disk = sum(os.path.getsize(f) for f in w.a.segments())
        memory = r.memory_usage(KEY, samples=0)
        print("   %d lines: %d bytes in Redis, %d on disk" % (n, memory, disk))
        assert memory < 1.3 * MIB and disk > 4 * MIB
        w.org.up()
        until("half of it", lambda: (w.org.lane(type=8) or {}).get(
            "confirmed", 0) > n // 4)
        w.org.kill("wash")  # in the middle of it
        until("confirmed", lambda: confirmed(w, n), 240)
        got = arrived(w)
        once = list(dict.fromkeys(got))
        assert once == list(range(n)), (len(once), n)
        print("   %d came twice" % (len(got) - n))
        until("the segments are gone", lambda: not w.a.segments())
        row = w.org.lane_now()
        assert row["in"] == n and row["maybe_lost"] == 0, row
        assert not account(w, "overflow.gone")
        assert not account(w, "overflow.damaged")


def test_what_is_gone_or_damaged_is_accounted_and_no_more():
    with World(queue="1MiB", queue_disk="64MiB") as w:
        n = backlog(w, 0, 60000)
        paths = w.a.segments()
        assert len(paths) >= 3, paths
        os.unlink(paths[0])
        with open(paths[1], "r+b") as f:  # one byte of one entry's data
            f.seek(48 + 48 + 1000)
            byte = f.read(1)[0]
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte ^ 1]))
        # What Redis says may be a lie: paths and other entries' data.
        r = w.a.redis()
        one = r.xrevrange(KEY, count=1)[0][1]
        for name, value in ((b"seq", b"999999999"), (b"v", b"3"),
                            (b"ref", b"../../etc/passwd"),
                            (b"sensor", b"7e4d1c26-5b3a-4f8e-9a61-"
                             b"0c2d4e6f8a1b")):
            r.xadd(KEY, {**one, name: value})
        w.org.up()
        until("all is read", lambda: w.org.idle(), 120)
        lost = account(w, "overflow.gone") + account(w, "overflow.damaged")
        mine = [x for x in lost if x["seq"] != 999999999 and
                x["sensor"] == w.log.uuid]
        assert len(lost) == len(mine) + 2, lost
        missing = sum(x["records"] for x in mine)
        assert 0 < missing < n
        until("the others are confirmed", lambda: confirmed(w, n - missing))
        got = arrived(w)
        assert len(set(got)) == n - missing, (len(set(got)), n, missing)
        assert got == sorted(set(got))
        assert len(account(w, "entry.malformed")) == 2
        assert {x["queue"] for x in lost} == {KEY}
        assert w.org.status()["lost"] == len(lost)


def test_a_folder_that_cannot_be_read_holds_its_queue_only():
    with World(queue="1MiB", queue_disk="1GiB") as w:
        n = backlog(w, 0, 20000)
        assert w.a.segments()
        elsewhere = os.path.join(w.org.dir, "elsewhere")
        w.org.options["overflow"] = elsewhere
        w.org.configure()
        w.org.up()
        until("it says so", lambda: "overflow=unreadable" in w.org.log())
        send(w, w.cap, 1, [marked.Pcap.make(i) for i in range(50)],
             marked.OPENING)
        until("another queue goes on", lambda: (w.org.lane(type=1) or {}).get(
            "confirmed", 0) >= 50)
        assert w.org.waiting() > 0
        # Another hub's folder is not taken for ours.
        os.mkdir(elsewhere)
        with open(os.path.join(elsewhere, "id"), "w") as f:
            f.write("00" * 8 + "\n")
        until("it looks again", lambda: "not the folder of this hub" in
              w.org.log())
        assert not account(w, "overflow.gone")
        # Ours comes, under its name.
        shutil.rmtree(elsewhere)
        shutil.copytree(w.a.overflow, elsewhere)
        until("confirmed", lambda: confirmed(w, n + 50), 120)
        assert arrived(w) == list(range(n))
        assert not account(w, "overflow.gone")


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
