#!/usr/bin/python3
"""What a killed d4-sensor had in memory of a stream that nobody can read again
is accounted by the next one; a spool that breaks is a loss, and no crash."""

import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import jsonl  # noqa: E402
import sensor  # noqa: E402
from ports import free_port  # noqa: E402
from sensor import Sensor, numbered, payload, pcap, status, until  # noqa: E402
from sink import Sink, certificate  # noqa: E402

CERT, KEY, PIN = certificate(sensor.T, "server")
BOOK = "d4-sensor.run"


def _sensor(address=None, **more):
    address = address or "127.0.0.1:%d" % free_port()
    return Sensor(destination=address, fingerprint=PIN, **more)


def _put(s, name, value):
    with open(os.path.join(s.dir, name), "w") as f:
        f.write(value + "\n")


def _kill(s):
    s.process.kill()
    s.process.wait()
    s.process.stdin.close()


def _account(s, folder=None):
    """The lines of accounting."""
    path = os.path.join(folder or s.dir, "d4-sensor.jsonl")
    return jsonl.rows(path)


def _lost(e):
    assert e["event"] == "lost" and e["cause"] == "killed", e
    assert e["since"] <= e["known"] <= e["t"], e
    return e["reason"], e["records"], e["at_most"]


def _booked(s, folder=None):
    """Records that stand in the book of the sensor that runs."""
    with open(os.path.join(folder or s.dir, BOOK), "rb") as f:
        page = f.read()
    order = "<" if page[8:9] == b"\4" else ">"  # tests/cross
    return struct.unpack_from(order + "Q", page, 56)[0]


def what_memory_held_is_accounted_by_the_next_run():
    s = _sensor()
    stdin = s.start()
    stdin.write(b"".join(numbered(3000)) + b"half a li")
    stdin.flush()
    until("all is read", lambda: status(s)["records"] == 3000 and
          _booked(s) == 3000)
    _kill(s)
    server = Sink(CERT, KEY)
    _put(s, "destination", server.address)
    # The loss is of the run that was killed, and counted by this one.
    assert s.run(b"more\n") == 1, s.log
    c = s.counts()
    assert c["records"] == 3001 and c["maybe_lost"] == 3000, c
    assert c["confirmed"] == 1, c
    line, = _account(s)
    assert _lost(line) == ("maybe_lost", 3000, True), line
    assert line["sensor"] == s.uuid and line["uncut_bytes"] == 9, line
    assert line["bytes"] >= 300000, line
    # Once, and nothing of a run that ended.
    assert s.run(b"more\n") == 0, s.log
    assert len(_account(s)) == 1
    assert os.path.getsize(os.path.join(s.dir, BOOK)) == 0


def what_was_sent_and_not_confirmed_is_maybe_lost():
    packets = pcap(2000)
    server = Sink(CERT, KEY, ("mute",), ("confirm",))
    s = _sensor(server.address, type="1")
    stdin = s.start()
    stdin.write(b"".join(packets))
    stdin.flush()
    until("TCP has all of it", lambda: status(s)["unconfirmed"] == 2000)
    _kill(s)
    assert s.run(b"".join(pcap(5))) == 1, s.log
    assert [_lost(e) for e in _account(s)] == [("maybe_lost", 2000, True)]
    assert s.counts()["confirmed"] == 5


def what_was_confirmed_is_not_lost():
    server = Sink(CERT, KEY)
    s = _sensor(server.address)
    stdin = s.start("--rotate-idle", "100ms")
    stdin.write(b"".join(numbered(500)))
    stdin.flush()
    until("confirmed", lambda: status(s)["confirmed"] == 500 and
          _booked(s) == 0)
    _kill(s)
    assert s.run(b"more\n") == 0, s.log
    assert _account(s) == []


def every_stream_has_its_book_and_nothing_else():
    fifo = os.path.join(sensor.T, "fifo")
    sock = os.path.join(sensor.T, "sock")
    data = b"".join(numbered(200))

    def into_fifo():
        with open(fifo, "wb") as f:
            f.write(data)

    def into_socket():
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(sock)
            c.sendall(data)
    for source, name, path, feed in (
            ("fifo", "fifo", fifo, into_fifo),
            ("unix", "socket", sock, into_socket)):
        s = _sensor(source=source, **{name: path})
        s.start()
        until("it listens", lambda: ": ready " in open(
            s.dir + ".log").read())
        feed()
        until("all is read", lambda: status(s)["records"] == 200 and
              _booked(s) == 200)
        _kill(s)
        s.start()
        until("accounted", lambda: [_lost(e) for e in _account(s)] == [
            ("maybe_lost", 200, True)])
        _kill(s)
    # A file is read again.
    path = os.path.join(sensor.T, "file")
    with open(path, "wb") as f:
        f.write(data)
    s = _sensor(source="file", file=path)
    s.start()
    until("all is read", lambda: status(s)["records"] == 200)
    assert not os.path.exists(os.path.join(s.dir, BOOK))
    _kill(s)


def with_a_spool_only_what_is_in_no_frame_is_lost():
    folder = os.path.join(sensor.T, "spool-a")
    s = _sensor(spool=folder, spool_size="16MiB")
    stdin = s.start()
    stdin.write(b"".join(numbered(1000)) + b"begun")
    stdin.flush()
    until("all is held", lambda: status(s)["held"] == 1000 and
          _booked(s, folder) == 0)
    _kill(s)
    server = Sink(CERT, KEY)
    _put(s, "destination", server.address)
    assert s.run(b"the end\n") == 0, s.log
    assert payload(server.frames()) == b"".join(numbered(1000)) + b"the end\n"
    line, = _account(s, folder)
    assert _lost(line) == ("maybe_lost", 0, True), line
    assert line["uncut_bytes"] == 5, line


def a_spool_that_is_cut_off_is_a_loss_and_no_crash():
    folder = os.path.join(sensor.T, "spool-b")
    s = _sensor(spool=folder, spool_size="16MiB")
    stdin = s.start("--wait", "300ms")
    stdin.write(b"".join(numbered(20000)))
    stdin.flush()
    until("all is held", lambda: status(s)["held"] == 20000)
    os.truncate(os.path.join(folder, "d4-sensor.ring"), 1 << 20)
    server = Sink(CERT, KEY)
    _put(s, "destination", server.address)
    # It writes behind the end of the file.
    stdin.write(b"".join(numbered(25000)[20000:]))
    stdin.flush()
    now = until("it is mended", lambda: [
        c for c in [status(s)] if c["lost_at_source"] > 0 and
        c["records"] == c["held"] + c["lost_at_source"] == 25000])[0]
    lost = now["lost_at_source"]
    until("it is noted", lambda: sum(
        e["records"] for e in _account(s, folder)) == lost)
    assert now["held"] > 9000, now  # in the part that is left
    assert "alarm spool=broken" in open(s.dir + ".log").read()
    # What it kept is sent, in order, and what came behind the break.
    stdin.write(b"the end\n")
    stdin.close()
    assert s.wait() == 1
    assert s.run(b"") == 0, s.log
    got = payload(server.frames()).splitlines(keepends=True)
    want = numbered(25000) + [b"the end\n"]
    assert got == [x for x in want if x in set(got)], len(got)
    c = s.counts()
    assert len(got) == c["confirmed"] and len(got) >= 25000 - lost, c


if __name__ == "__main__":
    sensor.run_all(sys.modules[__name__])
