#!/usr/bin/python3
"""d4-sensor's sources: file, fifo, unix sockets, folders."""

import base64
import json
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import d4  # noqa: E402
import jsonl  # noqa: E402
import sensor  # noqa: E402
from sensor import Sensor, numbered, payload, pcap, until  # noqa: E402
from sink import Sink, certificate  # noqa: E402

CERT, KEY, PIN = certificate(sensor.T, "server")
N = [0]


def to(server, **more):
    return Sensor(destination=server.address, fingerprint=PIN, **more)


def _path():
    N[0] += 1
    return os.path.join(sensor.T, "p%d" % N[0])


def _folder():
    name = _path()
    os.mkdir(name)
    return name


def put(where, name, data):
    """As a program does that renames what it has finished."""
    target = os.path.join(where, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target + ".tmp~", "wb") as f:
        f.write(data)
    os.rename(target + ".tmp~", target)


def arrives(server, data, types=(8,)):
    until("the data came", lambda: payload(
        f for f in server.frames() if f.type in types) == data)


def stop(s):
    s.process.terminate()
    assert s.wait() == 0, s.log
    return s.counts()


# ---- streams ---------------------------------------------------------------


def a_file_is_read_to_its_end():
    server, name = Sink(CERT, KEY), _path()
    with open(name, "wb") as f:
        f.write(b"".join(numbered(5000)))
    s = to(server, source="file", file=name)
    assert s.run(b"not this") == 0, s.log
    assert payload(server.frames()) == b"".join(numbered(5000))


def a_fifo_has_one_writer_after_the_other():
    server, name = Sink(CERT, KEY), _path()
    s = to(server, source="fifo", fifo=name)
    s.start()
    until("the fifo is there", lambda: os.path.exists(name))
    want = b""
    for i in range(20):
        # The last line has no newline: the next writer's is another line.
        text = b"writer %d\nends" % i
        with open(name, "wb") as f:
            f.write(text)
        want += text + b"\n"
        # A writer that comes before the other's end is seen joins it.
        arrives(server, want)
    c = stop(s)
    assert c["records"] == c["confirmed"] == 40


def captures(server):
    return [list(d4.pcap_records(payload(x.frames())))
            for x in server.sessions if x.frames()]


def captures_of_another_kind_get_a_session_of_their_own():
    server, name = Sink(CERT, KEY), _path()
    first, again, other = pcap(5), pcap(7), pcap(3)
    other[0] = other[0][:20] + (101).to_bytes(4, "little")
    s = to(server, type="1", source="fifo", fifo=name)
    s.start()
    until("the fifo is there", lambda: os.path.exists(name))
    for n, one in ((5, first), (12, again), (15, other), (18, other)):
        with open(name, "wb") as f:
            f.write(b"".join(one))
        until("%d packets came" % n, lambda: n == sum(
            len(x) - 1 for x in captures(server)))
    assert captures(server) == [first + again[1:], other + other[1:]]
    assert stop(s)["confirmed"] == 18


def _listens(name):
    """A socket is there a moment before anybody listens on it."""
    with socket.socket(socket.AF_UNIX) as c:
        return c.connect_ex(name) == 0


def connections_to_a_unix_socket_come_one_by_one():
    server, name = Sink(CERT, KEY), _path()
    s = to(server, source="unix", socket=name)
    s.start()
    until("somebody listens", lambda: _listens(name))
    want = b""
    for i in range(10):
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(name)
            c.sendall(b"%d\nhalf" % i)
        want += b"%d\nhalf\n" % i
    arrives(server, want)
    assert stop(s)["confirmed"] == 20
    assert not os.path.exists(name)


def a_datagram_is_a_line():
    server, name = Sink(CERT, KEY), _path()
    s = to(server, source="unix-dgram", socket=name, type="3")
    s.start()
    until("the socket is there", lambda: os.path.exists(name))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as c:
        c.connect(name)
        for i in range(1000):
            c.send(b"<13>message %d" % i + (b"\n" if i % 2 else b""))
    arrives(server, b"".join(b"<13>message %d\n" % i for i in range(1000)),
            (3,))
    assert stop(s)["confirmed"] == 1000


def datagrams_are_not_taken_for_captures():
    s = to(Sink(CERT, KEY), source="unix-dgram", socket=_path(), type="1")
    assert s.run(b"") == 1
    assert "cannot come from source=unix-dgram" in s.log


# ---- folders ---------------------------------------------------------------


def files_that_are_there_come_first_and_then_each_new_one():
    server, where = Sink(CERT, KEY), _folder()
    for i in (2, 1):
        put(where, "f%d" % i, b"old %d\n" % i)
        os.utime(os.path.join(where, "f%d" % i), (1e9 + i, 1e9 + i))
    s = to(server, source="folder", folder=where)
    s.start()
    arrives(server, b"old 1\nold 2\n")
    put(where, ".hidden", b"no\n")
    put(where, "deep/er/f3", b"three")
    arrives(server, b"old 1\nold 2\nthree\n")
    # Written in place: only when it is closed.
    with open(os.path.join(where, "slow"), "wb") as f:
        f.write(b"slow 1\n")
        f.flush()
        put(where, "f4", b"four\n")
        arrives(server, b"old 1\nold 2\nthree\nfour\n")
        f.write(b"slow 2\n")
    arrives(server, b"old 1\nold 2\nthree\nfour\nslow 1\nslow 2\n")
    assert stop(s)["confirmed"] == 6


def a_restart_sends_no_file_twice():
    server, where = Sink(CERT, KEY), _folder()
    s = to(server, source="folder", folder=where)
    for i in range(3):
        put(where, "f%d" % i, b"%d\n" % i)
        s.start()
        arrives(server, b"".join(b"%d\n" % j for j in range(i + 1)))
        stop(s)
    # A file that has changed is another file.
    put(where, "f0", b"changed\n")
    s.start()
    arrives(server, b"0\n1\n2\nchanged\n")
    stop(s)


def files_are_deleted_once_they_are_confirmed():
    server, where = Sink(CERT, KEY), _folder()
    s = to(server, source="folder", folder=where, after="delete")
    for i in range(50):
        put(where, "f%02d" % i, b"%d\n" % i)
    s.start("--rotate-idle", "200ms")
    until("all are gone", lambda: os.listdir(where) == [])
    assert sorted(payload(server.frames()).split()) == sorted(
        b"%d" % i for i in range(50))
    stop(s)


def daily_looks_at_the_days_folder_only():
    server, where = Sink(CERT, KEY), _folder()
    today = time.strftime("%Y%m%d")
    put(where, "20010101/f", b"old\n")
    put(where, "f", b"not here\n")
    s = to(server, source="folder", folder=where)
    s.start("-daily")
    put(where, today + "/f1", b"one\n")
    arrives(server, b"one\n")
    put(where, time.strftime("%Y/%m/%d") + "/f2", b"two\n")
    arrives(server, b"one\ntwo\n")
    stop(s)


def captures_in_a_folder_are_one_stream():
    server, where = Sink(CERT, KEY), _folder()
    want = pcap(9)
    for i in range(3):
        put(where, "c%d.pcap" % i, b"".join(want[:1] + want[
            1 + 3 * i:4 + 3 * i]))
        os.utime(os.path.join(where, "c%d.pcap" % i), (1e9 + i, 1e9 + i))
    put(where, "c9.pcap", b"this is no capture, and it is long enough")
    s = to(server, type="1", source="folder", folder=where)
    s.start()
    until("all came", lambda: captures(server) == [want])
    until("the other is skipped", lambda: "skipped" in open(
        s.dir + ".log").read())
    s.process.terminate()
    assert s.wait() == 1
    c = s.counts()
    assert c["confirmed"] == 9 and c["drop.pcap.magic"] == 1


def noted(s):
    """Records of each line of the account."""
    name = os.path.join(s.dir, "d4-sensor.jsonl")
    return [row["records"] for row in jsonl.rows(name)]


def captures_that_were_not_confirmed_come_again_after_a_kill():
    """TCP has them, and nobody else knows of them."""
    server, where = Sink(CERT, KEY, ("mute",), ("confirm",)), _folder()
    want = pcap(40400)
    put(where, "c0", b"".join(want[:401]))
    put(where, "c1", b"".join(want[:1] + want[401:]))
    for i in range(2):
        os.utime(os.path.join(where, "c%d" % i), (1e9 + i, 1e9 + i))
    s = to(server, type="1", source="folder", folder=where, after="delete")
    s.start("-ring", "4MiB")
    # More than the ring holds: of what TCP acknowledged it holds nothing.
    until("all is sent", lambda: sensor.status(s)["sent"] == 40400)
    # What may be settled is, right after what is dropped was noted.
    put(where, "c2", b"this is no capture, and it is long enough")
    until("it is noted", lambda: noted(s))
    sensor.status(s)
    s.process.kill()
    s.process.wait()
    assert sorted(os.listdir(where)) == ["c0", "c1", "c2"]
    s.start("--rotate-idle", "200ms")
    until("they are gone", lambda: os.listdir(where) == [])
    assert captures(server)[-1] == want
    s.process.terminate()
    s.wait()


def captures_that_are_given_up_are_noted_and_not_sent_again():
    """The session broke; the sensor was there to say so."""
    server, where = Sink(CERT, KEY, ("cut", 20000, "fin"), ("confirm",)), \
        _folder()
    put(where, "c.pcap", b"".join(pcap(400)))
    s = to(server, type="1", source="folder", folder=where, after="delete")
    s.start("--rotate-idle", "200ms")
    until("it is gone", lambda: os.listdir(where) == [])
    s.process.terminate()
    s.wait()
    c = s.counts()
    assert c["maybe_lost"] + c["confirmed"] == 400, c
    assert sum(noted(s)) == c["maybe_lost"], c


def json_files_are_checked_and_come_as_lines():
    server, where = Sink(CERT, KEY), _folder()
    put(where, "a", b'{\n "a": 1.00,\r\n "s": "x  y\\n"\n}')
    os.utime(os.path.join(where, "a"), (1e9, 1e9))
    put(where, "b", b'{"b":1}\n{"b":2}[3]')
    os.utime(os.path.join(where, "b"), (1e9 + 1, 1e9 + 1))
    put(where, "half", b'{"b":1}\n{"b":')
    s = to(server, type="6", source="folder", folder=where)
    s.start("-json")
    arrives(server, b'{  "a": 1.00,   "s": "x  y\\n" }\n'
            b'{"b":1}\n{"b":2}\n[3]\n', (6,))
    for line in payload(server.frames()).splitlines():
        json.loads(line)
    until("half a file is said", lambda: "json.syntax" in open(
        s.dir + ".log").read())
    # It is whole now: another file.
    put(where, "half", b'{"b":1}\n{"b":3}\n')
    until("it came", lambda: payload(server.frames()).endswith(
        b'{"b":1}\n{"b":3}\n'))
    s.process.terminate()
    assert s.wait() == 1
    assert s.counts()["drop.json.syntax"] == 1


def files_of_any_kind_are_base64_as_goclient_sends_them():
    server, where = Sink(CERT, KEY), _folder()
    small, large = os.urandom(10), os.urandom(700001)
    put(where, "a", small)
    os.utime(os.path.join(where, "a"), (1e9, 1e9))
    put(where, "b", large)
    os.utime(os.path.join(where, "b"), (1e9 + 1, 1e9 + 1))
    put(where, "c", bytes(749998))
    s = to(server, type="254", source="folder", folder=where,
           metaheader='{"type":"filewatcher"}')
    s.start()
    arrives(server, base64.b64encode(small) + b"\n" +
            base64.b64encode(large) + b"\n", (254,))
    until("one is too large", lambda: "wire.toobig" in open(
        s.dir + ".log").read())
    s.process.terminate()
    assert s.wait() == 1


if __name__ == "__main__":
    sensor.run_all(sys.modules[__name__])
