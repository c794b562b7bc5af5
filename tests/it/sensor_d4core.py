#!/usr/bin/env python3
"""d4-sensor feeds a stock d4-core: its model, after spec wire.md section 2."""

import base64
import collections
import os
import signal
import socket
import subprocess
import sys
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import jsonl  # noqa: E402
import sensor  # noqa: E402
from sensor import Sensor, numbered, pcap, until  # noqa: E402
from sink import certificate  # noqa: E402

CERT, KEY, PIN = certificate(sensor.T, "d4core")
MODEL = os.path.join(HERE, "..", "support", "d4core.py")


class Model:
    """The model as a process; one sensor is registered unless register=[]."""

    def __init__(self, *more, **files):
        self.sensor = Sensor(destination="127.0.0.1:1", fingerprint=PIN,
                             **files)
        self.state = os.path.join(sensor.T, "state-" + self.sensor.uuid[:8])
        os.mkdir(self.state)
        self.more = list(more)
        self.port = 0
        self.start()

    def start(self):
        if "--register" not in self.more:
            self.more += ["--register",
                          self.sensor.uuid + ":" + sensor.KEY]
        self.process = subprocess.Popen(
            [sys.executable, MODEL, "--cert", CERT, "--key", KEY,
             "--port", str(self.port), "--state", self.state, *self.more],
            stdout=subprocess.PIPE, text=True)
        sensor.STARTED.append(self.process)
        self.port = int(self.process.stdout.readline().split()[1])
        with open(os.path.join(self.sensor.dir, "destination"), "w") as f:
            f.write("127.0.0.1:%d\n" % self.port)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def rows(self, name):
        path = os.path.join(self.state, name + ".jsonl")
        return jsonl.rows(path)

    def records(self):
        return [base64.b64decode(r["record"]) for r in self.rows("records")]

    def stored(self):
        return [base64.b64decode(r["payload"]) for r in self.rows("frames")]

    def locks(self):
        return os.path.join(self.state, "active")


def _pdns(n):
    return [b"1548674200.%06d||192.0.2.1||203.0.113.9||IN||x%d.example.org."
            b"||A||198.51.100.7||3600||1\n" % (i, i) for i in range(n)]


def passive_dns_arrives_line_by_line():
    m, lines = Model(type="8"), _pdns(20000)
    assert m.sensor.run(b"".join(lines)) == 0, m.sensor.log
    assert m.records() == [x.rstrip(b"\n") for x in lines]
    assert [s["how"] for s in m.rows("sessions")] == ["confirmed"]


def a_capture_arrives_packet_by_packet():
    m, packets = Model(type="1"), pcap(20000)
    assert m.sensor.run(b"".join(packets), "--rotate-size", "1MiB") == 0
    assert collections.Counter(m.records()) == \
        collections.Counter(packets[1:])
    sessions = m.rows("sessions")
    assert len(sessions) >= 4
    assert all(s["how"] == "confirmed" and s["lost"] == 0 for s in sessions)


def json_lines_arrive_behind_their_meta_header():
    m = Model(type="254", metaheader='{"type":\n"ja3-jl"}')
    lines = [b'{"Certificates":[],"Timestamp":"2019-01-01","n":%d}\n' % i
             for i in range(1000)]
    assert m.sensor.run(b"".join(lines)) == 0, m.sensor.log
    assert [s["how"] for s in m.rows("sessions")] == ["confirmed"]
    assert b"".join(m.stored()[1:]) == b"".join(lines)


def records_of_every_awkward_size_arrive():
    """Those whose last TLS record would be under 62 bytes (rule R4)."""
    m = Model("--no-workers", type="8")
    sizes = [16321, 16322, 16323, 16324, 16382, 16383, 16384, 32706, 32707,
             32708, 32767, 65535, 65536, 999999, 1000000]
    for size in sizes:
        line = b"a" * (size - 1) + b"\n"
        assert m.sensor.run(line) == 0, (size, m.sensor.log)
    assert [len(p) for p in m.stored()] == sizes
    every = b"".join(b"b" * (size - 1) + b"\n" for size in sizes)
    assert m.sensor.run(every) == 0
    assert [len(p) for p in m.stored()] == sizes * 2
    assert all(s["kept_back"] == 0 for s in m.rows("sessions"))


def an_unknown_sensor_is_refused_and_says_so():
    m = Model("--register", str(uuid.uuid4()), type="8")
    assert m.sensor.run(b"x\n", "--wait", "1s") == 1
    assert m.sensor.counts()["unconfirmed"] == 1
    assert all(s["why"] == "unregistered" for s in m.rows("sessions"))


def a_type_that_is_not_accepted_confirms_nothing():
    m = Model(type="3")
    assert m.sensor.run(b"".join(numbered(1000)), "--wait", "1s") == 1
    c = m.sensor.counts()
    assert c["confirmed"] == 0 and c["unconfirmed"] == 1000
    assert all(s["how"] == "error" for s in m.rows("sessions"))


def a_stale_session_is_waited_for():
    """A half-open session locks the sensor out until it is gone (R6)."""
    m = Model(type="8")
    lock = os.path.join(m.locks(), "8-" + uuid.UUID(m.sensor.uuid).hex)
    open(lock, "w").close()
    stdin = m.sensor.start()
    stdin.write(b"".join(_pdns(3)))
    stdin.close()
    until("it was refused", lambda: any(
        s["why"] == "duplicate" for s in m.rows("sessions")))
    os.unlink(lock)
    assert m.sensor.wait() == 0, m.sensor.log
    assert len(m.records()) == 3


def a_killed_server_gets_all_that_it_has_not_confirmed():
    m, lines = Model("--slow-ms", "2", type="8"), _pdns(30000)
    stdin = m.sensor.start()
    stdin.write(b"".join(lines[:20000]))
    stdin.flush()
    until("some of it came", lambda: len(m.rows("frames")) > 20)
    m.kill()
    for lock in os.listdir(m.locks()):  # as its operator would have to
        os.unlink(os.path.join(m.locks(), lock))
    m.start()
    stdin.write(b"".join(lines[20000:]))
    stdin.close()
    assert m.sensor.wait() == 0, m.sensor.log
    got = collections.Counter(m.records())
    assert set(got) == {x.rstrip(b"\n") for x in lines}
    assert max(got.values()) <= 2


def a_port_where_tls_is_not_spoken_is_no_server():
    with socket.create_server(("127.0.0.1", 0)) as plain:
        s = Sensor(destination="127.0.0.1:%d" % plain.getsockname()[1],
                   fingerprint=PIN)
        assert s.run(b"x\n", "--wait", "1s") == 1
        assert s.counts()["lost_at_source"] == 1


if __name__ == "__main__":
    sensor.run_all(sys.modules["__main__"])
