#!/usr/bin/python3
"""d4-sensor's spool: what it holds survives a kill, and what it cannot hold
is counted and noted."""

import collections
import json
import os
import random
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import d4  # noqa: E402
import hub  # noqa: E402
import sensor  # noqa: E402
from ports import free_port  # noqa: E402
from sensor import (Sensor, numbered, payload, pcap,  # noqa: E402
                    status, until)
from sink import Sink, certificate  # noqa: E402

CERT, KEY, PIN = certificate(sensor.T, "server")
RING = "d4-sensor.ring"
N = [0]


def _folder():
    N[0] += 1
    name = os.path.join(sensor.T, "spool%d" % N[0])
    os.mkdir(name)
    return name


def _nowhere():
    return "127.0.0.1:%d" % free_port()


def spooled(address, **more):
    more = {"spool": _folder(), "spool_size": "16MiB", **more}
    s = Sensor(destination=address, fingerprint=PIN, **more)
    s.spool = more["spool"]
    return s


def put(s, name, value):
    with open(os.path.join(s.dir, name), "w") as f:
        f.write(value + "\n")


def losses(s):
    """reason -> records, of the lines of accounting."""
    out = collections.Counter()
    try:
        with open(os.path.join(s.spool, "d4-sensor.jsonl")) as f:
            for line in f:
                e = json.loads(line)
                assert e["event"] == "lost" and e["sensor"] == s.uuid
                out[e["reason"]] += e["records"]
    except FileNotFoundError:
        pass
    return out


def read_and_kill(s, data, records):
    """Feeds data, waits until all of it is in the spool, kill -9."""
    stdin = s.start()
    stdin.write(data)
    stdin.flush()
    until("all is held", lambda: status(s)["held"] == records)
    s.process.kill()
    s.process.wait()
    stdin.close()


# ---- surviving -------------------------------------------------------------


def what_was_read_survives_a_kill():
    s = spooled(_nowhere())
    for i in range(3):
        read_and_kill(s, b"".join(numbered(20000)[:2000 * (i + 1)]),
                      2000 * (i + 1) * (i + 2) // 2)
        # Each run adds to what the runs before it left.
        if i == 1:
            break
    server = Sink(CERT, KEY)
    put(s, "destination", server.address)
    assert s.run(b"the end\n") == 0, s.log
    want = numbered(2000) + numbered(4000) + [b"the end\n"]
    assert payload(server.frames()) == b"".join(want)
    c = s.counts()
    assert c["records"] == c["confirmed"] == 6001 and c["held"] == 0
    assert not losses(s)
    # Nothing of it is left: the next run has its own records only.
    assert s.run(b"more\n") == 0
    assert s.counts()["records"] == 1


def giving_up_keeps_what_is_held():
    s = spooled(_nowhere())
    assert s.run(b"".join(numbered(100)), "--wait", "300ms") == 1
    c = s.counts()
    assert c["held"] == 100 and c["lost_at_source"] == 0, c
    server = Sink(CERT, KEY)
    put(s, "destination", server.address)
    assert s.run(b"") == 0, s.log
    assert payload(server.frames()) == b"".join(numbered(100))


def kills_at_any_time_lose_nothing_on_the_way_to_a_hub():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    rng = random.Random(seed)
    print("  seed", seed)
    where, number = _folder(), [0]

    def put_file(n):
        name = os.path.join(where, "f%08d" % number[0])
        with open(name + "~", "wb") as f:
            f.write(b"".join(b"%d|%s\n" % (i, b"x" * 80)
                             for i in range(number[0], number[0] + n)))
        os.rename(name + "~", name)
        number[0] += n

    with hub.Hub(queue="1GiB") as h:
        h.start()
        line = h.run("enroll", "-c", h.conf, "--type", "8").stdout
        mine = hub.Sensor(line)
        s = spooled(h.address, key=mine.key.decode(), uuid=mine.uuid,
                    source="folder", folder=where, after="delete")
        put(s, "fingerprint", mine.pin)
        s.uuid = mine.uuid
        for _ in range(12):
            s.start("--rotate-size", "64KiB", "--rotate-idle", "100ms")
            for _ in range(rng.randrange(1, 30)):
                put_file(rng.randrange(1, 400))
            if rng.random() < 0.7:
                mark = len(hub.stored(h, mine)[0])
                until("some came", lambda: len(
                    hub.stored(h, mine)[0]) != mark or
                    not os.listdir(where))
            s.process.send_signal(signal.SIGKILL)
            s.process.wait()
        s.start("--rotate-idle", "100ms")
        put_file(1)  # when it is gone, this one has begun
        until("all files are gone", lambda: not os.listdir(where))
        s.process.terminate()
        assert s.wait() == 0, s.log
        got = collections.Counter(hub.stored(h, mine)[0])
        print("  %d records, %d came twice" % (
            number[0], sum(got.values()) - len(got)))
        assert set(got) == set(range(number[0])), "lost some"
        assert not losses(s)


def captures_are_not_sent_twice_after_a_kill():
    packets = pcap(3000)
    server = Sink(CERT, KEY, ("mute",), ("confirm",))
    s = spooled(server.address, type="1")
    stdin = s.start()
    stdin.write(b"".join(packets))
    stdin.flush()
    until("TCP has all of it", lambda: status(s)["unconfirmed"] == 3000 and
          status(s)["held"] == 0)
    s.process.kill()
    s.process.wait()
    # Whether they arrived nobody can say: they are counted so.
    assert s.run(b"".join(pcap(5))) == 1
    c = s.counts()
    assert c["maybe_lost"] == 3000 and c["confirmed"] == 5, c
    assert losses(s) == {"maybe_lost": 3000}
    assert list(d4.pcap_records(payload(
        server.sessions[1].frames()))) == pcap(5)


def held_captures_keep_their_header():
    other = pcap(4)
    other[0] = other[0][:20] + (101).to_bytes(4, "little")
    s = spooled(_nowhere(), type="1")
    read_and_kill(s, b"".join(pcap(6)), 6)
    server = Sink(CERT, KEY)
    put(s, "destination", server.address)
    assert s.run(b"".join(other)) == 0, s.log
    got = [list(d4.pcap_records(payload(x.frames())))
           for x in server.sessions]
    assert got == [pcap(6), other], [len(x) for x in got]


# ---- not enough room -------------------------------------------------------


def a_full_spool_stops_the_source():
    s = spooled(_nowhere(), spool_size="4MiB", source="file",
                file=os.path.join(sensor.T, "much"))
    with open(os.path.join(sensor.T, "much"), "wb") as f:
        f.write(b"".join(numbered(100000)))
    s.start()
    until("it is full", lambda: status(s)["held"] > 38000)
    server = Sink(CERT, KEY)
    s.process.kill()
    s.process.wait()
    put(s, "destination", server.address)
    put(s, "file", "/dev/null")
    assert s.run(b"") == 0, s.log
    lines = payload(server.frames()).splitlines(True)
    assert lines == numbered(100000)[:len(lines)] and len(lines) > 38000


def or_the_oldest_are_given_up_and_noted():
    s = spooled(_nowhere(), spool_size="4MiB", on_full="drop-oldest")
    lines = numbered(100000)
    assert s.run(b"".join(lines), "--wait", "1s") == 1
    c = s.counts()
    assert c["held"] + c["lost_at_source"] == 100000, c
    assert c["lost_at_source"] > 50000 and c["held"] > 38000
    assert losses(s) == {"lost_at_source": c["lost_at_source"]}
    server = Sink(CERT, KEY)
    put(s, "destination", server.address)
    assert s.run(b"") == 0, s.log
    assert payload(server.frames()) == b"".join(lines[-c["held"]:])
    assert losses(s) == {"lost_at_source": c["lost_at_source"]}


def a_killed_sensor_has_its_losses_noted_later():
    s = spooled(_nowhere(), spool_size="4MiB", on_full="drop-oldest")
    stdin = s.start()
    stdin.write(b"".join(numbered(100000)))
    stdin.flush()
    until("all is read", lambda: sum(
        status(s)[k] for k in ("held", "lost_at_source")) == 100000)
    lost = status(s)["lost_at_source"]
    s.process.kill()
    s.process.wait()
    server = Sink(CERT, KEY)
    put(s, "destination", server.address)
    s.run(b"")
    assert losses(s) == {"lost_at_source": lost}
    assert len(payload(server.frames()).splitlines()) == 100000 - lost


def memory_alone_notes_what_goes_with_it():
    s = Sensor(destination=_nowhere(), fingerprint=PIN)
    s.spool = s.dir
    assert s.run(b"".join(numbered(10)), "--wait", "300ms") == 1
    assert s.counts()["lost_at_source"] == 10
    assert losses(s) == {"lost_at_source": 10}


def a_disk_without_room_is_said_at_the_start():
    s = spooled(_nowhere())
    mounted = "mount -t tmpfs -o size=2m none '%s' && exec " % s.spool
    if subprocess.run(["unshare", "-rm", "/bin/sh", "-c", mounted + "true"],
                      stderr=subprocess.DEVNULL).returncode != 0:
        print("  skipped: no private mounts here")
        return
    done = subprocess.run(
        ["unshare", "-rm", "/bin/sh", "-c", mounted + " ".join(s.command())],
        input=b"one\n", stderr=subprocess.PIPE, timeout=30)
    assert done.returncode == 1
    assert b"no space left" in done.stderr, done.stderr


# ---- what is not ours ------------------------------------------------------


def frames_of_another_key_are_not_sent():
    s = spooled(_nowhere())
    read_and_kill(s, b"one\n", 1)
    put(s, "key", "Another_key-2")
    assert s.run(b"two\n") == 1
    assert "another key" in s.log
    put(s, "key", sensor.KEY)
    server = Sink(CERT, KEY)
    put(s, "destination", server.address)
    assert s.run(b"two\n") == 0, s.log
    assert payload(server.frames()) == b"one\ntwo\n"


def two_sensors_do_not_share_a_spool():
    s = spooled(_nowhere())
    s.start()
    until("it has it", lambda: os.path.exists(
        os.path.join(s.spool, RING)) and status(s))
    s.process.send_signal(0)
    other = spooled(_nowhere(), spool=s.spool)
    assert other.run(b"one\n") == 1
    assert "another d4-sensor is using it" in other.log


def a_damaged_frame_is_skipped_and_counted():
    s = spooled(_nowhere(), snaplen="1000")
    read_and_kill(s, b"".join(numbered(100)), 100)
    name = os.path.join(s.spool, RING)
    with open(name, "rb") as f:
        data = f.read()
    at = data.index(b"\n45 xxx")
    with open(name, "r+b") as f:
        f.seek(at + 20)
        f.write(b"Y")
    server = Sink(CERT, KEY)
    put(s, "destination", server.address)
    assert s.run(b"") == 1
    want = numbered(100)
    assert payload(server.frames()) == b"".join(want[:40] + want[50:])
    assert s.counts()["lost_at_source"] == 10
    assert losses(s) == {"lost_at_source": 10}


if __name__ == "__main__":
    sensor.run_all(sys.modules[__name__])
